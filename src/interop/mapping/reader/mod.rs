//! Files into rows of values, by a mapping.

mod names;
mod plan;
mod routes;
mod rows;
mod samples;
mod series;
mod spread;

pub use rows::{Cell, Row, Rows};
pub use series::{Series, SeriesTable, Source};

use super::description::Mapping;
use super::error::MappingError;
use crate::base::limits::CSV_RECORD_BYTES_MAX;
use crate::interop::csv::parts::{
    EqualRun, Header, NextRecord, RecordSource, Refusal, RowOrder, StampReader, is_padding, trim,
};
use crate::interop::csv::{CsvError, CsvReport, RejectReason, TimeColumn};
use crate::model::{Interval, Mark, Sample, Timestamp};
use csv::ByteRecord;
use names::{find_names, is_blank};
use plan::Plan;
use routes::{Feed, NoRoute, Routes};
use samples::SampleReader;
use std::io::{self, Read};

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
    fields: SampleReader,
    spread: Option<EqualRun>,
    /// Marks of the row read last.
    marks: Vec<Mark>,
    report: CsvReport,
    is_ended: bool,
    has_failed: bool,
}

impl<R: Read> MappedReader<R> {
    /// Reads the header; `name` is the name of the file in errors.
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
            fields: SampleReader::new(mapping),
            spread: spread.map(EqualRun::new),
            marks: Vec::new(),
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
                self.release(rows);
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
        self.fields.read(&self.record, feeds, &self.plan)?;
        self.fields.note(&self.record, (line, feeds), &self.plan, &mut self.report);
        if let (Some(place), Some(run)) = (held, &mut self.spread) {
            spread::hold(run, line, (time, place), feeds, self.fields.samples());
            return Ok(());
        }
        self.marks.clear();
        for (at, feed) in feeds.iter().enumerate() {
            let sample = self.fields.samples().get(at).copied().unwrap_or(Sample::MISSING);
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
            let text = std::str::from_utf8(field)
                .map_err(|_| self.plan.refusal(&self.record, *column, RejectReason::NotUtf8))?;
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

    /// Place of a row among those of its time stamp, after the rows of the stamp before are handed out.
    fn take_place(&mut self, time: Timestamp, feeds: &[Feed], rows: &mut Rows) -> Result<u64, Refusal> {
        let Some(run) = &mut self.spread else { return Ok(0) };
        if !run.holds(time) {
            spread::release(run, Some(time), (feeds, &self.plan.time_name), rows, &mut self.report);
            run.begin(time, &self.stamp);
        }
        run.take_place().map_err(|reason| self.stamp_refusal(reason))
    }

    /// Hands out the last rows that were held back.
    fn release(&mut self, rows: &mut Rows) {
        if let (Some(run), Some(route)) = (&mut self.spread, self.routes.get_mut(0)) {
            spread::release(run, None, (&route.feeds, &self.plan.time_name), rows, &mut self.report);
        }
    }
}
