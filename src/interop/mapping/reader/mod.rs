//! Files into rows of values, by a mapping.

mod plan;
mod routes;
mod rows;
mod series;

pub use rows::{Cell, Row, Rows};
pub use series::{Series, SeriesTable, Source};

use super::description::Mapping;
use super::error::MappingError;
use crate::base::limits::CSV_RECORD_BYTES_MAX;
use crate::interop::csv::parts::{
    EqualRun, Flag, FlagReader, Header, NextRecord, NumberReader, RecordSource, Refusal, RowOrder, StampReader,
    is_mark_like, is_padding, trim,
};
use crate::interop::csv::{BadField, CsvError, CsvReport, RejectReason, TimeColumn};
use crate::model::{Batch, DIRECTIONS_DEG, FrameRef, InstrumentId, Interval, Mark, Quality, Sample, Timestamp};
use csv::ByteRecord;
use plan::Plan;
use routes::{Feed, NoRoute, Routes};
use std::io::{self, Read};

/// Lines in which the names of the columns are looked for.
const HEADER_RECORDS_MAX: usize = 1_000;

/// Reads a file by a mapping, front to back, without ever holding the file in memory.
///
/// Each line becomes a row for each series and time that it has values of. Rows of one time are handed out as they come; a host
/// merges them.
///
/// ```
/// use vocdb::interop::mapping::{MappedReader, Mapping, Rows, SeriesTable};
/// let csv = "site,time,what,unit,value\n\
///            A,2024-06-01T00:00:00Z,o3,ppm,0.041\n\
///            A,2024-06-01T00:00:00Z,pm10,ug/m3,14\n";
/// let mapping = Mapping::parse("long.toml", r#"
///     [time]
///     columns = "time"
///     [station]
///     columns = "site"
///     prefix = "park"
///     [instrument]
///     name = "logger"
///     interval = "1h"
///     [long]
///     parameter = "what"
///     value = "value"
///     unit = "unit"
///     [[channel]]
///     parameter = "o3"
///     name = "ozone"
///     [[channel]]
///     parameter = "pm10"
///     name = "PM10"
/// "#)?;
/// let (mut table, mut rows) = (SeriesTable::default(), Rows::new());
/// let mut reader = MappedReader::from_reader(csv.as_bytes(), "long.csv", &mapping)?;
/// assert_eq!(reader.read_rows(&mut table, 100, &mut rows)?, 2);
/// assert_eq!(table.series()[0].station, "park/A");
/// assert_eq!(table.series()[0].channels[0].name(), "ozone");
/// assert_eq!(rows.iter().next().unwrap().cells[0].value, 0.041);
/// # Ok::<(), vocdb::interop::mapping::MappingError>(())
/// ```
#[derive(Debug)]
pub struct MappedReader<R> {
    name: String,
    mapping: Mapping,
    records: RecordSource<R>,
    record: ByteRecord,
    /// What the header's place holds in a file without names, to be read as a row.
    first: Option<NextRecord>,
    plan: Plan,
    routes: Routes,
    stamps: StampReader,
    stamp: String,
    /// Numbers by the texts that mean a missing value: those of the file, then those of each channel with texts of its own.
    numbers: Vec<NumberReader>,
    flags: FlagReader,
    spread: Option<EqualRun>,
    /// Samples, marks and refused fields of the row read last.
    samples: Vec<Sample>,
    marks: Vec<Mark>,
    refused: Vec<(Refusal, BadField)>,
    report: CsvReport,
    is_ended: bool,
    has_failed: bool,
}

