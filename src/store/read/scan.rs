//! Joining the sources of an instrument's rows: in order of time, the newest arrival of each instant.

use super::source::Source;
use crate::base::ExactSum;
use crate::model::{InstrumentId, TimeRange, Timestamp};
use crate::store::chunk::{Chunk, Column};
use crate::store::error::StoreError;
use crate::store::segment::Segment;
use std::sync::Arc;

/// Rows in order of time, decoded as they are asked for: at most a block per source is in memory.
#[derive(Debug)]
pub struct Scan {
    sources: Vec<Source>,
    columns: usize,
    out: Chunk,
    /// Memory for channels that are shown one by one.
    column: Column,
    /// The source whose next block was found whole.
    found: Option<usize>,
}

/// The valid values of one channel in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockSummary {
    /// How many; at least one.
    pub valid: u64,
    /// The first.
    pub first: f64,
    /// The last.
    pub last: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
    /// Their exact sum.
    pub sum: ExactSum,
}

/// What comes next in a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Rows, in [`Scan::rows`].
    Rows,
    /// A whole block that nothing overlaps, with statistics in [`Scan::block_stats`]; its rows are not decoded.
    Block {
        /// Its first time.
        first: Timestamp,
        /// Its last time.
        last: Timestamp,
        /// Its rows.
        rows: usize,
    },
}

impl Scan {
    pub(super) fn new(sources: Vec<Source>, columns: usize) -> Self {
        let sources = sources.into_iter().filter(|source| source.next.is_some()).collect();
        Self { sources, columns, out: Chunk::default(), column: Column::default(), found: None }
    }

    /// The rows of some segments alone, in order of arrival.
    pub(in super::super) fn of_segments(
        segments: &[Arc<Segment>],
        instrument: InstrumentId,
        channels: &[usize],
        range: TimeRange,
    ) -> Result<Self, StoreError> {
        let mut sources = Vec::with_capacity(segments.len());
        for (arrival, segment) in segments.iter().enumerate() {
            sources.extend(Source::of_segment(arrival, segment, instrument, channels, range)?);
        }
        Ok(Self::new(sources, channels.len()))
    }

    /// The time of the next row.
    #[must_use]
    pub fn next_time(&self) -> Option<Timestamp> {
        self.sources.iter().filter_map(|source| source.next).min()
    }

    /// The rows that [`Scan::find`] or [`Scan::next_rows`] found last.
    #[must_use]
    pub const fn rows(&self) -> &Chunk {
        &self.out
    }

    /// The next rows as slices that live until the next call: no more than a block of each source is decoded at a time, into the same
    /// memory again and again. `None` behind the last.
    ///
    /// # Errors
    /// [`StoreError`] if a block is corrupt.
    pub fn next_rows(&mut self) -> Result<Option<&Chunk>, StoreError> {
        match self.find(|_, _| false)? {
            Some(_) => Ok(Some(&self.out)),
            None => Ok(None),
        }
    }

    /// What comes next: a whole block with its statistics where there is one and `wants` its first and last time, rows otherwise.
    ///
    /// # Errors
    /// [`StoreError`] if a block is corrupt.
    pub fn find(&mut self, wants: impl FnMut(Timestamp, Timestamp) -> bool) -> Result<Option<Found>, StoreError> {
        self.find_whole(Source::whole_block_with_stats, wants)
    }

    /// As [`Scan::find`], with blocks that count as whole.
    fn find_whole(
        &mut self,
        whole_block: impl Fn(&Source) -> Option<(Timestamp, Timestamp, usize)>,
        mut wants: impl FnMut(Timestamp, Timestamp) -> bool,
    ) -> Result<Option<Found>, StoreError> {
        if let Some(source) = self.found.take().and_then(|index| self.sources.get_mut(index)) {
            source.skip()?;
            self.drop_finished();
        }
        let Some((index, others)) = self.first_source() else { return Ok(None) };
        let Some(source) = self.sources.get_mut(index) else { return Ok(None) };
        let last = source.last_of_block();
        let is_alone = others.is_none_or(|other| last.is_some_and(|last| last < other));
        if !is_alone {
            self.out.reset(self.columns);
            self.merge(index)?;
        } else if source.loaded.times.is_empty() {
            if let Some((first, last, rows)) = whole_block(source)
                && wants(first, last)
            {
                self.found = Some(index);
                return Ok(Some(Found::Block { first, last, rows }));
            }
            source.read_whole(&mut self.out)?;
        } else {
            let (row, rows) = (source.row, source.loaded.times.len());
            self.out.reset(self.columns);
            std::mem::swap(&mut self.out, &mut source.loaded);
            self.out.keep(row..rows);
            source.advance_to(rows)?;
        }
        self.drop_finished();
        Ok(Some(Found::Rows))
    }

