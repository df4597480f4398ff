//! Windows one by one: what is in memory is bounded by one window, however many there are.

use super::accumulator::Accumulator;
use super::aggregate::{Aggregate, Rollup, Rollups};
use super::error::QueryError;
use super::grid::Grid;
use super::window::{Window, WindowFunction, WindowQuery, WindowValue};
use crate::model::{Interval, Sample, TimeRange, Timestamp};
use crate::store::StoreError;
use crate::store::read::{Chunk, Reader, Scan};
use std::collections::VecDeque;

/// Windows that are returned at once.
const WINDOWS_MAX: u64 = 50_000_000;

/// Windows over one channel in order of time, computed one by one. Ends after the first error.
#[derive(Debug)]
pub struct Windows {
    grid: Grid,
    interval: Interval,
    function: WindowFunction,
    coverage_min: f64,
    valid_min: u64,
    /// End of the next window.
    next: Option<Timestamp>,
    /// The first time that is not asked for.
    to: Timestamp,
    /// The newest row of the instrument.
    newest: Timestamp,
    source: Source,
}

/// Where windows come from.
#[derive(Debug)]
enum Source {
    /// Statistics of blocks, as far as they go, with the next rollup.
    Blocks { rollups: Box<Rollups>, ahead: Option<Rollup> },
    /// Single samples.
    Samples { samples: Box<Samples>, inside: Inside },
}

impl Windows {
    pub(super) fn new(reader: &Reader, query: &WindowQuery) -> Result<Self, QueryError> {
        check(query)?;
        let (instrument, channel) = (query.instrument, query.channel);
        let measured = reader.measured(instrument).ok_or(StoreError::NotRegistered(instrument))?;
        if channel >= measured.units.len() {
            let count = measured.units.len();
            return Err(StoreError::NoChannel { instrument, channel, count }.into());
        }
        let is_direction = measured.is_direction(channel);
        if is_direction && !query.function.suits_directions() {
            return Err(QueryError::Direction { function: query.function });
        }
        let grid = Grid::new(&query.window);
        let ends = grid.ends_shown_in(query.ends);
        let begin = begin_of(&grid, ends.from, &query.window);
        let first = reader.first_from(instrument, begin)?.filter(|first| *first < ends.to);
        let next = first.map(|first| grid.first_end(ends.from.max(first)));
        // Blocks know neither squares nor order nor directions.
        let needs_samples = match query.function {
            WindowFunction::Percentile(_) | WindowFunction::StdDev => true,
            WindowFunction::Mean => is_direction,
            _ => false,
        };
        let source = if grid.is_side_by_side() && !needs_samples {
            let rollups = Rollups::new(reader, (instrument, &[channel]), grid.clone(), ends)?;
            Source::Blocks { rollups: Box::new(rollups), ahead: None }
        } else {
            let scan = reader.scan(instrument, &[channel], TimeRange::new(begin, ends.to))?;
            let samples = Box::new(Samples { scan, row: 0, has_rows: false });
            Source::Samples { samples, inside: Inside::new(accumulator(query.function, is_direction)) }
        };
        Ok(Self {
            grid,
            interval: measured.interval,
            function: query.function,
            coverage_min: query.window.coverage_min,
            valid_min: u64::from(query.window.valid_min).max(1),
            next,
            to: ends.to,
            newest: reader.newest(instrument).unwrap_or(Timestamp::MIN),
            source,
        })
    }

    /// All of them, unless there are too many to be held in memory.
    pub(super) fn gather(self, query: &WindowQuery) -> Result<Vec<WindowValue>, QueryError> {
        let Some(from) = self.next else { return Ok(Vec::new()) };
        let to = self.to.min(self.newest.plus_ms(query.window.width.as_ms()));
        let step_ms = query.window.step.as_ms().unsigned_abs();
        let windows = u64::try_from(to.since_ms(from)).unwrap_or_default().div_ceil(step_ms.max(1));
        if windows > WINDOWS_MAX {
            return Err(QueryError::TooManyWindows { windows, windows_max: WINDOWS_MAX });
        }
        self.collect()
    }

    fn answer(&mut self, begin: Timestamp, end: Timestamp) -> Result<WindowValue, QueryError> {
        let expected = (end.since_ms(begin) / self.interval.as_ms()).max(1);
        let (valid, value) = match &mut self.source {
            Source::Blocks { rollups, ahead } => {
                if ahead.is_none() {
                    *ahead = rollups.next_rollup()?;
                }
                let of_window = ahead.take_if(|rollup| rollup.end == end);
                let known = of_window.and_then(|rollup| rollup.channels.first().copied()).unwrap_or_default();
                (known.valid, value_of_blocks(&known, self.function))
            }
            Source::Samples { samples, inside } => {
                inside.move_to(samples, begin, end)?;
                (inside.samples.len() as u64, inside.value(self.function))
            }
        };
        let coverage = valid as f64 / expected as f64;
        let is_covered = valid >= self.valid_min && coverage >= self.coverage_min;
        let value =
            if self.function == WindowFunction::Count { Some(valid as f64) } else { value.filter(|_| is_covered) };
        let end = self.grid.shown_end(end);
        Ok(WindowValue { end, value, valid: u32::try_from(valid).unwrap_or(u32::MAX), coverage })
    }
}

