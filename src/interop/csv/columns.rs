//! The mapped columns of the header, and the reading of one row by them.

use super::error::CsvError;
use super::field::{Flag, FlagReader, NumberReader, Scale, direction, is_mark_like, trim};
use super::header::Header;
use super::report::{Refusal, RejectReason};
use super::series::Series;
use super::spec::{BadField, CsvSpec, EqualTimes};
use super::target::CsvTarget;
use super::time::StampReader;
use crate::model::{Batch, FrameRef, InstrumentId, Mark, Quality, Sample, Timestamp};
use csv::ByteRecord;
use std::collections::BTreeSet;

/// Text of a filter that accepts any field.
const ANY: &str = "*";

#[derive(Debug)]
struct Feed {
    column: usize,
    channel: usize,
    scale: Scale,
    /// Whether the channel is a direction, 0 to 360 degrees.
    is_direction: bool,
    /// Whether the channel is a concentration, which is not far below zero.
    is_concentration: bool,
    flags: Option<usize>,
}

#[derive(Debug)]
struct TargetColumns {
    instrument: InstrumentId,
    feeds: Vec<Feed>,
    /// Samples of the row read last.
    values: Vec<f64>,
    marks: Vec<Mark>,
}

/// Texts that a column may have in rows that are read.
#[derive(Debug)]
struct Filter {
    column: usize,
    texts: Vec<String>,
}

/// Reads rows: the time first, then the samples of every target.
#[derive(Debug)]
pub(super) struct RowReader {
    header: Header,
    filters: Vec<Filter>,
    series: Series,
    /// Places of the columns of the time.
    times: Vec<usize>,
    /// Name of the time in rejections.
    time_name: String,
    /// Text of the time read last, in a buffer that is kept from row to row.
    stamp: String,
    stamps: StampReader,
    numbers: NumberReader,
    flags: FlagReader,
    bad_fields: BadField,
    /// Fields of the row read last that cannot be read.
    refused: Vec<Refusal>,
    /// Columns of the row read last with a number that may mark a missing value.
    mark_like: Vec<usize>,
    skip_empty_frames: bool,
    wrap_directions: bool,
    targets: Vec<TargetColumns>,
    /// Columns that nothing is read from.
    unread: Vec<String>,
    /// Places of the flag columns, each once.
    flag_columns: Vec<usize>,
}

impl RowReader {
    pub(super) fn new(spec: &CsvSpec, record: &ByteRecord, name: &str) -> Result<Self, CsvError> {
        let header = Header::new(name, record, spec.has_header);
        let targets = spec.targets.iter().map(|target| TargetColumns::new(target, &header));
        let targets = targets.collect::<Result<Vec<_>, CsvError>>()?;
        let times = header.find_times(&spec.time)?;
        let filters = filters(spec, &header)?;
        let is_used = |column: usize| {
            let feeds = targets.iter().flat_map(|target| &target.feeds);
            let mapped = feeds.into_iter().any(|feed| feed.column == column || feed.flags == Some(column));
            mapped || times.contains(&column) || filters.iter().any(|filter| filter.column == column)
        };
        let series = Series::new(name, header.names(), is_used);
        let names = header.names().iter().enumerate().filter(|(column, name)| !is_used(*column) && !name.is_empty());
        let unread = names.map(|(_, name)| name.clone()).collect();
        let flags = targets.iter().flat_map(|target| &target.feeds).filter_map(|feed| feed.flags);
        let flag_columns: Vec<usize> = flags.collect::<BTreeSet<usize>>().into_iter().collect();
        let time_names: Vec<&str> = times.iter().filter_map(|at| header.names().get(*at)).map(String::as_str).collect();
        Ok(Self {
            time_name: time_names.join("+"),
            filters,
            series,
            times,
            stamp: String::new(),
            header,
            stamps: StampReader::new(&spec.time, matches!(spec.equal_times, EqualTimes::Spread(_)))?,
            numbers: NumberReader::new(spec.missing.clone(), spec.marks.clone(), spec.decimal_comma),
            flags: FlagReader::new(spec.flags.clone(), spec.missing.clone()),
            bad_fields: spec.bad_fields,
            refused: Vec::new(),
            mark_like: Vec::new(),
            skip_empty_frames: spec.skip_empty_frames,
            wrap_directions: spec.wrap_directions,
            targets,
            unread,
            flag_columns,
        })
    }

