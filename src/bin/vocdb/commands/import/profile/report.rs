//! The summary of an import by a profile.

use super::super::notes;
use super::super::pace::Pace;
use super::super::summary::{Rejected, of_each_reason_in, of_store, write_counts};
use super::super::{Import, Stored};
use super::merge::Merges;
use super::read::ReadFiles;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use vocdb::base::escape::{Line, counted};
use vocdb::interop::mapping::{Mapping, Series};
use vocdb::store::Counters;
use vocdb::{Interval, Timestamp};

/// Stations and names in one list of the text; JSON has all.
const SHOWN_MAX: usize = 20;
/// Rejections that are listed for each reason.
const SHOWN_PER_REASON: usize = 3;

/// The summary printed at the end of an import, or of a dry run.
#[derive(Serialize)]
pub(super) struct Summary {
    profile: String,
    files: Vec<String>,
    /// Whether this is a dry run, which stores nothing.
    dry_run: bool,
    rows_read: u64,
    rows_rejected: u64,
    rejected_by_reason: BTreeMap<&'static str, u64>,
    /// The first of each reason, file and column.
    rejections: Vec<Rejected>,
    /// Rows that the mapping or --where excludes.
    rows_filtered: u64,
    /// Unreadable fields in rows that were kept.
    fields_rejected: u64,
    fields_rejected_by_column: BTreeMap<String, u64>,
    field_rejections: Vec<Rejected>,
    /// Values that repeat the value of another row.
    values_repeated: u64,
    /// Values replaced by a different value of another row, by --duplicates.
    values_overridden: u64,
    columns_not_imported: Vec<String>,
    /// Texts of the parameter column that no channel is mapped to.
    parameters_not_imported: Vec<String>,
    warnings: Vec<String>,
    flag_texts: BTreeMap<String, u64>,
    flagged: BTreeMap<&'static str, u64>,
    missing_texts: Vec<String>,
    frames: u64,
    values: u64,
    /// Stored values that were replaced by different ones.
    values_changed: u64,
    /// Flags of stored values that were replaced, where the value stayed.
    flags_changed: u64,
    /// Stored rows between the first and the last row of a series that the files do not have; counted if they changed values or flags.
    rows_not_in_file: u64,
    store: Counters,
    /// Folder of the store, and whether alarms notify.
    #[serde(skip)]
    alarms_of: (String, bool),
    store_rejections: Vec<String>,
    alarms_recorded: u64,
    alarms_history: u64,
    amendments: u64,
    first: Option<String>,
    last: Option<String>,
    stations: Vec<OfStation>,
    /// The first frames, in a dry run.
    first_frames: Vec<String>,
}

/// What becomes of one instrument of one station.
#[derive(Serialize)]
struct OfStation {
    station: String,
    instrument: String,
    is_new: bool,
    interval: Option<String>,
    frames: u64,
    values: u64,
    first: Option<String>,
    last: Option<String>,
    channels: Vec<OfChannel>,
}

/// What a column or parameter becomes.
#[derive(Serialize)]
struct OfChannel {
    source: String,
    unit: String,
    channel: String,
    stored_unit: &'static str,
    conversion: String,
    flags: Option<String>,
}

/// Frames and values of one series.
#[derive(Debug, Default, Clone)]
pub(super) struct Count {
    pub(super) frames: u64,
    pub(super) values: u64,
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

/// What was found before anything is stored.
pub(super) struct Found {
    pub(super) counts: Vec<Count>,
    pub(super) merges: Merges,
    pub(super) first_frames: Vec<String>,
}

impl Summary {
    pub(super) fn new(mapping: &Mapping, files: &ReadFiles, found: Found, interval: Option<Interval>) -> Self {
        let series = files.table.series().iter().zip(&found.counts);
        let stored = series.filter(|(_, count)| count.frames > 0);
        let stations: Vec<OfStation> = stored.map(|(series, count)| OfStation::new(series, count, interval)).collect();
        let spans = found.counts.iter().filter_map(|count| count.span);
        let span = spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        let mut summary = Self {
            profile: mapping.name().to_owned(),
            files: files.names(),
            dry_run: false,
            rows_read: 0,
            rows_rejected: 0,
            rejected_by_reason: BTreeMap::new(),
            rejections: Vec::new(),
            rows_filtered: 0,
            fields_rejected: 0,
            fields_rejected_by_column: BTreeMap::new(),
            field_rejections: Vec::new(),
            values_repeated: found.merges.repeated,
            values_overridden: found.merges.conflicts,
            columns_not_imported: Vec::new(),
            parameters_not_imported: files.table.unmapped().iter().cloned().collect(),
            warnings: files.warnings.clone(),
            flag_texts: BTreeMap::new(),
            flagged: BTreeMap::new(),
            missing_texts: mapping.missing_texts().to_vec(),
            frames: found.counts.iter().map(|count| count.frames).sum(),
            values: found.counts.iter().map(|count| count.values).sum(),
            values_changed: 0,
            flags_changed: 0,
            rows_not_in_file: 0,
            store: Counters::default(),
            alarms_of: (String::new(), false),
            store_rejections: Vec::new(),
            alarms_recorded: 0,
            alarms_history: 0,
            amendments: 0,
            first: span.map(|(first, _)| first.to_string()),
            last: span.map(|(_, last)| last.to_string()),
            stations,
            first_frames: found.first_frames,
        };
        summary.add_files(files);
        summary
    }

