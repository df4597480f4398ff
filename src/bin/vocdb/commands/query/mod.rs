//! `vocdb query`: samples of channels, or windows over them, as CSV or JSON.

mod coverage;
mod function;
mod notes;
mod print;
mod range;
mod series;
mod unit;

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::Args;
use coverage::Coverage;
use notes::Outcome;
use print::Printer;
use range::Range;
use series::{Series, find_series};
use std::path::PathBuf;
use unit::Target;
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::query::{QueryError, Window, WindowFunction, WindowQuery};
use vocdb::store::StoreError;
use vocdb::{Interval, ReadOnly, TimeRange, Timestamp, Unit};

/// Milliseconds of a day without a clock change.
const DAY_MS: i64 = 86_400_000;

/// Print readings of channels, or windows over them, as CSV
///
/// Readings are printed as `time,value,quality`. With --window, every window that lies between --from and --to is printed as
/// `end,value,valid,coverage`; coverage is a fraction (1 = all samples). With --zone, day windows are local calendar days, shorter windows
/// end at multiples of --step in local time, and times are printed in that zone. Without it, windows include their end and exclude their
/// start, in UTC.
///
/// Several channels or stations are printed one after the other, with the columns `station,channel,unit` in front.
///
/// For a direction (deg), only mean (vector mean), first, last and count are available. If nothing is printed, or no window has a value, a
/// note on standard error gives the reason.
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// Folder of the store
    store: PathBuf,
    /// Station, or a pattern such as 'park/*' (`*` stops at `/`, `**` does not); repeat it for further stations
    #[arg(long, required = true)]
    station: Vec<String>,
    /// Channel, or instrument/channel if several instruments have a channel of that name; repeat it for further channels
    #[arg(long, required = true)]
    channel: Vec<String>,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: the first reading]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Option<Moment>,
    /// End, exclusive: RFC 3339, or a date (midnight UTC, or in --zone) [default: after the last reading]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Option<Moment>,
    /// Time zone of days, of times without an offset and of printed times: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Print values in this unit: ppb, or a mass concentration with its reference temperature, ug/m3@20C
    #[arg(long, value_parser = Target::parse)]
    unit: Option<Target>,
    /// Aggregate over windows of this length: 10m, 1h, 8h, 1d
    #[arg(long, value_name = "LENGTH", value_parser = values::interval)]
    window: Option<Interval>,
    /// Distance between the ends of windows [default: the length of a window]
    #[arg(long, value_name = "LENGTH", value_parser = values::interval, requires = "window")]
    step: Option<Interval>,
    /// Function of a window's valid samples: mean, min, max, sum, count, first, last, stddev (sample, n - 1), or a percentile
    /// such as p95 or percentile:99.5 (linear between samples)
    #[arg(long = "fn", value_name = "FUNCTION", value_parser = function::parse, default_value = "mean", requires = "window")]
    function: WindowFunction,
    /// Percent of the expected samples that must be valid for a window to have a value, or their number: 20/24 for 20 of 24
    /// hourly samples
    #[arg(long, value_name = "COVERAGE", default_value = "75", value_parser = coverage::parse, requires = "window")]
    coverage: Coverage,
}

