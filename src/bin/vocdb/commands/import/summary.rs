//! The summary of an import.

use super::remedies;
use super::repeats::Repeats;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use vocdb::base::escape::Line;
use vocdb::interop::csv::{CsvReport, Rejection};
use vocdb::store::Counters;
use vocdb::{Batch, Receipt, Timestamp};

/// Number of rejected rows that are listed.
const REJECTIONS_SHOWN_MAX: usize = 10;

/// The summary printed at the end of an import.
#[derive(Serialize)]
pub(crate) struct Summary {
    file: String,
    station: String,
    instrument: String,
    rows_read: u64,
    rows_rejected: u64,
    rejected_by_reason: BTreeMap<&'static str, u64>,
    /// The first of them.
    rejections: Vec<Rejected>,
    /// Rows excluded by --where.
    rows_filtered: u64,
    /// Unreadable fields in rows that were kept.
    fields_rejected: u64,
    fields_rejected_by_column: BTreeMap<String, u64>,
    /// The first of them.
    field_rejections: Vec<Rejected>,
    /// Rows merged with an earlier row of the same time.
    rows_merged: u64,
    /// Values replaced by a different value of another row, by --duplicates.
    values_overridden: u64,
    /// Frames that the store would refuse, if nothing was stored.
    frames_unstorable: u64,
    /// Values with a flag other than normal.
    flagged: BTreeMap<&'static str, u64>,
    frames_read: u64,
    values_read: u64,
    values_missing: u64,
    empty_frames_skipped: u64,
    store: Counters,
    /// The first frames that the store refused.
    store_rejections: Vec<String>,
    /// Alarms that opened.
    alarms_recorded: u64,
    /// Alarms of these that are history.
    alarms_history: u64,
    /// Amendments: times at which late rows change the recorded past.
    amendments: u64,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
struct Rejected {
    line: u64,
    column: Option<String>,
    text: String,
    reason: &'static str,
    remedy: String,
}

/// Counts of the appended rows.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    span: Option<(Timestamp, Timestamp)>,
    store_rejections: Vec<String>,
    alarms_recorded: u64,
    alarms_history: u64,
    amendments: u64,
}

impl Tally {
    /// Counts the accepted times and the refused frames.
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
        let shown = |list: &[Rejection]| list.iter().take(REJECTIONS_SHOWN_MAX).map(Rejected::new).collect();
        Self {
            file,
            station,
            instrument,
            rows_read: report.rows_read,
            rows_rejected: report.rejected_rows,
            rejected_by_reason: report.rejected_by_reason.iter().map(|(why, count)| (why.name(), *count)).collect(),
            rejections: shown(&report.rejections),
            rows_filtered: report.filtered_rows,
            fields_rejected: report.rejected_fields,
            fields_rejected_by_column: report.rejected_by_column.clone(),
            field_rejections: shown(&report.field_rejections),
            rows_merged: 0,
            values_overridden: 0,
            frames_unstorable: 0,
            flagged: report.flagged.iter().map(|(quality, count)| (quality.name(), *count)).collect(),
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

    /// Adds the results of the checks between reading and storing.
    pub(crate) fn with_checks(self, repeats: &Repeats, frames_unstorable: u64) -> Self {
        let Repeats { rows_merged, values_overridden, .. } = repeats;
        Self { rows_merged: *rows_merged, values_overridden: *values_overridden, frames_unstorable, ..self }
    }

    /// Whether the file had rows, but none of them is stored.
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
            ("rows filtered out", self.rows_filtered),
            ("rows merged", self.rows_merged),
            ("values overridden", self.values_overridden),
            ("fields rejected", self.fields_rejected),
            ("empty frames skipped", self.empty_frames_skipped),
            ("values missing", self.values_missing),
            ("frames stored", counters.frames_accepted),
            ("values stored", counters.values_accepted),
            ("frames already stored", counters.frames_identical),
            ("frames superseded", counters.frames_superseded),
            ("values corrected", counters.values_corrected),
            ("frames refused", counters.frames_rejected()),
            ("frames not storable", self.frames_unstorable),
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
        for (flag, count) in &self.flagged {
            let _ = writeln!(text, "flagged, {flag}: {count}");
        }
        if self.alarms_history > 0 {
            let _ = writeln!(
                text,
                "alarms of history notified nobody; list them with `vocdb alarms list STORE --state history`"
            );
        }
        for (reason, count) in &self.rejected_by_reason {
            let _ = writeln!(text, "rejected, {reason}: {count}");
        }
        self.rejections.iter().for_each(|rejected| rejected.write(&mut text));
        for (column, count) in &self.fields_rejected_by_column {
            let _ = writeln!(text, "fields rejected, column `{}`: {count}", Line(column));
        }
        self.field_rejections.iter().for_each(|rejected| rejected.write(&mut text));
        for reason in &self.store_rejections {
            let _ = writeln!(text, "  refused: {}", Line(reason));
        }
        text
    }
}

impl Rejected {
    fn new(rejection: &Rejection) -> Self {
        Self {
            line: rejection.line,
            column: rejection.column.clone(),
            text: rejection.text.clone(),
            reason: rejection.reason.name(),
            remedy: remedies::of_rejection(rejection.reason),
        }
    }

    fn write(&self, text: &mut String) {
        let column = self.column.as_ref().map_or_else(String::new, |column| format!(", column `{}`", Line(column)));
        let _ = writeln!(text, "  line {}{column}, `{}`: {}", self.line, Line(&self.text), self.remedy);
    }
}
