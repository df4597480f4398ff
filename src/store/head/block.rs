//! Some rows of one instrument, column by column.

use crate::codec::ShortColumns;
use crate::model::{FrameRef, InstrumentId, Mark, Sample, Timestamp};
use crate::store::chunk::{Chunk, Column};
use std::ops::Range;

/// Rows of a block, at most. A column of as many values is an odd number of cache lines long, so that the columns of a row that comes do not
/// fall on the same few places of the cache.
pub(super) const BLOCK_ROWS_MAX: usize = 248;
/// Rows that the first blocks of an instrument have room for: of readings that come once an hour there are few.
const BLOCK_ROWS_MIN: usize = 24;
/// Instruments go over to full blocks after another number of rows each, so that those that send at the same time do not all need a new
/// block at the same time ever after: so many numbers, so many rows apart.
const SMALL_ROWS: (usize, usize) = (27, 8);

/// Rows of one instrument in order of time, one an instant. Each column has room for as many rows.
#[derive(Debug, Clone)]
pub(in super::super) struct HeadBlock {
    room: usize,
    channels: usize,
    times: Vec<Timestamp>,
    /// Column by column; none where they are short.
    values: Vec<f64>,
    /// The values of a block that is full: more rows are read than changed.
    short: Option<ShortColumns>,
    marks: Marks,
}

/// The marks of a block.
#[derive(Debug, Clone)]
enum Marks {
    /// All are one, as they are nearly always.
    One(Mark),
    /// Of each column, as values.
    Each(Vec<Mark>),
}

/// The marks of some rows of one channel.
#[derive(Debug, Clone, Copy)]
pub(super) enum MarksOf<'a> {
    One(Mark, usize),
    Each(&'a [Mark]),
}

impl MarksOf<'_> {
    /// Those of some of the rows.
    pub(super) fn of_rows(self, rows: Range<usize>) -> Self {
        match self {
            Self::One(mark, _) => Self::One(mark, rows.len()),
            Self::Each(marks) => Self::Each(marks.get(rows).unwrap_or_default()),
        }
    }

    /// Adds them to others.
    pub(super) fn add_to<T: Clone>(self, out: &mut Vec<T>, of_mark: impl Fn(Mark) -> T) {
        match self {
            Self::One(mark, rows) => out.resize(out.len() + rows, of_mark(mark)),
            Self::Each(marks) => out.extend(marks.iter().map(|mark| of_mark(*mark))),
        }
    }

    /// How many values are present.
    pub(super) fn present(self) -> usize {
        match self {
            Self::One(mark, rows) => rows * usize::from(mark.is_present()),
            Self::Each(marks) => marks.iter().filter(|mark| mark.is_present()).count(),
        }
    }

    /// The last row with a value.
    pub(super) fn last_present(self) -> Option<usize> {
        match self {
            Self::One(mark, rows) => rows.checked_sub(1).filter(|_| mark.is_present()),
            Self::Each(marks) => marks.iter().rposition(|mark| mark.is_present()),
        }
    }
}

impl HeadBlock {
    /// An empty block of an instrument that has so many rows already, in memory that was another's.
    pub(super) fn new(instrument: InstrumentId, channels: usize, rows_before: usize, memory: Vec<f64>) -> Self {
        let (numbers, apart) = SMALL_ROWS;
        let small_rows = BLOCK_ROWS_MIN + instrument.number() as usize % numbers * apart;
        let room = match small_rows.saturating_sub(rows_before) {
            0 => BLOCK_ROWS_MAX,
            rows => rows.min(BLOCK_ROWS_MIN),
        };
        let mut values = memory;
        values.resize(room * channels, 0.0);
        let (times, marks) = (Vec::with_capacity(room), Marks::One(Mark::default()));
        Self { room, channels, times, values, short: None, marks }
    }

    /// Puts the values of a full block into less memory, and gives away the one that they were in.
    pub(super) fn shorten(&mut self) -> Vec<f64> {
        if self.short.is_none() {
            self.short = Some(ShortColumns::new(&self.values, self.room, self.times.len()));
        }
        std::mem::take(&mut self.values)
    }