impl<R: Read> MappedReader<R> {
    /// Reads the header; `name` stands for the file in errors.
    ///
    /// # Errors
    /// [`MappingError::Csv`] if the file cannot be read, or lacks a column. [`MappingError::Unfit`] if file and mapping do not fit, and if
    /// the mapping lacks a zone, a station or an instrument that the file needs.
    pub fn from_reader(read: R, name: impl Into<String>, mapping: &Mapping) -> Result<Self, MappingError> {
        let name = name.into();
        let unfit = |reason: &str| MappingError::Unfit { name: name.clone(), reason: reason.to_owned() };
        let failed = |source: io::Error| CsvError::Io { name: name.clone(), source };
        if let Some(reason) = mapping.lacks() {
            return Err(unfit(reason));
        }
        let file = &mapping.file;
        let has_names = file.names_line > 0;
        let skip_lines = if has_names { file.names_line.saturating_sub(1) } else { file.header_lines };
        let mut records = RecordSource::new(read, file.encoding, (file.delimiter, skip_lines)).map_err(failed)?;
        let mut record = ByteRecord::new();
        let first = find_names(&mut records, &mut record, file.names_start.as_deref()).map_err(failed)?;
        match first {
            NextRecord::Read { .. } => {}
            NextRecord::TooLong { .. } | NextRecord::Open { .. } => return Err(CsvError::HeaderTooLong { name }.into()),
            NextRecord::End if file.names_start.is_some() => {
                return Err(unfit("no line begins as `names_start` says: check the file and the mapping"));
            }
            NextRecord::End => return Err(CsvError::NoHeader { name, skip_lines }.into()),
        }
        let header = Header::new(&name, &record, has_names);
        let (mut below, mut units) = (ByteRecord::new(), None);
        let rows_below = if has_names { file.header_lines.saturating_sub(file.names_line) } else { 0 };
        for row in 0..rows_below {
            if records.next(&mut below).map_err(failed)? == NextRecord::End {
                break;
            }
            if file.names_line.saturating_add(row).saturating_add(1) == file.units_line {
                units = Some(below.clone());
            }
        }
        let plan = Plan::new(&name, mapping, header, units.as_ref())?;
        let time = TimeColumn::new("", mapping.time.format.clone()).fold(mapping.time.fold);
        let time = mapping.time.zone.iter().fold(time, TimeColumn::zone);
        let spread = mapping.time.spread;
        Ok(Self {
            records,
            record,
            first: (!has_names).then_some(first),
            plan,
            routes: Routes::default(),
            stamps: StampReader::new(&time, spread.is_some())?,
            stamp: String::new(),
            numbers: numbers(mapping),
            flags: flag_reader(mapping),
            spread: spread.map(EqualRun::new),
            samples: Vec::new(),
            marks: Vec::new(),
            refused: Vec::new(),
            report: CsvReport::default(),
            is_ended: false,
            has_failed: false,
            mapping: mapping.clone(),
            name,
        })
    }

    /// Empties `rows` and fills it with the next rows, about `rows_max` of them. Returns how many: 0 is the end of the file.
    ///
    /// # Errors
    /// [`MappingError::Csv`] if the file cannot be read on, and [`MappingError::Unfit`] if a row shows that file and mapping do not
    /// fit. Reading cannot continue after either.
    pub fn read_rows(
        &mut self,
        table: &mut SeriesTable,
        rows_max: usize,
        rows: &mut Rows,
    ) -> Result<usize, MappingError> {
        rows.clear();
        if self.has_failed {
            return Err(CsvError::Stopped { name: self.name.clone() }.into());
        }
        while !self.is_ended && rows.len() < rows_max.max(1) {
            self.read_record(table, rows).inspect_err(|_| self.has_failed = true)?;
        }
        Ok(rows.len())
    }

    /// What became of the lines so far. Its frames are rows.
    #[must_use]
    pub const fn report(&self) -> &CsvReport {
        &self.report
    }

    /// Names of the columns; in a file without names `#1`, `#2` and so on.
    #[must_use]
    pub fn header(&self) -> &[String] {
        self.plan.header.names()
    }

    /// Names of the columns that the mapping reads nothing from.
    #[must_use]
    pub fn unread_columns(&self) -> &[String] {
        &self.plan.unread
    }

