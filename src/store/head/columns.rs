//! The newest rows of one instrument.

use super::block::HeadBlock;
use crate::model::{FrameRef, InstrumentId, Mark, Sample, TimeRange, Timestamp};
use crate::store::chunk::Chunk;
use crate::store::segment::{RawColumn, RowSource};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The open columns of one instrument, sorted by time, one row an instant. They lie in blocks, so that nothing moves when they grow, a late
/// row moves those of its block alone, and readers share the blocks instead of copying them.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct HeadColumns {
    channels: usize,
    /// None is empty. A reader never shares the last one while it has room, so that appending copies nothing.
    blocks: Vec<Arc<HeadBlock>>,
    /// Memory for the values of the next one.
    spare: Vec<f64>,
    rows: usize,
    /// The time of each channel's newest present sample; the earliest time there is where it has none.
    newest: Vec<Timestamp>,
}

/// Rows of one instrument as they were when they were asked for.
#[derive(Debug)]
pub(in super::super) struct HeadRows {
    /// Blocks with rows in the range, in order of time.
    pub(in super::super) blocks: Vec<Arc<HeadBlock>>,
    /// The asked channels of the rows behind them.
    pub(in super::super) tail: Chunk,
}

/// Where a row is, or where it would be.
enum Place {
    At { block: usize, row: usize },
    Before { block: usize, row: usize },
    Last,
}

impl HeadColumns {
    fn find(&self, time: Timestamp) -> Place {
        if self.last().is_none_or(|last| last < time) {
            return Place::Last;
        }
        let block = self.blocks.partition_point(|block| block.span().is_none_or(|(_, last)| last < time));
        match self.blocks.get(block).map(|block| block.times().binary_search(&time)) {
            None => Place::Last,
            Some(Ok(row)) => Place::At { block, row },
            Some(Err(row)) => Place::Before { block, row },
        }
    }

