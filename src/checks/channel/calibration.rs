//! Calibration and maintenance flags that coincide with high concentrations.

use crate::checks::chance::binomial_tail;
use crate::checks::facts::{Facts, HOUR_MS};
use crate::checks::finding::{Finding, QualityTest};
use crate::model::{Quality, Sample, Timestamp};
use std::collections::VecDeque;

/// Days with which the concentration at a calibration is compared, at the same time of day.
const DAYS: i64 = 14;
/// Hours around the time of day that count as the same.
const HOURS_AROUND: i64 = 1;
/// Fewest hours to compare with.
const HOURS_MIN: u32 = 30;
/// Longest calibration whose ends say something of the concentration meanwhile.
const SPAN_MS_MAX: i64 = 24 * HOUR_MS;
/// Share of the honest calibrations that fall into the highest quarter.
const HIGH_SHARE: f64 = 0.25;
/// Every so many hours one is counted to know how many are high; no divisor of a day.
const HOURS_PER_USUAL: i64 = 5;
/// Weight of the assumption that a quarter of the hours is high, in hours.
const PRIOR_HOURS: f64 = 20.0;
/// Calibrations in a month at most, one a day: each is one chance for a false alarm.
const SPANS_PER_MONTH: f64 = 30.44;

/// The test. The level at a calibration is that of the other concentrations of the station meanwhile; or else the mean of the last valid
/// value before and the first after. Honest calibrations follow a calendar: one in four falls into the highest quarter of the levels at
/// this time of day.
#[derive(Debug, Clone, Default)]
pub(super) struct Calibrations {
    /// Hourly means of the last days: number of the hour since 1970, sum and count.
    hours: VecDeque<(i64, f64, f64)>,
    last: Option<(Timestamp, f64)>,
    /// Whether a flag was seen since the last valid value.
    is_flagged: bool,
    /// Whether a flag was seen in the current hour.
    is_hour_flagged: bool,
    /// Sum and number of the levels of the other channels during the current calibration, as shares of lower hours.
    companions: (f64, f64),
    first_span: Option<Timestamp>,
    spans: u32,
    high: u32,
    /// High hours, and all that were counted, since the first of these calibrations.
    usual: (f64, f64),
}

impl Calibrations {
    pub(super) fn push(&mut self, facts: &Facts, time: Timestamp, sample: Sample) -> Option<Finding> {
        if matches!(sample.quality, Quality::Calibration | Quality::Maintenance) {
            (self.is_flagged, self.is_hour_flagged) = (true, true);
            return None;
        }
        let value = sample.valid()?;
        let last = self.last.replace((time, value));
        let was_flagged = std::mem::take(&mut self.is_flagged);
        let companions = std::mem::take(&mut self.companions);
        let found = match last {
            Some((before, level)) if was_flagged && time.since_ms(before) <= SPAN_MS_MAX => {
                let middle = before.plus_ms(time.since_ms(before) / 2);
                let own = || self.rank(middle, f64::midpoint(level, value));
                let rank = if companions.1 > 0.0 { Some(companions.0 / companions.1) } else { own() };
                rank.and_then(|rank| self.end_span(facts, (before, time), rank))
            }
            _ => None,
        };
        self.remember(time, value);
        found
    }

    fn remember(&mut self, time: Timestamp, value: f64) {
        let hour = time.as_ms().saturating_sub(1).div_euclid(HOUR_MS);
        match self.hours.back_mut() {
            Some(last) if last.0 == hour => *last = (hour, last.1 + value, last.2 + 1.0),
            last => {
                let ended = last.map(|last| *last);
                self.count_usual(ended);
                self.hours.push_back((hour, value, 1.0));
            }
        }
        while self.hours.front().is_some_and(|first| first.0 < hour - DAYS * 24) {
            self.hours.pop_front();
        }
    }

    /// Counts hours without a calibration: a season in which concentrations rise has more high ones than a quarter.
    fn count_usual(&mut self, ended: Option<(i64, f64, f64)>) {
        let Some((hour, sum, count)) = ended.filter(|(hour, ..)| self.spans > 0 && hour % HOURS_PER_USUAL == 0) else {
            return;
        };
        let end = Timestamp::from_ms((hour + 1).saturating_mul(HOUR_MS));
        if let Some(rank) = self.rank(end, sum / count) {
            self.usual = (self.usual.0 + f64::from(u8::from(rank >= 1.0 - HIGH_SHARE)), self.usual.1 + 1.0);
        }
    }

    /// The share of the hours at this time of day that were lower; `None` if too few are known.
    pub(super) fn rank(&self, time: Timestamp, level: f64) -> Option<f64> {
        let middle = time.as_ms().saturating_sub(1).div_euclid(HOUR_MS);
        let is_same_time = |hour: i64| {
            let distance = (hour - middle).rem_euclid(24);
            distance.min(24 - distance) <= HOURS_AROUND
        };
        let same = self.hours.iter().filter(|(hour, ..)| is_same_time(*hour) && *hour != middle);
        let (mut all, mut lower) = (0_u32, 0_u32);
        for (_, sum, count) in same {
            all += 1;
            lower += u32::from(sum / count < level);
        }
        (all >= HOURS_MIN).then(|| f64::from(lower) / f64::from(all))
    }

    /// Whether the hour that ends had a flag.
    pub(super) fn end_hour(&mut self) -> bool {
        std::mem::take(&mut self.is_hour_flagged)
    }

    /// Takes the level of the other channels in an hour that had a flag.
    pub(super) fn push_companions(&mut self, rank: f64) {
        self.companions = (self.companions.0 + rank, self.companions.1 + 1.0);
    }

    fn end_span(&mut self, facts: &Facts, (before, after): (Timestamp, Timestamp), rank: f64) -> Option<Finding> {
        let from = *self.first_span.get_or_insert(before);
        self.spans += 1;
        self.high += u32::from(rank >= 1.0 - HIGH_SHARE);
        let share = HIGH_SHARE.max((self.usual.0 + HIGH_SHARE * PRIOR_HOURS) / (self.usual.1 + PRIOR_HOURS));
        let chance = binomial_tail(self.spans, self.high, share);
        if chance >= facts.tail(SPANS_PER_MONTH) {
            return None;
        }
        let (spans, high) = (self.spans, self.high);
        (self.first_span, self.spans, self.high, self.usual) = (None, 0, 0, (0.0, 0.0));
        let reason = format!(
            "{high} of {spans} calibrations coincide with concentrations in the highest quarter of the {DAYS} days before, at the same \
             time of day; chance gives that with probability {chance:.1e}"
        );
        let numbers = (f64::from(high), f64::from(spans) * share);
        Some(facts.finding(QualityTest::CalibrationAtPeaks, (from, after), numbers, reason))
    }
}
