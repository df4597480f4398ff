//! The rows of one segment, or of the head, block after block.

use super::memory::HeadCursor;
use crate::base::limits::ROWS_PER_BLOCK;
use crate::codec::{BlockStats, CodecError, PageReader, TimesReader};
use crate::io::SealedBytes;
use crate::model::{InstrumentId, Mark, Quality, Sample, TimeRange, Timestamp};
use crate::store::chunk::{Chunk, Column};
use crate::store::error::{DecodeError, StoreError};
use crate::store::head::HeadRows;
use crate::store::segment::{ChunkEntry, MARK_CLASSES, OpenSegment, Segment};
use std::sync::Arc;

/// Where rows come from. Sources that arrived later win where times are equal.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) arrival: usize,
    kind: Kind,
    range: TimeRange,
    /// The block that is being read, if its rows are decoded, and how far it has been read.
    pub(super) loaded: Chunk,
    pub(super) row: usize,
    /// The next row's time; `None` behind the last.
    pub(super) next: Option<Timestamp>,
}

#[derive(Debug)]
enum Kind {
    Head(HeadCursor),
    Segment(Box<Cursor>),
}

impl Kind {
    /// First and last time of the next block; `None` behind the last.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        match self {
            Self::Head(cursor) => cursor.span(),
            Self::Segment(cursor) => cursor.span(),
        }
    }

    /// Goes on to the next block with rows in the range.
    fn find(&mut self, range: TimeRange) -> Result<(), StoreError> {
        match self {
            Self::Head(cursor) => cursor.find(range),
            Self::Segment(cursor) => cursor.find(range)?,
        }
        Ok(())
    }

    fn read(&mut self, out: &mut Chunk) -> Result<(), StoreError> {
        match self {
            Self::Head(cursor) => cursor.read(out),
            Self::Segment(cursor) => cursor.read(out)?,
        }
        Ok(())
    }

    fn rows_of_block(&self) -> usize {
        match self {
            Self::Head(cursor) => cursor.rows_of_block(),
            Self::Segment(cursor) => cursor.entry().map_or(0, |entry| entry.rows_of_block(cursor.block)),
        }
    }

    fn step(&mut self) {
        match self {
            Self::Head(cursor) => cursor.step(),
            Self::Segment(cursor) => cursor.step(),
        }
    }
}

/// A place among the blocks of a segment.
#[derive(Debug)]
struct Cursor {
    segment: Arc<OpenSegment>,
    instrument: InstrumentId,
    channels: Vec<usize>,
    chunk: usize,
    block: usize,
    /// Whether the chunk's pages are open.
    is_open: bool,
    times: TimesReader,
    times_page: SealedBytes,
    pages: Vec<PageReader>,
    /// The bytes of each; none where the chunk has no such channel.
    pages_bytes: Vec<Option<SealedBytes>>,
    scratch: Scratch,
}

#[derive(Debug)]
struct Scratch {
    times: Vec<i64>,
    marks: Vec<u8>,
}

impl Source {
    /// The rows of a head.
    pub(super) fn of_head(
        arrival: usize,
        rows: HeadRows,
        channels: &[usize],
        range: TimeRange,
    ) -> Result<Self, StoreError> {
        let kind = Kind::Head(HeadCursor::new(rows, channels));
        let mut source = Self { arrival, kind, range, loaded: Chunk::default(), row: 0, next: None };
        source.settle()?;
        Ok(source)
    }

    /// The rows of a segment; nothing is read yet.
    pub(super) fn of_segment(
        arrival: usize,
        segment: &Segment,
        instrument: InstrumentId,
        channels: &[usize],
        range: TimeRange,
    ) -> Result<Option<Self>, StoreError> {
        let Some((first, last)) = segment.span(instrument).filter(|(first, last)| range.meets(*first, *last)) else {
            return Ok(None);
        };
        debug_assert!(first <= last);
        let cursor = Cursor::new(segment.open()?, instrument, channels);
        let kind = Kind::Segment(Box::new(cursor));
        let mut source = Self { arrival, kind, range, loaded: Chunk::default(), row: 0, next: None };
        source.settle()?;
        Ok(Some(source))
    }

