//! The newest rows of every instrument in memory, in order of time, until they are sealed into a segment.

use super::read::{Chunk, Column};
use super::segment::{RawColumn, RowSource};
use crate::model::{Batch, Frame, FrameRef, InstrumentId, Mark, Sample, TimeRange, Timestamp};
use std::collections::BTreeMap;
use std::ops::Range;

/// The open columns of one instrument, sorted by time, one row an instant. Rows lie one behind the other, as they arrive.
#[derive(Debug, Clone, Default)]
pub(super) struct HeadColumns {
    stride: usize,
    times: Vec<Timestamp>,
    values: Vec<f64>,
    marks: Vec<Mark>,
    /// The time of each channel's newest present sample; the earliest time there is where it has none.
    newest: Vec<Timestamp>,
}

impl HeadColumns {
    fn row(&self, index: usize) -> (&[f64], &[Mark]) {
        let range = self.span(index..index + 1);
        (self.values.get(range.clone()).unwrap_or_default(), self.marks.get(range).unwrap_or_default())
    }

    fn find(&self, time: Timestamp) -> Result<usize, usize> {
        match self.times.last() {
            Some(last) if *last < time => Err(self.times.len()),
            None => Err(0),
            Some(_) => self.times.binary_search(&time),
        }
    }

    /// The rows in a range of time.
    fn rows_in(&self, range: TimeRange) -> Range<usize> {
        let begin = self.times.partition_point(|time| *time < range.from);
        let end = self.times.partition_point(|time| *time < range.to);
        begin..end.max(begin)
    }

    fn span(&self, rows: Range<usize>) -> Range<usize> {
        rows.start * self.stride..rows.end * self.stride
    }

    /// The asked channels of some rows, which it has. A few rows are gone through channel by channel before the next few are, so that each
    /// line of the cache is fetched once.
    fn gather(&self, channels: &[usize], rows: Range<usize>) -> Vec<Column> {
        let (count, span, stride) = (rows.len(), self.span(rows), self.stride.max(1));
        let values = self.values.get(span.clone()).unwrap_or_default();
        let marks = self.marks.get(span).unwrap_or_default();
        let one_mark = marks.first().copied().filter(|first| are_all(marks, *first));
        let of_channel = |channel: &usize| {
            let is_known = *channel < self.stride;
            let absent = Mark::default();
            Column {
                values: if is_known { Vec::with_capacity(count) } else { vec![0.0; count] },
                marks: match one_mark {
                    Some(mark) => vec![if is_known { mark } else { absent }; count],
                    None if is_known => Vec::with_capacity(count),
                    None => vec![absent; count],
                },
            }
        };
        let mut columns: Vec<Column> = channels.iter().map(of_channel).collect();
        for values in values.chunks(ROWS_PER_PASS * stride) {
            for (channel, column) in known(channels, &mut columns, self.stride) {
                column.values.extend(cells(values, stride, channel));
            }
        }
        let mixed_marks = if one_mark.is_some() { &[] } else { marks };
        for marks in mixed_marks.chunks(ROWS_PER_PASS * stride) {
            for (channel, column) in known(channels, &mut columns, self.stride) {
                column.marks.extend(cells(marks, stride, channel));
            }
        }
        columns
    }

    fn latest(&self, channel: usize) -> Option<(Timestamp, Sample)> {
        let time = *self.newest.get(channel)?;
        let (values, marks) = self.row(self.find(time).ok()?);
        let sample = marks.get(channel)?.sample(*values.get(channel)?);
        sample.value.is_some().then_some((time, sample))
    }

    /// Takes note of the present samples of a row that comes.
    fn note(&mut self, time: Timestamp, marks: &[Mark]) {
        for (newest, mark) in self.newest.iter_mut().zip(marks) {
            *newest = if mark.is_present() { time.max(*newest) } else { *newest };
        }
    }

