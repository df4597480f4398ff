//! The newest sample of each channel in segments, remembered, so that asking for it reads nothing.

use super::source::newest_present;
use crate::model::{InstrumentId, Sample, Timestamp};
use crate::store::error::StoreError;
use crate::store::segment::Segment;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Says of an instrument's channel whether its sample of a time is gone.
pub(in super::super) type IsCut<'a> = &'a dyn Fn(InstrumentId, usize, Timestamp) -> bool;

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

    /// Forgets samples that are gone. What is not there anywhere stays so, and merging takes nothing away.
    pub(in super::super) fn forget(&mut self, is_cut: IsCut<'_>) {
        self.generation += 1;
        for (instrument, channels) in &mut self.known {
            for (channel, known) in channels.iter_mut().enumerate() {
                if let Some(Some((time, _))) = known
                    && is_cut(*instrument, channel, *time)
                {
                    *known = None;
                }
            }
        }
    }
}

/// The newer of two samples; of equally new ones that of the head, which arrived later.
pub(super) fn newer(head: Known, other: Known) -> Known {
    match (head, other) {
        (Some(head), Some(other)) => Some(if head.0 >= other.0 { head } else { other }),
        (head, other) => head.or(other),
    }
}

/// Looks through segments, newest first. The fronts of pages say which blocks have any value: only one block of a segment is decoded.
pub(super) fn find(segments: &[Arc<Segment>], instrument: InstrumentId, channel: usize) -> Result<Known, StoreError> {
    let ends = segments.iter().enumerate().filter_map(|(arrival, one)| Some((one.span(instrument)?.1, arrival, one)));
    let mut ends: Vec<(Timestamp, usize, &Arc<Segment>)> = ends.collect();
    ends.sort_by_key(|(last, arrival, _)| std::cmp::Reverse((*last, *arrival)));
    let mut best: Option<(Timestamp, usize, Sample)> = None;
    for (last, arrival, segment) in ends {
        let since = best.map_or(Timestamp::MIN, |(time, ..)| time);
        if last < since {
            break;
        }
        if let Some((time, sample)) = newest_present(segment, instrument, channel, since)?
            && best.is_none_or(|(known, from, _)| (known, from) < (time, arrival))
        {
            best = Some((time, arrival, sample));
        }
    }
    Ok(best.map(|(time, _, sample)| (time, sample)))
}