    /// Names of the columns.
    pub(super) fn header(&self) -> &[String] {
        self.header.names()
    }

    /// Names of the columns that nothing is read from.
    pub(super) fn unread(&self) -> &[String] {
        &self.unread
    }

    /// Texts of the flag columns of a row with the flag that they mean; `None` for a missing value.
    pub(super) fn flag_texts<'a>(
        &'a self,
        record: &'a ByteRecord,
    ) -> impl Iterator<Item = (&'a str, Option<Quality>)> + 'a {
        self.flag_columns.iter().filter_map(|column| {
            let field = trim(record.get(*column)?);
            let text = std::str::from_utf8(field).ok().filter(|text| !text.is_empty())?;
            match self.flags.read(field)? {
                Flag::Quality(quality) => Some((text, Some(quality))),
                Flag::Missing => Some((text, None)),
            }
        })
    }

    /// What rejections call the time column: its name, or the names of several with `+` between them.
    pub(super) fn time_column(&self) -> &str {
        &self.time_name
    }

    /// The text of the time read last.
    pub(super) fn stamp(&self) -> &str {
        &self.stamp
    }

    /// Whether a row is one of those to be read, by the filters.
    #[inline]
    pub(super) fn is_wanted(&self, record: &ByteRecord) -> bool {
        self.filters.iter().all(|filter| {
            let field = trim(record.get(filter.column).unwrap_or_default());
            filter.texts.iter().any(|text| text == ANY || text.as_bytes() == field)
        })
    }

    /// Refuses a row that belongs to another series than the rows before.
    #[inline]
    pub(super) fn check_series(&mut self, record: &ByteRecord, line: u64) -> Result<(), CsvError> {
        self.series.check(record, line)
    }

    /// Refuses a row that is not as wide as the header.
    pub(super) fn check_width(&self, record: &ByteRecord) -> Result<(), Refusal> {
        self.header.check_width(record)
    }

    /// The time of a row.
    pub(super) fn read_time(&mut self, record: &ByteRecord) -> Result<Timestamp, Refusal> {
        self.stamp.clear();
        for (place, column) in self.times.iter().enumerate() {
            let field = trim(record.get(*column).unwrap_or_default());
            let text = std::str::from_utf8(field).map_err(|_| self.refusal(*column, field, RejectReason::NotUtf8))?;
            if place > 0 {
                self.stamp.push(' ');
            }
            self.stamp.push_str(text);
        }
        self.stamps.read(&self.stamp).map_err(|reason| self.stamp_refusal(reason))
    }

    /// A row is refused for its time.
    pub(super) fn stamp_refusal(&self, reason: RejectReason) -> Refusal {
        Refusal { column: Some(self.time_name.clone()), text: self.stamp.clone(), reason }
    }

    /// Reads the samples of a row, to be added to batches by [`RowReader::push_frames`].
    ///
    /// Fields that cannot be read are missing and kept for [`RowReader::refused_fields`]; a row that has such a field and no value is
    /// refused.
    pub(super) fn read_samples(&mut self, record: &ByteRecord) -> Result<(), Refusal> {
        self.refused.clear();
        self.mark_like.clear();
        let (mut targets, mut has_value) = (std::mem::take(&mut self.targets), false);
        for target in &mut targets {
            for feed in &target.feeds {
                let Sample { value, quality } = match self.sample(record, feed) {
                    Ok(sample) => sample,
                    Err((column, reason)) => {
                        let field = trim(record.get(column).unwrap_or_default());
                        self.refused.push(self.refusal(column, field, reason));
                        Sample::MISSING
                    }
                };
                has_value |= value.is_some();
                let places = (target.values.get_mut(feed.channel), target.marks.get_mut(feed.channel));
                if let (Some(value_place), Some(mark_place)) = places {
                    (*value_place, *mark_place) = (value.unwrap_or(0.0), Mark::new(value.is_some(), quality));
                }
            }
        }
        self.targets = targets;
        if !self.refused.is_empty() && (self.bad_fields == BadField::RejectRow || !has_value) {
            return Err(self.refused.swap_remove(0));
        }
        Ok(())
    }

    /// Columns and texts of the row read last that may mark missing values.
    pub(super) fn mark_like<'a>(&'a self, record: &'a ByteRecord) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        self.mark_like.iter().filter_map(|column| {
            let text = std::str::from_utf8(trim(record.get(*column)?)).ok()?;
            Some((self.header.names().get(*column)?.as_str(), text))
        })
    }

    /// Fields of the row read last that cannot be read.
    pub(super) fn refused_fields(&mut self) -> impl Iterator<Item = Refusal> + '_ {
        self.refused.drain(..)
    }

    /// The sample of a field; otherwise the column at fault, and why.
    fn sample(&mut self, record: &ByteRecord, feed: &Feed) -> Result<Sample, (usize, RejectReason)> {
        let field = trim(record.get(feed.column).unwrap_or_default());
        let flag = match feed.flags {
            None => Flag::Quality(Quality::Normal),
            Some(column) => {
                let field = trim(record.get(column).unwrap_or_default());
                self.flags.read(field).ok_or((column, RejectReason::UnknownFlag))?
            }
        };
        let Flag::Quality(flag) = flag else { return Ok(Sample::MISSING) };
        let reading = self.numbers.read(field, feed.scale).map_err(|reason| (feed.column, reason))?;
        if feed.is_concentration && reading.value.is_some_and(|value| value < 0.0) && is_mark_like(field) {
            self.mark_like.push(feed.column);
        }
        let sample = reading.flagged(flag);
        if !feed.is_direction {
            return Ok(sample);
        }
        direction(sample, self.wrap_directions).map_err(|reason| (feed.column, reason))
    }

    /// Adds the frames of the row read last; returns how many were left out because they are empty.
    pub(super) fn push_frames(&self, time: Timestamp, batch: &mut Batch) -> u64 {
        let mut skipped = 0_u64;
        for target in &self.targets {
            if self.skip_empty_frames && !target.marks.iter().any(|mark| mark.is_present()) {
                skipped = skipped.saturating_add(1);
            } else {
                let TargetColumns { instrument, values, marks, .. } = target;
                batch.push_ref(FrameRef { instrument: *instrument, time, values, marks });
            }
        }
        skipped
    }

    /// Whether a row has one frame at most.
    pub(super) const fn has_one_target(&self) -> bool {
        self.targets.len() == 1
    }

    /// How many columns feed an instrument.
    pub(super) fn mapped_fields(&self, instrument: InstrumentId) -> usize {
        self.targets.iter().find(|target| target.instrument == instrument).map_or(0, |target| target.feeds.len())
    }

    fn refusal(&self, column: usize, field: &[u8], reason: RejectReason) -> Refusal {
        let text = String::from_utf8_lossy(field).into_owned();
        Refusal { column: self.header.names().get(column).cloned(), text, reason }
    }
}