    /// Puts a row in, or in place of the one at the same time.
    fn upsert(&mut self, frame: FrameRef<'_>) -> bool {
        if self.times.is_empty() {
            self.stride = frame.values.len();
            self.newest.clear();
            self.newest.resize(self.stride, Timestamp::MIN);
        } else if frame.values.len() != self.stride {
            return self.upsert_uneven(frame);
        }
        self.note(frame.time, frame.marks);
        match self.find(frame.time) {
            Ok(row) => {
                let span = self.span(row..row + 1);
                self.values.splice(span.clone(), frame.values.iter().copied());
                self.marks.splice(span, frame.marks.iter().copied());
                self.renew(frame);
                false
            }
            Err(row) if row == self.times.len() => {
                self.times.push(frame.time);
                self.values.extend_from_slice(frame.values);
                self.marks.extend_from_slice(frame.marks);
                true
            }
            Err(_) => {
                self.insert(&[frame]);
                true
            }
        }
    }

    /// Looks again for the newest samples of channels of which a row has taken it away.
    fn renew(&mut self, frame: FrameRef<'_>) {
        for (channel, mark) in frame.marks.iter().enumerate() {
            if mark.is_present() || self.newest.get(channel) != Some(&frame.time) {
                continue;
            }
            let is_present = |row: &usize| self.row(*row).1.get(channel).is_some_and(|mark| mark.is_present());
            let row = (0..self.times.len()).rev().find(is_present);
            let time = row.and_then(|row| self.times.get(row).copied()).unwrap_or(Timestamp::MIN);
            if let Some(newest) = self.newest.get_mut(channel) {
                *newest = time;
            }
        }
    }

    /// Whether a frame of the usual width has its place between rows that are there.
    fn is_between(&self, frame: FrameRef<'_>) -> bool {
        frame.values.len() == self.stride && self.find(frame.time).is_err_and(|row| row < self.times.len())
    }

    /// Puts new rows, in order of time, in their places between those that are there. Every row moves once, from the last one on.
    fn insert(&mut self, frames: &[FrameRef<'_>]) {
        let stride = self.stride;
        let (mut unmoved, mut free) = (self.times.len(), self.times.len() + frames.len());
        self.times.resize(free, Timestamp::MIN);
        self.values.resize(free * stride, 0.0);
        self.marks.resize(free * stride, Mark::default());
        for frame in frames.iter().rev() {
            let row = self.times.get(..unmoved).unwrap_or_default().partition_point(|time| *time < frame.time);
            let place = free - (unmoved - row);
            self.times.copy_within(row..unmoved, place);
            self.values.copy_within(row * stride..unmoved * stride, place * stride);
            self.marks.copy_within(row * stride..unmoved * stride, place * stride);
            (unmoved, free) = (row, place - 1);
            if let Some(time) = self.times.get_mut(free) {
                *time = frame.time;
            }
            let span = self.span(free..free + 1);
            self.values.get_mut(span.clone()).unwrap_or_default().copy_from_slice(frame.values);
            self.marks.get_mut(span).unwrap_or_default().copy_from_slice(frame.marks);
            self.note(frame.time, frame.marks);
        }
    }

    /// Puts a row in that has another number of channels than those before: the instrument got some in between, which are missing in
    /// the narrower ones. Sealing comes before such a change, so that only a log that has outlived its segment brings both.
    fn upsert_uneven(&mut self, frame: FrameRef<'_>) -> bool {
        let width = frame.values.len().max(self.stride);
        if width > self.stride {
            let stride = self.stride.max(1);
            self.values = padded(self.values.chunks_exact(stride), width, 0.0);
            self.marks = padded(self.marks.chunks_exact(stride), width, Mark::default());
            self.stride = width;
            self.newest.resize(width, Timestamp::MIN);
        }
        let values = padded(std::iter::once(frame.values), width, 0.0);
        let marks = padded(std::iter::once(frame.marks), width, Mark::default());
        self.upsert(FrameRef { values: &values, marks: &marks, ..frame })
    }

    pub(super) const fn channels(&self) -> usize {
        self.stride
    }
}

/// A head has room for this share more of the rows that the one before it had.
const ROOM_SHARE: usize = 16;

/// Rows that are gathered from at a time: with some dozens of channels they fit the fastest cache.
const ROWS_PER_PASS: usize = 64;

/// The asked channels that rows of a width have, each with its column.
fn known<'a>(
    channels: &'a [usize],
    columns: &'a mut [Column],
    stride: usize,
) -> impl Iterator<Item = (usize, &'a mut Column)> {
    channels.iter().copied().zip(columns).filter(move |(channel, _)| *channel < stride)
}

