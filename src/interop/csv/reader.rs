//! From a file to batches, row by row.

use super::columns::RowReader;
use super::error::CsvError;
use super::field::trim;
use super::report::{CsvReport, Refusal, RejectReason};
use super::source::{NextRecord, RecordSource};
use super::spec::{CsvSpec, EqualTimes};
use super::time::EqualRun;
use crate::base::limits::{CSV_RECORD_BYTES_MAX, FRAMES_PER_BATCH_MAX};
use crate::model::{Batch, Timestamp};
use csv::ByteRecord;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Rows of units and processing behind the header of a Campbell TOA5 file.
const TOA5_ROWS: u64 = 2;

#[derive(Debug)]
enum TimePolicy {
    Keep,
    Spread(EqualRun),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Ended,
    Failed,
}

/// Reads a CSV file into batches, front to back, without ever holding the file in memory: one record of at most 1 MiB, and with
/// [`EqualTimes::Spread`] the rows of one time stamp.
///
/// A mapped field that cannot be read is a missing value; a row whose time cannot be read, or of which no mapped field gives a value,
/// is rejected for all targets. Both are noted in [`CsvReader::report`], and reading goes on. Fields that are not mapped are not looked
/// at.
///
/// Rows of one stamp are frames of one instant, wherever in the file they are; the instrument's
/// [`DuplicatePolicy`](crate::DuplicatePolicy) decides between values that disagree. [`CsvReader::lines`] has the line of each row.
///
/// ```
/// use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, RejectReason, TimeColumn, TimeFormat};
/// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
///
/// let csv = "time_utc,ch4_ppm_E,note\n\
///            2022-05-09T00:00:00Z,1.802,\n\
///            2022-05-09T00:01:00Z,,pump off\n\
///            2022-05-09T00:02:00Z,1.8o2,letter O\n";
/// let laser = Instrument::new("laser", Interval::MINUTE, vec![Channel::species("methane", Unit::Ppb)?])?;
/// let spec = CsvSpec::new(TimeColumn::new("time_utc", TimeFormat::Rfc3339))
///     .map(CsvTarget::new(InstrumentId::new(1), &laser).column("ch4_ppm_E", "methane", Unit::Ppm));
///
/// let mut reader = CsvReader::from_reader(csv.as_bytes(), "east.csv", spec)?;
/// let mut batch = Batch::new();
/// while reader.read_batch(1_000, &mut batch)? > 0 {
///     let values: Vec<_> = batch.frames().flat_map(|frame| frame.to_frame().samples).map(|s| s.value).collect();
///     assert_eq!(values, [Some(1802.0), None]);
/// }
/// let report = reader.report();
/// assert_eq!((report.rows_read, report.frames, report.rejected_rows), (3, 2, 1));
/// assert_eq!(report.rejections[0].line, 4);
/// assert_eq!(report.rejections[0].text, "1.8o2");
/// assert_eq!(report.rejections[0].reason, RejectReason::NotANumber);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvReader<R> {
    name: String,
    records: RecordSource<R>,
    record: ByteRecord,
    rows: RowReader,
    times: TimePolicy,
    /// Frames of the rows read last with the lines of their rows, and how many of them were handed out.
    ready: Batch,
    ready_lines: Vec<u64>,
    handed_out: usize,
    /// Lines of the frames of the batch filled last.
    lines: Vec<u64>,
    /// What the header's place holds in a file without one, to be read as a row.
    first: Option<NextRecord>,
    report: CsvReport,
    state: State,
    bytes_total: Option<u64>,
}

impl CsvReader<File> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`CsvError::Io`] with the path, and all that [`CsvReader::from_reader`] refuses.
    pub fn open(path: impl AsRef<Path>, spec: CsvSpec) -> Result<Self, CsvError> {
        let name = path.as_ref().display().to_string();
        let opened = File::open(path.as_ref()).and_then(|file| {
            let size = file.metadata()?.len();
            Ok((file, size))
        });
        let (file, size) = opened.map_err(|source| CsvError::Io { name: name.clone(), source })?;
        let mut reader = Self::from_reader(file, name, spec)?;
        reader.bytes_total = Some(size);
        Ok(reader)
    }
}

