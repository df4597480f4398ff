//! Rows of values, each of one series at one time.

use crate::model::{Mark, Sample, Timestamp};

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Place of the channel in its series.
    pub channel: usize,
    /// The value in the unit of the channel; without meaning under an absent mark.
    pub value: f64,
    /// Presence and quality flag of the value.
    pub mark: Mark,
}

impl Cell {
    /// The sample of the cell.
    #[must_use]
    pub fn sample(&self) -> Sample {
        self.mark.sample(self.value)
    }
}

/// One row: what a line of a file says of one series at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// Line of the file, counted from 1.
    pub line: u64,
    /// Place of the series in its [`SeriesTable`](super::SeriesTable).
    pub series: usize,
    /// Time of the values: the end of their interval.
    pub time: Timestamp,
    /// The values, each channel once.
    pub cells: &'a [Cell],
}

#[derive(Debug, Clone, Copy)]
struct Head {
    line: u64,
    series: usize,
    time: Timestamp,
    end: usize,
}

/// Rows in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    heads: Vec<Head>,
    cells: Vec<Cell>,
}

impl Rows {
    /// No rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> + '_ {
        let mut begin = 0;
        self.heads.iter().map(move |head| {
            let cells = self.cells.get(begin..head.end).unwrap_or_default();
            begin = head.end;
            Row { line: head.line, series: head.series, time: head.time, cells }
        })
    }

    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.cells.clear();
    }

    /// Adds a value to the row that is being made.
    pub(super) fn push_cell(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    /// Ends the row that is being made.
    pub(super) fn end_row(&mut self, line: u64, series: usize, time: Timestamp) {
        self.heads.push(Head { line, series, time, end: self.cells.len() });
    }
}