    /// The memory of the values, for others.
    pub(super) fn into_memory(self) -> Vec<f64> {
        self.values
    }

    /// The values as they are before a block is full: to change them.
    fn open(&mut self) -> &mut Vec<f64> {
        if let Some(short) = self.short.take() {
            self.values.resize(self.room * self.channels, 0.0);
            for (channel, column) in self.values.chunks_exact_mut(self.room).enumerate() {
                short.write(channel, 0..self.times.len(), column);
            }
        }
        &mut self.values
    }

    pub(in super::super) fn times(&self) -> &[Timestamp] {
        &self.times
    }

    pub(in super::super) const fn rows(&self) -> usize {
        self.times.len()
    }

    /// Rows that find room behind those that are there.
    pub(super) const fn room_left(&self) -> usize {
        self.room.saturating_sub(self.times.len())
    }

    /// Adds the values of a channel in some of the rows; zeros where it has no such channel.
    pub(super) fn add_values(&self, channel: usize, rows: Range<usize>, out: &mut Vec<f64>) {
        let begin = out.len();
        out.resize(begin + rows.len(), 0.0);
        self.write_values(channel, rows, out.get_mut(begin..).unwrap_or_default());
    }

    fn write_values(&self, channel: usize, rows: Range<usize>, out: &mut [f64]) {
        if let Some(short) = &self.short {
            return short.write(channel, rows, out);
        }
        let column = self.values.chunks_exact(self.room).nth(channel).and_then(|column| column.get(rows));
        out.iter_mut().zip(column.unwrap_or_default()).for_each(|(place, value)| *place = *value);
    }

