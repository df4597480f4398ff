//! The newest sample of each channel in segments, remembered, so that asking for it reads nothing.

use super::scan::Scan;
use crate::model::{InstrumentId, Sample, TimeRange, Timestamp};
use crate::store::error::StoreError;
use crate::store::segment::Segment;
use std::collections::BTreeMap;
use std::sync::Arc;

type Known = Option<(Timestamp, Sample)>;

/// What has been found of each instrument's channels.
#[derive(Debug, Default)]
pub(in super::super) struct Latest {
    known: BTreeMap<InstrumentId, Vec<Option<Known>>>,
    generation: u64,
}

impl Latest {
    /// What is known; `None` where nobody has looked yet.
    pub(super) fn get(&self, instrument: InstrumentId, channel: usize) -> Option<Known> {
        self.known.get(&instrument).and_then(|channels| channels.get(channel)).copied().flatten()
    }

    /// Changes whenever segments do.
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Keeps what was found, if segments have not changed since.
    pub(super) fn remember(&mut self, generation: u64, (instrument, channel): (InstrumentId, usize), found: Known) {
        if generation == self.generation {
            self.put(instrument, channel, found);
        }
    }

    fn put(&mut self, instrument: InstrumentId, channel: usize, found: Known) {
        let channels = self.known.entry(instrument).or_default();
        if channels.len() <= channel {
            channels.resize(channel + 1, None);
        }
        if let Some(place) = channels.get_mut(channel) {
            *place = Some(found);
        }
    }

    /// Takes over the newest samples of rows that have just been sealed; what is not known of older segments stays unknown.
    pub(in super::super) fn seal(&mut self, instrument: InstrumentId, channel: usize, of_head: Known, is_first: bool) {
        self.generation += 1;
        match (self.get(instrument, channel), of_head) {
            (Some(known), of_head) => self.put(instrument, channel, newer(of_head, known)),
            (None, of_head) if is_first => self.put(instrument, channel, of_head),
            (None, _) => {}
        }
    }

    /// Forgets everything: segments have lost rows.
    pub(in super::super) fn clear(&mut self) {
        self.known.clear();
        self.generation += 1;
    }
}

/// The newer of two samples; of equally new ones that of the head, which arrived later.
pub(super) fn newer(head: Known, other: Known) -> Known {
    match (head, other) {
        (Some(head), Some(other)) => Some(if head.0 >= other.0 { head } else { other }),
        (head, other) => head.or(other),
    }
}

/// Looks through segments, newest block first.
pub(super) fn find(segments: &[Arc<Segment>], instrument: InstrumentId, channel: usize) -> Result<Known, StoreError> {
    let mut spans: Vec<(Timestamp, Timestamp)> =
        segments.iter().filter_map(|segment| segment.span(instrument)).collect();
    spans.sort_unstable();
    let mut until = spans.iter().map(|(_, last)| last.plus_ms(1)).max();
    let mut width_ms = 3_600_000_i64;
    let first = spans.first().map(|(first, _)| *first);
    while let (Some(to), Some(first)) = (until, first) {
        let from = to.plus_ms(-width_ms).max(first);
        let mut best = None;
        let mut scan = Scan::of_segments(segments, instrument, &[channel], TimeRange::new(from, to))?;
        while let Some(chunk) = scan.next_rows()? {
            best = chunk.newest_present().or(best);
        }
        if best.is_some() {
            return Ok(best);
        }
        until = (from > first).then_some(from);
        width_ms = width_ms.saturating_mul(4);
    }
    Ok(None)
}