impl Query {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::read(&self.store)?;
        let resolve = |moment: &Option<Moment>| moment.as_ref().map(|m| m.resolve(self.zone.as_ref())).transpose();
        let (from, to) = (resolve(&self.from)?, resolve(&self.to)?);
        let range = values::range(from, to)?;
        if self.unit.is_some() && self.function == WindowFunction::Count {
            return Err(Failure::Says("a count has no unit: leave out --unit".to_owned()));
        }
        let mut all = find_series(&db, &self.station, &self.channel, self.unit.as_ref())?;
        if self.function == WindowFunction::Count {
            all.iter_mut().for_each(|series| series.unit = Unit::One.to_string());
        }
        all.iter().try_for_each(|series| self.check(&db, series))?;
        let is_long = self.station.len() > 1 || self.channel.len() > 1 || self.station.iter().any(series::is_pattern);
        let is_json = output.is_json();
        let mut printer = Printer::new(output, self.window.is_some(), is_long, self.zone.as_ref())?;
        for series in &all {
            printer.begin(series);
            let range = Range { range, zone: self.zone.as_ref() };
            let outcome = match self.window {
                Some(width) => self.windows(&db, series, &self.shape(width), (range, &mut printer))?,
                None => self.samples(&db, series, (range, &mut printer))?,
            };
            notes::print(&outcome, is_long.then_some(series), is_json);
        }
        printer.finish()?;
        let is_day = self.window.is_some_and(|width| width.as_ms() % DAY_MS == 0);
        if is_day && self.zone.is_none() {
            store::note("the days are those of UTC; give --zone for local days", is_json);
        }
        Ok(())
    }

    /// Refuses a question that makes no sense of a channel before anything is printed.
    fn check(&self, db: &ReadOnly, series: &Series) -> Result<(), Failure> {
        let Some(width) = self.window else { return Ok(()) };
        self.coverage.check(width, &series.measured)?;
        let channel = (series.instrument, series.place);
        let ends = TimeRange::new(Timestamp::MIN, Timestamp::MIN);
        let query = WindowQuery { ends, ..WindowQuery::new(channel, self.shape(width), self.function) };
        db.readings().windows(&query).map(drop).map_err(|error| self.unread(series, error))
    }

    fn shape(&self, width: Interval) -> Window {
        let ((coverage_min, valid_min), zone) = (self.coverage.least(), self.zone.clone());
        Window { width, step: self.step.unwrap_or(width), coverage_min, valid_min, zone }
    }

    fn samples(
        &self,
        db: &ReadOnly,
        series: &Series,
        (asked, printer): (Range<'_>, &mut Printer<'_>),
    ) -> Result<Outcome, Failure> {
        let readings = db.readings();
        let unread = |error: QueryError| self.unread(series, error);
        let mut scan = readings.scan(series.instrument, &[series.place], asked.range).map_err(unread)?;
        let mut rows = 0_u64;
        while let Some(chunk) = scan.next_rows().map_err(|error| self.unread(series, error.into()))? {
            let samples = chunk.columns.iter().flat_map(|column| column.samples());
            for (time, sample) in chunk.times.iter().zip(samples) {
                printer.sample(*time, series.convert_sample(sample)?)?;
                rows += 1;
            }
        }
        match rows {
            0 => Ok(Outcome::none_read(&readings, series, asked)),
            _ => Ok(Outcome::default()),
        }
    }

    fn windows(
        &self,
        db: &ReadOnly,
        series: &Series,
        window: &Window,
        (asked, printer): (Range<'_>, &mut Printer<'_>),
    ) -> Result<Outcome, Failure> {
        let readings = db.readings();
        let channel = (series.instrument, series.place);
        let ends = window.ends_within(asked.range);
        let query = WindowQuery { ends, ..WindowQuery::new(channel, window.clone(), self.function) };
        let unread = |error: QueryError| self.unread(series, error);
        let (mut count, mut values, mut best) = (0_u64, 0_u64, (0.0_f64, 0_u32));
        for answer in readings.windows(&query).map_err(unread)? {
            let mut answer = answer.map_err(unread)?;
            (count, best) = (count + 1, (best.0.max(answer.coverage), best.1.max(answer.valid)));
            values += u64::from(answer.value.is_some());
            answer.value = series.convert_window(self.function, answer.value)?;
            printer.window(&answer)?;
        }
        let mut outcome = match (count, values) {
            (0, _) => Outcome::no_window(&readings, series, (asked, &query)),
            (_, 0) => Outcome::no_value(count, best, &self.coverage),
            _ => Outcome::default(),
        };
        outcome.note_interval(window.width, series);
        Ok(outcome)
    }

    /// A corrupt part of a file ends the answer: what is left out without a word would be taken for a gap.
    fn unread(&self, series: &Series, error: QueryError) -> Failure {
        if !matches!(error, QueryError::Store(StoreError::Corrupt { .. })) {
            return Failure::Says(match error {
                QueryError::Direction { .. } => format!("`{}`: {error}", Line(&series.channel)),
                other => other.to_string(),
            });
        }
        let instant =
            |time: &Option<Moment>, open: &str| time.as_ref().map_or_else(|| open.to_owned(), Moment::to_string);
        let (from, to) = (instant(&self.from, "the first there is"), instant(&self.to, "the last there is"));
        let (station, channel, store) = (Line(&series.station), Line(&series.channel), Line(self.store.display()));
        Failure::Says(format!(
            "{error}; `{channel}` of {station} cannot be read whole from {from} to {to}: `vocdb verify {store}` names all that does not \
             check, `vocdb repair {store}` sets such segments aside, and a backup gives them back"
        ))
    }
}
