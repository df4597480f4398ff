//! Aggregates over sliding windows, right-aligned, with coverage.

use super::aggregate::{Aggregate, rollups};
use super::error::QueryError;
use crate::base::ExactSum;
use crate::model::{InstrumentId, Interval, Sample, TimeRange, Timestamp};
use crate::store::read::Reader;
use std::collections::VecDeque;

/// Windows that one question may have.
const WINDOWS_MAX: u64 = 50_000_000;

/// What is computed over a window's valid samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowFunction {
    /// Mean.
    Mean,
    /// Least.
    Min,
    /// Greatest.
    Max,
    /// Sum.
    Sum,
    /// Number of valid samples.
    Count,
    /// The first one.
    First,
    /// The last one.
    Last,
}

/// The shape of the windows: `(t - width, t]` at every `t` that is a multiple of `step` since the epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// How long a window is.
    pub width: Interval,
    /// How far apart the ends of windows are.
    pub step: Interval,
    /// Below this share of valid samples the answer is `None`: 0.75 for 75 %.
    pub coverage_min: f64,
}

/// A question for windows over one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowQuery {
    /// Of which instrument,
    pub instrument: InstrumentId,
    /// which channel, by its place in a frame.
    pub channel: usize,
    /// The instrument's interval: it says how many samples a whole window has.
    pub interval: Interval,
    /// Windows that end in this range.
    pub ends: TimeRange,
    /// Their shape.
    pub window: Window,
    /// What is computed.
    pub function: WindowFunction,
}

/// The answer for one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowValue {
    /// The end of the window, which it includes.
    pub end: Timestamp,
    /// The aggregate; `None` where coverage is too small or nothing is valid.
    pub value: Option<f64>,
    /// Valid samples in the window.
    pub valid: u32,
    /// Valid samples over the expected ones; over 1 where samples come more often than the interval says.
    pub coverage: f64,
}

/// Answers a question for windows. Sums are exact, so that an answer does not depend on how the samples are stored.
///
/// A sample counts where its value is present and its quality valid. Windows that end in the range but begin before it see the
/// samples before the range.
///
/// # Errors
/// [`QueryError::Coverage`], [`QueryError::TooManyWindows`], and [`QueryError::Store`] where a block cannot be read.
pub(super) fn window(reader: &Reader, query: &WindowQuery) -> Result<Vec<WindowValue>, QueryError> {
    let Window { width, step, coverage_min } = query.window;
    if !(0.0..=1.0).contains(&coverage_min) {
        return Err(QueryError::Coverage(coverage_min));
    }
    if width == step {
        return side_by_side(reader, query);
    }
    let begin = query.ends.from.plus_ms(1 - width.as_ms());
    let mut scan = Samples::new(reader, query, TimeRange::new(begin, query.ends.to))?;
    let Some(ends) = bounded_ends(reader, query, scan.peek()?)? else { return Ok(Vec::new()) };
    let mut state = WindowState::default();
    let mut values = Vec::new();
    for end in ends {
        while let Some((time, sample)) = scan.next_until(end)? {
            state.push(time, sample);
        }
        state.forget_until(end.plus_ms(-width.as_ms()));
        values.push(state.answer(end, query));
    }
    debug_assert!(values.windows(2).all(|pair| matches!(pair, [a, b] if b.end.since_ms(a.end) == step.as_ms())));
    Ok(values)
}

/// Windows that do not overlap: from the statistics of blocks, as far as they go.
fn side_by_side(reader: &Reader, query: &WindowQuery) -> Result<Vec<WindowValue>, QueryError> {
    let begin = query.ends.from.plus_ms(1 - query.window.width.as_ms());
    let first = reader.first_from(query.instrument, begin)?;
    let first = first.filter(|first| *first < query.ends.to);
    let Some(ends) = bounded_ends(reader, query, first)? else { return Ok(Vec::new()) };
    let known = rollups(reader, query.instrument, &[query.channel], query.window.step, query.ends)?;
    let mut known = known.into_iter().peekable();
    let answer = |end: Timestamp| {
        let of_window = known.next_if(|rollup| rollup.end == end);
        let of_channel = of_window.and_then(|rollup| rollup.channels.first().copied()).unwrap_or_default();
        of_channel.answer(end, query)
    };
    Ok(ends.map(answer).collect())
}

