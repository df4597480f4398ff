//! Reading: head and segments as one, in order of time, the newest arrival of each instant.

mod figures;
mod late;
mod latest;
mod measured;
mod memory;
mod scan;
mod source;

pub use super::chunk::{Chunk, Column};
pub use figures::{InstrumentFigures, MemoryFigures, SegmentFigures};
pub(super) use late::LateBlocks;
pub(super) use latest::IsCut;
pub use measured::Measured;
pub use scan::{BlockSummary, Found, Scan};

use super::error::StoreError;
use super::head::Head;
use super::segment::Segment;
use crate::model::{Frame, Instrument, InstrumentId, Sample, TimeRange, Timestamp};
use latest::Latest;
use parking_lot::RwLock;
use source::Source;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What readers see: the head, the rows that are being sealed, and all segments, segments in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) head: Head,
    /// Older than the head's rows, newer than any segment's.
    frozen: Option<Arc<Head>>,
    /// Memory for the next head, where rows arrive fast.
    spare: Option<Head>,
    segments: Vec<Arc<Segment>>,
    newest_sealed: BTreeMap<InstrumentId, Timestamp>,
    latest: Latest,
    /// Registered instruments; `None` if the registry is not known.
    measured: Option<BTreeMap<InstrumentId, Measured>>,
    /// Another one whenever segments are others.
    epoch: u64,
}

/// A handle for reading, independent of the writer.
#[derive(Debug, Clone)]
pub struct Reader(Arc<RwLock<State>>);

impl Reader {
    pub(crate) const fn new(state: Arc<RwLock<State>>) -> Self {
        Self(state)
    }

    pub(super) fn segments(&self) -> Vec<Arc<Segment>> {
        self.0.read().segments().to_vec()
    }

    /// The rows of an instrument in a range of time, with the asked channels, as they are now: what is written, sealed, compacted or
    /// deleted from now on does not show in the scan.
    ///
    /// # Errors
    /// [`StoreError::NotRegistered`] and [`StoreError::NoChannel`] for an instrument or a channel that does not exist. [`StoreError`] if a
    /// segment cannot be opened; the scan itself returns one if a block is corrupt.
    pub fn scan(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Result<Scan, StoreError> {
        let state = self.0.read();
        state.check(instrument, channels)?;
        let head = state.head.rows_of(instrument, channels, range);
        let frozen = state.frozen.as_ref().and_then(|frozen| frozen.rows_of(instrument, channels, range));
        let of_instrument = |segment: &&Arc<Segment>| segment.span(instrument).is_some_and(|(a, b)| range.meets(a, b));
        let segments: Vec<(usize, Arc<Segment>)> = state
            .segments
            .iter()
            .enumerate()
            .filter(|(_, segment)| of_instrument(segment))
            .map(|(n, s)| (n, Arc::clone(s)))
            .collect();
        drop(state);
        let mut sources = Vec::with_capacity(segments.len() + 1);
        for (arrival, segment) in segments {
            sources.extend(Source::of_segment(arrival, &segment, instrument, channels, range)?);
        }
        for (arrival, rows) in [(usize::MAX - 1, frozen), (usize::MAX, head)] {
            if let Some(rows) = rows {
                sources.push(Source::of_head(arrival, rows, channels, range)?);
            }
        }
        Ok(Scan::new(sources, channels.len()))
    }

    /// The first time of an instrument's rows at or after one.
    ///
    /// # Errors
    /// [`StoreError`] where a block cannot be read.
    pub fn first_from(&self, instrument: InstrumentId, from: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let range = TimeRange::new(from, TimeRange::ALL.to);
        Ok(self.scan(instrument, &[], range)?.next_time())
    }

    /// The newest present sample of a channel and its time. Answered from memory, but for the first question about a channel after
    /// opening.
    ///
    /// # Errors
    /// [`StoreError::NotRegistered`] and [`StoreError::NoChannel`] for an instrument or a channel that does not exist, and [`StoreError`] if a
    /// block cannot be read.
    pub fn latest(&self, instrument: InstrumentId, channel: usize) -> Result<Option<(Timestamp, Sample)>, StoreError> {
        let state = self.0.read();
        state.check(instrument, &[channel])?;
        let of_frozen = state.frozen.as_ref().and_then(|frozen| frozen.latest(instrument, channel));
        let of_head = latest::newer(state.head.latest(instrument, channel), of_frozen);
        let of_segments = state.latest.get(instrument, channel);
        if let Some(known) = of_segments {
            return Ok(latest::newer(of_head, known));
        }
        let segments = state.segments.clone();
        let generation = state.latest.generation();
        drop(state);
        let found = latest::find(&segments, instrument, channel)?;
        self.0.write().latest.remember(generation, (instrument, channel), found);
        Ok(latest::newer(of_head, found))
    }

    /// The newest time of an instrument's rows.
    #[must_use]
    pub fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.0.read().newest(instrument)
    }

