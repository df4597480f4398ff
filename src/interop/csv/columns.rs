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
    /// The places of the time's columns.
    times: Vec<usize>,
    /// What rejections call them.
    time_name: String,
    /// The text of the time read last, in a buffer that is kept from row to row.
    stamp: String,
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
        let times = spec.time.names.iter().map(|column| find_column(&header, column, name));
        let times = times.collect::<Result<Vec<usize>, CsvError>>()?;
        let time_names: Vec<&str> = times.iter().filter_map(|at| header.get(*at)).map(String::as_str).collect();
        Ok(Self {
            time_name: time_names.join("+"),
            times,
            stamp: String::new(),
            header,
            stamps: StampReader::new(&spec.time)?,
            numbers: NumberReader::new(spec.missing.clone(), spec.decimal_comma),
            skip_empty_frames: spec.skip_empty_frames,
            targets,
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

    /// The time of a row.
    pub(super) fn read_time(&mut self, record: &ByteRecord) -> Result<Timestamp, Refusal> {
        if record.len() != self.header.len() {
            let text = format!("{} fields where the header has {}", record.len(), self.header.len());
            return Err(Refusal { column: None, text, reason: RejectReason::WrongFieldCount });
        }
        self.stamp.clear();
        for (place, column) in self.times.iter().enumerate() {
            let field = record.get(*column).unwrap_or_default().trim_ascii();
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