    fn read_record(&mut self, table: &mut SeriesTable, rows: &mut Rows) -> Result<(), MappingError> {
        let next = match self.first.take() {
            Some(first) => first,
            None => {
                let next = self.records.next(&mut self.record);
                next.map_err(|source| CsvError::Io { name: self.name.clone(), source })?
            }
        };
        let (line, refusal) = match next {
            NextRecord::End => {
                self.is_ended = true;
                self.release(None, rows);
                return Ok(());
            }
            NextRecord::TooLong { line } => {
                let text = format!("more than {CSV_RECORD_BYTES_MAX} bytes");
                (line, Some(Refusal { column: None, text, reason: RejectReason::TooLong }))
            }
            NextRecord::Open { line } => {
                let text = self.record.iter().next_back().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
                (line, Some(Refusal { column: None, text, reason: RejectReason::OpenQuote }))
            }
            NextRecord::Read { .. } if is_padding(&self.record) || is_blank(&self.record) => return Ok(()),
            NextRecord::Read { line } => (line, self.plan.header.check_width(&self.record).err()),
        };
        self.report.rows_read = self.report.rows_read.saturating_add(1);
        if let Some(refusal) = refusal {
            self.report.reject(line, refusal);
            return Ok(());
        }
        let is_wanted = self.plan.is_wanted(&self.record);
        match if is_wanted { self.take_record(line, table, rows) } else { Ok(false) } {
            Ok(true) => {}
            Ok(false) => self.report.filtered_rows = self.report.filtered_rows.saturating_add(1),
            Err(NoRoute::Refused(refusal)) => self.report.reject(line, refusal),
            Err(NoRoute::Unfit(reason)) => return Err(MappingError::Unfit { name: self.name.clone(), reason }),
        }
        Ok(())
    }

    /// Adds the rows of the record read last; false if the mapping ignores it.
    fn take_record(&mut self, line: u64, table: &mut SeriesTable, rows: &mut Rows) -> Result<bool, NoRoute> {
        let place = self.routes.find((&self.mapping, &self.plan), &self.record, table)?;
        let Some(route) = self.routes.get_mut(place) else { return Ok(false) };
        if route.feeds.is_empty() {
            return Ok(false);
        }
        let (feeds, mut order) = (std::mem::take(&mut route.feeds), std::mem::take(&mut route.order));
        let taken = self.take_feeds(line, (&feeds, &mut order), rows);
        if let Some(route) = self.routes.get_mut(place) {
            (route.feeds, route.order) = (feeds, order);
        }
        taken.map(|()| true).map_err(NoRoute::Refused)
    }

    fn take_feeds(
        &mut self,
        line: u64,
        (feeds, order): (&[Feed], &mut RowOrder),
        rows: &mut Rows,
    ) -> Result<(), Refusal> {
        self.read_stamp()?;
        let by_hour = feeds.iter().any(|feed| feed.hour.is_some());
        let mut time = if by_hour { Timestamp::default() } else { self.time(None, order)? };
        let hours: Vec<Timestamp> = match by_hour {
            true => feeds.iter().map(|feed| self.time(feed.hour, order)).collect::<Result<_, _>>()?,
            false => Vec::new(),
        };
        let held = match &mut self.spread {
            None => None,
            Some(_) => Some(self.take_place(time, feeds, rows)?),
        };
        self.read_samples(feeds)?;
        self.note(line, feeds);
        if let Some(place) = held {
            self.hold(line, (time, place), feeds);
            return Ok(());
        }
        self.marks.clear();
        for (at, feed) in feeds.iter().enumerate() {
            let sample = self.samples.get(at).copied().unwrap_or(Sample::MISSING);
            let mark = Mark::new(sample.value.is_some(), sample.quality);
            time = hours.get(at).copied().unwrap_or(time);
            rows.push_cell(Cell { channel: feed.channel, value: sample.value.unwrap_or(0.0), mark });
            self.marks.push(mark);
            let next = feeds.get(at.saturating_add(1));
            if next.is_none_or(|next| next.series != feed.series || next.hour != feed.hour) {
                rows.end_row(line, feed.series, time);
                self.report.note_frame(&self.marks, self.marks.len());
                self.marks.clear();
            }
        }
        Ok(())
    }

    /// Joins the texts of the time.
    fn read_stamp(&mut self) -> Result<(), Refusal> {
        self.stamp.clear();
        for (place, column) in self.plan.times.iter().enumerate() {
            let field = trim(self.record.get(*column).unwrap_or_default());
            let text = std::str::from_utf8(field).map_err(|_| self.refusal(*column, RejectReason::NotUtf8))?;
            if place > 0 {
                self.stamp.push(' ');
            }
            self.stamp.push_str(text);
        }
        Ok(())
    }

