//! The newest rows of every instrument in memory, in order of time, until they are sealed into a segment.

use crate::model::{FrameRef, InstrumentId, Mark, TimeRange, Timestamp};
use std::collections::BTreeMap;
use std::ops::Range;

/// The open columns of one instrument, sorted by time, one row an instant.
#[derive(Debug, Clone, Default)]
pub(super) struct HeadColumns {
    stride: usize,
    times: Vec<Timestamp>,
    values: Vec<f64>,
    marks: Vec<Mark>,
}

impl HeadColumns {
    pub(super) fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// The row at `index` as values and marks; empty for an index that there is not.
    pub(super) fn row(&self, index: usize) -> (&[f64], &[Mark]) {
        let range = self.span(index..index + 1);
        (self.values.get(range.clone()).unwrap_or_default(), self.marks.get(range).unwrap_or_default())
    }

    pub(super) fn find(&self, time: Timestamp) -> Result<usize, usize> {
        match self.times.last() {
            Some(last) if *last < time => Err(self.times.len()),
            None => Err(0),
            Some(_) => self.times.binary_search(&time),
        }
    }

    /// The rows in a range of time.
    pub(super) fn rows_in(&self, range: TimeRange) -> Range<usize> {
        let begin = self.times.partition_point(|time| *time < range.from);
        let end = self.times.partition_point(|time| *time < range.to);
        begin..end.max(begin)
    }

    fn span(&self, rows: Range<usize>) -> Range<usize> {
        rows.start * self.stride..rows.end * self.stride
    }

    /// Puts a row in, or in place of the one at the same time.
    fn upsert(&mut self, frame: FrameRef<'_>) -> bool {
        if self.times.is_empty() {
            self.stride = frame.values.len();
        }
        match self.find(frame.time) {
            Ok(row) => {
                let span = self.span(row..row + 1);
                self.values.splice(span.clone(), frame.values.iter().copied());
                self.marks.splice(span, frame.marks.iter().copied());
                false
            }
            Err(row) if row == self.times.len() => {
                self.times.push(frame.time);
                self.values.extend_from_slice(frame.values);
                self.marks.extend_from_slice(frame.marks);
                true
            }
            Err(row) => {
                let at = row * self.stride;
                self.times.insert(row, frame.time);
                self.values.splice(at..at, frame.values.iter().copied());
                self.marks.splice(at..at, frame.marks.iter().copied());
                true
            }
        }
    }
}

/// All instruments' open columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    columns: BTreeMap<InstrumentId, HeadColumns>,
    rows: usize,
    bytes: usize,
}

impl Head {
    /// Puts a frame in. The caller has checked that it has as many values as the instrument has channels.
    pub(super) fn upsert(&mut self, frame: FrameRef<'_>) {
        if self.columns.entry(frame.instrument).or_default().upsert(frame) {
            self.rows += 1;
            self.bytes += size_of::<Timestamp>() + frame.values.len() * (size_of::<f64>() + size_of::<Mark>());
        }
    }

    pub(super) fn columns(&self, instrument: InstrumentId) -> Option<&HeadColumns> {
        self.columns.get(&instrument)
    }

    pub(super) fn instruments(&self) -> impl Iterator<Item = (InstrumentId, &HeadColumns)> {
        self.columns.iter().map(|(id, columns)| (*id, columns))
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