    fn add_files(&mut self, files: &ReadFiles) {
        let mut unread = BTreeSet::new();
        for file in &files.files {
            let report = &file.report;
            self.rows_read += report.rows_read;
            self.rows_filtered += report.filtered_rows;
            self.rows_rejected += report.rejected_rows;
            self.fields_rejected += report.rejected_fields;
            for (reason, count) in &report.rejected_by_reason {
                *self.rejected_by_reason.entry(reason.name()).or_default() += count;
            }
            for (column, count) in &report.rejected_by_column {
                *self.fields_rejected_by_column.entry(column.clone()).or_default() += count;
            }
            for ((text, flag), rows) in &report.flag_texts {
                let meaning = flag.map_or("missing value", vocdb::Quality::name);
                *self.flag_texts.entry(format!("{text} = {meaning}")).or_default() += rows;
            }
            for (flag, count) in &report.flagged {
                *self.flagged.entry(flag.name()).or_default() += count;
            }
            self.rejections.extend(of_each_reason_in(&file.name, &report.rejections));
            self.field_rejections.extend(of_each_reason_in(&file.name, &report.field_rejections));
            for (reason, (count, listed)) in &file.limits.refused {
                self.rows_rejected += count;
                *self.rejected_by_reason.entry(reason).or_default() += count;
                self.rejections.extend(listed.iter().map(|rejected| rejected.of_file(&file.name)));
            }
            unread.extend(file.unread.iter().cloned());
        }
        self.columns_not_imported = unread.into_iter().collect();
    }

    /// The same summary of a run that stores nothing.
    pub(super) fn of_dry_run(self) -> Self {
        Self { dry_run: true, ..self }
    }

    /// The same summary of rows that are stored.
    pub(super) fn stored(mut self, stored: Stored, warnings: Vec<String>, import: &Import) -> Self {
        let Stored { tally, counters: store, changed } = stored;
        self.warnings.extend(warnings.into_iter().chain(notes::changed(&changed, &import.store, false)));
        (self.values_changed, self.flags_changed) = (changed.values, changed.flags);
        self.rows_not_in_file = changed.rows_elsewhere;
        self.alarms_of = (import.store.display().to_string(), import.notify);
        self.first_frames.clear();
        (self.alarms_recorded, self.alarms_history) = (tally.alarms_recorded, tally.alarms_history);
        Self { store, amendments: tally.amendments, store_rejections: tally.store_rejections, ..self }
    }

    /// Why nothing is stored of files that have rows; none if something is.
    pub(super) fn why_nothing_is_stored(&self) -> Option<String> {
        let Counters { frames_accepted, frames_identical, frames_superseded, .. } = &self.store;
        let is_stored = *frames_accepted > 0 || *frames_identical > 0 || *frames_superseded > 0;
        let is_refused = self.rows_rejected > 0 || self.store.frames_rejected() > 0;
        (is_refused && !is_stored).then(|| "nothing was stored; see the reasons above".to_owned())
    }

    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let files = some_of(self.files.iter(), SHOWN_MAX);
        let what = if self.dry_run { "dry run of profile" } else { "profile" };
        let _ = writeln!(text, "{files} by {what} {}", Line(&self.profile));
        let lines = [
            ("rows read", self.rows_read),
            ("rows rejected", self.rows_rejected),
            ("rows filtered out", self.rows_filtered),
            ("fields rejected", self.fields_rejected),
            ("values repeated", self.values_repeated),
            ("values overridden", self.values_overridden),
            ("frames found", if self.dry_run { self.frames } else { 0 }),
            ("values found", if self.dry_run { self.values } else { 0 }),
        ];
        let alarms = [self.alarms_recorded, self.alarms_history, self.amendments];
        let stored = of_store(&self.store, [self.values_changed, self.flags_changed], alarms);
        write_counts(&mut text, lines.into_iter().chain(stored), self.store.frames_accepted > 0);
        if let (Some(first), Some(last)) = (&self.first, &self.last) {
            let _ = writeln!(text, "  from {first} to {last}");
        }
        self.write_stations(&mut text);
        self.write_texts(&mut text);
        if self.alarms_history > 0 {
            text.push_str(&notes::history(&self.alarms_of.0, self.alarms_of.1));
        }
        self.write_rejections(&mut text);
        for (place, frame) in self.first_frames.iter().enumerate().filter(|_| self.dry_run) {
            let _ = write!(text, "{}", if place == 0 { "first frames:\n" } else { "" });
            let _ = writeln!(text, "  {}", Line(frame));
        }
        if self.dry_run {
            text.push_str("nothing was stored: this was a dry run\n");
        }
        text
    }

