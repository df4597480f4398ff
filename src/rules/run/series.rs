//! The newest valid samples of one channel, as far back as any rule's window reaches.

use super::super::expr::Strand;
use crate::model::{Quality, Sample, Timestamp};
use crate::verdict::FlagCount;
use std::collections::{BTreeMap, VecDeque};

/// What putting a sample in has done to the order of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing, or a new newest sample.
    AtEnd,
    /// Something before the end changed: windows over it must be built again.
    Within,
}

/// What a sample is to a strand; `None` where it does not count there.
pub(super) fn of_strand(strand: Strand, sample: Sample) -> Option<f64> {
    match strand {
        Strand::Valid => sample.valid(),
        Strand::Normal => sample.value.filter(|_| sample.quality == Quality::Normal),
        Strand::Flags => Some(f64::from(sample.quality.code())),
        Strand::Frames => Some(0.0),
    }
}

/// The flag that goes on record with a sample; where frames alone count, no channel is looked at.
pub(super) fn flag_of(strand: Strand, quality: Quality) -> Quality {
    if strand == Strand::Frames { Quality::Normal } else { quality }
}

/// Valid samples in order of time. Each has a sequence number that stays the same while older samples are dropped.
#[derive(Debug, Default)]
pub(super) struct Series {
    first_sequence: u64,
    samples: VecDeque<(Timestamp, f64)>,
    /// The flags other than normal, in order of time, whether their samples count or not.
    flags: VecDeque<(Timestamp, Quality)>,
}

impl Series {
    /// Puts the sample of an instant in, with its flag; `None` where there is no valid value.
    #[inline]
    pub(super) fn put(&mut self, time: Timestamp, value: Option<f64>, flag: Quality) -> Change {
        if flag != Quality::Normal || !self.flags.is_empty() {
            self.put_flag(time, flag);
        }
        // Minus zero becomes zero, so that equal values have equal bits in whatever order they come and go.
        let value = value.map(|value| value + 0.0);
        let is_newest = self.samples.back().is_none_or(|(newest, _)| *newest < time);
        match (is_newest, value) {
            (true, Some(value)) => {
                self.samples.push_back((time, value));
                Change::AtEnd
            }
            (true, None) => Change::AtEnd,
            (false, value) => self.put_within(time, value),
        }
    }

    #[cold]
    fn put_within(&mut self, time: Timestamp, value: Option<f64>) -> Change {
        match (self.samples.binary_search_by_key(&time, |(at, _)| *at), value) {
            (Ok(place), Some(value)) => {
                if let Some(sample) = self.samples.get_mut(place) {
                    sample.1 = value;
                }
            }
            (Ok(place), None) => {
                self.samples.remove(place);
            }
            (Err(place), Some(value)) => self.samples.insert(place, (time, value)),
            (Err(_), None) => return Change::AtEnd,
        }
        Change::Within
    }

    fn put_flag(&mut self, time: Timestamp, flag: Quality) {
        let is_newest = self.flags.back().is_none_or(|(newest, _)| *newest < time);
        match (is_newest, flag) {
            (true, Quality::Normal) => {}
            (true, flag) => self.flags.push_back((time, flag)),
            (false, flag) => match (self.flags.binary_search_by_key(&time, |(at, _)| *at), flag) {
                (Ok(place), Quality::Normal) => {
                    self.flags.remove(place);
                }
                (Ok(place), flag) => self.flags.get_mut(place).into_iter().for_each(|known| known.1 = flag),
                (Err(_), Quality::Normal) => {}
                (Err(place), flag) => self.flags.insert(place, (time, flag)),
            },
        }
    }

    /// How many samples behind `begin` and up to `end` have which flag other than normal, in order of the flags' codes.
    pub(super) fn flags_within(&self, begin: Timestamp, end: Timestamp) -> Vec<FlagCount> {
        let from = self.flags.partition_point(|(at, _)| *at <= begin);
        let inside = self.flags.iter().skip(from).take_while(|(at, _)| *at <= end);
        let mut found: BTreeMap<Quality, u32> = BTreeMap::new();
        inside.for_each(|(_, flag)| *found.entry(*flag).or_default() += 1);
        found.into_iter().map(|(flag, samples)| FlagCount { flag, samples }).collect()
    }

    /// Drops samples up to `time`, included.
    pub(super) fn forget_until(&mut self, time: Timestamp) {
        while self.flags.pop_front_if(|(at, _)| *at <= time).is_some() {}
        while self.samples.pop_front_if(|(at, _)| *at <= time).is_some() {
            self.first_sequence += 1;
        }
    }

    /// The sequence number of the oldest sample that was not dropped.
    pub(super) const fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// The sample of a sequence number.
    pub(super) fn get(&self, sequence: u64) -> Option<(Timestamp, f64)> {
        let place = usize::try_from(sequence.checked_sub(self.first_sequence)?).ok()?;
        self.samples.get(place).copied()
    }

    /// The sequence number of the first sample behind `time`.
    pub(super) fn sequence_after(&self, time: Timestamp) -> u64 {
        self.first_sequence + self.samples.partition_point(|(at, _)| *at <= time) as u64
    }

    /// The time of the first sample after `time`.
    pub(super) fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        self.get(self.sequence_after(time)).map(|(at, _)| at)
    }
}
