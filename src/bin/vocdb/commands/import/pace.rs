//! Compares the distance between the rows of a file with the interval of the command line.

use std::collections::BTreeMap;
use vocdb::{Interval, Timestamp};

/// Greatest number of different distances that are counted; further ones are left out.
const STEPS_MAX: usize = 4_096;
/// Smallest number of steps that say something about a file.
const STEPS_MIN: u64 = 2;

/// The steps between consecutive rows of different time.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Option<Timestamp>,
    counts: BTreeMap<u64, u64>,
    steps: u64,
    steps_up: u64,
}

impl Pace {
    pub(super) fn note(&mut self, time: Timestamp) {
        let Some(last) = self.last.replace(time).filter(|last| *last != time) else { return };
        let step_ms = time.as_ms().abs_diff(last.as_ms());
        if self.counts.len() >= STEPS_MAX && !self.counts.contains_key(&step_ms) {
            return;
        }
        *self.counts.entry(step_ms).or_default() += 1;
        self.steps += 1;
        self.steps_up += u64::from(time > last);
    }

    /// The distance between rows, if most of them are closer together than the interval. A quarter of the interval is tolerated.
    pub(super) fn closer_than(&self, interval: Interval) -> Option<Interval> {
        let interval_ms = interval.as_ms().unsigned_abs();
        self.median().filter(|step_ms| step_ms.saturating_mul(4) < interval_ms.saturating_mul(3)).and_then(to_interval)
    }

    /// The distance between rows, if most of them are farther apart than the interval. Files in no order of time say nothing.
    pub(super) fn farther_than(&self, interval: Interval) -> Option<Interval> {
        let interval_ms = interval.as_ms().unsigned_abs();
        let mixed = self.steps_up.min(self.steps.saturating_sub(self.steps_up));
        let median = self.median().filter(|_| mixed.saturating_mul(10) <= self.steps);
        median.filter(|step_ms| step_ms.saturating_mul(4) > interval_ms.saturating_mul(5)).and_then(to_interval)
    }

    /// The distance between most rows; none if there are too few.
    pub(super) fn interval(&self) -> Option<Interval> {
        self.median().and_then(to_interval)
    }

    /// The lower median of the steps.
    fn median(&self) -> Option<u64> {
        let mut below = 0_u64;
        let half = self.steps.div_ceil(2);
        let median = self.counts.iter().find(|(_, count)| {
            below = below.saturating_add(**count);
            below >= half
        });
        median.map(|(step_ms, _)| *step_ms).filter(|_| self.steps >= STEPS_MIN)
    }
}

fn to_interval(step_ms: u64) -> Option<Interval> {
    Interval::from_ms(i64::try_from(step_ms).ok()?).ok()
}

/// The interval as an option takes it, such as `1m`.
pub(super) fn option(interval: Interval) -> String {
    interval.to_string().replace("min", "m").replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(seconds: &[i64]) -> Pace {
        let mut pace = Pace::default();
        seconds.iter().for_each(|at| pace.note(Timestamp::from_ms(at * 1_000)));
        pace
    }

    #[test]
    fn most_steps_decide_and_jitter_of_a_clock_does_not() {
        let minute = Some(Interval::MINUTE);
        for times in [&[0, 60, 120, 180, 7_200][..], &[180, 120, 120, 60, 0]] {
            assert_eq!(pace(times).closer_than(Interval::HOUR), minute, "{times:?}");
            assert_eq!(pace(times).farther_than(Interval::SECOND), minute, "{times:?}");
            assert_eq!(pace(times).closer_than(Interval::MINUTE), None);
            assert_eq!(pace(times).farther_than(Interval::MINUTE), None);
        }
        assert_eq!(pace(&[0, 3_540, 7_200, 10_740]).closer_than(Interval::HOUR), None);
        assert_eq!(pace(&[0, 3_000, 60, 6_000, 120]).farther_than(Interval::MINUTE), None, "no order");
        assert_eq!(pace(&[0, 60]).closer_than(Interval::HOUR), None, "one step says nothing");
        assert_eq!(option(Interval::MINUTE), "1m");
    }
}
