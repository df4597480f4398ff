//! Readings to be stored, the same for all engines, and the right answers about them.

pub(crate) mod district_hour;
pub(crate) mod tables;

use crate::failure::Failure;
use std::ops::Range;

/// What an engine must know before the first row comes.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// How many stations there are; a row belongs to one of them.
    pub(crate) stations: usize,
    /// The channels of every station.
    pub(crate) channels: Vec<String>,
    /// How far apart rows are when all is well.
    pub(crate) interval_ms: i64,
}

/// One row: all channels of a station at one instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) station: usize,
    pub(crate) time_ms: i64,
    pub(crate) values: &'a [Option<f64>],
}

/// How many values, and what they sum up to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) sum: f64,
}

/// Lanes of a sum: so many additions run side by side.
const LANES: usize = 16;

impl Tally {
    /// Adds one value.
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
    }

    /// Adds many values that are all present.
    pub(crate) fn add_slice(&mut self, values: &[f64]) {
        let mut lanes = [0.0; LANES];
        let chunks = values.chunks_exact(LANES);
        self.sum += chunks.remainder().iter().sum::<f64>();
        for chunk in chunks {
            lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += value);
        }
        self.sum += lanes.iter().sum::<f64>();
        self.count += values.len() as u64;
    }

    /// Whether two engines mean the same: sums are of floating-point numbers in different orders.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let scale = self.sum.abs().max(other.sum.abs()).max(1.0);
        self.count == other.count && (self.sum - other.sum).abs() <= 1e-9 * scale
    }
}

/// The rows of one station in order of time, side by side.
#[derive(Debug, Default)]
pub(crate) struct StationRows {
    pub(crate) times_ms: Vec<i64>,
    /// As many as there are channels for each time.
    pub(crate) values: Vec<Option<f64>>,
}

impl StationRows {
    /// The present values of a channel.
    pub(crate) fn column(&self, channel: usize, channels: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(channel).step_by(channels).flatten().copied()
    }
}

/// Readings of all stations. What is longer than the rows at hand repeats them at later times.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) shape: Shape,
    pub(crate) stations: Vec<StationRows>,
    /// How much later every repetition is.
    pub(crate) repeat_ms: i64,
}

impl Load {
    /// Values in one row of every station.
    pub(crate) fn values_per_instant(&self) -> usize {
        self.shape.stations * self.shape.channels.len()
    }

    /// Rows that every station has before they repeat.
    pub(crate) fn rows(&self) -> usize {
        self.stations.first().map_or(0, |rows| rows.times_ms.len())
    }

    /// A station's row by its number, which may go beyond the rows at hand.
    pub(crate) fn row(&self, station: usize, number: usize) -> Option<Row<'_>> {
        let rows = self.stations.get(station)?;
        let (repeat, at) = (number / rows.times_ms.len(), number % rows.times_ms.len());
        let width = self.shape.channels.len();
        let time_ms = rows.times_ms.get(at)? + self.repeat_ms * i64::try_from(repeat).ok()?;
        Some(Row { station, time_ms, values: rows.values.get(at * width..(at + 1) * width)? })
    }

    /// Hands out a range of every station's rows in batches of one station, stations in turn.
    pub(crate) fn feed(
        &self,
        rows: Range<usize>,
        rows_per_batch: usize,
        mut take: impl FnMut(&[Row<'_>]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut batch = Vec::with_capacity(rows_per_batch);
        for begin in rows.clone().step_by(rows_per_batch) {
            for station in 0..self.shape.stations {
                batch.clear();
                batch.extend((begin..(begin + rows_per_batch).min(rows.end)).filter_map(|at| self.row(station, at)));
                take(&batch)?;
            }
        }
        Ok(())
    }

    /// The right answer to a scan over the first rows of every station.
    pub(crate) fn tally(&self, rows: usize) -> Tally {
        let mut tally = Tally::default();
        for station in 0..self.shape.stations {
            for row in (0..rows).filter_map(|at| self.row(station, at)) {
                row.values.iter().flatten().for_each(|value| tally.add(*value));
            }
        }
        tally
    }

    /// The right answer to the hourly means of all channels: how many hours have a mean, and the sum of the means. An hour ends at
    /// its last instant, which it includes, and begins after the hour before.
    pub(crate) fn hourly_means(&self, rows: usize) -> Tally {
        let mut means = Tally::default();
        for station in 0..self.shape.stations {
            for channel in 0..self.shape.channels.len() {
                self.add_hourly_means(station, channel, rows, &mut means);
            }
        }
        means
    }

    fn add_hourly_means(&self, station: usize, channel: usize, rows: usize, means: &mut Tally) {
        let (mut end, mut hour) = (i64::MIN, Tally::default());
        for row in (0..rows).filter_map(|at| self.row(station, at)) {
            if end != hour_end(row.time_ms) {
                add_mean(means, std::mem::take(&mut hour));
                end = hour_end(row.time_ms);
            }
            row.values.get(channel).copied().flatten().into_iter().for_each(|value| hour.add(value));
        }
        add_mean(means, hour);
    }

    /// The right answer to a mean over a channel's rows by their numbers.
    pub(crate) fn mean(&self, station: usize, channel: usize, rows: Range<usize>) -> Tally {
        let mut tally = Tally::default();
        for row in rows.filter_map(|at| self.row(station, at)) {
            row.values.get(channel).copied().flatten().into_iter().for_each(|value| tally.add(value));
        }
        tally
    }
}

/// Milliseconds of an hour.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// The end of the hour that holds a time.
pub(crate) fn hour_end(time_ms: i64) -> i64 {
    (time_ms + HOUR_MS - 1).div_euclid(HOUR_MS) * HOUR_MS
}

fn add_mean(means: &mut Tally, hour: Tally) {
    if hour.count > 0 {
        means.add(hour.sum / hour.count as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_includes_its_end_and_not_its_beginning() {
        assert_eq!(hour_end(0), 0);
        assert_eq!(hour_end(1), HOUR_MS);
        assert_eq!(hour_end(HOUR_MS), HOUR_MS);
    }

    #[test]
    fn a_slice_adds_up_like_its_values() {
        let values: Vec<f64> = (0..101).map(f64::from).collect();
        let (mut slice, mut single) = (Tally::default(), Tally::default());
        slice.add_slice(&values);
        values.iter().for_each(|value| single.add(*value));
        assert_eq!(slice, single);
    }

    #[test]
    fn sums_that_differ_in_a_value_do_not_agree() {
        let whole = Tally { count: 1_000_000, sum: 2.5e6 };
        assert!(!whole.agrees(&Tally { sum: whole.sum + 0.01, ..whole }));
        assert!(!whole.agrees(&Tally { count: 999_999, ..whole }));
        assert!(whole.agrees(&Tally { sum: whole.sum * (1.0 + 1e-13), ..whole }));
    }
}
