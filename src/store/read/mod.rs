//! Reading: head and segments as one, in order of time, the newest arrival of each instant.

mod chunk;
mod latest;
mod scan;
mod source;

pub use chunk::{Chunk, Column};
pub use scan::{Found, Scan};

use super::error::StoreError;
use super::head::Head;
use super::segment::Segment;
use crate::model::{Frame, InstrumentId, Sample, TimeRange, Timestamp};
use latest::Latest;
use parking_lot::RwLock;
use source::Source;
use std::sync::Arc;

/// What readers see: the head and all segments, segments in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) head: Head,
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) latest: Latest,
}

/// A handle for reading, independent of the writer.
#[derive(Debug, Clone)]
pub struct Reader(Arc<RwLock<State>>);

impl Reader {
    pub(crate) const fn new(state: Arc<RwLock<State>>) -> Self {
        Self(state)
    }

    /// The rows of an instrument in a range of time, with the asked channels, as they are now: what is written, sealed, compacted or
    /// deleted from now on does not show in the scan.
    ///
    /// # Errors
    /// [`StoreError`] where a segment cannot be opened; the scan itself gives one where a block does not check.
    pub fn scan(&self, instrument: InstrumentId, channels: &[usize], range: TimeRange) -> Result<Scan, StoreError> {
        let state = self.0.read();
        let head = state.head.rows_of(instrument, channels, range);
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
        sources.extend(head.map(|rows| Source::of_rows(usize::MAX, rows, range)));
        Ok(Scan::new(sources, channels.len()))
    }

    /// The newest present sample of a channel and its time. Answered from memory, but for the first question about a channel after
    /// opening.
    ///
    /// # Errors
    /// [`StoreError`] where a block cannot be read.
    pub fn latest(&self, instrument: InstrumentId, channel: usize) -> Result<Option<(Timestamp, Sample)>, StoreError> {
        let state = self.0.read();
        let of_head = state.head.latest(instrument, channel);
        let of_segments = state.latest.get(instrument, channel);
        if let Some(known) = of_segments {
            return Ok(newer(of_head, known));
        }
        let segments = state.segments.clone();
        let generation = state.latest.generation();
        drop(state);
        let found = latest::find(&segments, instrument, channel)?;
        self.0.write().latest.remember(generation, (instrument, channel), found);
        Ok(newer(of_head, found))
    }

    /// The newest time of an instrument's rows.
    #[must_use]
    pub fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.0.read().newest(instrument)
    }
}

/// The newer of two samples; of equally new ones that of the head, which arrived later.
fn newer(head: Option<(Timestamp, Sample)>, other: Option<(Timestamp, Sample)>) -> Option<(Timestamp, Sample)> {
    match (head, other) {
        (Some(head), Some(other)) => Some(if head.0 >= other.0 { head } else { other }),
        (head, other) => head.or(other),
    }
}

/// The rows of some segments alone, for compaction.
pub(super) fn scan_segments(
    segments: &[Arc<Segment>],
    instrument: InstrumentId,
    channels: &[usize],
    range: TimeRange,
) -> Result<Scan, StoreError> {
    let mut sources = Vec::with_capacity(segments.len());
    for (arrival, segment) in segments.iter().enumerate() {
        sources.extend(Source::of_segment(arrival, segment, instrument, channels, range)?);
    }
    Ok(Scan::new(sources, channels.len()))
}

impl State {
    /// Takes over the newest samples of the head before it is sealed.
    pub(super) fn remember_latest(&mut self) {
        for (id, columns) in self.head.instruments() {
            let is_first = self.segments.iter().all(|segment| segment.span(id).is_none());
            for channel in 0..columns.channels() {
                self.latest.seal(id, channel, self.head.latest(id, channel), is_first);
            }
        }
    }

    /// The newest time of an instrument's rows.
    pub(super) fn newest(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.head.newest(instrument).max(self.newest_sealed(instrument))
    }

    /// The newest time of an instrument's rows in segments.
    pub(super) fn newest_sealed(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.segments.iter().filter_map(|segment| segment.span(instrument)).map(|(_, last)| last).max()
    }

    /// The whole frame of an instrument at an instant.
    pub(super) fn frame_at(
        &self,
        instrument: InstrumentId,
        time: Timestamp,
        channels: usize,
    ) -> Result<Option<Frame>, StoreError> {
        if let Some(frame) = self.head.frame_at(instrument, time) {
            return Ok(Some(frame));
        }
        let all: Vec<usize> = (0..channels).collect();
        let instant = TimeRange::new(time, time.plus_ms(1));
        let around: Vec<Arc<Segment>> = self
            .segments
            .iter()
            .filter(|segment| segment.span(instrument).is_some_and(|(first, last)| instant.meets(first, last)))
            .cloned()
            .collect();
        if around.is_empty() {
            return Ok(None);
        }
        let mut scan = scan_segments(&around, instrument, &all, instant)?;
        let Some(chunk) = scan.next_rows()? else { return Ok(None) };
        if chunk.times.first() != Some(&time) {
            return Ok(None);
        }
        Ok(Some(Frame { instrument, time, samples: chunk.columns.iter().map(|column| column.sample(0)).collect() }))
    }
}