    /// The end of the interval of a row, or of one hour of its day.
    fn time(&self, hour: Option<u64>, order: &mut RowOrder) -> Result<Timestamp, Refusal> {
        let read = match hour {
            None => self.stamps.read_in(&self.stamp, order),
            Some(hour) => self.stamps.read_in(&format!("{} {hour:02}", self.stamp), order),
        };
        let time = read.map_err(|reason| self.stamp_refusal(reason))?;
        let begin = self.mapping.time.is_begin.then(|| self.mapping.instrument.interval.map_or(0, Interval::as_ms));
        Ok(time.plus_ms(begin.unwrap_or(0)))
    }

    fn stamp_refusal(&self, reason: RejectReason) -> Refusal {
        Refusal { column: Some(self.plan.time_name.clone()), text: self.stamp.clone(), reason }
    }

    fn refusal(&self, column: usize, reason: RejectReason) -> Refusal {
        let field = trim(self.record.get(column).unwrap_or_default());
        let text = String::from_utf8_lossy(field).into_owned();
        Refusal { column: self.plan.name_of(column), text, reason }
    }

    fn read_samples(&mut self, feeds: &[Feed]) -> Result<(), Refusal> {
        self.samples.clear();
        self.refused.clear();
        let mut has_value = false;
        for feed in feeds {
            let sample = match self.sample(feed) {
                Ok(sample) => sample,
                Err((column, reason)) => {
                    self.refused.push((self.refusal(column, reason), feed.bad_field));
                    Sample::MISSING
                }
            };
            has_value |= sample.value.is_some();
            self.samples.push(sample);
        }
        let is_rejected = |(_, bad_field): &(Refusal, BadField)| *bad_field == BadField::RejectRow || !has_value;
        match self.refused.iter().position(is_rejected) {
            Some(at) => Err(self.refused.swap_remove(at).0),
            None => Ok(()),
        }
    }

    /// The sample of a field; otherwise the column at fault, and why.
    fn sample(&mut self, feed: &Feed) -> Result<Sample, (usize, RejectReason)> {
        let field = trim(self.record.get(feed.column).unwrap_or_default());
        let flag = match feed.flags {
            None => Flag::Quality(Quality::Normal),
            Some(column) => {
                let field = trim(self.record.get(column).unwrap_or_default());
                let unknown = self.mapping.values.unknown_flag.map(Flag::Quality);
                self.flags.read(field).or(unknown).ok_or((column, RejectReason::UnknownFlag))?
            }
        };
        let Flag::Quality(flag) = flag else { return Ok(Sample::MISSING) };
        let numbers = self.numbers.get_mut(feed.numbers).ok_or((feed.column, RejectReason::NotANumber))?;
        let reading = numbers.read(field, feed.scale).map_err(|reason| (feed.column, reason))?;
        let quality = if flag == Quality::Normal { reading.quality } else { flag };
        let sample = Sample { value: reading.value, quality };
        if feed.is_direction && sample.valid().is_some_and(|degrees| !DIRECTIONS_DEG.contains(&degrees)) {
            return Err((feed.column, RejectReason::NotADirection));
        }
        Ok(sample)
    }

    /// Counts what the report says of a row that is kept.
    fn note(&mut self, line: u64, feeds: &[Feed]) {
        for (feed, sample) in feeds.iter().zip(&self.samples) {
            if let Some((text, flag)) = feed.flags.and_then(|column| self.flag_text(column)) {
                let quality = if let Flag::Quality(quality) = flag { Some(quality) } else { None };
                self.report.note_flag(&text, quality);
            }
            let field = trim(self.record.get(feed.column).unwrap_or_default());
            if feed.is_concentration && sample.value.is_some_and(|value| value < 0.0) && is_mark_like(field) {
                let text = String::from_utf8_lossy(field);
                self.report.note_mark(&self.plan.name_of(feed.column).unwrap_or_default(), &text);
            }
        }
        for (refusal, _) in self.refused.drain(..) {
            self.report.reject_field(line, refusal);
        }
    }

