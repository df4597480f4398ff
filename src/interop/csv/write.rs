//! Answers as CSV: samples of a channel, or windows over it, a line each.

use crate::model::{Sample, Timestamp, Zone};
use crate::query::WindowValue;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Magnitudes from here on, and below [`SMALL`], are written with an exponent.
const LARGE: f64 = 1e16;
/// Magnitudes from [`LARGE`] on, and below this, are written with an exponent.
const SMALL: f64 = 1e-7;

/// Writes samples as `time,value,quality`: the time in RFC 3339, in UTC unless a zone is given; the value with the fewest digits that give every bit back, empty
/// where it is missing; the name of the quality flag.
///
/// ```
/// use vocdb::interop::csv::SampleWriter;
/// use vocdb::{Sample, Timestamp};
/// let mut text = Vec::new();
/// let mut writer = SampleWriter::new(&mut text)?;
/// writer.write(Timestamp::from_ms(0), Sample::normal(0.42))?;
/// writer.write(Timestamp::from_ms(60_000), Sample::MISSING)?;
/// writer.finish()?;
/// assert_eq!(text, b"time,value,quality\n1970-01-01T00:00:00Z,0.42,normal\n1970-01-01T00:01:00Z,,normal\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SampleWriter<W: Write>(Lines<W>);

impl<W: Write> SampleWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self(Lines::new(out, &["time", "value", "quality"])?))
    }

    /// Writes the header of an answer of several channels, with `station,channel,unit` in front; [`SampleWriter::series`] says which follows.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn long(out: W) -> io::Result<Self> {
        let mut lines = Lines::new(out, &["station", "channel", "unit", "time", "value", "quality"])?;
        lines.series = Some(Default::default());
        Ok(Self(lines))
    }

    /// The same writer with times in a zone, with the offset that the zone has then.
    #[must_use]
    pub fn zone(mut self, zone: Zone) -> Self {
        self.0.zone = Some(zone);
        self
    }

    /// Names station, channel and unit of the lines that follow, in an answer of several channels.
    pub fn series(&mut self, station: &str, channel: &str, unit: &str) {
        if let Some(series) = &mut self.0.series {
            *series = [station, channel, unit].map(str::to_owned);
        }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&mut self, time: Timestamp, sample: Sample) -> io::Result<()> {
        self.0.begin(time)?;
        self.0.number(sample.value)?;
        self.0.field(sample.quality)?;
        self.0.end()
    }

    /// Hands on what is buffered. A writer that is dropped does so too, but cannot say that it failed.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.writer.flush()
    }
}

/// Writes windows as `end,value,valid,coverage`: the end of the window in RFC 3339, in UTC unless a zone is given; the aggregate, empty where there is none;
/// how many samples are valid, and their share of those expected.
///
/// ```
/// use vocdb::interop::csv::WindowWriter;
/// use vocdb::Timestamp;
/// use vocdb::query::WindowValue;
/// let mut text = Vec::new();
/// let mut writer = WindowWriter::new(&mut text)?;
/// writer.write(&WindowValue { end: Timestamp::from_ms(3_600_000), value: Some(1.5), valid: 45, coverage: 0.75 })?;
/// writer.finish()?;
/// assert_eq!(text, b"end,value,valid,coverage\n1970-01-01T01:00:00Z,1.5,45,0.75\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct WindowWriter<W: Write>(Lines<W>);

impl<W: Write> WindowWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self(Lines::new(out, &["end", "value", "valid", "coverage"])?))
    }

    /// Writes the header of an answer of several channels, with `station,channel,unit` in front; [`WindowWriter::series`] says which follows.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn long(out: W) -> io::Result<Self> {
        let mut lines = Lines::new(out, &["station", "channel", "unit", "end", "value", "valid", "coverage"])?;
        lines.series = Some(Default::default());
        Ok(Self(lines))
    }

    /// The same writer with times in a zone, with the offset that the zone has then.
    #[must_use]
    pub fn zone(mut self, zone: Zone) -> Self {
        self.0.zone = Some(zone);
        self
    }

    /// Names station, channel and unit of the lines that follow, in an answer of several channels.
    pub fn series(&mut self, station: &str, channel: &str, unit: &str) {
        if let Some(series) = &mut self.0.series {
            *series = [station, channel, unit].map(str::to_owned);
        }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&mut self, window: &WindowValue) -> io::Result<()> {
        self.0.begin(window.end)?;
        self.0.number(window.value)?;
        self.0.field(window.valid)?;
        self.0.number(Some(window.coverage))?;
        self.0.end()
    }

    /// Hands on what is buffered. A writer that is dropped does so too, but cannot say that it failed.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.writer.flush()
    }
}

