//! The summary of an import.

use super::notes::{self, Changed};
use super::remedies;
use super::repeats::Repeats;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use vocdb::base::escape::{Line, counted};
use vocdb::interop::csv::{CsvReport, Rejection};
use vocdb::store::Counters;
use vocdb::{Batch, Quality, Receipt, Timestamp};

/// Number of rejected rows and fields that are listed for each reason.
pub(super) const SHOWN_PER_REASON: usize = 3;
/// Number of names in one line.
const NAMES_SHOWN_MAX: usize = 20;

/// Rows that are not stored, by reason: how many, and the first of them.
pub(super) type RefusedRows = BTreeMap<&'static str, (u64, Vec<Rejected>)>;

/// Rejections by column and reason.
type CountsByReason = BTreeMap<(Option<String>, &'static str), u64>;

/// The summary printed at the end of an import.
#[derive(Serialize)]
pub(crate) struct Summary {
    file: String,
    station: String,
    instrument: String,
    rows_read: u64,
    rows_rejected: u64,
    rejected_by_reason: BTreeMap<&'static str, u64>,
    /// The first of each reason.
    rejections: Vec<Rejected>,
    /// Rows excluded by --where.
    rows_filtered: u64,
    /// Unreadable fields in rows that were kept.
    fields_rejected: u64,
    fields_rejected_by_column: BTreeMap<String, u64>,
    /// The first of each column and reason.
    field_rejections: Vec<Rejected>,
    /// Rejected fields by column and reason, of those that the reader lists.
    #[serde(skip)]
    fields_by_reason: CountsByReason,
    /// Rows merged with an earlier row of the same time.
    rows_merged: u64,
    /// Values replaced by a different value of another row, by --duplicates.
    values_overridden: u64,
    /// Columns of the file that no option names.
    columns_not_imported: Vec<String>,
    /// Channels whose columns were converted to the unit of a registered channel.
    conversions: Vec<String>,
    /// Warnings, which are printed on standard error too.
    warnings: Vec<String>,
    /// Texts of flag columns, and their meaning.
    flag_texts: Vec<FlagText>,
    /// Values with a flag other than normal.
    flagged: BTreeMap<&'static str, u64>,
    frames_read: u64,
    values_read: u64,
    values_missing: u64,
    empty_frames_skipped: u64,
    /// Stored values that were replaced by different ones.
    values_changed: u64,
    /// Flags of stored values that were replaced, where the value stayed.
    flags_changed: u64,
    /// Stored rows between the first and the last row of the file that the file does not have; counted if it changed values or flags.
    rows_not_in_file: u64,
    store: Counters,
    /// Folder of the store, and whether alarms notify.
    #[serde(skip)]
    alarms_of: (String, bool),
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

/// A text of a flag column.
#[derive(Serialize)]
struct FlagText {
    text: String,
    /// Flag that it means; none if it means a missing value.
    flag: Option<&'static str>,
    rows: u64,
}

/// A rejected row or field.
#[derive(Debug, Serialize)]
pub(super) struct Rejected {
    /// File of the row, in an import of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    line: u64,
    pub(super) column: Option<String>,
    text: String,
    pub(super) reason: &'static str,
    remedy: String,
}

/// Counts of the appended rows.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(super) span: Option<(Timestamp, Timestamp)>,
    /// Frames that the store took.
    pub(super) rows: u64,
    pub(super) values_changed: u64,
    pub(super) flags_changed: u64,
    pub(super) store_rejections: Vec<String>,
    pub(super) alarms_recorded: u64,
    pub(super) alarms_history: u64,
    pub(super) amendments: u64,
}

impl Tally {
    /// Counts the accepted times and the refused frames.
    pub(crate) fn add(&mut self, batch: &Batch, receipt: &Receipt) {
        self.alarms_recorded += receipt.alarms_opened;
        self.alarms_history += receipt.alarms_history;
        self.amendments += receipt.amendments;
        self.values_changed += receipt.corrected.saturating_sub(receipt.flags_changed);
        self.flags_changed += receipt.flags_changed;
        let rejections = receipt.rejections.as_slice();
        let refused: BTreeSet<usize> = rejections.iter().map(|rejection| rejection.index).collect();
        for (_, frame) in batch.frames().enumerate().filter(|(index, _)| !refused.contains(index)) {
            let (first, last) = self.span.unwrap_or((frame.time, frame.time));
            self.span = Some((first.min(frame.time), last.max(frame.time)));
            self.rows += 1;
        }
        let room = SHOWN_PER_REASON.saturating_sub(self.store_rejections.len());
        self.store_rejections.extend(rejections.iter().take(room).map(|rejection| rejection.reason.to_string()));
    }
}

/// The counts of what a store made of rows: changed are values and flags, alarms are those recorded, those of them that are history, and
/// amendments.
pub(super) const fn of_store(store: &Counters, changed: [u64; 2], alarms: [u64; 3]) -> [(&'static str, u64); 10] {
    let ([values, flags], [recorded, history, amendments]) = (changed, alarms);
    [
        ("frames stored", store.frames_accepted),
        ("values stored", store.values_accepted),
        ("frames already stored", store.frames_identical),
        ("frames superseded", store.frames_superseded),
        ("values corrected", values),
        ("flags changed", flags),
        ("frames refused", store.frames_rejected()),
        ("alarms recorded", recorded),
        ("  of them history", history),
        ("amendments recorded", amendments),
    ]
}

/// Writes the counts that are not zero, and always that of rejected rows.
pub(super) fn write_counts(text: &mut String, counts: impl Iterator<Item = (&'static str, u64)>, is_stored: bool) {
    for (what, count) in counts.filter(|(what, count)| *count > 0 || *what == "rows rejected") {
        let note = if what == "fields rejected" && is_stored { " (stored as missing)" } else { "" };
        let _ = writeln!(text, "  {what:<22}{count:>12}{note}");
    }
}

impl Summary {
    pub(crate) fn new(names: [&str; 3], report: &CsvReport, tally: Tally, store: Counters) -> Self {
        let [file, station, instrument] = names.map(str::to_owned);
        let (rejections, _) = of_each_reason(&report.rejections);
        let (field_rejections, fields_by_reason) = of_each_reason(&report.field_rejections);
        let texts = report.flag_texts.iter().map(|((text, flag), rows)| FlagText {
            text: text.clone(),
            flag: flag.map(Quality::name),
            rows: *rows,
        });
        Self {
            file,
            station,
            instrument,
            rows_read: report.rows_read,
            rows_rejected: report.rejected_rows,
            rejected_by_reason: report.rejected_by_reason.iter().map(|(why, count)| (why.name(), *count)).collect(),
            rejections,
            rows_filtered: report.filtered_rows,
            fields_rejected: report.rejected_fields,
            fields_rejected_by_column: report.rejected_by_column.clone(),
            field_rejections,
            fields_by_reason,
            rows_merged: 0,
            values_overridden: 0,
            columns_not_imported: Vec::new(),
            conversions: Vec::new(),
            warnings: Vec::new(),
            flag_texts: texts.collect(),
            flagged: report.flagged.iter().map(|(quality, count)| (quality.name(), *count)).collect(),
            frames_read: report.frames,
            values_read: report.values,
            values_missing: report.missing_values,
            empty_frames_skipped: report.empty_frames_skipped,
            values_changed: tally.values_changed,
            flags_changed: tally.flags_changed,
            rows_not_in_file: 0,
            store,
            alarms_of: (String::new(), false),
            store_rejections: tally.store_rejections,
            alarms_recorded: tally.alarms_recorded,
            alarms_history: tally.alarms_history,
            amendments: tally.amendments,
            first: tally.span.map(|(first, _)| first.to_string()),
            last: tally.span.map(|(_, last)| last.to_string()),
        }
    }

    /// Adds the results of the checks between reading and storing.
    pub(crate) fn with_checks(mut self, repeats: &Repeats, refused: RefusedRows) -> Self {
        (self.rows_merged, self.values_overridden) = (repeats.rows_merged, repeats.values_overridden);
        for (reason, (count, listed)) in refused {
            self.rows_rejected += count;
            self.rejected_by_reason.insert(reason, count);
            self.rejections.extend(listed);
        }
        self
    }

    /// Adds where the rows are stored, and what they changed there.
    pub(super) fn with_store(self, store: String, is_notified: bool, changed: &Changed) -> Self {
        Self { alarms_of: (store, is_notified), rows_not_in_file: changed.rows_elsewhere, ..self }
    }

    /// Adds what the file holds beyond its rows.
    pub(super) fn with_notes(self, unread: Vec<String>, conversions: Vec<String>, warnings: Vec<String>) -> Self {
        Self { columns_not_imported: unread, conversions, warnings, ..self }
    }

    /// Whether the file had rows, but none of them is stored.
    pub(crate) const fn is_nothing_taken(&self) -> bool {
        let is_refused = self.rows_rejected > 0 || self.store.frames_rejected() > 0;
        is_refused && !self.is_stored()
    }

    /// Whether rows of the file are in the store.
    const fn is_stored(&self) -> bool {
        let Counters { frames_accepted, frames_identical, frames_superseded, .. } = &self.store;
        *frames_accepted > 0 || *frames_identical > 0 || *frames_superseded > 0
    }

    pub(crate) fn text(&self) -> String {
        let mut text =
            format!("{} into {}, instrument {}\n", Line(&self.file), Line(&self.station), Line(&self.instrument));
        let lines = [
            ("rows read", self.rows_read),
            ("rows rejected", self.rows_rejected),
            ("rows filtered out", self.rows_filtered),
            ("rows merged", self.rows_merged),
            ("values overridden", self.values_overridden),
            ("fields rejected", self.fields_rejected),
            ("empty frames skipped", self.empty_frames_skipped),
            ("values missing", self.values_missing),
        ];
        let alarms = [self.alarms_recorded, self.alarms_history, self.amendments];
        let stored = of_store(&self.store, [self.values_changed, self.flags_changed], alarms);
        write_counts(&mut text, lines.into_iter().chain(stored), self.is_stored());
        if let (Some(first), Some(last)) = (&self.first, &self.last) {
            let _ = writeln!(text, "  from {first} to {last}");
        }
        self.write_columns(&mut text);
        if self.alarms_history > 0 {
            text.push_str(&notes::history(&self.alarms_of.0, self.alarms_of.1));
        }
        self.write_rejections(&mut text);
        text
    }

    /// Writes what became of the columns.
    fn write_columns(&self, text: &mut String) {
        for conversion in &self.conversions {
            let _ = writeln!(text, "{}", Line(conversion));
        }
        if !self.columns_not_imported.is_empty() {
            let names: Vec<String> =
                self.columns_not_imported.iter().take(NAMES_SHOWN_MAX).map(|name| Line(name).to_string()).collect();
            let more = match self.columns_not_imported.len().saturating_sub(NAMES_SHOWN_MAX) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let _ = writeln!(text, "columns not imported: {}{more}", names.join(", "));
        }
        for (flag, count) in &self.flagged {
            let _ = writeln!(text, "flagged, {flag}: {count}");
        }
        for FlagText { text: own, flag, rows } in &self.flag_texts {
            let _ = writeln!(text, "  {} = {} ({})", Line(own), flag.unwrap_or("missing value"), counted(*rows, "row"));
        }
    }

    /// Writes the rejected rows and fields, the first of each reason.
    fn write_rejections(&self, text: &mut String) {
        for (reason, count) in &self.rejected_by_reason {
            let _ = writeln!(text, "rejected, {reason}: {count}");
            write_some(text, self.rejections.iter().filter(|rejected| rejected.reason == *reason), *count);
        }
        for (column, count) in &self.fields_rejected_by_column {
            let _ = writeln!(text, "fields rejected, column `{}`: {count}", Line(column));
            let of_column = self.fields_by_reason.iter().filter(|((own, _), _)| own.as_ref() == Some(column));
            for ((_, reason), count) in of_column {
                let is_one =
                    |rejected: &&Rejected| rejected.column.as_ref() == Some(column) && rejected.reason == *reason;
                write_some(text, self.field_rejections.iter().filter(is_one), *count);
            }
        }
        for reason in &self.store_rejections {
            let _ = writeln!(text, "  refused: {}", Line(reason));
        }
        let refused = self.store.frames_rejected().saturating_sub(self.store_rejections.len() as u64);
        if refused > 0 && !self.store_rejections.is_empty() {
            let _ = writeln!(text, "  and {refused} more");
        }
    }
}

/// The first rejections of each column and reason, and how many of each are listed in the report.
fn of_each_reason(list: &[Rejection]) -> (Vec<Rejected>, CountsByReason) {
    let (mut shown, mut counts) = (Vec::new(), BTreeMap::new());
    for rejection in list {
        let count: &mut u64 = counts.entry((rejection.column.clone(), rejection.reason.name())).or_default();
        *count += 1;
        if *count <= SHOWN_PER_REASON as u64 {
            shown.push(Rejected::new(rejection));
        }
    }
    (shown, counts)
}

/// The first rejections of each column and reason of one of several files.
pub(super) fn of_each_reason_in(file: &str, list: &[Rejection]) -> Vec<Rejected> {
    let (mut shown, mut counts) = (Vec::new(), CountsByReason::new());
    for rejection in list {
        let count = counts.entry((rejection.column.clone(), rejection.reason.name())).or_default();
        *count += 1;
        if *count <= SHOWN_PER_REASON as u64 {
            shown.push(Rejected::of_mapped(file, rejection));
        }
    }
    shown
}

/// Writes a few rejections of one reason, and how many more there are.
fn write_some<'a>(text: &mut String, rejections: impl Iterator<Item = &'a Rejected>, count: u64) {
    let mut written = 0_u64;
    for rejected in rejections.take(SHOWN_PER_REASON) {
        rejected.write(text);
        written += 1;
    }
    if count > written && written > 0 {
        let _ = writeln!(text, "  and {} more like this", count - written);
    }
}

impl Rejected {
    /// A row that is refused as a whole.
    pub(super) const fn of_row(line: u64, text: String, reason: &'static str, remedy: String) -> Self {
        Self { file: None, line, column: None, text, reason, remedy }
    }

    /// The same rejection in a file of several.
    pub(super) fn of_file(&self, file: &str) -> Self {
        let Self { line, column, text, reason, remedy, .. } = self;
        let (column, text, remedy) = (column.clone(), text.clone(), remedy.clone());
        Self { file: Some(file.to_owned()), line: *line, column, text, reason, remedy }
    }

    /// A rejection of a file that is read by a mapping.
    fn of_mapped(file: &str, rejection: &Rejection) -> Self {
        let remedy = remedies::of_mapped(rejection.reason);
        Self { remedy, ..Self::new(rejection).of_file(file) }
    }

    fn new(rejection: &Rejection) -> Self {
        Self {
            file: None,
            line: rejection.line,
            column: rejection.column.clone(),
            text: rejection.text.clone(),
            reason: rejection.reason.name(),
            remedy: remedies::of_rejection(rejection.reason, &rejection.text),
        }
    }

    pub(super) fn write(&self, text: &mut String) {
        let file = self.file.as_ref().map_or_else(String::new, |file| format!("{}, ", Line(file)));
        let column = self.column.as_ref().map_or_else(String::new, |column| format!(", column `{}`", Line(column)));
        let _ = writeln!(text, "  {file}line {}{column}, `{}`: {}", self.line, Line(&self.text), self.remedy);
    }
}
