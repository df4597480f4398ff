//! The frames of a run, and how far their instruments have come by them.

use super::super::language::interval_ms;
use std::collections::BTreeMap;
use vocdb::{InstrumentId, Sample};

/// Every frame that was pushed, the newest at each instant, in no order; and how far each instrument has come.
#[derive(Debug, Default)]
pub(crate) struct Frames(Vec<(InstrumentId, i64, Vec<Sample>)>, BTreeMap<InstrumentId, NaiveSource>);

/// How far an instrument has come, from its frames and when they arrived.
#[derive(Debug, Clone)]
pub(super) struct NaiveSource {
    pub(super) newest_ms: i64,
    pub(super) arrived_ms: i64,
    /// By how much its frames usually are late.
    usual_ms: i64,
    /// Times of rising frames that were otherwise late since, and by how much the first was.
    odd: Vec<(i64, i64)>,
    /// The newest frame before these.
    newest_before_odd_ms: i64,
}

impl NaiveSource {
    /// Takes a frame. Returns the first and the last frame that count, where only the clock was ahead of them, and the newest before.
    fn take(&mut self, (ms, now_ms): (i64, i64), near_ms: i64) -> Option<[i64; 3]> {
        let before_ms = self.newest_ms;
        let late_ms = now_ms - ms;
        if (late_ms - self.usual_ms).abs() <= near_ms {
            self.odd.clear();
            return self.follow((ms, now_ms));
        }
        let is_from_the_future = late_ms < self.usual_ms && late_ms < -near_ms;
        if late_ms < self.usual_ms && !is_from_the_future {
            self.odd.clear();
            return self.follow((ms, now_ms));
        }
        let is_alike = self.odd.first().is_some_and(|(_, first_ms)| {
            (late_ms - first_ms).abs() <= near_ms || is_from_the_future && *first_ms < -near_ms
        });
        if !is_alike || self.odd.last().is_some_and(|(last_ms, _)| *last_ms >= ms) {
            self.odd.clear();
        }
        if self.odd.is_empty() {
            self.newest_before_odd_ms = before_ms;
        }
        self.odd.push((ms, late_ms));
        let first_ms = self.odd[0].0;
        let is_long = self.odd.len() >= 3 && ms - first_ms >= 2 * near_ms;
        if is_long || is_from_the_future && self.odd.len() >= 5 {
            self.odd.clear();
            (self.newest_ms, self.arrived_ms, self.usual_ms) = (ms, now_ms, late_ms);
            let is_taken_back = ms < before_ms;
            let from_ms = if is_taken_back { first_ms } else { first_ms.max(self.newest_before_odd_ms + 1) };
            return Some([from_ms, ms, before_ms]);
        }
        if !is_from_the_future && ms > self.newest_ms {
            (self.newest_ms, self.arrived_ms) = (ms, now_ms);
        }
        None
    }

    fn follow(&mut self, (ms, now_ms): (i64, i64)) -> Option<[i64; 3]> {
        let before_ms = self.newest_ms;
        let is_newer = ms > before_ms;
        if is_newer {
            (self.newest_ms, self.arrived_ms, self.usual_ms) = (ms, now_ms, now_ms - ms);
        }
        is_newer.then_some([ms, ms, before_ms])
    }

    /// Whether its next frame is overdue by a grace period.
    pub(super) fn is_overdue(&self, interval_ms: i64, grace_ms: i64, now_ms: i64) -> bool {
        self.arrived_ms + interval_ms + grace_ms <= now_ms
    }

    pub(super) fn late_ms(&self) -> i64 {
        self.arrived_ms - self.newest_ms
    }

    pub(super) fn clock_ms(&self, now_ms: i64) -> i64 {
        self.newest_ms + now_ms - self.arrived_ms
    }
}

impl Frames {
    /// Takes a frame and when it arrives. Returns which frames of its instrument count, where only the clock was ahead of them.
    pub(crate) fn put(
        &mut self,
        instrument: InstrumentId,
        (ms, now_ms): (i64, i64),
        samples: Vec<Sample>,
    ) -> Option<[i64; 3]> {
        self.0.retain(|(of, at, _)| (*of, *at) != (instrument, ms));
        self.0.push((instrument, ms, samples));
        let near_ms = interval_ms(instrument).max(60_000);
        match self.1.get_mut(&instrument) {
            Some(source) => source.take((ms, now_ms), near_ms),
            None => {
                let (arrived_ms, usual_ms) = (now_ms, now_ms - ms);
                self.1.insert(
                    instrument,
                    NaiveSource { newest_ms: ms, arrived_ms, usual_ms, odd: Vec::new(), newest_before_odd_ms: ms },
                );
                None
            }
        }
    }

    /// Time of the newest frame of an instrument that counts.
    pub(crate) fn newest_ms(&self, instrument: InstrumentId) -> Option<i64> {
        self.1.get(&instrument).map(|source| source.newest_ms)
    }

    pub(super) fn source(&self, instrument: InstrumentId) -> Option<&NaiveSource> {
        self.1.get(&instrument)
    }

    /// The samples of a channel behind `from` and up to `to`, in order of time.
    pub(super) fn samples(&self, instrument: InstrumentId, channel: usize, from: i64, to: i64) -> Vec<(i64, Sample)> {
        let inside = self.0.iter().filter(|(of, at, _)| *of == instrument && from < *at && *at <= to);
        let mut found: Vec<(i64, Sample)> = inside.map(|(_, at, samples)| (*at, samples[channel])).collect();
        found.sort_by_key(|(at, _)| *at);
        found
    }

    /// The valid values of a channel behind `from` and up to `to`, in order of time.
    pub(super) fn valid(&self, instrument: InstrumentId, channel: usize, from: i64, to: i64) -> Vec<(i64, f64)> {
        let samples = self.samples(instrument, channel, from, to);
        samples.into_iter().filter_map(|(at, sample)| Some((at, sample.valid()? + 0.0))).collect()
    }
}
