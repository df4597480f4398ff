//! Finds rows of a file with the same time.

use super::columns::DuplicateChoice;
use super::spool::{Row, Spool};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::io;
use std::ops::Bound::{Excluded, Unbounded};
use vocdb::base::escape::Line;
use vocdb::{Batch, InstrumentId, Quality, Sample, Timestamp};

/// Greatest number of separate stretches of time; beyond it, stretches are widened.
const STRETCHES_MAX: usize = 4_096;
/// Greatest number of times with several rows in a file.
const INSTANTS_MAX: usize = 1 << 20;

/// Times that may be repeated, found while the file is read.
///
/// A file is mostly in order of time, upwards or downwards, in one piece or in several: rows that extend a stretch of time repeat
/// nothing. A row inside a stretch may repeat one, and is checked when all rows are read.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// Disjoint stretches that rows cover: the last time by the first. The current one is not among them.
    stretches: BTreeMap<i64, i64>,
    /// Stretch that the previous row extended.
    current: Option<Stretch>,
    times: Vec<i64>,
}

/// A stretch of time that is being extended, and the gaps to its neighbours.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: i64,
    last: i64,
    /// Last time of the stretch below, and first time of the one above.
    below: i64,
    above: i64,
}

impl Suspects {
    pub(super) fn note(&mut self, time: Timestamp) {
        let time = time.as_ms();
        match &mut self.current {
            Some(current) if current.last < time && time < current.above => current.last = time,
            Some(current) if current.below < time && time < current.first => current.first = time,
            Some(current) if current.first <= time && time <= current.last => self.times.push(time),
            _ => self.note_elsewhere(time),
        }
    }

    /// Records a time outside the current stretch and its gaps.
    fn note_elsewhere(&mut self, time: i64) {
        if let Some(Stretch { first, last, .. }) = self.current.take() {
            self.stretches.insert(first, last);
        }
        let before = self.stretches.range(..=time).next_back().map(|(first, last)| (*first, *last));
        let after = self.stretches.range(time..).next().map(|(first, last)| (*first, *last));
        let (first, last) = match (before, after) {
            (Some((first, last)), _) if time <= last => {
                self.times.push(time);
                (first, last)
            }
            // Widening covers instants that no row has: more is looked at again than necessary, and nothing is missed.
            (Some((first, _)), _) if self.stretches.len() >= STRETCHES_MAX => (first, time),
            (None, Some((_, last))) if self.stretches.len() >= STRETCHES_MAX => (time, last),
            _ => (time, time),
        };
        // The extended stretch is the current one now.
        for old in before.into_iter().chain(after).map(|(old, _)| old).filter(|old| (first..=last).contains(old)) {
            self.stretches.remove(&old);
        }
        let below = self.stretches.range(..first).next_back().map_or(i64::MIN, |(_, last)| *last);
        let above = self.stretches.range((Excluded(last), Unbounded)).next().map_or(i64::MAX, |(first, _)| *first);
        self.current = Some(Stretch { first, last, below, above });
    }
}

/// The merged rows of one time.
#[derive(Debug)]
struct Merged {
    /// Samples with their line numbers.
    samples: Vec<(Sample, u64)>,
    is_handed_out: bool,
}

/// The times with several rows in the file.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    instants: Vec<i64>,
    merged: Vec<Option<Merged>>,
    /// Number of rows that repeat the time of another row.
    pub(super) rows_merged: u64,
    /// Number of values replaced by a different value of another row.
    pub(super) values_overridden: u64,
}

/// Two rows with different values for one time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Conflict {
    time: Timestamp,
    channel: usize,
    first: (Sample, u64),
    second: (Sample, u64),
}

impl Repeats {
    /// Finds the times with several rows. Rows that disagree are an error unless `choice` selects one.
    pub(super) fn find(
        spool: &mut Spool,
        suspects: Suspects,
        choice: Option<DuplicateChoice>,
        (file, channels): (&str, &[&str]),
    ) -> Result<Self, Failure> {
        let mut repeats = Self { instants: repeated(spool, suspects)?, ..Self::default() };
        if repeats.instants.len() > INSTANTS_MAX {
            return Err(Failure::Says(format!(
                "`{}` has repeated rows for more than {INSTANTS_MAX} times: remove them, or split the file",
                Line(file)
            )));
        }
        repeats.merged.resize_with(repeats.instants.len(), || None);
        let (mut first_conflict, mut conflicts) = (None, 0_u64);
        if !repeats.instants.is_empty() {
            spool
                .each(|row| {
                    repeats.merge(row, matches!(choice, Some(DuplicateChoice::KeepFirst)), |conflict| {
                        first_conflict.get_or_insert(conflict);
                        conflicts += 1;
                    });
                    Ok::<(), io::Error>(())
                })
                .map_err(|error| unread(&error))?;
        }
        match (first_conflict, choice) {
            (Some(conflict), None | Some(DuplicateChoice::Reject)) => {
                Err(Failure::Says(conflict.text(file, channels, conflicts)))
            }
            _ => Ok(Self { values_overridden: conflicts, ..repeats }),
        }
    }