    /// The newest row's time.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.blocks.last()?.span().map(|(_, last)| last)
    }

    /// The newest present sample of a channel.
    pub(super) fn latest(&self, channel: usize) -> Option<(Timestamp, Sample)> {
        let time = *self.newest.get(channel)?;
        let Place::At { block, row } = self.find(time) else { return None };
        let sample = self.blocks.get(block)?.sample(row, channel);
        sample.value.is_some().then_some((time, sample))
    }

    /// All samples of an instant, if it has a row.
    pub(super) fn samples_at(&self, time: Timestamp) -> Option<Vec<Sample>> {
        let Place::At { block, row } = self.find(time) else { return None };
        let block = self.blocks.get(block)?;
        Some((0..self.channels).map(|channel| block.sample(row, channel)).collect())
    }

    /// Takes note of the present samples of a row that comes.
    fn note(&mut self, frame: FrameRef<'_>) {
        for (newest, mark) in self.newest.iter_mut().zip(frame.marks) {
            *newest = if mark.is_present() { frame.time.max(*newest) } else { *newest };
        }
    }

    /// Puts rows of one width behind those that are there: their times rise, and are behind the newest. Says whether they are such rows.
    pub(super) fn push(&mut self, mut frames: &[FrameRef<'_>]) -> bool {
        let Some(first) = frames.first() else { return true };
        if self.blocks.is_empty() {
            self.begin(first.values.len());
        }
        let is_behind = self.last().is_none_or(|last| last < first.time);
        if !is_behind || first.values.len() != self.channels {
            return false;
        }
        self.rows += frames.len();
        frames.iter().for_each(|frame| self.note(*frame));
        while let Some(next) = frames.first() {
            if self.blocks.last().is_none_or(|last| last.room_left() == 0) {
                let block = self.free_block(next.instrument);
                self.blocks.push(block);
            }
            let Some(last) = self.blocks.last_mut() else { return false };
            let room = last.room_left().min(frames.len());
            let (now, later) = frames.split_at(room);
            let last = Arc::make_mut(last);
            last.push(now);
            if last.room_left() == 0 {
                self.spare = last.shorten();
            }
            frames = later;
        }
        true
    }

    fn begin(&mut self, channels: usize) {
        self.channels = channels;
        self.newest.clear();
        self.newest.resize(channels, Timestamp::MIN);
    }

    /// Puts a row in, or in place of the one at the same time. Says whether there is one more.
    pub(super) fn upsert(&mut self, frame: FrameRef<'_>) -> bool {
        if self.push(&[frame]) {
            return true;
        }
        if frame.values.len() != self.channels {
            return self.upsert_uneven(frame);
        }
        self.note(frame);
        match self.find(frame.time) {
            Place::At { block, row } => {
                if let Some(block) = self.blocks.get_mut(block) {
                    Arc::make_mut(block).put(row, frame);
                }
                self.renew(frame);
                false
            }
            Place::Before { block, row } => {
                self.insert((block, row), frame);
                self.rows += 1;
                true
            }
            // Taken by the call above.
            Place::Last => false,
        }
    }

    /// Puts a row in that belongs between others: it moves those of its block.
    fn insert(&mut self, (at, row): (usize, usize), frame: FrameRef<'_>) {
        let Some(block) = self.blocks.get_mut(at) else { return };
        let block = Arc::make_mut(block);
        if block.room_left() > 0 {
            block.insert(row, frame);
            return;
        }
        let mut later = block.split_off();
        match row.checked_sub(block.rows()) {
            Some(row) if row > 0 => later.insert(row, frame),
            _ => block.insert(row, frame),
        }
        self.blocks.insert(at + 1, Arc::new(later));
    }

    fn free_block(&mut self, instrument: InstrumentId) -> Arc<HeadBlock> {
        let memory = std::mem::take(&mut self.spare);
        Arc::new(HeadBlock::new(instrument, self.channels, self.rows, memory))
    }

    /// Looks again for the newest samples of channels of which a row has taken it away.
    fn renew(&mut self, frame: FrameRef<'_>) {
        for (channel, mark) in frame.marks.iter().enumerate() {
            if mark.is_present() || self.newest.get(channel) != Some(&frame.time) {
                continue;
            }
            let newest_of = |block: &Arc<HeadBlock>| {
                let row = block.marks(channel).last_present()?;
                block.times().get(row).copied()
            };
            let time = self.blocks.iter().rev().find_map(newest_of).unwrap_or(Timestamp::MIN);
            if let Some(newest) = self.newest.get_mut(channel) {
                *newest = time;
            }
        }
    }

    /// Puts a row in that has another number of channels than those before: the instrument got some in between, which are missing in
    /// the narrower ones. Sealing comes before such a change, so that only a log that has outlived its segment brings both.
    fn upsert_uneven(&mut self, frame: FrameRef<'_>) -> bool {
        let width = frame.values.len().max(self.channels);
        if width > self.channels {
            self.blocks.iter_mut().for_each(|block| Arc::make_mut(block).widen(width));
            self.channels = width;
            self.newest.resize(width, Timestamp::MIN);
        }
        let (mut values, mut marks) = (frame.values.to_vec(), frame.marks.to_vec());
        values.resize(width, 0.0);
        marks.resize(width, Mark::default());
        self.upsert(FrameRef { values: &values, marks: &marks, ..frame })
    }

    /// The asked channels of the rows in a range, and others around them; `None` where there is no row. What comes later does not show.
    pub(super) fn rows_of(&self, channels: &[usize], range: TimeRange) -> Option<HeadRows> {
        let begin = self.blocks.partition_point(|block| block.span().is_none_or(|(_, last)| last < range.from));
        let end = self.blocks.partition_point(|block| block.span().is_some_and(|(first, _)| first < range.to));
        let mut blocks = self.blocks.get(begin..end).filter(|blocks| !blocks.is_empty())?.to_vec();
        let mut tail = Chunk::default();
        let open = if end == self.blocks.len() { blocks.pop_if(|last| last.room_left() > 0) } else { None };
        if let Some(open) = open {
            tail.reset(channels.len());
            open.copy(channels, &mut tail);
        }
        Some(HeadRows { blocks, tail })
    }

    pub(in super::super) const fn channels(&self) -> usize {
        self.channels
    }

    pub(in super::super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Present values of all rows.
    pub(in super::super) fn values(&self) -> usize {
        let of_block = |block: &Arc<HeadBlock>| -> usize {
            (0..self.channels).map(|channel| block.marks(channel).present()).sum()
        };
        self.blocks.iter().map(of_block).sum()
    }

    /// Forgets all rows and keeps the memory that the next ones need.
    pub(super) fn clear(&mut self) {
        let last = self.blocks.pop().and_then(|last| Arc::try_unwrap(last).ok());
        if let Some(last) = last.filter(|_| self.spare.is_empty()) {
            self.spare = last.into_memory();
        }
        self.blocks.clear();
        self.rows = 0;
    }
}

impl RowSource for HeadColumns {
    fn times(&self) -> Cow<'_, [Timestamp]> {
        Cow::Owned(self.blocks.iter().flat_map(|block| block.times()).copied().collect())
    }

    fn columns(&self, channels: Range<usize>, rows: Range<usize>, out: &mut [RawColumn]) {
        let mut before = 0;
        for block in &self.blocks {
            let begin = rows.start.clamp(before, before + block.rows()) - before;
            let end = rows.end.clamp(before, before + block.rows()) - before;
            before += block.rows();
            for (channel, column) in channels.clone().zip(out.iter_mut()) {
                let length = column.values.len() + end - begin;
                block.add_values(channel, begin..end, &mut column.values);
                block.marks(channel).of_rows(begin..end).add_to(&mut column.marks, |mark| mark.byte());
                // Rows from before the instrument had these channels.
                column.marks.resize(length, Mark::default().byte());
            }
        }
    }
}

/// Bytes of a row of so many channels.
pub(super) const fn row_bytes(channels: usize) -> usize {
    size_of::<Timestamp>() + channels * (size_of::<f64>() + size_of::<Mark>())
}