    /// Text of a flag column, and its meaning; none for the empty field.
    fn flag_text(&self, column: usize) -> Option<(String, Flag)> {
        let field = trim(self.record.get(column)?);
        let text = std::str::from_utf8(field).ok().filter(|text| !text.is_empty())?;
        let unknown = self.mapping.values.unknown_flag.map(Flag::Quality);
        Some((text.to_owned(), self.flags.read(field).or(unknown)?))
    }

    /// Place of a row among those of its time stamp, after the rows of the stamp before are handed out.
    fn take_place(&mut self, time: Timestamp, feeds: &[Feed], rows: &mut Rows) -> Result<u64, Refusal> {
        if self.spread.as_ref().is_some_and(|run| !run.holds(time)) {
            self.release_feeds(Some(time), feeds, rows);
            if let Some(run) = &mut self.spread {
                run.begin(time, &self.stamp);
            }
        }
        let place = self.spread.as_mut().map_or(Ok(0), EqualRun::take_place);
        place.map_err(|reason| self.stamp_refusal(reason))
    }

    fn hold(&mut self, line: u64, (time, place): (Timestamp, u64), feeds: &[Feed]) {
        let series = feeds.first().map_or(0, |feed| feed.series);
        let instrument = InstrumentId::new(u32::try_from(series).unwrap_or(u32::MAX));
        let samples = self.samples.iter().copied();
        if let Some(run) = &mut self.spread {
            run.hold(line, place, |held| {
                held.push_samples(instrument, time, samples);
                0
            });
        }
    }

    fn release(&mut self, next: Option<Timestamp>, rows: &mut Rows) {
        let Some(route) = self.routes.get_mut(0) else { return };
        let feeds = std::mem::take(&mut route.feeds);
        self.release_feeds(next, &feeds, rows);
        if let Some(route) = self.routes.get_mut(0) {
            route.feeds = feeds;
        }
    }

    /// Hands out the rows that were held back for their equal times.
    fn release_feeds(&mut self, next: Option<Timestamp>, feeds: &[Feed], rows: &mut Rows) {
        let (mut ready, mut lines) = (Batch::new(), Vec::new());
        if let Some(run) = &mut self.spread {
            run.release(next, &self.plan.time_name, (&mut ready, &mut lines), &mut self.report);
        }
        for (FrameRef { time, values, marks, .. }, line) in ready.frames().zip(lines) {
            for (feed, (value, mark)) in feeds.iter().zip(values.iter().zip(marks)) {
                rows.push_cell(Cell { channel: feed.channel, value: *value, mark: *mark });
            }
            rows.end_row(line, feeds.first().map_or(0, |feed| feed.series), time);
            self.report.note_frame(marks, feeds.len());
        }
    }
}

/// The record of names: the first, or the first that begins with a text.
fn find_names<R: Read>(
    records: &mut RecordSource<R>,
    record: &mut ByteRecord,
    start: Option<&str>,
) -> io::Result<NextRecord> {
    for _ in 0..HEADER_RECORDS_MAX {
        let next = records.next(record)?;
        let begins =
            |start: &str| record.get(0).is_some_and(|first| trim(first).eq_ignore_ascii_case(start.as_bytes()));
        if next == NextRecord::End || start.is_none_or(begins) {
            return Ok(next);
        }
    }
    Ok(NextRecord::End)
}

/// Whether no field of a record holds anything, as in the last lines of some spreadsheets.
fn is_blank(record: &ByteRecord) -> bool {
    record.iter().all(|field| trim(field).is_empty())
}

/// The numbers of the file, then those of each channel with texts of its own.
fn numbers(mapping: &Mapping) -> Vec<NumberReader> {
    let values = &mapping.values;
    let reader = |own: &[String]| {
        let missing = values.missing.iter().chain(own).cloned().collect();
        NumberReader::new(missing, values.marks.clone(), mapping.file.decimal_comma)
    };
    let own = mapping.channels.iter().map(|channel| &channel.missing).filter(|missing| !missing.is_empty());
    std::iter::once(reader(&[])).chain(own.map(|missing| reader(missing))).collect()
}

fn flag_reader(mapping: &Mapping) -> FlagReader {
    let missing = mapping.values.flag_missing.iter().chain(&mapping.values.missing).cloned().collect();
    FlagReader::new(mapping.values.flag_texts.clone(), missing)
}