impl TargetColumns {
    fn new(target: &CsvTarget, header: &Header) -> Result<Self, CsvError> {
        let feed = |feed: super::target::ColumnFeed<'_>| {
            let flags = feed.flags.map(|column| header.find(column)).transpose()?;
            let (column, channel) = (header.find(feed.column)?, feed.channel);
            let super::target::ColumnFeed { scale, is_direction, is_concentration, .. } = feed;
            Ok(Feed { column, channel, scale, is_direction, is_concentration, flags })
        };
        let feeds = target.feeds()?.into_iter().map(feed).collect::<Result<Vec<_>, CsvError>>()?;
        let (values, marks) = (vec![0.0; target.width()], vec![Mark::new(false, Quality::Normal); target.width()]);
        Ok(Self { instrument: target.instrument(), feeds, values, marks })
    }
}

/// One filter for each column that has one.
fn filters(spec: &CsvSpec, header: &Header) -> Result<Vec<Filter>, CsvError> {
    let mut filters: Vec<Filter> = Vec::new();
    for (column, text) in &spec.filters {
        let column = header.find(column)?;
        match filters.iter_mut().find(|filter| filter.column == column) {
            Some(filter) => filter.texts.push(text.clone()),
            None => filters.push(Filter { column, texts: vec![text.clone()] }),
        }
    }
    Ok(filters)
}
