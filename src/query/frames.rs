//! Stored rows of several instruments as frames, in order of time.

use super::error::QueryError;
use crate::model::{FrameRef, InstrumentId, Mark, TimeRange, Timestamp};
use crate::store::read::{Reader, Scan};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// How much time of an instrument is open at once: what is open is bounded, however long the range is.
const SLICE_MS: i64 = 4 * 86_400_000;

/// The rows of several instruments as frames: in order of time, and of the instruments' numbers where times are equal. Only the asked channels
/// are read; the others look absent. Blocks are decoded as they are needed, one of each instrument at a time.
#[derive(Debug)]
pub struct Frames {
    reader: Reader,
    sources: Vec<Source>,
    /// The next row of each source that has one.
    next: BinaryHeap<Reverse<(Timestamp, usize)>>,
    values: Vec<f64>,
    marks: Vec<Mark>,
}

/// One instrument.
#[derive(Debug)]
struct Source {
    instrument: InstrumentId,
    channels: Vec<usize>,
    /// The time that is not opened yet.
    rest: TimeRange,
    scan: Option<Scan>,
    row: usize,
}

impl Frames {
    pub(super) fn new(
        reader: &Reader,
        asked: impl IntoIterator<Item = (InstrumentId, Vec<usize>)>,
        range: TimeRange,
    ) -> Result<Self, QueryError> {
        let mut sources: Vec<Source> = asked
            .into_iter()
            .map(|(instrument, channels)| Source { instrument, channels, rest: range, scan: None, row: 0 })
            .collect();
        sources.sort_by_key(|source| source.instrument);
        let width = sources.iter().flat_map(|source| &source.channels).map(|channel| channel + 1).max().unwrap_or(0);
        let mut next = BinaryHeap::with_capacity(sources.len());
        for (index, source) in sources.iter_mut().enumerate() {
            next.extend(source.open(reader)?.map(|time| Reverse((time, index))));
        }
        let absent = Mark::default();
        Ok(Self { reader: reader.clone(), sources, next, values: vec![0.0; width], marks: vec![absent; width] })
    }

    /// The time of the next frame; `None` behind the last.
    #[must_use]
    pub fn next_time(&self) -> Option<Timestamp> {
        self.next.peek().map(|Reverse((time, _))| *time)
    }

    /// The next frame, which lives until the next call; `None` behind the last. It has as many values as the greatest asked place of a
    /// channel needs.
    ///
    /// # Errors
    /// [`QueryError::Store`] where a block cannot be read.
    pub fn next_frame(&mut self) -> Result<Option<FrameRef<'_>>, QueryError> {
        let Some(mut top) = self.next.peek_mut() else { return Ok(None) };
        let Reverse((time, index)) = *top;
        let Some(source) = self.sources.get_mut(index) else { return Ok(None) };
        source.show(&mut self.values, &mut self.marks);
        let instrument = source.instrument;
        let width = source.channels.iter().map(|channel| channel + 1).max().unwrap_or(0);
        match source.step(&self.reader)? {
            Some(next) => *top = Reverse((next, index)),
            None => {
                PeekMut::pop(top);
            }
        }
        let values = self.values.get(..width).unwrap_or_default();
        Ok(Some(FrameRef { instrument, time, values, marks: self.marks.get(..width).unwrap_or_default() }))
    }
}

impl Source {
    /// Writes the row where its channels stand.
    fn show(&self, values: &mut [f64], marks: &mut [Mark]) {
        let Some(rows) = self.scan.as_ref().map(Scan::rows) else { return };
        for (channel, column) in self.channels.iter().zip(&rows.columns) {
            if let (Some(value), Some(mark)) = (values.get_mut(*channel), marks.get_mut(*channel)) {
                *value = column.values.get(self.row).copied().unwrap_or_default();
                *mark = column.marks.get(self.row).copied().unwrap_or_default();
            }
        }
    }

    fn time(&self) -> Option<Timestamp> {
        self.scan.as_ref().and_then(|scan| scan.rows().times.get(self.row)).copied()
    }

    /// Goes on to the next row; gives its time.
    fn step(&mut self, reader: &Reader) -> Result<Option<Timestamp>, QueryError> {
        self.row += 1;
        match self.time() {
            Some(time) => Ok(Some(time)),
            None => self.refill(reader),
        }
    }

    fn refill(&mut self, reader: &Reader) -> Result<Option<Timestamp>, QueryError> {
        while let Some(scan) = &mut self.scan {
            self.row = 0;
            match scan.next_rows()? {
                Some(rows) if !rows.times.is_empty() => return Ok(self.time()),
                Some(_) => {}
                None => self.scan = None,
            }
        }
        self.open(reader)
    }

    /// Opens the next slice with a row, and goes to its first one.
    fn open(&mut self, reader: &Reader) -> Result<Option<Timestamp>, QueryError> {
        while self.rest.from < self.rest.to {
            let slice = TimeRange::new(self.rest.from, self.rest.from.plus_ms(SLICE_MS).min(self.rest.to));
            let scan = reader.scan(self.instrument, &self.channels, slice)?;
            if scan.next_time().is_some() {
                (self.rest.from, self.scan) = (slice.to, Some(scan));
                return self.refill(reader);
            }
            // Time without rows is passed over at once.
            let Some(first) = reader.first_from(self.instrument, slice.to)? else { break };
            self.rest.from = first;
        }
        self.rest.from = self.rest.to;
        Ok(None)
    }
}
