//! Rows in columns, as readers get them.

use crate::model::{Mark, Sample, Timestamp};
use std::ops::Range;

/// Rows of one instrument in columns, in order of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chunk {
    /// The time of each row.
    pub times: Vec<Timestamp>,
    /// The asked channels, in the order in which they were asked.
    pub columns: Vec<Column>,
}

/// One channel of a chunk, as long as its times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Column {
    /// A value a row; under an absent mark it is zero and has no meaning.
    pub values: Vec<f64>,
    /// Presence and quality a row.
    pub marks: Vec<Mark>,
}

impl Column {
    pub(in crate::store) fn clear(&mut self) {
        self.values.clear();
        self.marks.clear();
    }

    /// Whether every row has a value, whatever its quality.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        // Without a branch a mark: columns are complete nearly always.
        self.marks.iter().fold(true, |are_present, mark| are_present & mark.is_present())
    }

    /// The sample of a row; missing for a row that there is not.
    #[must_use]
    pub fn sample(&self, row: usize) -> Sample {
        match (self.values.get(row), self.marks.get(row)) {
            (Some(value), Some(mark)) => mark.sample(*value),
            _ => Sample::MISSING,
        }
    }

    /// The samples in order of time.
    pub fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
        self.values.iter().zip(&self.marks).map(|(value, mark)| mark.sample(*value))
    }
}

impl Chunk {
    /// Empties it for `columns` channels and keeps its memory.
    pub(in crate::store) fn reset(&mut self, columns: usize) {
        self.times.clear();
        self.columns.resize_with(columns, Column::default);
        for column in &mut self.columns {
            column.clear();
        }
    }

    /// The last row with a value in the first column.
    pub(in crate::store) fn newest_present(&self) -> Option<(Timestamp, Sample)> {
        let column = self.columns.first()?;
        let row = column.marks.iter().rposition(|mark| mark.is_present())?;
        Some((*self.times.get(row)?, column.sample(row)))
    }

    /// Adds rows of another chunk with the same columns.
    pub(in crate::store) fn push_rows(&mut self, from: &Self, rows: Range<usize>) {
        self.times.extend_from_slice(from.times.get(rows.clone()).unwrap_or_default());
        for (to, from) in self.columns.iter_mut().zip(&from.columns) {
            to.values.extend_from_slice(from.values.get(rows.clone()).unwrap_or_default());
            to.marks.extend_from_slice(from.marks.get(rows.clone()).unwrap_or_default());
        }
    }

    /// Keeps only some rows.
    pub(in crate::store) fn keep(&mut self, rows: Range<usize>) {
        if rows == (0..self.times.len()) {
            return;
        }
        self.times.truncate(rows.end);
        self.times.drain(..rows.start.min(self.times.len()));
        for column in &mut self.columns {
            column.values.truncate(rows.end);
            column.values.drain(..rows.start.min(column.values.len()));
            column.marks.truncate(rows.end);
            column.marks.drain(..rows.start.min(column.marks.len()));
        }
    }
}
