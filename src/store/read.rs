//! Reading: head and segments as one, in order of time, the newest arrival of each instant.

use super::error::StoreError;
use super::head::Head;
use super::segment::{BlockEntry, OpenSegment, Segment};
use crate::model::{Frame, InstrumentId, Mark, Sample, TimeRange, Timestamp};
use parking_lot::RwLock;
use std::sync::Arc;

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
    /// A value a row; under an absent mark it has no meaning.
    pub values: Vec<f64>,
    /// Presence and quality a row.
    pub marks: Vec<Mark>,
}

impl Column {
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

/// What readers see: the head and all segments, segments in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) head: Head,
    pub(super) segments: Vec<Arc<Segment>>,
}

/// A handle for reading, independent of the writer.
#[derive(Debug, Clone)]
pub struct Reader(Arc<RwLock<State>>);

/// One run of rows of one source. Sources that arrived later win where times are equal.
enum Piece {
    Head { first: Timestamp, last: Timestamp, chunk: Chunk },
    Block { opened: Arc<OpenSegment>, block: BlockEntry, arrival: usize },
}

/// Chunks of rows in order of time; each is decoded when it is asked for.
pub struct Scan {
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece>>,
    channels: Vec<usize>,
    range: TimeRange,
}

impl Reader {
    pub(crate) const fn new(state: Arc<RwLock<State>>) -> Self {
        Self(state)
    }

    /// The rows of an instrument in a range of time, with the asked channels.
    ///
    /// # Errors
    /// [`StoreError`] where a segment cannot be opened; the scan itself gives one where a block does not check.
    pub fn scan(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Result<Scan, StoreError> {
        let state = self.0.read();
        let mut pieces: Vec<Piece> = state.head_piece(instrument, channels, range).into_iter().collect();
        let segments: Vec<_> = state.segments.iter().cloned().enumerate().collect();
        drop(state);
        for (arrival, segment) in segments {
            if segment.span(instrument).is_none_or(|(first, last)| !range.meets(first, last)) {
                continue;
            }
            let opened = segment.open()?;
            let blocks = opened.blocks(instrument).iter().filter(|block| range.meets(block.first, block.last));
            pieces.extend(blocks.map(|block| Piece::Block {
                opened: Arc::clone(&opened),
                block: block.clone(),
                arrival,
            }));
        }
        pieces.sort_by_key(|piece| (piece.span().0, piece.arrival()));
        Ok(Scan { pieces: pieces.into_iter().peekable(), channels: channels.to_vec(), range })
    }

    /// The newest present sample of a channel and its time.
    ///
    /// # Errors
    /// [`StoreError`] where a block cannot be read.
    pub fn latest(&self, instrument: InstrumentId, channel: usize) -> Result<Option<(Timestamp, Sample)>, StoreError> {
        let state = self.0.read();
        let from_head = state.latest_in_head(instrument, channel);
        let segments = state.segments.clone();
        drop(state);
        let mut blocks = Vec::new();
        for (arrival, segment) in segments.iter().enumerate() {
            if segment.span(instrument).is_some() {
                let opened = segment.open()?;
                blocks.extend(
                    opened.blocks(instrument).iter().map(|b| (b.last, arrival, Arc::clone(&opened), b.clone())),
                );
            }
        }
        blocks.sort_by_key(|(last, arrival, ..)| (*last, *arrival));
        let mut best = from_head.map(|(time, sample)| ((time, usize::MAX), sample));
        for (last, arrival, opened, block) in blocks.iter().rev() {
            if best.is_some_and(|((time, _), _)| time > *last) {
                break;
            }
            let columns = opened.decode(block, &[channel])?;
            let found = Chunk::from_columns(columns.times, columns.columns).newest_present();
            let found = found.map(|(time, sample)| ((time, *arrival), sample));
            if found.map(|(at, _)| at) > best.map(|(at, _)| at) {
                best = found;
            }
        }
        Ok(best.map(|((time, _), sample)| (time, sample)))
    }

    /// The newest time of an instrument's rows.
    #[must_use]
    pub fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.0.read().newest(instrument)
    }
}

