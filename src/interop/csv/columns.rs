//! The places of the mapped columns in the header, and the reading of one row by them.

use super::error::{CsvError, list, nearest};
use super::report::{Refusal, RejectReason};
use super::spec::CsvSpec;
use super::time::StampReader;
use super::value::{NumberReader, Scale};
use crate::model::{Batch, InstrumentId, Sample, Timestamp};
use csv::ByteRecord;

#[derive(Debug)]
struct Feed {
    column: usize,
    channel: usize,
    scale: Scale,
}

#[derive(Debug)]
struct TargetColumns {
    instrument: InstrumentId,
    feeds: Vec<Feed>,
    samples: Vec<Sample>,
}

/// Reads rows: the time first, then the samples of every target.
#[derive(Debug)]
pub(super) struct RowReader {
    header: Vec<String>,
    time: usize,
    stamps: StampReader,
    numbers: NumberReader,
    skip_empty_frames: bool,
    targets: Vec<TargetColumns>,
}

impl RowReader {
    pub(super) fn new(spec: &CsvSpec, header: &ByteRecord, name: &str) -> Result<Self, CsvError> {
        let header: Vec<String> =
            header.iter().map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned()).collect();
        let mut targets = Vec::with_capacity(spec.targets.len());
        for target in &spec.targets {
            let mut feeds = Vec::new();
            for feed in target.feeds()? {
                let column = find_column(&header, feed.column, name)?;
                feeds.push(Feed { column, channel: feed.channel, scale: feed.scale });
            }
            let samples = vec![Sample::MISSING; target.width()];
            targets.push(TargetColumns { instrument: target.instrument(), feeds, samples });
        }
        Ok(Self {
            time: find_column(&header, &spec.time.name, name)?,
            header,
            stamps: StampReader::new(&spec.time)?,
            numbers: NumberReader::new(spec.missing.clone(), spec.decimal_comma),
            skip_empty_frames: spec.skip_empty_frames,
            targets,
        })
    }

    /// The name of the time column.
    pub(super) fn time_column(&self) -> Option<&str> {
        self.header.get(self.time).map(String::as_str)
    }

    /// The time of a row, and the text that it was read from.
    pub(super) fn read_time<'a>(&self, record: &'a ByteRecord) -> Result<(Timestamp, &'a str), Refusal> {
        if record.len() != self.header.len() {
            let text = format!("{} fields where the header has {}", record.len(), self.header.len());
            return Err(Refusal { column: None, text, reason: RejectReason::WrongFieldCount });
        }
        let field = record.get(self.time).unwrap_or_default().trim_ascii();
        let text = std::str::from_utf8(field).map_err(|_| self.refusal(self.time, field, RejectReason::NotUtf8))?;
        let time = self.stamps.read(text).map_err(|reason| self.refusal(self.time, field, reason))?;
        Ok((time, text))
    }

    /// Reads the samples of a row, to be added to batches by [`RowReader::push_frames`].
    pub(super) fn read_samples(&mut self, record: &ByteRecord) -> Result<(), Refusal> {
        let Self { targets, numbers, .. } = self;
        for target in targets {
            for feed in &target.feeds {
                let field = record.get(feed.column).unwrap_or_default().trim_ascii();
                match (numbers.read(field, feed.scale), target.samples.get_mut(feed.channel)) {
                    (Ok(value), Some(sample)) => *sample = Sample::from(value),
                    (Ok(_), None) => {}
                    (Err(reason), _) => {
                        let column = feed.column;
                        return Err(self.refusal(column, field, reason));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds the frames of the row read last; says how many were left out because they are empty.
    pub(super) fn push_frames(&self, time: Timestamp, batch: &mut Batch) -> u64 {
        let mut skipped = 0_u64;
        for target in &self.targets {
            if self.skip_empty_frames && target.samples.iter().all(|sample| sample.value.is_none()) {
                skipped = skipped.saturating_add(1);
            } else {
                batch.push_samples(target.instrument, time, target.samples.iter().copied());
            }
        }
        skipped
    }

    /// How many columns feed an instrument.
    pub(super) fn mapped_fields(&self, instrument: InstrumentId) -> usize {
        self.targets.iter().find(|target| target.instrument == instrument).map_or(0, |target| target.feeds.len())
    }

    fn refusal(&self, column: usize, field: &[u8], reason: RejectReason) -> Refusal {
        let text = String::from_utf8_lossy(field).into_owned();
        Refusal { column: self.header.get(column).cloned(), text, reason }
    }
}

fn find_column(header: &[String], column: &str, name: &str) -> Result<usize, CsvError> {
    let mut places = header.iter().enumerate().filter(|(_, found)| *found == column.trim_ascii()).map(|(at, _)| at);
    let Some(first) = places.next() else {
        return Err(CsvError::MissingColumn {
            name: name.to_owned(),
            column: column.to_owned(),
            nearest: nearest(column, header.iter().map(String::as_str)),
            header: list(header.iter().map(String::as_str)),
        });
    };
    match places.next() {
        None => Ok(first),
        Some(second) => Err(CsvError::RepeatedColumn {
            name: name.to_owned(),
            column: column.to_owned(),
            first: first.saturating_add(1),
            second: second.saturating_add(1),
        }),
    }
}