impl<R: Read> CsvReader<R> {
    /// Reads the header of anything that can be read; `name` is its name in errors. No buffering is needed around it.
    ///
    /// # Errors
    /// [`CsvError::Io`]; [`CsvError::NoHeader`] and [`CsvError::HeaderTooLong`]; [`CsvError::MissingColumn`],
    /// [`CsvError::RepeatedColumn`] and [`CsvError::HeaderNotUtf8`] where header and spec do not fit; and all that
    /// [`CsvSpec::check`] refuses.
    pub fn from_reader(read: R, name: impl Into<String>, spec: CsvSpec) -> Result<Self, CsvError> {
        spec.check()?;
        let name = name.into();
        let failed = |source: io::Error| CsvError::Io { name: name.clone(), source };
        let layout = (spec.delimiter, spec.skip_lines);
        let mut records = RecordSource::new(read, spec.encoding, layout).map_err(failed)?;
        let mut record = ByteRecord::new();
        let first = records.next(&mut record).map_err(failed)?;
        match first {
            NextRecord::Read { .. } => {}
            NextRecord::TooLong { .. } | NextRecord::Open { .. } => return Err(CsvError::HeaderTooLong { name }),
            NextRecord::End => return Err(CsvError::NoHeader { name, skip_lines: spec.skip_lines }),
        }
        let rows = RowReader::new(&spec, &record, &name)?;
        let rows_to_skip = spec.skip_rows.unwrap_or(if records.is_toa5() { TOA5_ROWS } else { 0 });
        let (mut skipped, mut count) = (ByteRecord::new(), 0);
        while count < rows_to_skip && records.next(&mut skipped).map_err(failed)? != NextRecord::End {
            count += 1;
        }
        let times = match spec.equal_times {
            EqualTimes::Keep => TimePolicy::Keep,
            EqualTimes::Spread(interval) => TimePolicy::Spread(EqualRun::new(interval)),
        };
        Ok(Self {
            name,
            records,
            record,
            rows,
            times,
            ready: Batch::new(),
            ready_lines: Vec::new(),
            handed_out: 0,
            lines: Vec::new(),
            first: (!spec.has_header).then_some(first),
            report: CsvReport::default(),
            state: State::Reading,
            bytes_total: None,
        })
    }

    /// Empties `batch` and fills it with the next frames, at most `frames_max` (0 counts as 1, and more than 1,048,576 as that).
    /// Returns how many: 0 is the end of the file. A row of several targets may end in the next batch.
    ///
    /// ```
    /// # use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// # use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
    /// # let wind = Instrument::new("wind", Interval::MINUTE, vec![Channel::quantity("ws", Unit::MetrePerSecond)?])?;
    /// # let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds))
    /// #     .map(CsvTarget::new(InstrumentId::new(1), &wind).column("ws", "ws", Unit::MetrePerSecond));
    /// let mut reader = CsvReader::from_reader("t,ws\n0,1.5\n60,1.6\n120,1.7\n".as_bytes(), "wind.csv", spec)?;
    /// let mut batch = Batch::new();
    /// assert_eq!(reader.read_batch(2, &mut batch)?, 2);
    /// assert_eq!(reader.read_batch(2, &mut batch)?, 1);
    /// assert_eq!(reader.read_batch(2, &mut batch)?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CsvError::Io`] where the file cannot be read on; `batch` then holds the frames before. [`CsvError::SeveralSeries`] where the
    /// rows are of more than one series. [`CsvError::Stopped`] after either.
    pub fn read_batch(&mut self, frames_max: usize, batch: &mut Batch) -> Result<usize, CsvError> {
        batch.clear();
        self.lines.clear();
        let frames_max = frames_max.clamp(1, FRAMES_PER_BATCH_MAX);
        while batch.len() < frames_max {
            if self.hand_out(batch) {
                continue;
            }
            match self.state {
                State::Failed => return Err(CsvError::Stopped { name: self.name.clone() }),
                State::Ended => break,
                State::Reading => self.read_row(batch)?,
            }
        }
        Ok(batch.len())
    }

    /// Line of the row of each frame of the batch filled last, counted as in [`Rejection`](super::Rejection).
    #[must_use]
    pub fn lines(&self) -> &[u64] {
        &self.lines
    }

    /// Names of the columns; in a file without a header `#1`, `#2` and so on.
    #[must_use]
    pub fn header(&self) -> &[String] {
        self.rows.header()
    }