    fn write_stations(&self, text: &mut String) {
        for of in self.stations.iter().take(SHOWN_MAX) {
            let interval = of.interval.as_ref().map_or_else(String::new, |interval| format!(", every {interval}"));
            let new = if of.is_new { ", new" } else { "" };
            let (station, instrument) = (Line(&of.station), Line(&of.instrument));
            let _ = writeln!(
                text,
                "{station}, instrument {instrument}{interval}{new}: {}, {}",
                counted(of.frames, "frame"),
                counted(of.values, "value")
            );
            if self.dry_run {
                of.channels.iter().for_each(|channel| channel.write(text));
            }
        }
        let more = self.stations.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            let _ = writeln!(text, "and {more} more; --json lists all");
        }
    }

    /// Writes what the texts of the file mean.
    fn write_texts(&self, text: &mut String) {
        if !self.missing_texts.is_empty() && self.dry_run {
            let _ = writeln!(text, "missing values: {}", some_of(self.missing_texts.iter(), SHOWN_MAX));
        }
        if !self.parameters_not_imported.is_empty() {
            let names = some_of(self.parameters_not_imported.iter(), SHOWN_MAX);
            let _ = writeln!(text, "parameters not imported: {names}");
        }
        if !self.columns_not_imported.is_empty() {
            let _ = writeln!(text, "columns not imported: {}", some_of(self.columns_not_imported.iter(), SHOWN_MAX));
        }
        for (flag, count) in &self.flagged {
            let _ = writeln!(text, "flagged, {flag}: {count}");
        }
        for (meaning, rows) in &self.flag_texts {
            let _ = writeln!(text, "  {} ({})", Line(meaning), counted(*rows, "row"));
        }
    }

    fn write_rejections(&self, text: &mut String) {
        for (reason, count) in &self.rejected_by_reason {
            let _ = writeln!(text, "rejected, {reason}: {count}");
            let of_reason = self.rejections.iter().filter(|rejected| rejected.reason == *reason);
            of_reason.take(SHOWN_PER_REASON).for_each(|rejected| rejected.write(text));
        }
        for (column, count) in &self.fields_rejected_by_column {
            let _ = writeln!(text, "fields rejected, column `{}`: {count}", Line(column));
            let of_column = self.field_rejections.iter().filter(|rejected| rejected.column.as_ref() == Some(column));
            of_column.take(SHOWN_PER_REASON).for_each(|rejected| rejected.write(text));
        }
        for reason in &self.store_rejections {
            let _ = writeln!(text, "  refused: {}", Line(reason));
        }
    }
}

impl OfStation {
    fn new(series: &Series, count: &Count, interval: Option<Interval>) -> Self {
        let interval = series.registered.as_ref().map(vocdb::Instrument::interval).or(interval);
        let channels = series.feeds.iter().filter_map(|feed| {
            let channel = series.channels.get(feed.channel)?;
            Some(OfChannel {
                source: feed.source.clone(),
                unit: feed.unit.clone(),
                channel: channel.name().to_owned(),
                stored_unit: channel.unit().symbol(),
                conversion: feed.conversion.clone(),
                flags: feed.flags.clone(),
            })
        });
        Self {
            station: series.station.clone(),
            instrument: series.instrument.clone(),
            is_new: series.registered.is_none(),
            interval: interval.map(|interval| interval.to_string()),
            frames: count.frames,
            values: count.values,
            first: count.span.map(|(first, _)| first.to_string()),
            last: count.span.map(|(_, last)| last.to_string()),
            channels: channels.collect(),
        }
    }
}

impl OfChannel {
    fn write(&self, text: &mut String) {
        let flags = self.flags.as_ref().map_or_else(String::new, |flags| format!(", flags in `{}`", Line(flags)));
        let _ = writeln!(
            text,
            "  {} [{}] -> {} [{}], {}{flags}",
            Line(&self.source),
            Line(&self.unit),
            Line(&self.channel),
            self.stored_unit,
            Line(&self.conversion)
        );
    }
}

/// The first of some texts in one line.
fn some_of<'a>(texts: impl ExactSizeIterator<Item = &'a String>, max: usize) -> String {
    let more = match texts.len().saturating_sub(max) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown: Vec<String> = texts.take(max).map(|text| Line(text).to_string()).collect();
    shown.join(", ") + more.as_str()
}

/// The distance between the rows of most series, as an option takes it.
pub(super) fn usual_pace(paces: &[Pace]) -> Option<Interval> {
    let mut counts: BTreeMap<Interval, u64> = BTreeMap::new();
    for found in paces.iter().filter_map(Pace::interval) {
        *counts.entry(found).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(interval, _)| interval)
}
