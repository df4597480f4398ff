//! Aggregates over windows that lie side by side: rollups. Blocks that lie within a window are answered from their statistics, undecoded.

use super::error::QueryError;
use super::grid::Grid;
use crate::base::{ExactDirection, ExactSum};
use crate::model::{InstrumentId, Interval, TimeRange, Timestamp};
use crate::store::read::{BlockSummary, Chunk, Column, Found, Reader, Scan};

/// What is known of one channel in one window: its valid samples.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Aggregate {
    /// Valid samples.
    pub valid: u64,
    /// Their exact sum; zero for directions, which have no sum.
    pub sum: ExactSum,
    /// Their exact sum as arrows, for directions; `None` for all other channels.
    pub direction: Option<ExactDirection>,
    /// The least; `None` where nothing is valid, as with the three below. Directions have neither a least nor a greatest.
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
    /// The mean of the valid samples; of directions the vector mean, which opposite directions do not have.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        match &self.direction {
            Some(arrows) => arrows.mean(self.valid),
            None => self.sum.mean(self.valid),
        }
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
        if let Some(arrows) = &mut self.direction {
            for (value, _) in values.iter().zip(marks).filter(|(_, mark)| mark.is_valid()) {
                self.valid += 1;
                arrows.add(*value);
                self.first = self.first.or(Some(*value));
                self.last = Some(*value);
            }
            return;
        }
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

/// Windows side by side, in order, one by one; those without a row are left out.
#[derive(Debug)]
pub(super) struct Rollups {
    scan: Scan,
    grid: Grid,
    /// For each channel, whether it is circular: then statistics of blocks do not answer.
    directions: Vec<bool>,
    /// The window that is not complete yet.
    open: Option<Rollup>,
    /// The next of the scan's rows; `None` behind the last.
    row: Option<usize>,
}

impl Rollups {
    /// The windows that end in a range.
    pub(super) fn new(
        reader: &Reader,
        (instrument, channels): (InstrumentId, &[usize]),
        grid: Grid,
        ends: TimeRange,
    ) -> Result<Self, QueryError> {
        let from = grid.begin(grid.first_end(ends.from)).plus_ms(1);
        let last_end = grid.last_end(ends.to.plus_ms(-1));
        let scan = reader.scan(instrument, channels, TimeRange::new(from, last_end.plus_ms(1)))?;
        Ok(Self { scan, grid, directions: reader.directions(instrument, channels), open: None, row: None })
    }

    /// The next window; `None` behind the last.
    pub(super) fn next_rollup(&mut self) -> Result<Option<Rollup>, QueryError> {
        loop {
            if let Some(time) = self.row.and_then(|row| self.scan.rows().times.get(row)).copied() {
                let done = self.turn_to(time);
                self.add_rows();
                if done.is_some() {
                    return Ok(done);
                }
                continue;
            }
            self.row = None;
            let (grid, is_plain) = (&self.grid, !self.directions.contains(&true));
            match self.scan.find(|first, last| is_plain && grid.first_end(first) == grid.first_end(last))? {
                None => return Ok(self.open.take()),
                Some(Found::Rows) => self.row = Some(0),
                Some(Found::Block { first, rows, .. }) => {
                    let done = self.turn_to(first);
                    if let Some(open) = &mut self.open {
                        open.add_block(rows, |place| self.scan.block_stats(place));
                    }
                    if done.is_some() {
                        return Ok(done);
                    }
                }
            }
        }
    }

    /// Opens the window of a time, which is not earlier than those before, and gives the one before where that is another.
    fn turn_to(&mut self, time: Timestamp) -> Option<Rollup> {
        let end = self.grid.first_end(time);
        if self.open.as_ref().is_some_and(|open| open.end == end) {
            return None;
        }
        self.open.replace(Rollup::new(end, &self.directions))
    }

    /// Adds the next rows as far as they lie in the open window.
    fn add_rows(&mut self) {
        let (Some(open), Some(begin)) = (&mut self.open, self.row) else { return };
        let chunk = self.scan.rows();
        let rest = chunk.times.get(begin..).unwrap_or_default();
        let rows = begin..begin + rest.partition_point(|time| *time <= open.end);
        self.row = Some(rows.end);
        open.add_rows(chunk, rows);
    }
}

/// Windows `(t - step, t]` at every multiple `t` of the step in `ends`, in order; windows without a row are left out.
pub(super) fn rollups(
    reader: &Reader,
    asked: (InstrumentId, &[usize]),
    step: Interval,
    ends: TimeRange,
) -> Result<Vec<Rollup>, QueryError> {
    let mut rollups = Rollups::new(reader, asked, Grid::fixed(step.as_ms()), ends)?;
    std::iter::from_fn(|| rollups.next_rollup().transpose()).collect()
}

/// One aggregate of each asked channel over a range of time.
pub(super) fn aggregates(
    reader: &Reader,
    instrument: InstrumentId,
    channels: &[usize],
    range: TimeRange,
) -> Result<Rollup, QueryError> {
    let mut scan = reader.scan(instrument, channels, range)?;
    let directions = reader.directions(instrument, channels);
    let is_plain = !directions.contains(&true);
    let mut all = Rollup::new(range.to, &directions);
    while let Some(found) = scan.find(|_, _| is_plain)? {
        match found {
            Found::Block { rows, .. } => all.add_block(rows, |place| scan.block_stats(place)),
            Found::Rows => all.add_rows(scan.rows(), 0..scan.rows().times.len()),
        }
    }
    Ok(all)
}

impl Rollup {
    fn new(end: Timestamp, directions: &[bool]) -> Self {
        let empty = |is_direction: &bool| Aggregate {
            direction: is_direction.then_some(ExactDirection::ZERO),
            ..Aggregate::default()
        };
        Self { end, rows: 0, channels: directions.iter().map(empty).collect() }
    }

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