    /// Shows the next rows channel by channel: place of the channel among the asked ones, times, values and marks. Each channel is decoded
    /// just before it is shown, into the same memory, so that summing or comparing it finds it in the cache: the fastest way to look at
    /// many channels. Says whether there were any rows.
    ///
    /// # Errors
    /// [`StoreError`] if a block is corrupt.
    pub fn visit(&mut self, mut visit: impl FnMut(usize, &[Timestamp], &Column)) -> Result<bool, StoreError> {
        match self.find_whole(Source::whole_block, |_, _| true)? {
            None => return Ok(false),
            Some(Found::Rows) => {
                for (index, column) in self.out.columns.iter().enumerate() {
                    visit(index, &self.out.times, column);
                }
            }
            Some(Found::Block { .. }) => {
                if let Some(source) = self.found.and_then(|index| self.sources.get_mut(index)) {
                    source.visit(&mut self.out.times, &mut self.column, &mut visit)?;
                }
            }
        }
        Ok(true)
    }

    /// What is known of the valid values of one of the asked channels in the block found last.
    #[must_use]
    pub fn block_stats(&self, column: usize) -> Option<BlockSummary> {
        let (valid, stats) = self.sources.get(self.found?)?.stats(column)?;
        let [first, last, least, greatest] = stats.values()?;
        let mut sum = ExactSum::ZERO;
        stats.add_to(&mut sum);
        Some(BlockSummary { valid: valid as u64, first, last, least, greatest, sum })
    }

    /// The source with the earliest next row (of several the latest arrival), and the earliest next row of the others.
    fn first_source(&self) -> Option<(usize, Option<Timestamp>)> {
        let mut first: Option<(Timestamp, usize, usize)> = None;
        let mut others: Option<Timestamp> = None;
        for (index, source) in self.sources.iter().enumerate() {
            let Some(next) = source.next else { continue };
            let is_first =
                first.is_none_or(|(time, arrival, _)| next < time || (next == time && source.arrival > arrival));
            let displaced = if is_first { first.map(|(time, ..)| time) } else { Some(next) };
            others = match (others, displaced) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            if is_first {
                first = Some((next, source.arrival, index));
            }
        }
        first.map(|(_, _, index)| (index, others))
    }

    /// Joins the rows up to the end of the first block that ends.
    fn merge(&mut self, first: usize) -> Result<(), StoreError> {
        let Some(source) = self.sources.get_mut(first) else { return Ok(()) };
        source.load()?;
        let Some(mut until) = source.loaded.times.last().copied() else { return Ok(()) };
        for source in &mut self.sources {
            if source.next.is_some_and(|next| next <= until) {
                source.load()?;
                until = source.loaded.times.last().map_or(until, |last| until.min(*last));
            }
        }
        let mut order: Vec<(Timestamp, usize, usize, usize)> = Vec::new();
        for (index, source) in self.sources.iter().enumerate() {
            let rows = source.loaded.times.iter().enumerate().skip(source.row);
            let due = rows.take_while(|(_, time)| **time <= until);
            order.extend(due.map(|(row, time)| (*time, source.arrival, index, row)));
        }
        order.sort_unstable();
        for (place, (time, _, index, row)) in order.iter().enumerate() {
            let is_replaced = order.get(place + 1).is_some_and(|(next, ..)| next == time);
            if let Some(source) = self.sources.get(*index).filter(|_| !is_replaced) {
                self.out.push_rows(&source.loaded, *row..row + 1);
            }
        }
        for source in &mut self.sources {
            let behind = source.loaded.times.partition_point(|time| *time <= until);
            if behind > source.row {
                source.advance_to(behind)?;
            }
        }
        Ok(())
    }

    fn drop_finished(&mut self) {
        self.sources.retain(|source| source.next.is_some());
    }
}

impl Iterator for Scan {
    type Item = Result<Chunk, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.find(|_, _| false) {
            Ok(Some(_)) => Some(Ok(std::mem::take(&mut self.out))),
            Ok(None) => None,
            Err(error) => {
                self.sources.clear();
                Some(Err(error))
            }
        }
    }
}