impl State {
    /// The newest time of an instrument's rows.
    pub(super) fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        let in_head = self.head.columns(instrument).and_then(|columns| columns.times().last().copied());
        let in_segments =
            self.segments.iter().filter_map(|segment| segment.span(instrument)).map(|(_, last)| last).max();
        in_head.max(in_segments)
    }

    /// The whole frame of an instrument at an instant.
    pub(super) fn frame_at(
        &self,
        instrument: InstrumentId,
        time: Timestamp,
        channels: usize,
    ) -> Result<Option<Frame>, StoreError> {
        if let Some(columns) = self.head.columns(instrument)
            && let Ok(row) = columns.find(time)
        {
            let (values, marks) = columns.row(row);
            let samples = values.iter().zip(marks).map(|(value, mark)| mark.sample(*value)).collect();
            return Ok(Some(Frame { instrument, time, samples }));
        }
        let all: Vec<usize> = (0..channels).collect();
        for segment in self.segments.iter().rev() {
            if segment.span(instrument).is_none_or(|(first, last)| !instant(time).meets(first, last)) {
                continue;
            }
            let opened = segment.open()?;
            for block in opened.blocks(instrument).iter().filter(|block| instant(time).meets(block.first, block.last)) {
                let decoded = opened.decode(block, &all)?;
                let chunk = Chunk::from_columns(decoded.times, decoded.columns);
                if let Ok(row) = chunk.times.binary_search(&time) {
                    let samples = chunk.columns.iter().map(|column| column.sample(row)).collect();
                    return Ok(Some(Frame { instrument, time, samples }));
                }
            }
        }
        Ok(None)
    }

    fn head_piece(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Option<Piece> {
        let columns = self.head.columns(instrument)?;
        let rows = columns.rows_in(range);
        let times: Vec<Timestamp> = columns.times().get(rows.clone())?.to_vec();
        let (first, last) = (*times.first()?, *times.last()?);
        let column_of = |channel: &usize| {
            let cell = |row: usize| {
                let (values, marks) = columns.row(row);
                (values.get(*channel).copied().unwrap_or_default(), marks.get(*channel).copied().unwrap_or_default())
            };
            let (values, marks) = rows.clone().map(cell).unzip();
            Column { values, marks }
        };
        let chunk = Chunk { columns: channels.iter().map(column_of).collect(), times };
        Some(Piece::Head { first, last, chunk })
    }

    fn latest_in_head(&self, instrument: InstrumentId, channel: usize) -> Option<(Timestamp, Sample)> {
        let columns = self.head.columns(instrument)?;
        (0..columns.times().len()).rev().find_map(|row| {
            let (values, marks) = columns.row(row);
            let sample = marks.get(channel)?.sample(*values.get(channel)?);
            sample.value.is_some().then_some((*columns.times().get(row)?, sample))
        })
    }
}

impl Piece {
    const fn span(&self) -> (Timestamp, Timestamp) {
        match self {
            Self::Head { first, last, .. } => (*first, *last),
            Self::Block { block, .. } => (block.first, block.last),
        }
    }

    const fn arrival(&self) -> usize {
        match self {
            Self::Head { .. } => usize::MAX,
            Self::Block { arrival, .. } => *arrival,
        }
    }

    fn decode(self, channels: &[usize]) -> Result<Chunk, StoreError> {
        match self {
            Self::Head { chunk, .. } => Ok(chunk),
            Self::Block { opened, block, .. } => {
                let decoded = opened.decode(&block, channels)?;
                Ok(Chunk::from_columns(decoded.times, decoded.columns))
            }
        }
    }
}

impl Chunk {
    fn from_columns(times: Vec<Timestamp>, columns: Vec<(Vec<f64>, Vec<Mark>)>) -> Self {
        Self { times, columns: columns.into_iter().map(|(values, marks)| Column { values, marks }).collect() }
    }

    fn newest_present(&self) -> Option<(Timestamp, Sample)> {
        let column = self.columns.first()?;
        (0..self.times.len()).rev().find_map(|row| {
            let sample = column.sample(row);
            sample.value.is_some().then_some((*self.times.get(row)?, sample))
        })
    }

    fn push_row(&mut self, from: &Self, row: usize) {
        self.times.extend(from.times.get(row));
        for (to, from) in self.columns.iter_mut().zip(&from.columns) {
            to.values.extend(from.values.get(row));
            to.marks.extend(from.marks.get(row));
        }
    }

    /// Only the rows in a range of time.
    fn clipped(self, range: TimeRange) -> Self {
        let begin = self.times.partition_point(|time| *time < range.from);
        let end = self.times.partition_point(|time| *time < range.to).max(begin);
        if begin == 0 && end == self.times.len() {
            return self;
        }
        let mut clipped = Self { times: Vec::new(), columns: vec![Column::default(); self.columns.len()] };
        (begin..end).for_each(|row| clipped.push_row(&self, row));
        clipped
    }
}

impl Iterator for Scan {
    type Item = Result<Chunk, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.pieces.next()?;
        let mut end = first.span().1;
        let mut cluster = vec![first];
        while let Some(next) = self.pieces.next_if(|piece| piece.span().0 <= end) {
            end = end.max(next.span().1);
            cluster.push(next);
        }
        cluster.sort_by_key(Piece::arrival);
        let decoded: Result<Vec<Chunk>, StoreError> =
            cluster.into_iter().map(|piece| piece.decode(&self.channels)).collect();
        Some(decoded.map(|chunks| merged(chunks, self.channels.len()).clipped(self.range)))
    }
}

/// Joins chunks in order of arrival: rows in order of time, the latest arrival where times are equal.
fn merged(mut chunks: Vec<Chunk>, channels: usize) -> Chunk {
    if chunks.len() == 1 {
        return chunks.pop().unwrap_or_default();
    }
    let mut order: Vec<(Timestamp, usize, usize)> = Vec::new();
    for (arrival, chunk) in chunks.iter().enumerate() {
        order.extend(chunk.times.iter().enumerate().map(|(row, time)| (*time, arrival, row)));
    }
    order.sort_unstable();
    let mut joined = Chunk { times: Vec::new(), columns: vec![Column::default(); channels] };
    for (index, (time, arrival, row)) in order.iter().enumerate() {
        let is_replaced = order.get(index + 1).is_some_and(|(next, ..)| next == time);
        if let Some(chunk) = chunks.get(*arrival).filter(|_| !is_replaced) {
            joined.push_row(chunk, *row);
        }
    }
    joined
}

/// A range that holds one instant.
const fn instant(time: Timestamp) -> TimeRange {
    TimeRange::new(time, time.plus_ms(1))
}