    fn place(&self, time: Timestamp) -> Option<usize> {
        self.instants.binary_search(&time.as_ms()).ok()
    }

    fn merge(&mut self, row: Row<'_>, keeps_first: bool, mut tell: impl FnMut(Conflict)) {
        let Some(place) = self.place(row.time).and_then(|at| self.merged.get_mut(at)) else { return };
        let Some(merged) = place else {
            let samples = row.samples().map(|sample| (sample, row.line)).collect();
            *place = Some(Merged { samples, is_handed_out: false });
            return;
        };
        self.rows_merged += 1;
        for (channel, (kept, new)) in merged.samples.iter_mut().zip(row.samples()).enumerate() {
            let second = (new, row.line);
            if says_less(new, kept.0) || new == kept.0 {
                continue;
            }
            let is_conflict = !says_less(kept.0, new);
            if is_conflict {
                tell(Conflict { time: row.time, channel, first: *kept, second });
            }
            if !(is_conflict && keeps_first) {
                *kept = second;
            }
        }
    }

    /// Adds a row to the frames to store: its own samples; for repeated times, the merged samples at the first row, and none at the others.
    pub(super) fn push(&mut self, row: Row<'_>, instrument: InstrumentId, batch: &mut Batch) {
        let Some(merged) = self.place(row.time).and_then(|at| self.merged.get_mut(at)).and_then(Option::as_mut) else {
            return batch.push_ref(row.frame(instrument));
        };
        if !std::mem::replace(&mut merged.is_handed_out, true) {
            batch.push_samples(instrument, row.time, merged.samples.iter().map(|(sample, _)| *sample));
        }
    }
}

/// Whether a sample is less informative than another: a missing value than a value, and then no flag than a flag.
pub(super) fn says_less(one: Sample, other: Sample) -> bool {
    one.value.is_none() && (other.value.is_some() || one.quality == Quality::Normal)
}

/// The suspected times with more than one row, in order.
fn repeated(spool: &mut Spool, suspects: Suspects) -> Result<Vec<i64>, Failure> {
    let mut times = suspects.times;
    times.sort_unstable();
    times.dedup();
    if times.is_empty() {
        return Ok(times);
    }
    let mut counts = vec![0_u8; times.len()];
    spool
        .each(|row| {
            if let Some(count) = times.binary_search(&row.time.as_ms()).ok().and_then(|at| counts.get_mut(at)) {
                *count = count.saturating_add(1);
            }
            Ok::<(), io::Error>(())
        })
        .map_err(|error| unread(&error))?;
    let several = times.into_iter().zip(counts).filter(|(_, count)| *count > 1);
    Ok(several.map(|(time, _)| time).collect())
}

/// The error of the temporary file.
pub(super) fn unread(error: &io::Error) -> Failure {
    Failure::Says(format!(
        "cannot write or read the temporary file with the rows: {error}; check the space in the folder for temporary files"
    ))
}

impl Conflict {
    fn text(&self, file: &str, channels: &[&str], conflicts: u64) -> String {
        let channel = channels.get(self.channel).copied().unwrap_or_default();
        let shown = |(sample, line): (Sample, u64)| {
            let value = sample.value.map_or_else(|| "no value".to_owned(), |value| value.to_string());
            let flag = if sample.quality == Quality::Normal { String::new() } else { format!(" ({})", sample.quality) };
            format!("{value}{flag} on line {line}")
        };
        let more = match conflicts.saturating_sub(1) {
            0 => String::new(),
            more => format!(", and {more} more such values"),
        };
        format!(
            "`{}`: rows of one time disagree: `{}` at {} is {} and {}{more}; nothing was stored. \
             If the file contains several stations or parameters, select rows with --where COL=TEXT; \
             if local times repeat because clocks change, give --fold by-order; if time stamps lack seconds, give --spread; \
             if one of the rows is a correction, give --duplicates keep-last or keep-first",
            Line(file),
            Line(channel),
            self.time,
            shown(self.first),
            shown(self.second)
        )
    }
}
