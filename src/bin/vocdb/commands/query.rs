//! `vocdb query`: samples of a channel, or windows over it, as CSV.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::interop::csv::{SampleWriter, WindowWriter};
use vocdb::query::{QueryError, Window, WindowFunction, WindowQuery, WindowValue};
use vocdb::store::StoreError;
use vocdb::{InstrumentId, Interval, ReadOnly, Sample, TimeRange, Timestamp};

/// Print a channel's readings, or windows over them, as CSV
///
/// Readings: `time,value,quality`, from --from up to, not including, --to. Windows: `end,value,valid,coverage`, for every window that
/// lies between --from and --to. A window includes its end and not its beginning, and ends at a multiple of --step since 1970, UTC.
/// Times are UTC.
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// The store's folder
    store: PathBuf,
    /// The station
    #[arg(long)]
    station: String,
    /// The channel, or instrument/channel where several instruments have one of that name
    #[arg(long)]
    channel: String,
    /// The first instant: RFC 3339, or a date (midnight, UTC) [default: the first there is]
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    from: Option<Timestamp>,
    /// The first instant after the last one [default: after the last there is]
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    to: Option<Timestamp>,
    /// Aggregate over windows of this length: 10m, 1h, 8h, 1d
    #[arg(long, value_name = "LENGTH", value_parser = values::interval)]
    window: Option<Interval>,
    /// How far apart windows end [default: as long as a window]
    #[arg(long, value_name = "LENGTH", value_parser = values::interval, requires = "window")]
    step: Option<Interval>,
    /// What is computed over a window's valid samples
    #[arg(long = "fn", value_name = "FUNCTION", value_enum, default_value_t = Function::Mean, requires = "window")]
    function: Function,
    /// Percent of the expected samples that must be valid for a window to have a value
    #[arg(long, value_name = "PERCENT", default_value_t = 75.0, value_parser = percent, requires = "window")]
    coverage: f64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Function {
    Mean,
    Min,
    Max,
    Sum,
    Count,
    First,
    Last,
}

/// One sample as JSON.
#[derive(Serialize)]
struct SampleLine {
    time: String,
    value: Option<f64>,
    quality: &'static str,
}

/// One window as JSON.
#[derive(Serialize)]
struct WindowLine {
    end: String,
    value: Option<f64>,
    valid: u32,
    coverage: f64,
}

impl Query {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(&self.store)?;
        let (instrument, channel) = db.channel(&self.station, &self.channel).map_err(Failure::from_error)?;
        let range = values::range(self.from, self.to)?;
        match self.window {
            Some(width) => self.windows(&db, instrument, channel, width, output),
            None => self.samples(&db, (instrument, channel), range, output),
        }
    }

    fn samples(
        &self,
        db: &ReadOnly,
        (instrument, channel): (InstrumentId, usize),
        range: TimeRange,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let scan = db.readings().scan(instrument, &[channel], range).map_err(|error| self.unread(error))?;
        let rows = scan.flat_map(|chunk| match chunk {
            Ok(chunk) => {
                let samples: Vec<Sample> = chunk.columns.iter().flat_map(|column| column.samples()).collect();
                chunk.times.into_iter().zip(samples).map(Ok).collect::<Vec<_>>()
            }
            Err(error) => vec![Err(self.unread(error.into()))],
        });
        if output.is_json() {
            for row in rows {
                let (time, sample) = row?;
                let quality = sample.quality.name();
                output.object(&SampleLine { time: time.to_string(), value: sample.value, quality })?;
            }
            return Ok(());
        }
        let mut writer = SampleWriter::new(output.writer()).map_err(Failure::from_output)?;
        for row in rows {
            let (time, sample) = row?;
            writer.write(time, sample).map_err(Failure::from_output)?;
        }
        writer.finish().map_err(Failure::from_output)
    }

    /// A part of a file that does not check ends the answer: what is left out without a word would be taken for a gap.
    fn unread(&self, error: QueryError) -> Failure {
        if !matches!(error, QueryError::Store(StoreError::Corrupt { .. })) {
            return Failure::from_error(error);
        }
        let instant =
            |time: Option<Timestamp>, open: &str| time.map_or_else(|| open.to_owned(), |time| time.to_string());
        let (from, to) = (instant(self.from, "the first there is"), instant(self.to, "the last there is"));
        let (station, channel, store) = (Line(&self.station), Line(&self.channel), Line(self.store.display()));
        Failure::Says(format!(
            "{error}; `{channel}` of {station} cannot be read whole from {from} to {to}: `vocdb verify {store}` names all that does not \
             check, `vocdb repair {store}` sets such segments aside, and a backup gives them back"
        ))
    }

    fn windows(
        &self,
        db: &ReadOnly,
        instrument: InstrumentId,
        channel: usize,
        width: Interval,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let registry = db.registry();
        let interval = registry.instrument(instrument).map_or(width, |(_, instrument)| instrument.interval());
        let begin = self.from.map_or(Timestamp::MIN, |from| from.plus_ms(width.as_ms()));
        let ends = TimeRange::new(begin, self.to.map_or(Timestamp::MAX, |to| to.plus_ms(1)));
        let step = self.step.unwrap_or(width);
        let window = Window { width, step, coverage_min: self.coverage / 100.0 };
        let query = WindowQuery { instrument, channel, interval, ends, window, function: self.function.into() };
        let windows = db.readings().window(&query).map_err(|error| self.unread(error))?;
        if output.is_json() {
            return windows.iter().try_for_each(|window| output.object(&WindowLine::from(window)));
        }
        let mut writer = WindowWriter::new(output.writer()).map_err(Failure::from_output)?;
        for window in &windows {
            writer.write(window).map_err(Failure::from_output)?;
        }
        writer.finish().map_err(Failure::from_output)
    }
}

impl From<Function> for WindowFunction {
    fn from(function: Function) -> Self {
        match function {
            Function::Mean => Self::Mean,
            Function::Min => Self::Min,
            Function::Max => Self::Max,
            Function::Sum => Self::Sum,
            Function::Count => Self::Count,
            Function::First => Self::First,
            Function::Last => Self::Last,
        }
    }
}

impl From<&WindowValue> for WindowLine {
    fn from(window: &WindowValue) -> Self {
        let WindowValue { end, value, valid, coverage } = *window;
        Self { end: end.to_string(), value, valid, coverage }
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if 0.0 < share && share < 1.0 => {
            Err(format!("this is less than 1 percent; for {share} of all samples write {}", share * 100.0))
        }
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("write a number of percent from 0 to 100, such as 75".to_owned()),
    }
}