    /// First and last time and rows of the block that comes next, if it lies in the range and none of it has been read.
    pub(super) fn whole_block(&self) -> Option<(Timestamp, Timestamp, usize)> {
        let (first, last) = self.kind.span().filter(|_| self.loaded.times.is_empty())?;
        (self.range.from <= first && last < self.range.to).then_some((first, last, self.kind.rows_of_block()))
    }

    /// As above, for blocks of segments: those of a head have no statistics.
    pub(super) fn whole_block_with_stats(&self) -> Option<(Timestamp, Timestamp, usize)> {
        self.whole_block().filter(|_| matches!(self.kind, Kind::Segment(_)))
    }

    /// Last time of the rows that are decoded, or would be next.
    pub(super) fn last_of_block(&self) -> Option<Timestamp> {
        self.loaded.times.last().copied().or_else(|| self.kind.span().map(|(_, last)| last))
    }

    /// Decodes the next block, if it is not.
    pub(super) fn load(&mut self) -> Result<(), StoreError> {
        if self.loaded.times.is_empty() {
            self.kind.read(&mut self.loaded)?;
            self.row = self.loaded.times.partition_point(|time| *time < self.range.from);
            let end = self.loaded.times.partition_point(|time| *time < self.range.to);
            self.loaded.keep(0..end);
            self.settle()?;
        }
        Ok(())
    }

    /// Decodes the next block straight into a reader's memory, and goes on behind it.
    pub(super) fn read_whole(&mut self, out: &mut Chunk) -> Result<(), StoreError> {
        self.kind.read(out)?;
        let begin = out.times.partition_point(|time| *time < self.range.from);
        let end = out.times.partition_point(|time| *time < self.range.to);
        out.keep(begin..end.max(begin));
        self.skip()
    }

    /// Decodes the channels of the block that comes next one by one into the same memory, and shows each as it is done.
    pub(super) fn visit(
        &mut self,
        times: &mut Vec<Timestamp>,
        column: &mut Column,
        visit: &mut dyn FnMut(usize, &[Timestamp], &Column),
    ) -> Result<(), StoreError> {
        match &mut self.kind {
            Kind::Head(cursor) => cursor.visit(times, column, visit),
            Kind::Segment(cursor) => {
                cursor.read_times(times)?;
                for index in 0..cursor.channels.len() {
                    cursor.read_column(index, column)?;
                    visit(index, times, column);
                }
            }
        }
        Ok(())
    }

    /// Statistics of one of the asked channels in the block that comes next: valid values, and what is known of them.
    pub(super) fn stats(&self, column: usize) -> Option<(usize, BlockStats)> {
        let Kind::Segment(cursor) = &self.kind else { return None };
        let chunk = cursor.entry()?;
        if cursor.channels.get(column).is_some_and(|channel| *channel >= chunk.channels()) {
            return Some((0, BlockStats::Empty));
        }
        let (_, valid, stats) = cursor.pages.get(column)?.stats(cursor.block)?;
        Some((valid, *stats))
    }

    /// Goes on behind the block that comes next, unread.
    pub(super) fn skip(&mut self) -> Result<(), StoreError> {
        self.kind.step();
        self.settle()
    }

    /// Goes on behind rows of the loaded block.
    pub(super) fn advance_to(&mut self, row: usize) -> Result<(), StoreError> {
        self.row = row;
        if row < self.loaded.times.len() {
            self.next = self.loaded.times.get(row).copied();
            return Ok(());
        }
        let columns = self.loaded.columns.len();
        self.loaded.reset(columns);
        self.row = 0;
        self.skip()
    }

