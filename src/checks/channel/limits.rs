//! Peaks that pile up just under a limit.

use crate::checks::chance::normal_quantile;
use crate::checks::facts::{Facts, HOUR_MS};
use crate::checks::finding::{Finding, QualityTest};
use crate::checks::options::ThresholdKind;
use crate::model::Timestamp;
use std::collections::VecDeque;

/// Shares of the limit: peaks from the first to the second are compared with peaks from the second to the limit.
const BANDS: (f64, f64) = (0.8, 0.9);
/// Time after which the peaks so far are judged.
const PERIOD_MS: i64 = 30 * 24 * HOUR_MS;
/// Periods that are judged together: the last one, the last three, the last twelve.
const PERIODS: [usize; 3] = [1, 3, 12];

/// Peaks of one period.
#[derive(Debug, Clone, Copy, Default)]
struct Peaks {
    below: u32,
    under: u32,
    over: u32,
    /// Times of the first and the last peak under the limit.
    ends: Option<(Timestamp, Timestamp)>,
}

/// The test. Heights of peaks have tails like those of an exponential distribution, or heavier ones: of the peaks that reach 90 % of the
/// limit, at least the same share reaches 100 % as of those that reach 80 % reaches 90 %. A peak is the greatest of consecutive values above
/// 80 %.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderLimit {
    peak: Option<(Timestamp, f64)>,
    period_end: Option<Timestamp>,
    /// The last periods, the current one at the back.
    periods: VecDeque<Peaks>,
}

impl UnderLimit {
    pub(super) fn push(&mut self, facts: &Facts, time: Timestamp, value: f64) -> Option<Finding> {
        let limit = facts.threshold(ThresholdKind::Limit)?;
        let end = *self.period_end.get_or_insert(time.plus_ms(PERIOD_MS));
        let found = if time > end { self.end_period(facts, limit, time) } else { None };
        if value >= BANDS.0 * limit {
            let peak = self.peak.get_or_insert((time, value));
            if value > peak.1 {
                *peak = (time, value);
            }
        } else {
            self.count_peak(limit);
        }
        found
    }

    fn count_peak(&mut self, limit: f64) {
        let Some((time, height)) = self.peak.take() else { return };
        if self.periods.is_empty() {
            self.periods.push_back(Peaks::default());
        }
        let Some(peaks) = self.periods.back_mut() else { return };
        if height >= limit {
            peaks.over += 1;
        } else if height >= BANDS.1 * limit {
            peaks.under += 1;
            peaks.ends = Some((peaks.ends.map_or(time, |(first, _)| first), time));
        } else {
            peaks.below += 1;
        }
    }

    fn end_period(&mut self, facts: &Facts, limit: f64, time: Timestamp) -> Option<Finding> {
        let found = self.judge(facts, limit);
        if found.is_some() {
            self.periods.clear();
        }
        self.periods.push_back(Peaks::default());
        if self.periods.len() > PERIODS.into_iter().max().unwrap_or_default() {
            self.periods.pop_front();
        }
        self.period_end = Some(time.plus_ms(PERIOD_MS));
        found
    }

    pub(super) fn finish(&mut self, facts: &Facts) -> Option<Finding> {
        let limit = facts.threshold(ThresholdKind::Limit)?;
        self.count_peak(limit);
        let found = self.judge(facts, limit);
        *self = Self::default();
        found
    }

    fn judge(&self, facts: &Facts, limit: f64) -> Option<Finding> {
        PERIODS.into_iter().find_map(|periods| {
            let last = self.periods.iter().rev().take(periods);
            let all = last.fold(Peaks::default(), |all, one| Peaks {
                below: all.below + one.below,
                under: all.under + one.under,
                over: all.over + one.over,
                ends: one.ends.map(|(first, last)| (first, all.ends.map_or(last, |(_, last)| last))).or(all.ends),
            });
            all.judge(facts, limit)
        })
    }
}

impl Peaks {
    fn judge(&self, facts: &Facts, limit: f64) -> Option<Finding> {
        let [below, under, over] = [self.below, self.under, self.over].map(f64::from);
        let (all, high) = (below + under + over, under + over);
        let (rising, passing) = (high / all, over / high);
        let pooled = (high + over) / (all + high);
        let deviations = (rising - passing) / (pooled * (1.0 - pooled) * (1.0 / all + 1.0 / high)).sqrt();
        let bound = normal_quantile(facts.tail(PERIODS.len() as f64));
        // Also false if there are no peaks and the deviation is undefined.
        let is_clipped = deviations > bound && passing < rising / 2.0;
        let ends = self.ends.filter(|_| is_clipped)?;
        let reason = format!(
            "{} of {} peaks that reach 80 % of the limit of {} reach 90 %, and {} of these reach the limit: the shares of honest peaks are \
             about equal, and these differ by {deviations:.1} standard deviations",
            self.under + self.over,
            self.below + self.under + self.over,
            facts.show(limit),
            self.over
        );
        Some(facts.finding(QualityTest::UnderLimit, ends, (deviations, bound), reason))
    }
}