    /// The marks of a channel, a row each; none where it has no such channel.
    pub(super) fn marks(&self, channel: usize) -> MarksOf<'_> {
        let begin = channel * self.room;
        match &self.marks {
            _ if channel >= self.channels => MarksOf::Each(&[]),
            Marks::One(mark) => MarksOf::One(*mark, self.times.len()),
            Marks::Each(marks) => MarksOf::Each(marks.get(begin..begin + self.times.len()).unwrap_or_default()),
        }
    }

    /// The sample of a row; missing where there is none.
    pub(super) fn sample(&self, row: usize, channel: usize) -> Sample {
        let mark = match self.marks(channel) {
            MarksOf::One(mark, _) => Some(mark),
            MarksOf::Each(marks) => marks.get(row).copied(),
        };
        let value = match &self.short {
            Some(short) => short.value(channel, row),
            None => self.values.chunks_exact(self.room).nth(channel).and_then(|column| column.get(row)).copied(),
        };
        match (value, mark) {
            (Some(value), Some(mark)) => mark.sample(value),
            _ => Sample::MISSING,
        }
    }

    /// Puts rows behind all others, as many as there is room for. Column by column: few lines of the cache are touched at a time.
    pub(super) fn push(&mut self, frames: &[FrameRef<'_>]) {
        let row = self.times.len();
        let frames = frames.get(..self.room_left()).unwrap_or(frames);
        self.times.extend(frames.iter().map(|frame| frame.time));
        let room = self.room;
        for (channel, column) in self.open().chunks_exact_mut(room).enumerate() {
            for (place, frame) in column.iter_mut().skip(row).zip(frames) {
                *place = frame.values.get(channel).copied().unwrap_or_default();
            }
        }
        if row == 0 {
            let first = frames.first().and_then(|frame| frame.marks.first());
            self.marks = Marks::One(first.copied().unwrap_or_default());
        }
        for (row, frame) in (row..).zip(frames) {
            self.put_marks(row, frame.marks);
        }
    }

    /// Puts a row in before another. There must be room.
    pub(super) fn insert(&mut self, row: usize, frame: FrameRef<'_>) {
        let (rows, room) = (self.times.len(), self.room);
        self.times.insert(row, frame.time);
        self.open().chunks_exact_mut(room).for_each(|column| column.copy_within(row..rows, row + 1));
        if let Marks::Each(marks) = &mut self.marks {
            marks.chunks_exact_mut(room).for_each(|column| column.copy_within(row..rows, row + 1));
        }
        self.put(row, frame);
    }

    /// Puts samples in the place of those of a row.
    pub(super) fn put(&mut self, row: usize, frame: FrameRef<'_>) {
        let room = self.room;
        for (column, value) in self.open().chunks_exact_mut(room).zip(frame.values) {
            if let Some(place) = column.get_mut(row) {
                *place = *value;
            }
        }
        self.put_marks(row, frame.marks);
    }

    /// Puts the marks of a row in its place, which it has.
    fn put_marks(&mut self, row: usize, marks: &[Mark]) {
        if let Marks::One(one) = &self.marks {
            if are_all(marks, *one) {
                return;
            }
            self.marks = Marks::Each(vec![*one; self.room * self.channels]);
        }
        let Marks::Each(all) = &mut self.marks else { return };
        for (column, mark) in all.chunks_exact_mut(self.room).zip(marks) {
            if let Some(place) = column.get_mut(row) {
                *place = *mark;
            }
        }
    }

    /// Takes the later half of the rows away.
    pub(super) fn split_off(&mut self) -> Self {
        let (half, room) = (self.times.len() / 2, self.room);
        Self {
            room,
            channels: self.channels,
            values: moved_up(self.open(), room, half),
            short: None,
            times: self.times.split_off(half),
            marks: match &self.marks {
                Marks::One(mark) => Marks::One(*mark),
                Marks::Each(marks) => Marks::Each(moved_up(marks, self.room, half)),
            },
        }
    }

    /// Gives every row more channels, in which it has no value.
    pub(super) fn widen(&mut self, channels: usize) {
        let mut marks = match &mut self.marks {
            Marks::One(mark) => vec![*mark; self.room * self.channels],
            Marks::Each(marks) => std::mem::take(marks),
        };
        marks.resize(self.room * channels, Mark::default());
        self.marks = Marks::Each(marks);
        let values = self.room * channels;
        self.open().resize(values, 0.0);
        self.channels = channels;
    }

    /// Adds the asked channels of all rows.
    pub(in super::super) fn copy(&self, channels: &[usize], out: &mut Chunk) {
        out.times.extend_from_slice(&self.times);
        for (channel, column) in channels.iter().zip(&mut out.columns) {
            self.copy_column(*channel, column);
        }
    }

    /// Adds a channel of all rows.
    pub(in super::super) fn copy_column(&self, channel: usize, out: &mut Column) {
        self.add_values(channel, 0..self.times.len(), &mut out.values);
        self.marks(channel).add_to(&mut out.marks, |mark| mark);
        out.marks.resize(out.values.len(), Mark::default());
    }

    /// Puts a channel of all rows in the place of what stands in a column.
    pub(in super::super) fn read_column(&self, channel: usize, out: &mut Column) {
        // What stands there is overwritten: clearing it first would cost as much again.
        out.values.resize(self.times.len(), 0.0);
        if channel >= self.channels {
            out.values.fill(0.0);
        }
        self.write_values(channel, 0..self.times.len(), &mut out.values);
        out.marks.clear();
        self.marks(channel).add_to(&mut out.marks, |mark| mark);
        out.marks.resize(out.values.len(), Mark::default());
    }

    /// First and last time; there is none in an empty block.
    pub(in super::super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((*self.times.first()?, *self.times.last()?))
    }
}

/// Columns without so many rows at their begin, in which the rows behind them have moved up.
fn moved_up<T: Copy>(columns: &[T], room: usize, rows: usize) -> Vec<T> {
    let mut moved = columns.to_vec();
    moved.chunks_exact_mut(room).for_each(|column| column.copy_within(rows.., 0));
    moved
}

/// Whether all marks are one, without a branch a mark.
fn are_all(marks: &[Mark], one: Mark) -> bool {
    marks.iter().fold(true, |are_all, mark| are_all & (*mark == one))
}