    /// Finds the next row's time: passes over blocks outside the range and opens pages on the way.
    fn settle(&mut self) -> Result<(), StoreError> {
        loop {
            if let Some(time) = self.loaded.times.get(self.row) {
                self.next = Some(*time);
                return Ok(());
            }
            if !self.loaded.times.is_empty() {
                // All rows of the loaded block lie before the range.
                let columns = self.loaded.columns.len();
                self.loaded.reset(columns);
                self.row = 0;
                self.kind.step();
            }
            self.kind.find(self.range)?;
            match self.kind.span() {
                None => {
                    self.next = None;
                    return Ok(());
                }
                Some((first, _)) if first >= self.range.from => {
                    self.next = Some(first);
                    return Ok(());
                }
                Some(_) => {
                    self.kind.read(&mut self.loaded)?;
                    self.row = self.loaded.times.partition_point(|time| *time < self.range.from);
                    let end = self.loaded.times.partition_point(|time| *time < self.range.to);
                    self.loaded.keep(0..end);
                    if self.loaded.times.is_empty() {
                        self.kind.step();
                    }
                }
            }
        }
    }
}

impl Cursor {
    fn new(segment: Arc<OpenSegment>, instrument: InstrumentId, channels: &[usize]) -> Self {
        Self {
            segment,
            instrument,
            channels: channels.to_vec(),
            chunk: 0,
            block: 0,
            is_open: false,
            times: TimesReader::default(),
            times_page: SealedBytes::default(),
            pages: channels.iter().map(|_| PageReader::new(&MARK_CLASSES)).collect(),
            pages_bytes: vec![None; channels.len()],
            scratch: Scratch { times: vec![0; ROWS_PER_BLOCK], marks: vec![0; ROWS_PER_BLOCK] },
        }
    }

    fn entry(&self) -> Option<&ChunkEntry> {
        self.segment.chunks(self.instrument).get(self.chunk)
    }

    /// First and last time of the next block, where its chunk is open.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = self.times.span(self.block).filter(|_| self.is_open)?;
        Some((Timestamp::from_ms(first), Timestamp::from_ms(last)))
    }

    fn step(&mut self) {
        self.block += 1;
        if self.entry().is_none_or(|chunk| self.block >= chunk.blocks.len()) {
            (self.chunk, self.block, self.is_open) = (self.chunk + 1, 0, false);
        }
    }

    /// Goes on to the next block with rows in the range, and opens the pages of its chunk.
    fn find(&mut self, range: TimeRange) -> Result<(), StoreError> {
        loop {
            let segment = Arc::clone(&self.segment);
            let Some(chunk) = segment.chunks(self.instrument).get(self.chunk) else { return Ok(()) };
            if !range.meets(chunk.first, chunk.last) {
                (self.chunk, self.block, self.is_open) = (self.chunk + 1, 0, false);
                continue;
            }
            if !self.is_open {
                self.open(&segment, chunk)?;
            }
            match self.span() {
                Some((first, last)) if !range.meets(first, last) => self.step(),
                _ => return Ok(()),
            }
        }
    }

    fn open(&mut self, segment: &OpenSegment, chunk: &ChunkEntry) -> Result<(), StoreError> {
        let corrupt = |index: usize, error: CodecError| segment.corrupt(OpenSegment::offset(chunk, index), &error);
        self.times_page = segment.page(chunk, 0)?.unwrap_or_default();
        self.times.open(&self.times_page, chunk.block_rows()).map_err(|error| corrupt(0, error))?;
        for ((channel, reader), bytes) in self.channels.iter().zip(&mut self.pages).zip(&mut self.pages_bytes) {
            *bytes = segment.page(chunk, channel + 1)?;
            if let Some(page) = bytes {
                reader.open(page, chunk.block_rows()).map_err(|error| corrupt(channel + 1, error))?;
            }
        }
        self.is_open = true;
        Ok(())
    }

    /// Decodes the next block.
    fn read(&mut self, out: &mut Chunk) -> Result<(), StoreError> {
        self.read_times(&mut out.times)?;
        out.columns.resize_with(self.channels.len(), Column::default);
        for (index, column) in out.columns.iter_mut().enumerate() {
            self.read_column(index, column)?;
        }
        Ok(())
    }

    fn read_times(&mut self, out: &mut Vec<Timestamp>) -> Result<(), StoreError> {
        out.clear();
        let segment = Arc::clone(&self.segment);
        let Some(chunk) = segment.chunks(self.instrument).get(self.chunk) else { return Ok(()) };
        let rows = chunk.rows_of_block(self.block);
        let corrupt = |error: DecodeError| segment.corrupt(OpenSegment::offset(chunk, 0), &error);
        let times = self.scratch.times.get_mut(..rows).unwrap_or_default();
        self.times.read(&self.times_page, self.block, times).map_err(|error| corrupt(error.into()))?;
        if times.windows(2).any(|pair| matches!(pair, [a, b] if b <= a)) {
            return Err(corrupt(DecodeError::Content("times of a block do not rise".to_owned())));
        }
        out.extend(times.iter().map(|time| Timestamp::from_ms(*time)));
        Ok(())
    }

    /// Decodes one of the asked channels of the next block.
    fn read_column(&mut self, index: usize, column: &mut Column) -> Result<(), StoreError> {
        let segment = Arc::clone(&self.segment);
        let Some(chunk) = segment.chunks(self.instrument).get(self.chunk) else { return Ok(()) };
        let rows = chunk.rows_of_block(self.block);
        let (Some(channel), Some(reader)) = (self.channels.get(index), self.pages.get_mut(index)) else {
            return Ok(());
        };
        let Some(page) = self.pages_bytes.get(index).and_then(Option::as_ref) else {
            column.clear();
            column.values.resize(rows, 0.0);
            column.marks.resize(rows, Mark::default());
            return Ok(());
        };
        let corrupt = |error: DecodeError| segment.corrupt(OpenSegment::offset(chunk, channel + 1), &error);
        // What stands there is overwritten: clearing it first would cost as much again as decoding.
        column.values.resize(rows, 0.0);
        if let Some(mark) = reader.one_mark().and_then(Mark::from_byte) {
            column.marks.clear();
            column.marks.resize(rows, mark);
            let read = reader.read_evenly_marked(page, self.block, &mut column.values);
            return read.map_err(|error| corrupt(error.into()));
        }
        let marks = self.scratch.marks.get_mut(..rows).unwrap_or_default();
        reader.read(page, self.block, &mut column.values, marks).map_err(|error| corrupt(error.into()))?;
        column.marks.clear();
        if fill_marks(marks, &mut column.marks) {
            Ok(())
        } else {
            Err(corrupt(DecodeError::Content("a byte that is no mark".to_owned())))
        }
    }
}