/// One channel of whole rows.
fn cells<T: Copy + Default>(rows: &[T], stride: usize, channel: usize) -> impl Iterator<Item = T> + '_ {
    rows.chunks_exact(stride).map(move |row| row.get(channel).copied().unwrap_or_default())
}

/// Whether all marks are one, without a branch a mark.
fn are_all(marks: &[Mark], one: Mark) -> bool {
    marks.chunks(ROWS_PER_PASS * 64).all(|marks| marks.iter().fold(true, |are_all, mark| are_all & (*mark == one)))
}

/// Rows one behind the other, each filled up to a width.
fn padded<'a, T: Copy + 'a>(rows: impl Iterator<Item = &'a [T]>, width: usize, absent: T) -> Vec<T> {
    let mut all = Vec::new();
    for (row, cells) in rows.enumerate() {
        all.extend_from_slice(cells);
        all.resize((row + 1) * width, absent);
    }
    all
}

impl RowSource for HeadColumns {
    fn times(&self) -> &[Timestamp] {
        &self.times
    }

    fn columns(&self, channels: Range<usize>, rows: Range<usize>, out: &mut [RawColumn]) {
        let span = self.span(rows);
        let stride = self.stride.max(1);
        let values = self.values.get(span.clone()).unwrap_or_default().chunks_exact(stride);
        let marks = self.marks.get(span).unwrap_or_default().chunks_exact(stride);
        for (values, marks) in values.zip(marks) {
            let values = values.get(channels.start.min(stride)..channels.end.min(stride)).unwrap_or_default();
            let marks = marks.get(channels.start.min(stride)..channels.end.min(stride)).unwrap_or_default();
            for ((column, value), mark) in out.iter_mut().zip(values).zip(marks) {
                column.values.push(*value);
                column.marks.push(mark.byte());
            }
            // Rows from before the instrument had these channels.
            for column in out.iter_mut().take(channels.len()).skip(values.len()) {
                column.values.push(0.0);
                column.marks.push(Mark::default().byte());
            }
        }
    }
}

/// Bytes of a row of so many channels.
const fn row_bytes(channels: usize) -> usize {
    size_of::<Timestamp>() + channels * (size_of::<f64>() + size_of::<Mark>())
}

/// All instruments' open columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    columns: BTreeMap<InstrumentId, HeadColumns>,
    rows: usize,
    bytes: usize,
}

impl Head {
    /// Puts a frame in. The caller has checked that it has as many values as its instrument had channels when it arrived.
    pub(super) fn upsert(&mut self, frame: FrameRef<'_>) {
        if self.columns.entry(frame.instrument).or_default().upsert(frame) {
            self.rows += 1;
            self.bytes += row_bytes(frame.values.len());
        }
    }

    /// Puts the frames of a batch in, in order. Those that belong between rows that are there are put in together, so that a history that
    /// is sent again moves the rows behind it once, and not once a frame.
    pub(super) fn extend(&mut self, batch: &Batch) {
        let mut between: BTreeMap<InstrumentId, BTreeMap<Timestamp, FrameRef<'_>>> = BTreeMap::new();
        for frame in batch.frames() {
            if self.columns.get(&frame.instrument).is_some_and(|columns| columns.is_between(frame)) {
                between.entry(frame.instrument).or_default().insert(frame.time, frame);
            } else {
                self.upsert(frame);
            }
        }
        for (instrument, frames) in between {
            let frames: Vec<FrameRef<'_>> = frames.into_values().collect();
            self.rows += frames.len();
            self.bytes += frames.iter().map(|frame| row_bytes(frame.values.len())).sum::<usize>();
            if let Some(columns) = self.columns.get_mut(&instrument) {
                columns.insert(&frames);
            }
        }
    }