impl Iterator for Windows {
    type Item = Result<WindowValue, QueryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.next.take().filter(|end| *end < self.to)?;
        let begin = self.grid.begin(end);
        if begin >= self.newest {
            return None;
        }
        let answer = self.answer(begin, end);
        if answer.is_ok() {
            self.next = Some(self.grid.first_end(end.plus_ms(1))).filter(|next| *next > end);
        }
        Some(answer)
    }
}

/// Whether the question makes sense of any channel.
fn check(query: &WindowQuery) -> Result<(), QueryError> {
    if !(0.0..=1.0).contains(&query.window.coverage_min) {
        return Err(QueryError::Coverage(query.window.coverage_min));
    }
    match query.function {
        WindowFunction::Percentile(percent) if !(0.0..=100.0).contains(&percent) => {
            Err(QueryError::Percentile(percent))
        }
        _ => Ok(()),
    }
}

/// The first time at which a sample may lie in a window.
fn begin_of(grid: &Grid, from: Timestamp, window: &Window) -> Timestamp {
    match &window.zone {
        None => from.plus_ms(1 - window.width.as_ms()),
        Some(_) if from == Timestamp::MIN => from,
        Some(_) => grid.begin(grid.first_end(from)).plus_ms(1),
    }
}

fn accumulator(function: WindowFunction, is_direction: bool) -> Accumulator {
    match function {
        WindowFunction::Mean if is_direction => Accumulator::direction(),
        WindowFunction::Mean | WindowFunction::Sum => Accumulator::sum(),
        WindowFunction::Min => Accumulator::min(),
        WindowFunction::Max => Accumulator::max(),
        WindowFunction::Percentile(_) => Accumulator::sorted(),
        WindowFunction::StdDev => Accumulator::moments(),
        WindowFunction::Count | WindowFunction::First | WindowFunction::Last => Accumulator::Nothing,
    }
}

fn value_of_blocks(known: &Aggregate, function: WindowFunction) -> Option<f64> {
    match function {
        WindowFunction::Mean => known.mean(),
        WindowFunction::Sum => Some(known.sum.total()),
        WindowFunction::Min => known.min,
        WindowFunction::Max => known.max,
        WindowFunction::First => known.first,
        WindowFunction::Last => known.last,
        WindowFunction::Count | WindowFunction::Percentile(_) | WindowFunction::StdDev => None,
    }
}

/// The samples of one channel, one by one.
#[derive(Debug)]
struct Samples {
    scan: Scan,
    row: usize,
    has_rows: bool,
}

impl Samples {
    /// The next sample up to a time.
    fn next_until(&mut self, end: Timestamp) -> Result<Option<(Timestamp, Sample)>, QueryError> {
        while !self.has_rows || self.row >= self.scan.rows().times.len() {
            (self.row, self.has_rows) = (0, true);
            if self.scan.next_rows()?.is_none() {
                self.has_rows = false;
                return Ok(None);
            }
        }
        let chunk: &Chunk = self.scan.rows();
        let Some(time) = chunk.times.get(self.row).copied().filter(|time| *time <= end) else { return Ok(None) };
        let sample = chunk.columns.first().map_or(Sample::MISSING, |column| column.sample(self.row));
        self.row += 1;
        Ok(Some((time, sample)))
    }
}

/// The valid samples of the current window.
#[derive(Debug)]
struct Inside {
    samples: VecDeque<(Timestamp, f64)>,
    /// Sequence number of the oldest.
    oldest: u64,
    kept: Accumulator,
}

impl Inside {
    const fn new(kept: Accumulator) -> Self {
        Self { samples: VecDeque::new(), oldest: 0, kept }
    }

    /// Moves the window on.
    fn move_to(&mut self, samples: &mut Samples, begin: Timestamp, end: Timestamp) -> Result<(), QueryError> {
        while let Some((_, value)) = self.samples.pop_front_if(|(time, _)| *time <= begin) {
            self.kept.leave(self.oldest, value);
            self.oldest += 1;
        }
        while let Some((time, sample)) = samples.next_until(end)? {
            if let Some(value) = sample.valid().filter(|_| time > begin) {
                self.kept.enter(self.oldest + self.samples.len() as u64, value);
                self.samples.push_back((time, value));
            }
        }
        Ok(())
    }

    fn value(&self, function: WindowFunction) -> Option<f64> {
        let valid = self.samples.len() as u64;
        match (&self.kept, function) {
            (Accumulator::Sum(sum), WindowFunction::Sum) => Some(sum.total()),
            (Accumulator::Sum(sum), _) => sum.mean(valid),
            (Accumulator::Direction(arrows), _) => arrows.mean(valid),
            (Accumulator::Moments(moments), _) => moments.stddev(valid),
            (Accumulator::Extreme { candidates, sign }, _) => candidates.front().map(|(_, value)| value * sign),
            (Accumulator::Sorted(values), WindowFunction::Percentile(percent)) => values.quantile(percent / 100.0),
            (Accumulator::Nothing, WindowFunction::First) => self.samples.front().map(|(_, value)| *value),
            (Accumulator::Nothing, WindowFunction::Last) => self.samples.back().map(|(_, value)| *value),
            (Accumulator::Sorted(_) | Accumulator::Nothing, _) => None,
        }
    }
}
