//! Aggregates over windows that lie side by side: rollups. Blocks that lie within a window are answered from their statistics, undecoded.

use super::error::QueryError;
use crate::base::ExactSum;
use crate::model::{InstrumentId, Interval, TimeRange, Timestamp};
use crate::store::read::{BlockSummary, Chunk, Column, Found, Reader};

/// What is known of one channel in one window: its valid samples.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Aggregate {
    /// Valid samples.
    pub valid: u64,
    /// Their exact sum.
    pub sum: ExactSum,
    /// The least; `None` where nothing is valid, as with the three below.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The first.
    pub first: Option<f64>,
    /// The last.
    pub last: Option<f64>,
}

/// One window of an instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollup {
    /// The end of the window, which it includes; it begins one step earlier, which it does not include.
    pub end: Timestamp,
    /// Rows of the instrument in the window, whatever they hold.
    pub rows: u64,
    /// Each asked channel.
    pub channels: Vec<Aggregate>,
}

impl Aggregate {
    /// The mean of the valid samples.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        self.sum.mean(self.valid)
    }

    /// Valid samples over those that a window of this width should have.
    #[must_use]
    pub fn coverage(&self, width: Interval, interval: Interval) -> f64 {
        self.valid as f64 / (width.as_ms() / interval.as_ms()).max(1) as f64
    }

    fn add_block(&mut self, block: &BlockSummary) {
        self.sum.merge(&block.sum);
        self.add_extremes(block.valid, [block.first, block.last, block.least, block.greatest]);
    }

    fn add_extremes(&mut self, valid: u64, [first, last, least, greatest]: [f64; 4]) {
        self.valid += valid;
        self.min = Some(self.min.map_or(least, |min| min.min(least)));
        self.max = Some(self.max.map_or(greatest, |max| max.max(greatest)));
        self.first = self.first.or(Some(first));
        self.last = Some(last);
    }

    fn add_rows(&mut self, column: &Column, rows: std::ops::Range<usize>) {
        let values = column.values.get(rows.clone()).unwrap_or_default();
        let marks = column.marks.get(rows).unwrap_or_default();
        if let ([first, ..], [.., last]) = (values, values)
            && marks.iter().fold(true, |are_valid, mark| are_valid & mark.is_valid())
        {
            self.sum.add_all(values);
            let least = values.iter().fold(*first, |least, value| least.min(*value));
            let greatest = values.iter().fold(*first, |greatest, value| greatest.max(*value));
            self.add_extremes(values.len() as u64, [*first, *last, least, greatest]);
            return;
        }
        for (value, _) in values.iter().zip(marks).filter(|(_, mark)| mark.is_valid()) {
            self.valid += 1;
            self.sum.add(*value);
            self.min = Some(self.min.map_or(*value, |min| min.min(*value)));
            self.max = Some(self.max.map_or(*value, |max| max.max(*value)));
            self.first = self.first.or(Some(*value));
            self.last = Some(*value);
        }
    }
}

/// Windows `(t - step, t]` at every multiple `t` of the step in `ends`, in order; windows without a row are left out.
pub(super) fn rollups(
    reader: &Reader,
    instrument: InstrumentId,
    channels: &[usize],
    step: Interval,
    ends: TimeRange,
) -> Result<Vec<Rollup>, QueryError> {
    let step_ms = step.as_ms();
    let from = ends.from.ceil_to(step_ms).plus_ms(1 - step_ms);
    let to = ends.to.plus_ms(-1);
    let last_end = if to.ceil_to(step_ms) == to { to } else { to.ceil_to(step_ms).plus_ms(-step_ms) };
    let mut scan = reader.scan(instrument, channels, TimeRange::new(from, last_end.plus_ms(1)))?;
    let mut windows = Windows { step_ms, channels: channels.len(), done: Vec::new() };
    while let Some(found) = scan.find(|first, last| first.ceil_to(step_ms) == last.ceil_to(step_ms))? {
        match found {
            Found::Rows => windows.add_rows(scan.rows()),
            Found::Block { first, rows, .. } => {
                windows.change(first, |window| window.add_block(rows, |place| scan.block_stats(place)));
            }
        }
    }
    Ok(windows.done)
}

/// One aggregate of each asked channel over a range of time.
pub(super) fn aggregates(
    reader: &Reader,
    instrument: InstrumentId,
    channels: &[usize],
    range: TimeRange,
) -> Result<Rollup, QueryError> {
    let mut scan = reader.scan(instrument, channels, range)?;
    let mut all = Rollup { end: range.to, rows: 0, channels: vec![Aggregate::default(); channels.len()] };
    while let Some(found) = scan.find(|_, _| true)? {
        match found {
            Found::Block { rows, .. } => all.add_block(rows, |place| scan.block_stats(place)),
            Found::Rows => all.add_rows(scan.rows(), 0..scan.rows().times.len()),
        }
    }
    Ok(all)
}

impl Rollup {
    fn add_rows(&mut self, chunk: &Chunk, rows: std::ops::Range<usize>) {
        self.rows += rows.len() as u64;
        for (aggregate, column) in self.channels.iter_mut().zip(&chunk.columns) {
            aggregate.add_rows(column, rows.clone());
        }
    }

    fn add_block(&mut self, rows: usize, stats_of: impl Fn(usize) -> Option<BlockSummary>) {
        self.rows += rows as u64;
        for (place, aggregate) in self.channels.iter_mut().enumerate() {
            if let Some(block) = stats_of(place) {
                aggregate.add_block(&block);
            }
        }
    }
}

struct Windows {
    step_ms: i64,
    channels: usize,
    done: Vec<Rollup>,
}

impl Windows {
    /// Applies a change to the window of a time, which is not earlier than those before.
    fn change(&mut self, time: Timestamp, change: impl FnOnce(&mut Rollup)) {
        let end = time.ceil_to(self.step_ms);
        if self.done.last().is_none_or(|window| window.end != end) {
            self.done.push(Rollup { end, rows: 0, channels: vec![Aggregate::default(); self.channels] });
        }
        if let Some(window) = self.done.last_mut() {
            change(window);
        }
    }

    fn add_rows(&mut self, chunk: &Chunk) {
        let mut begin = 0;
        while let Some(time) = chunk.times.get(begin).copied() {
            let end = time.ceil_to(self.step_ms);
            let rest = chunk.times.get(begin..).unwrap_or_default();
            let rows = begin..begin + rest.partition_point(|time| *time <= end);
            begin = rows.end;
            self.change(time, |window| window.add_rows(chunk, rows));
        }
    }
}
