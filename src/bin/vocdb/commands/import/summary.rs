//! What became of a file's rows.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use vocdb::base::escape::Line;
use vocdb::interop::csv::{CsvReport, RejectReason};
use vocdb::store::Counters;
use vocdb::{Batch, Receipt, Timestamp};

/// Rejected rows that are shown one by one.
const REJECTIONS_SHOWN_MAX: usize = 10;

/// What is said at the end of an import.
#[derive(Serialize)]
pub(crate) struct Summary {
    file: String,
    station: String,
    instrument: String,
    rows_read: u64,
    rows_rejected: u64,
    rejected_by_reason: BTreeMap<&'static str, u64>,
    /// The first of them.
    rejections: Vec<RejectedRow>,
    frames_read: u64,
    values_read: u64,
    values_missing: u64,
    empty_frames_skipped: u64,
    store: Counters,
    /// The first frames that the store did not take.
    store_rejections: Vec<String>,
    /// Alarms that opened,
    alarms_recorded: u64,
    /// those of them that are history,
    alarms_history: u64,
    /// and times at which late rows change what was recorded of the past.
    amendments: u64,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
struct RejectedRow {
    line: u64,
    column: Option<String>,
    text: String,
    reason: &'static str,
    remedy: String,
}

/// What is counted while the file is read.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    span: Option<(Timestamp, Timestamp)>,
    store_rejections: Vec<String>,
    alarms_recorded: u64,
    alarms_history: u64,
    amendments: u64,
}

impl Tally {
    /// Takes down the times that the store has taken, and what it has not.
    pub(crate) fn add(&mut self, batch: &Batch, receipt: &Receipt) {
        self.alarms_recorded += receipt.alarms_opened;
        self.alarms_history += receipt.alarms_history;
        self.amendments += receipt.amendments;
        let rejections = receipt.rejections.as_slice();
        let refused: BTreeSet<usize> = rejections.iter().map(|rejection| rejection.index).collect();
        for (_, frame) in batch.frames().enumerate().filter(|(index, _)| !refused.contains(index)) {
            let (first, last) = self.span.unwrap_or((frame.time, frame.time));
            self.span = Some((first.min(frame.time), last.max(frame.time)));
        }
        let room = REJECTIONS_SHOWN_MAX.saturating_sub(self.store_rejections.len());
        self.store_rejections.extend(rejections.iter().take(room).map(|rejection| rejection.reason.to_string()));
    }
}

impl Summary {
    pub(crate) fn new(names: [&str; 3], report: &CsvReport, tally: Tally, store: Counters) -> Self {
        let [file, station, instrument] = names.map(str::to_owned);
        let rejected_row = |rejection: &vocdb::interop::csv::Rejection| RejectedRow {
            line: rejection.line,
            column: rejection.column.clone(),
            text: rejection.text.clone(),
            reason: rejection.reason.name(),
            remedy: remedy(rejection.reason),
        };
        Self {
            file,
            station,
            instrument,
            rows_read: report.rows_read,
            rows_rejected: report.rejected_rows,
            rejected_by_reason: report.rejected_by_reason.iter().map(|(why, count)| (why.name(), *count)).collect(),
            rejections: report.rejections.iter().take(REJECTIONS_SHOWN_MAX).map(rejected_row).collect(),
            frames_read: report.frames,
            values_read: report.values,
            values_missing: report.missing_values,
            empty_frames_skipped: report.empty_frames_skipped,
            store,
            store_rejections: tally.store_rejections,
            alarms_recorded: tally.alarms_recorded,
            alarms_history: tally.alarms_history,
            amendments: tally.amendments,
            first: tally.span.map(|(first, _)| first.to_string()),
            last: tally.span.map(|(_, last)| last.to_string()),
        }
    }

    /// Whether something was in the file, and none of it is in the store now.
    pub(crate) const fn is_nothing_taken(&self) -> bool {
        let Counters { frames_accepted, frames_identical, frames_superseded, .. } = &self.store;
        let is_refused = self.rows_rejected > 0 || self.store.frames_rejected() > 0;
        is_refused && *frames_accepted == 0 && *frames_identical == 0 && *frames_superseded == 0
    }

    pub(crate) fn text(&self) -> String {
        let mut text =
            format!("{} into {}, instrument {}\n", Line(&self.file), Line(&self.station), Line(&self.instrument));
        let counters = &self.store;
        let lines = [
            ("rows read", self.rows_read),
            ("rows rejected", self.rows_rejected),
            ("empty frames left out", self.empty_frames_skipped),
            ("values missing", self.values_missing),
            ("frames stored", counters.frames_accepted),
            ("values stored", counters.values_accepted),
            ("frames there already", counters.frames_identical),
            ("frames superseded", counters.frames_superseded),
            ("values corrected", counters.values_corrected),
            ("frames refused", counters.frames_rejected()),
            ("alarms recorded", self.alarms_recorded),
            ("  of them history", self.alarms_history),
            ("amendments recorded", self.amendments),
        ];
        for (what, count) in lines.into_iter().filter(|(what, count)| *count > 0 || *what == "rows rejected") {
            let _ = writeln!(text, "  {what:<22}{count:>12}");
        }
        if let (Some(first), Some(last)) = (&self.first, &self.last) {
            let _ = writeln!(text, "  from {first} to {last}");
        }
        if self.alarms_history > 0 {
            let _ =
                writeln!(text, "nobody was notified of the alarms that are history: `vocdb alarms list` shows them");
        }
        for (reason, count) in &self.rejected_by_reason {
            let _ = writeln!(text, "rejected, {reason}: {count}");
        }
        for row in &self.rejections {
            let column = row.column.as_ref().map_or_else(String::new, |column| format!(", column `{}`", Line(column)));
            let _ = writeln!(text, "  line {}{column}, `{}`: {}", row.line, Line(&row.text), row.remedy);
        }
        for reason in &self.store_rejections {
            let _ = writeln!(text, "  refused: {}", Line(reason));
        }
        text
    }
}

/// What to do about a rejected row, in terms of the command line.
fn remedy(reason: RejectReason) -> String {
    let text = match reason {
        RejectReason::NotANumber => {
            "no number: if it marks a missing value give it with --missing, if it has a decimal comma give --decimal-comma, \
             else correct it"
        }
        RejectReason::NotFinite => {
            "no finite number: if it marks a missing value give it with --missing, else correct it"
        }
        RejectReason::BadTime => "no time in the format given: check --time-format, or correct the row",
        RejectReason::AmbiguousTime => {
            "this local time exists twice, because clocks were put back: export in UTC, or choose --fold earlier or later"
        }
        RejectReason::SkippedTime => {
            "this local time does not exist, because clocks were put forward: check --zone, or choose --fold earlier or later"
        }
        RejectReason::EqualTime => {
            "the row before has the same time: export times with seconds, or space such rows with --spread"
        }
        RejectReason::RunTooLong => {
            "too many rows have this time: spread they would reach the next one; choose a shorter --spread"
        }
        RejectReason::WrongFieldCount => "look for a missing or stray delimiter, or a quote that is not closed",
        other => return other.to_string(),
    };
    text.to_owned()
}