impl Aggregate {
    fn answer(&self, end: Timestamp, query: &WindowQuery) -> WindowValue {
        let coverage = self.coverage(query.window.width, query.interval);
        let is_covered = self.valid > 0 && coverage >= query.window.coverage_min;
        let value = match query.function {
            WindowFunction::Count => Some(self.valid as f64),
            _ if !is_covered => None,
            WindowFunction::Mean => self.mean(),
            WindowFunction::Sum => Some(self.sum.total()),
            WindowFunction::Min => self.min,
            WindowFunction::Max => self.max,
            WindowFunction::First => self.first,
            WindowFunction::Last => self.last,
        };
        WindowValue { end, value, valid: u32::try_from(self.valid).unwrap_or(u32::MAX), coverage }
    }
}

/// The ends of the windows that can hold a sample: the asked range, cut to where there are samples.
fn bounded_ends(
    reader: &Reader,
    query: &WindowQuery,
    first: Option<Timestamp>,
) -> Result<Option<impl Iterator<Item = Timestamp> + use<>>, QueryError> {
    let step_ms = query.window.step.as_ms();
    let (Some(first), Some(newest)) = (first, reader.newest(query.instrument)) else { return Ok(None) };
    let from = query.ends.from.max(first).ceil_to(step_ms);
    let to = query.ends.to.min(newest.plus_ms(query.window.width.as_ms()));
    let windows = u64::try_from(to.since_ms(from)).unwrap_or_default().div_ceil(step_ms.unsigned_abs());
    if windows > WINDOWS_MAX {
        return Err(QueryError::TooManyWindows { windows, windows_max: WINDOWS_MAX });
    }
    let ends = std::iter::successors(Some(from), move |end| Some(end.plus_ms(step_ms)));
    Ok(Some(ends.take_while(move |end| *end < to)))
}

/// The samples of one channel, one by one.
struct Samples {
    scan: crate::store::read::Scan,
    chunk: crate::store::read::Chunk,
    row: usize,
}

impl Samples {
    fn new(reader: &Reader, query: &WindowQuery, range: TimeRange) -> Result<Self, QueryError> {
        let scan = reader.scan(query.instrument, &[query.channel], range)?;
        Ok(Self { scan, chunk: crate::store::read::Chunk::default(), row: 0 })
    }

    fn peek(&mut self) -> Result<Option<Timestamp>, QueryError> {
        while self.row >= self.chunk.times.len() {
            match self.scan.next() {
                Some(chunk) => (self.chunk, self.row) = (chunk?, 0),
                None => return Ok(None),
            }
        }
        Ok(self.chunk.times.get(self.row).copied())
    }

    fn next_until(&mut self, end: Timestamp) -> Result<Option<(Timestamp, Sample)>, QueryError> {
        let Some(time) = self.peek()?.filter(|time| *time <= end) else { return Ok(None) };
        let sample = self.chunk.columns.first().map_or(Sample::MISSING, |column| column.sample(self.row));
        self.row += 1;
        Ok(Some((time, sample)))
    }
}

/// The valid samples of the current window.
#[derive(Debug, Default)]
struct WindowState {
    samples: VecDeque<(Timestamp, f64)>,
    sum: ExactSum,
}

impl WindowState {
    fn push(&mut self, time: Timestamp, sample: Sample) {
        if let Some(value) = sample.valid() {
            self.samples.push_back((time, value));
            self.sum.add(value);
        }
    }

    fn forget_until(&mut self, time: Timestamp) {
        while let Some((_, value)) = self.samples.pop_front_if(|(at, _)| *at <= time) {
            self.sum.remove(value);
        }
    }

    fn answer(&self, end: Timestamp, query: &WindowQuery) -> WindowValue {
        let valid = self.samples.len();
        let expected = (query.window.width.as_ms() / query.interval.as_ms()).max(1);
        let coverage = valid as f64 / expected as f64;
        let is_covered = valid > 0 && coverage >= query.window.coverage_min;
        let values = self.samples.iter().map(|(_, value)| *value);
        let value = match query.function {
            WindowFunction::Count => Some(valid as f64),
            _ if !is_covered => None,
            WindowFunction::Mean => self.sum.mean(valid as u64),
            WindowFunction::Sum => Some(self.sum.total()),
            WindowFunction::Min => values.reduce(f64::min),
            WindowFunction::Max => values.reduce(f64::max),
            WindowFunction::First => self.samples.front().map(|(_, value)| *value),
            WindowFunction::Last => self.samples.back().map(|(_, value)| *value),
        };
        WindowValue { end, value, valid: u32::try_from(valid).unwrap_or(u32::MAX), coverage }
    }
}