/// The newest present sample of a channel in a segment, if it is not older than asked. The fronts of its pages say which blocks have any.
pub(super) fn newest_present(
    segment: &Segment,
    instrument: InstrumentId,
    channel: usize,
    since: Timestamp,
) -> Result<Option<(Timestamp, Sample)>, StoreError> {
    let segment = segment.open()?;
    let mut cursor = Cursor::new(Arc::clone(&segment), instrument, &[channel]);
    let chunks = segment.chunks(instrument).iter().enumerate().rev();
    for (number, chunk) in chunks.take_while(|(_, chunk)| chunk.last >= since) {
        if channel >= chunk.channels() {
            continue;
        }
        cursor.chunk = number;
        cursor.open(&segment, chunk)?;
        let page = cursor.pages.first();
        let has_any = |block: &usize| page.and_then(|page| page.stats(*block)).is_some_and(|(present, ..)| present > 0);
        let Some(block) = (0..chunk.blocks.len()).rev().find(has_any) else { continue };
        cursor.block = block;
        let mut rows = Chunk::default();
        cursor.read(&mut rows)?;
        if let Some(newest) = rows.newest_present() {
            return Ok(Some(newest));
        }
    }
    Ok(None)
}

/// Turns bytes into marks; says whether all of them are any.
fn fill_marks(bytes: &[u8], out: &mut Vec<Mark>) -> bool {
    let Some(first) = bytes.first() else { return true };
    if bytes.iter().fold(0, |differences, byte| differences | (byte ^ first)) == 0 {
        let mark = Mark::from_byte(*first);
        out.resize(bytes.len(), mark.unwrap_or_default());
        return mark.is_some();
    }
    let unknown = Mark::new(false, Quality::Normal);
    let before = out.len();
    out.extend(bytes.iter().map_while(|byte| Mark::from_byte(*byte)));
    let is_known = out.len() - before == bytes.len();
    out.resize(before + bytes.len(), unknown);
    is_known
}