    /// Names of the columns that the spec reads nothing from.
    ///
    /// ```
    /// # use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// # use vocdb::{Channel, Instrument, InstrumentId, Interval, Unit};
    /// # let wind = Instrument::new("wind", Interval::MINUTE, vec![Channel::quantity("ws", Unit::MetrePerSecond)?])?;
    /// # let spec = CsvSpec::new(TimeColumn::new("t", TimeFormat::EpochSeconds))
    /// #     .map(CsvTarget::new(InstrumentId::new(1), &wind).column("ws", "ws", Unit::MetrePerSecond));
    /// let reader = CsvReader::from_reader("t,ws,Status\n0,1.5,OK\n".as_bytes(), "wind.csv", spec)?;
    /// assert_eq!(reader.unread_columns(), ["Status"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unread_columns(&self) -> &[String] {
        self.rows.unread()
    }

    /// What became of the rows so far.
    #[must_use]
    pub const fn report(&self) -> &CsvReport {
        &self.report
    }

    /// Bytes of the file read so far, buffered ones included: the place of a progress bar.
    #[must_use]
    pub const fn bytes_read(&self) -> u64 {
        self.records.bytes_read()
    }

    /// The size of the file in bytes when it was opened: the length of a progress bar. `None` for other readers.
    #[must_use]
    pub const fn bytes_total(&self) -> Option<u64> {
        self.bytes_total
    }

    /// Moves one ready frame to the batch; false where none is ready.
    fn hand_out(&mut self, batch: &mut Batch) -> bool {
        let Some(frame) = self.ready.frame(self.handed_out) else { return false };
        batch.push_ref(frame);
        self.lines.extend(self.ready_lines.get(self.handed_out));
        self.report.note_frame(frame.marks, self.rows.mapped_fields(frame.instrument));
        self.handed_out = self.handed_out.saturating_add(1);
        true
    }

    /// Reads a row; its frame goes to the batch, or, where there may be several, to those that are ready.
    fn read_row(&mut self, batch: &mut Batch) -> Result<(), CsvError> {
        self.ready.clear();
        self.ready_lines.clear();
        self.handed_out = 0;
        let (line, outcome) = match self.next_record()? {
            NextRecord::End => {
                self.state = State::Ended;
                self.release(None);
                return Ok(());
            }
            NextRecord::TooLong { line } => {
                let text = format!("more than {CSV_RECORD_BYTES_MAX} bytes");
                (line, Err(Refusal { column: None, text, reason: RejectReason::TooLong }))
            }
            NextRecord::Open { line } => {
                let text = self.record.iter().next_back().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
                (line, Err(Refusal { column: None, text, reason: RejectReason::OpenQuote }))
            }
            NextRecord::Read { .. } if is_padding(&self.record) => return Ok(()),
            NextRecord::Read { line } => (line, self.rows.check_width(&self.record)),
        };
        self.report.rows_read = self.report.rows_read.saturating_add(1);
        if outcome.is_ok() && !self.rows.is_wanted(&self.record) {
            self.report.filtered_rows = self.report.filtered_rows.saturating_add(1);
            return Ok(());
        }
        if outcome.is_ok() {
            self.rows.check_series(&self.record, line).inspect_err(|_| self.state = State::Failed)?;
        }
        if let Err(refusal) = outcome.and_then(|()| self.take_row(line, batch)) {
            self.report.reject(line, refusal);
        }
        Ok(())
    }

    fn next_record(&mut self) -> Result<NextRecord, CsvError> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        self.records.next(&mut self.record).map_err(|source| {
            self.state = State::Failed;
            CsvError::Io { name: self.name.clone(), source }
        })
    }

    fn take_row(&mut self, line: u64, batch: &mut Batch) -> Result<(), Refusal> {
        let time = self.rows.read_time(&self.record)?;
        let place = match &mut self.times {
            TimePolicy::Keep => 0,
            TimePolicy::Spread(run) => {
                if !run.holds(time) {
                    let ready = (&mut self.ready, &mut self.ready_lines);
                    run.release(Some(time), self.rows.time_column(), ready, &mut self.report);
                    run.begin(time, self.rows.stamp());
                }
                run.take_place().map_err(|reason| self.rows.stamp_refusal(reason))?
            }
        };
        self.rows.read_samples(&self.record)?;
        for (text, quality) in self.rows.flag_texts(&self.record) {
            self.report.note_flag(text, quality);
        }
        for (column, text) in self.rows.mark_like(&self.record) {
            self.report.note_mark(column, text);
        }
        for refusal in self.rows.refused_fields() {
            self.report.reject_field(line, refusal);
        }
        match &mut self.times {
            TimePolicy::Keep if self.rows.has_one_target() => {
                let place = batch.len();
                let skipped = self.rows.push_frames(time, batch);
                self.report.empty_frames_skipped = self.report.empty_frames_skipped.saturating_add(skipped);
                if let Some(frame) = batch.frame(place) {
                    self.lines.push(line);
                    self.report.note_frame(frame.marks, self.rows.mapped_fields(frame.instrument));
                }
            }
            TimePolicy::Keep => {
                let skipped = self.rows.push_frames(time, &mut self.ready);
                self.ready_lines.resize(self.ready.len(), line);
                self.report.empty_frames_skipped = self.report.empty_frames_skipped.saturating_add(skipped);
            }
            TimePolicy::Spread(run) => run.hold(line, place, |held| self.rows.push_frames(time, held)),
        }
        Ok(())
    }

    /// Releases the rows held back for their equal times.
    fn release(&mut self, next: Option<Timestamp>) {
        if let TimePolicy::Spread(run) = &mut self.times {
            let ready = (&mut self.ready, &mut self.ready_lines);
            run.release(next, self.rows.time_column(), ready, &mut self.report);
        }
    }
}

/// Whether a record is nothing but NUL bytes, with which loggers fill the end of a block: as empty as a blank line.
pub(in crate::interop) fn is_padding(record: &ByteRecord) -> bool {
    record.len() == 1 && record.iter().all(|field| field.contains(&0) && trim(field).is_empty())
}
