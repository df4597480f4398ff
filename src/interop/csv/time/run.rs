//! Rows of equal time stamps, held back until the next stamp shows how far they may be spread.

use super::super::report::{CsvReport, Refusal, RejectReason};
use crate::model::{Batch, FrameRef, Interval, Timestamp};

/// Rows of one stamp that are held back at most.
const RUN_ROWS_MAX: u64 = 10_000;

#[derive(Debug)]
struct HeldRow {
    line: u64,
    /// Its place among the rows of the stamp, counted from 0.
    place: u64,
    /// How many of the held frames are its own.
    frames: usize,
    /// How many frames it has that were left out because they are empty.
    skipped: u64,
}

/// Rows that follow one another with the same time stamp.
#[derive(Debug)]
pub(in crate::interop) struct EqualRun {
    interval: Interval,
    stamp: Option<Timestamp>,
    stamp_before: Option<Timestamp>,
    text: String,
    /// Rows of this stamp so far, rejected ones included.
    places: u64,
    rows: Vec<HeldRow>,
    held: Batch,
}

impl EqualRun {
    pub(in crate::interop) fn new(interval: Interval) -> Self {
        let (stamp, stamp_before, text) = (None, None, String::new());
        Self { interval, stamp, stamp_before, text, places: 0, rows: Vec::new(), held: Batch::new() }
    }

    /// Whether a row of this stamp belongs to the run.
    pub(in crate::interop) fn holds(&self, stamp: Timestamp) -> bool {
        self.stamp == Some(stamp)
    }

    /// Begins the run of another stamp. The one before must have been released.
    pub(in crate::interop) fn begin(&mut self, stamp: Timestamp, text: &str) {
        self.stamp_before = self.stamp.replace(stamp);
        text.clone_into(&mut self.text);
        self.places = 0;
    }

    /// Gives a row of this stamp its place; a run that is already as long as can be held back has none.
    pub(in crate::interop) fn take_place(&mut self) -> Result<u64, RejectReason> {
        if self.places >= RUN_ROWS_MAX {
            return Err(RejectReason::RunTooLong);
        }
        let place = self.places;
        self.places = self.places.saturating_add(1);
        Ok(place)
    }

    /// Holds back the row at a place, whose frames `push` adds; `push` says how many it left out.
    pub(in crate::interop) fn hold(&mut self, line: u64, place: u64, push: impl FnOnce(&mut Batch) -> u64) {
        let before = self.held.len();
        let skipped = push(&mut self.held);
        let frames = self.held.len().saturating_sub(before);
        self.rows.push(HeldRow { line, place, frames, skipped });
    }

    /// Gives every held row its own time, now that the next stamp is known, and rejects those that would reach it.
    pub(in crate::interop) fn release(
        &mut self,
        next: Option<Timestamp>,
        column: &str,
        (ready, lines): (&mut Batch, &mut Vec<u64>),
        report: &mut CsvReport,
    ) {
        let stamp = self.stamp.unwrap_or_default();
        let end = [next, self.stamp_before].into_iter().flatten().filter(|other| *other > stamp).min();
        let mut at = 0_usize;
        for row in self.rows.drain(..) {
            let past_ms = i64::try_from(row.place).unwrap_or(i64::MAX).saturating_mul(self.interval.as_ms());
            let time = stamp.plus_ms(past_ms);
            let frames = at..at.saturating_add(row.frames);
            at = frames.end;
            if end.is_some_and(|end| time >= end) {
                let (column, text) = (Some(column.to_owned()), self.text.clone());
                report.reject(row.line, Refusal { column, text, reason: RejectReason::RunTooLong });
                continue;
            }
            report.empty_frames_skipped = report.empty_frames_skipped.saturating_add(row.skipped);
            for frame in frames.filter_map(|index| self.held.frame(index)) {
                ready.push_ref(FrameRef { time, ..frame });
                lines.push(row.line);
            }
        }
        self.held.clear();
    }
}