#[derive(Debug)]
struct Lines<W: Write> {
    writer: csv::Writer<W>,
    /// The text of one field, in a buffer that is kept.
    text: String,
    /// Station, channel and unit in front of every line.
    series: Option<[String; 3]>,
    zone: Option<Zone>,
}

impl<W: Write> Lines<W> {
    fn new(out: W, header: &[&str]) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(header).map_err(cause)?;
        Ok(Self { writer, text: String::new(), series: None, zone: None })
    }

    /// Station, channel and unit, where lines have them, and the time.
    fn begin(&mut self, time: Timestamp) -> io::Result<()> {
        for name in self.series.iter().flatten() {
            self.writer.write_field(name).map_err(cause)?;
        }
        self.text.clear();
        match &self.zone {
            Some(zone) => write!(self.text, "{}", zone.show(time)),
            None => write!(self.text, "{time}"),
        }
        .map_err(io::Error::other)?;
        self.writer.write_field(&self.text).map_err(cause)
    }

    fn field(&mut self, value: impl std::fmt::Display) -> io::Result<()> {
        self.text.clear();
        write!(self.text, "{value}").map_err(io::Error::other)?;
        self.writer.write_field(&self.text).map_err(cause)
    }

    fn number(&mut self, value: Option<f64>) -> io::Result<()> {
        match value {
            None => self.field(""),
            Some(value) if value == 0.0 || (SMALL..LARGE).contains(&value.abs()) => self.field(value),
            Some(value) => self.field(format_args!("{value:e}")),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(cause)
    }
}

/// What `out` said itself: a closed pipe must be known as one.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    use super::*;
    use crate::model::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
    use proptest::prelude::*;

    fn read_back(text: &[u8], rows: usize) -> Vec<(i64, Option<u64>)> {
        let channel = Channel::quantity("value", Unit::Ppb).unwrap();
        let instrument = Instrument::new("pid", Interval::SECOND, vec![channel]).unwrap();
        let target = CsvTarget::new(InstrumentId::new(1), &instrument).column("value", "value", Unit::Ppb);
        let spec = CsvSpec::new(TimeColumn::new("time", TimeFormat::Rfc3339)).map(target);
        let mut reader = CsvReader::from_reader(text, "written.csv", spec).unwrap();
        let mut batch = Batch::new();
        assert_eq!(reader.read_batch(rows + 1, &mut batch).unwrap(), rows, "{:?}", reader.report());
        let row = |frame: crate::model::FrameRef<'_>| {
            (frame.time.as_ms(), frame.samples().next().unwrap().value.map(f64::to_bits))
        };
        batch.frames().map(row).collect()
    }

    proptest! {
        #[test]
        fn every_time_and_every_bit_that_is_written_is_read_back(
            rows in prop::collection::btree_map(
                -60_000_000_000_000_i64..200_000_000_000_000,
                prop_oneof![
                    Just(None),
                    (-1_000_000_i32..1_000_000).prop_map(|n| Some(f64::from(n) / 100.0)),
                    prop::num::f64::ANY.prop_map(|value| Some(value).filter(|value| value.is_finite())),
                ],
                0..50,
            )
        ) {
            let mut text = Vec::new();
            let mut writer = SampleWriter::new(&mut text).unwrap();
            for (ms, value) in &rows {
                writer.write(Timestamp::from_ms(*ms), Sample::from(*value)).unwrap();
            }
            writer.finish().unwrap();
            let expected: Vec<_> = rows.iter().map(|(ms, value)| (*ms, value.map(f64::to_bits))).collect();
            prop_assert_eq!(read_back(&text, rows.len()), expected);
        }
    }

    #[test]
    fn a_writer_that_fails_says_so() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = SampleWriter::new(Full).unwrap();
        writer.write(Timestamp::from_ms(0), Sample::MISSING).unwrap();
        assert_eq!(writer.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);

        let mut writer = SampleWriter::new(Full).unwrap();
        let mut rows = (0..100_000).map(|ms| writer.write(Timestamp::from_ms(ms), Sample::MISSING));
        let error = rows.find_map(Result::err).expect("a buffer holds less than this");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
