//! The rows of a head, block after block.

use crate::model::{TimeRange, Timestamp};
use crate::store::chunk::{Chunk, Column};
use crate::store::head::HeadRows;

/// A place among the blocks of a head.
#[derive(Debug)]
pub(super) struct HeadCursor {
    rows: HeadRows,
    channels: Vec<usize>,
    block: usize,
}

impl HeadCursor {
    pub(super) fn new(rows: HeadRows, channels: &[usize]) -> Self {
        Self { rows, channels: channels.to_vec(), block: 0 }
    }

    /// First and last time of the next block; `None` behind the last.
    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        if let Some(block) = self.rows.blocks.get(self.block) {
            return block.span();
        }
        let tail = &self.rows.tail.times;
        let is_next = self.block == self.rows.blocks.len();
        is_next.then_some((*tail.first()?, *tail.last()?))
    }

    pub(super) fn rows_of_block(&self) -> usize {
        self.rows.blocks.get(self.block).map_or(self.rows.tail.times.len(), |block| block.rows())
    }

    pub(super) const fn step(&mut self) {
        self.block += 1;
    }

    /// Goes on to the next block with rows in the range.
    pub(super) fn find(&mut self, range: TimeRange) {
        while self.span().is_some_and(|(first, last)| !range.meets(first, last)) {
            self.step();
        }
    }

    /// Copies the next block.
    pub(super) fn read(&self, out: &mut Chunk) {
        out.reset(self.channels.len());
        match self.rows.blocks.get(self.block) {
            Some(block) => block.copy(&self.channels, out),
            None => out.push_rows(&self.rows.tail, 0..self.rows.tail.times.len()),
        }
    }

    /// Shows the channels of the next block one by one, each just after it was copied into the same memory.
    pub(super) fn visit(
        &self,
        times: &mut Vec<Timestamp>,
        column: &mut Column,
        visit: &mut dyn FnMut(usize, &[Timestamp], &Column),
    ) {
        let Some(block) = self.rows.blocks.get(self.block) else {
            times.clone_from(&self.rows.tail.times);
            for (index, of_tail) in self.rows.tail.columns.iter().enumerate() {
                visit(index, times, of_tail);
            }
            return;
        };
        times.clear();
        times.extend_from_slice(block.times());
        for (index, channel) in self.channels.iter().enumerate() {
            block.read_column(*channel, column);
            visit(index, times, column);
        }
    }
}
