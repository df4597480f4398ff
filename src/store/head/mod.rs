//! The newest rows of every instrument in memory, in order of time, until they are sealed into a segment.

mod block;
mod columns;

pub(super) use columns::HeadRows;

use crate::model::{Batch, Frame, FrameRef, InstrumentId, Sample, TimeRange, Timestamp};
use columns::{HeadColumns, row_bytes};
use std::collections::BTreeMap;
use std::ops::Range;

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

    /// Puts some frames of a batch in, in order; those of one instrument one behind the other together.
    pub(super) fn extend(&mut self, batch: &Batch, range: Range<usize>) {
        let frames: Vec<FrameRef<'_>> = range.filter_map(|place| batch.frame(place)).collect();
        let belong_together = |one: &FrameRef<'_>, next: &FrameRef<'_>| {
            one.instrument == next.instrument && one.time < next.time && one.values.len() == next.values.len()
        };
        for run in frames.chunk_by(belong_together) {
            let Some(first) = run.first() else { continue };
            if self.columns.entry(first.instrument).or_default().push(run) {
                self.rows += run.len();
                self.bytes += run.len() * row_bytes(first.values.len());
            } else {
                run.iter().for_each(|frame| self.upsert(*frame));
            }
        }
    }

    /// The newest time of an instrument's rows.
    pub(super) fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.columns.get(&instrument).and_then(|columns| columns.last())
    }

    /// The newest present sample of a channel.
    pub(super) fn latest(&self, instrument: InstrumentId, channel: usize) -> Option<(Timestamp, Sample)> {
        self.columns.get(&instrument)?.latest(channel)
    }

    pub(super) fn frame_at(&self, instrument: InstrumentId, time: Timestamp) -> Option<Frame> {
        let samples = self.columns.get(&instrument)?.samples_at(time)?;
        Some(Frame { instrument, time, samples })
    }

    /// The asked channels of the rows of an instrument in a range, and others around them; `None` where there is none.
    pub(super) fn rows_of(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Option<HeadRows> {
        self.columns.get(&instrument)?.rows_of(channels, range)
    }

    /// The instruments that have rows.
    pub(super) fn instruments(&self) -> impl Iterator<Item = (InstrumentId, &HeadColumns)> {
        self.columns.iter().filter(|(_, columns)| columns.rows() > 0).map(|(id, columns)| (*id, columns))
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets all rows and keeps the memory: the next ones are on their way.
    pub(super) fn clear(&mut self) {
        self.columns.values_mut().for_each(HeadColumns::clear);
        (self.rows, self.bytes) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunk::{Chunk, Column};
    use super::super::segment::{RawColumn, RowSource};
    use super::*;
    use crate::model::Mark;
    use proptest::prelude::*;

    const ID: InstrumentId = InstrumentId::new(1);

    fn put(head: &mut Head, time: i64, values: &[Option<f64>]) {
        let mut batch = Batch::new();
        batch.push_values(ID, Timestamp::from_ms(time), values);
        head.extend(&batch, 0..batch.len());
    }

    fn chunk_of(rows: &HeadRows, channels: &[usize]) -> Chunk {
        let mut chunk = Chunk::default();
        chunk.reset(channels.len());
        for block in &rows.blocks {
            let begin = chunk.times.len();
            block.copy(channels, &mut chunk);
            for (channel, column) in channels.iter().zip(&chunk.columns) {
                // What stood in a column before does not show.
                let mut read = Column { values: vec![7.0; 300], marks: vec![Mark::default(); 3] };
                block.read_column(*channel, &mut read);
                assert_eq!(read.values, column.values[begin..]);
                assert_eq!(read.marks, column.marks[begin..]);
            }
        }
        chunk.push_rows(&rows.tail, 0..rows.tail.times.len());
        chunk
    }

    type Model = BTreeMap<i64, Vec<Option<f64>>>;

    fn assert_holds(chunk: &Chunk, wanted: &Model) {
        let times: Vec<i64> = chunk.times.iter().map(|time| time.as_ms()).collect();
        assert_eq!(times, wanted.keys().copied().collect::<Vec<_>>());
        for (row, values) in wanted.values().enumerate() {
            let stored: Vec<Option<f64>> = chunk.columns.iter().map(|column| column.sample(row).value).collect();
            assert_eq!(&stored, values);
        }
    }

    proptest! {
        #[test]
        fn rows_of_uneven_width_keep_their_channels(rows in prop::collection::vec((0_i64..20, 1_usize..5), 1..40)) {
            let (mut head, mut wanted) = (Head::default(), Model::new());
            for (row, (time, width)) in (0_u32..).zip(rows) {
                let samples = |channel: u32| Some(f64::from(row * 10 + channel));
                let values: Vec<Option<f64>> = (0..4).map(|channel| samples(channel).filter(|_| (channel as usize) < width)).collect();
                put(&mut head, time, &values[..width]);
                wanted.insert(time, values);
            }
            let rows = chunk_of(&head.rows_of(ID, &[0, 1, 2, 3], TimeRange::ALL).unwrap(), &[0, 1, 2, 3]);
            assert_holds(&rows, &wanted);
            for (time, values) in &wanted {
                let mut frame = head.frame_at(ID, Timestamp::from_ms(*time)).unwrap().samples;
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

        #[test]
        fn rows_in_any_order_are_sorted_and_what_was_asked_for_before_stays_as_it_was(
            runs in prop::collection::vec((0_i64..3_000, 1_i64..400, any::<bool>(), any::<bool>()), 1..14)
        ) {
            let (mut head, mut wanted, mut asked) = (Head::default(), Model::new(), Vec::new());
            for (number, (begin, rows, is_backward, is_asked)) in (0_u32..).zip(runs) {
                for row in 0..rows {
                    let time = begin + 2 * if is_backward { rows - row } else { row };
                    let other = if number % 2 == 0 { time as f64 / 10.0 } else { (time as f64).sqrt() };
                    let values = [Some(f64::from(number)), (time % 7 != 0).then_some(other)];
                    put(&mut head, time, &values);
                    wanted.insert(time, values.to_vec());
                }
                if is_asked {
                    asked.push((head.rows_of(ID, &[0, 1], TimeRange::ALL).unwrap(), wanted.clone()));
                }
                prop_assert_eq!(head.rows(), wanted.len());
                prop_assert_eq!(head.bytes(), wanted.len() * row_bytes(2));
                for channel in 0..2 {
                    let newest = wanted.iter().rev().find_map(|(time, values)| Some((*time, values[channel]?)));
                    let found = head.latest(ID, channel).map(|(time, sample)| (time.as_ms(), sample.value.unwrap()));
                    prop_assert_eq!(found, newest);
                }
            }
            let now = head.rows_of(ID, &[0, 1], TimeRange::ALL).unwrap();
            asked.push((now, wanted.clone()));
            for (rows, wanted) in &asked {
                assert_holds(&chunk_of(rows, &[0, 1]), wanted);
            }
            let (_, columns) = head.instruments().next().unwrap();
            let times = columns.times();
            let (begin, end) = (times.len() / 3, times.len() - times.len() / 5);
            let mut sealed = vec![RawColumn::default(); 8];
            columns.columns(0..2, begin..end, &mut sealed);
            let of_channel = |channel: usize| -> Vec<f64> {
                wanted.values().skip(begin).take(end - begin).map(|values| values[channel].unwrap_or_default()).collect()
            };
            prop_assert_eq!([&sealed[0].values, &sealed[1].values], [&of_channel(0), &of_channel(1)]);
            prop_assert_eq!(columns.values(), wanted.values().flatten().flatten().count());
            head.clear();
            prop_assert!(head.rows_of(ID, &[0], TimeRange::ALL).is_none() && head.latest(ID, 1).is_none());
            put(&mut head, 5, &[None, Some(1.0)]);
            assert_holds(&chunk_of(&head.rows_of(ID, &[0, 1], TimeRange::ALL).unwrap(), &[0, 1]), &Model::from([(5, vec![None, Some(1.0)])]));
            for (rows, wanted) in &asked {
                assert_holds(&chunk_of(rows, &[0, 1]), wanted);
            }
        }
    }
}