    /// Notes what instruments measure. Readers know it from then on.
    pub(crate) fn note_measured<'a>(&self, instruments: impl IntoIterator<Item = (InstrumentId, &'a Instrument)>) {
        let mut state = self.0.write();
        state
            .measured
            .get_or_insert_default()
            .extend(instruments.into_iter().map(|(id, instrument)| (id, Measured::from(instrument))));
    }

    /// What an instrument measures; `None` for an instrument that is not registered.
    #[must_use]
    pub fn measured(&self, instrument: InstrumentId) -> Option<Measured> {
        self.0.read().measured.as_ref()?.get(&instrument).cloned()
    }

    /// For each of some channels, whether it is circular.
    #[must_use]
    pub fn directions(&self, instrument: InstrumentId, channels: &[usize]) -> Vec<bool> {
        let state = self.0.read();
        let measured = state.measured.as_ref().and_then(|measured| measured.get(&instrument));
        channels.iter().map(|channel| measured.is_some_and(|measured| measured.is_direction(*channel))).collect()
    }
}

impl State {
    /// A state with segments and an empty head.
    pub(super) fn new(segments: Vec<Arc<Segment>>) -> Self {
        let mut state = Self::default();
        state.replace_segments(segments, &|_, _, _| true);
        state
    }

    fn check(&self, instrument: InstrumentId, channels: &[usize]) -> Result<(), StoreError> {
        let Some(measured) = &self.measured else { return Ok(()) };
        let Some(known) = measured.get(&instrument) else { return Err(StoreError::NotRegistered(instrument)) };
        let count = known.units.len();
        match channels.iter().find(|channel| **channel >= count) {
            Some(channel) => Err(StoreError::NoChannel { instrument, channel: *channel, count }),
            None => Ok(()),
        }
    }

    pub(super) fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    /// The rows that are being sealed.
    pub(super) fn frozen(&self) -> Option<Arc<Head>> {
        self.frozen.clone()
    }

    /// Sets the head aside and begins a new one. Nothing may be frozen yet.
    pub(super) fn freeze(&mut self) {
        let fresh = self.spare.take().unwrap_or_default();
        self.frozen = Some(Arc::new(std::mem::replace(&mut self.head, fresh)));
    }

    /// Puts a segment in the place of the frozen rows, which it holds.
    pub(super) fn seal_frozen(&mut self, segment: Arc<Segment>) {
        let Some(frozen) = self.frozen.take() else { return };
        for (id, columns) in frozen.instruments() {
            let is_first = !self.newest_sealed.contains_key(&id);
            for channel in 0..columns.channels() {
                self.latest.seal(id, channel, frozen.latest(id, channel), is_first);
            }
        }
        self.note_newest(&segment);
        self.segments.push(segment);
        self.epoch += 1;
        self.reuse(frozen);
    }

    /// Keeps the memory of sealed rows: for the head where that is empty, for the next one where rows arrive so fast that it is wanted
    /// soon.
    fn reuse(&mut self, frozen: Arc<Head>) {
        let Ok(mut empty) = Arc::try_unwrap(frozen) else { return };
        let is_fast = self.head.bytes() >= empty.bytes() / 4;
        empty.clear();
        if self.head.rows() == 0 {
            self.head = empty;
        } else if is_fast {
            self.spare = Some(empty);
        }
    }

    /// Puts other segments, in order of arrival, in the place of those that there are; `is_cut` says which samples are gone.
    pub(super) fn replace_segments(&mut self, segments: Vec<Arc<Segment>>, is_cut: IsCut<'_>) {
        self.newest_sealed.clear();
        self.latest.forget(is_cut);
        self.epoch += 1;
        segments.iter().for_each(|segment| self.note_newest(segment));
        self.segments = segments;
    }

    fn note_newest(&mut self, segment: &Segment) {
        for one in &segment.summary().instruments {
            let newest = Timestamp::from_ms(one.last_ms);
            let known = self.newest_sealed.entry(InstrumentId::new(one.instrument)).or_insert(newest);
            *known = newest.max(*known);
        }
    }

    /// The newest time of an instrument's rows.
    pub(super) fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        let of_frozen = self.frozen.as_ref().and_then(|frozen| frozen.newest(instrument));
        self.head.newest(instrument).max(of_frozen).max(self.newest_sealed.get(&instrument).copied())
    }

    /// The whole frame of an instrument at an instant, as it arrived last.
    pub(super) fn frame_at(
        &self,
        late: &mut LateBlocks,
        instrument: InstrumentId,
        time: Timestamp,
        channels: usize,
    ) -> Result<Option<Frame>, StoreError> {
        let frozen = self.frozen.as_deref();
        let in_memory = [Some(&self.head), frozen].into_iter().flatten();
        if let Some(mut frame) = in_memory.filter_map(|head| head.frame_at(instrument, time)).next() {
            frame.samples.resize(frame.samples.len().max(channels), Sample::MISSING);
            return Ok(Some(frame));
        }
        late.keep_only(self.epoch);
        for (arrival, segment) in self.segments.iter().enumerate().rev() {
            if segment.span(instrument).is_none_or(|(first, last)| time < first || last < time) {
                continue;
            }
            if let Some(samples) = late.samples((arrival, segment), instrument, time, channels)? {
                return Ok(Some(Frame { instrument, time, samples }));
            }
        }
        Ok(None)
    }
}