    /// The newest time of an instrument's rows.
    pub(super) fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.columns.get(&instrument).and_then(|columns| columns.times.last().copied())
    }

    /// The newest present sample of a channel.
    pub(super) fn latest(&self, instrument: InstrumentId, channel: usize) -> Option<(Timestamp, Sample)> {
        self.columns.get(&instrument)?.latest(channel)
    }

    pub(super) fn frame_at(&self, instrument: InstrumentId, time: Timestamp) -> Option<Frame> {
        let columns = self.columns.get(&instrument)?;
        let (values, marks) = columns.row(columns.find(time).ok()?);
        let samples = values.iter().zip(marks).map(|(value, mark)| mark.sample(*value)).collect();
        Some(Frame { instrument, time, samples })
    }

    /// The rows of an instrument in a range, with the asked channels; `None` where there are none.
    pub(super) fn rows_of(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Option<Chunk> {
        let columns = self.columns.get(&instrument)?;
        let rows = columns.rows_in(range);
        let times: Vec<Timestamp> = columns.times.get(rows.clone()).filter(|times| !times.is_empty())?.to_vec();
        Some(Chunk { columns: columns.gather(channels, rows), times })
    }

    /// The instruments that have rows.
    pub(super) fn instruments(&self) -> impl Iterator<Item = (InstrumentId, &HeadColumns)> {
        self.columns.iter().filter(|(_, columns)| !columns.times.is_empty()).map(|(id, columns)| (*id, columns))
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// An empty head with room for as many rows of every instrument, in memory that is only taken as they come: where rows that lie one
    /// behind the other grow beyond their room, all of them move.
    pub(super) fn successor(&self) -> Self {
        let room = |columns: &HeadColumns| {
            let rows = columns.times.len() + columns.times.len() / ROOM_SHARE + 1;
            HeadColumns {
                stride: columns.stride,
                times: Vec::with_capacity(rows),
                values: Vec::with_capacity(rows * columns.stride),
                marks: Vec::with_capacity(rows * columns.stride),
                newest: Vec::with_capacity(columns.stride),
            }
        };
        let filled = self.columns.iter().filter(|(_, columns)| !columns.times.is_empty());
        Self { columns: filled.map(|(id, columns)| (*id, room(columns))).collect(), rows: 0, bytes: 0 }
    }

    /// Forgets all rows and keeps the memory: the next ones are on their way.
    pub(super) fn clear(&mut self) {
        for columns in self.columns.values_mut() {
            columns.times.clear();
            columns.values.clear();
            columns.marks.clear();
            columns.newest.clear();
        }
        (self.rows, self.bytes) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Batch;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_of_uneven_width_keep_their_channels(rows in prop::collection::vec((0_i64..20, 1_usize..5), 1..40)) {
            let id = InstrumentId::new(1);
            let (mut head, mut wanted) = (Head::default(), BTreeMap::new());
            for (row, (time, width)) in (0_u32..).zip(rows) {
                let samples = |channel: u32| Some(f64::from(row * 10 + channel));
                let values: Vec<Option<f64>> = (0..4).map(|channel| samples(channel).filter(|_| (channel as usize) < width)).collect();
                let mut batch = Batch::new();
                batch.push_values(id, Timestamp::from_ms(time), &values[..width]);
                batch.frames().for_each(|frame| head.upsert(frame));
                wanted.insert(Timestamp::from_ms(time), values);
            }
            let rows = head.rows_of(id, &[0, 1, 2, 3], TimeRange::ALL).unwrap();
            prop_assert_eq!(&rows.times, &wanted.keys().copied().collect::<Vec<_>>());
            for (row, (time, values)) in wanted.iter().enumerate() {
                let stored: Vec<Option<f64>> = rows.columns.iter().map(|column| column.sample(row).value).collect();
                prop_assert_eq!(&stored, values);
                let mut frame = head.frame_at(id, *time).unwrap().samples;
                frame.resize(4, Sample::MISSING);
                prop_assert_eq!(&frame.iter().map(|sample| sample.value).collect::<Vec<_>>(), values);
            }
            let mut sealed = vec![RawColumn::default(); 8];
            head.instruments().for_each(|(_, columns)| columns.columns(0..4, 0..rows.times.len(), &mut sealed));
            for (column, raw) in rows.columns.iter().zip(&sealed) {
                prop_assert_eq!(&column.values, &raw.values);
                prop_assert_eq!(&column.marks.iter().map(|mark| mark.byte()).collect::<Vec<_>>(), &raw.marks);
            }
        }
    }
}
