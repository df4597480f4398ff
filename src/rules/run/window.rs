//! Windows `(t - width, t]` that move with the grid: exact, and cheap per sample.

use super::super::expr::WindowFunction;
use super::super::plan::{WindowSpec, needed};
use super::inside::Inside;
use super::series::Series;
use crate::model::Timestamp;
use crate::query::Accumulator;
use crate::verdict::FlagCount;

/// Milliseconds of an hour, over which rates are told.
const HOUR_MS: f64 = 3_600_000.0;

/// One window at one station. What an instant needs lies close together: a large rule set is asked at the speed of memory.
#[derive(Debug)]
pub(super) struct Window {
    width_ms: i64,
    lag_ms: i64,
    function: WindowFunction,
    /// Samples that must be inside for the coverage that the rule asks for.
    needed: u64,
    expected: f64,
    /// Index of its series in the engine.
    pub(super) series: usize,
    /// Sequence numbers of the samples inside: from, and up to but not including.
    from: u64,
    to: u64,
    inside: Inside,
    must_rebuild: bool,
}

impl Window {
    pub(super) fn new(spec: &WindowSpec, series: usize) -> Self {
        Self {
            width_ms: spec.width_ms,
            lag_ms: spec.lag_ms,
            function: spec.function,
            needed: needed(spec.coverage_min, f64::from(spec.expected)).max(u64::from(spec.samples_min)),
            expected: f64::from(spec.expected),
            series,
            from: 0,
            to: 0,
            inside: Inside::new(spec.function),
            must_rebuild: true,
        }
    }

    /// The same window without a position.
    pub(super) fn fresh(&self) -> Self {
        Self { from: 0, to: 0, inside: Inside::new(self.function), must_rebuild: true, ..*self }
    }

    /// Puts a window over a day where that is at an instant, which it ends so much before; with the samples that are expected of the day.
    pub(super) fn stand(&mut self, (lag_ms, width_ms): (i64, i64), expected: f64, (share, samples): (f64, u32)) {
        if self.width_ms != width_ms || self.expected.to_bits() != expected.to_bits() {
            self.needed = needed(share, expected).max(u64::from(samples));
        }
        (self.lag_ms, self.width_ms, self.expected) = (lag_ms, width_ms, expected);
    }

    /// What it computes.
    pub(super) const fn function(&self) -> WindowFunction {
        self.function
    }

    /// How far back it looks.
    pub(super) const fn reach_ms(&self) -> i64 {
        self.width_ms.saturating_add(self.lag_ms)
    }

    /// Samples inside or before it have changed.
    pub(super) const fn invalidate(&mut self) {
        self.must_rebuild = true;
    }

    /// Moves the window to where it stands at `instant`. Unless it must be rebuilt, that is never before the last one.
    pub(super) fn advance(&mut self, series: &Series, instant: Timestamp) {
        let end = instant.plus_ms(-self.lag_ms);
        let begin = end.plus_ms(-self.width_ms);
        // Samples that came too late for any window may have been dropped before they were ever inside.
        let is_overtaken = self.from < series.first_sequence();
        if std::mem::take(&mut self.must_rebuild) || is_overtaken {
            self.inside = Inside::new(self.function);
            self.from = series.sequence_after(begin);
            self.to = self.from;
        }
        while let Some((_, value)) = series.get(self.to).filter(|(time, _)| *time <= end) {
            self.inside.enter(self.to, value);
            self.to += 1;
        }
        while self.from < self.to {
            let Some((_, value)) = series.get(self.from).filter(|(time, _)| *time <= begin) else { break };
            self.inside.leave(self.from, value);
            self.from += 1;
        }
    }

    /// The flags of the samples inside at `instant`, whether these count or not.
    pub(super) fn flags(&self, series: &Series, instant: Timestamp) -> Vec<FlagCount> {
        let end = instant.plus_ms(-self.lag_ms);
        series.flags_within(end.plus_ms(-self.width_ms), end)
    }

    /// Samples inside that count.
    const fn valid(&self) -> u64 {
        self.to - self.from
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.valid() == 0
    }

    /// The first instant behind `instant` at which another sample enters, as far as the samples are known.
    pub(super) fn next_change(&self, series: &Series, instant: Timestamp) -> Option<Timestamp> {
        let lag_ms = self.lag_ms;
        series.next_after(instant.plus_ms(-lag_ms)).map(|time| time.plus_ms(lag_ms))
    }

    /// The time at which its oldest sample leaves.
    pub(super) fn next_leave(&self, series: &Series) -> Option<Timestamp> {
        let (oldest, _) = series.get(self.from).filter(|_| self.from < self.to)?;
        Some(oldest.plus_ms(self.reach_ms()))
    }

    /// Samples that count over expected ones.
    pub(super) fn coverage(&self) -> f64 {
        self.valid() as f64 / self.expected
    }

    /// The value; `None` where nothing is inside, or less than the rule asks for.
    #[inline]
    pub(super) fn value(&self, series: &Series) -> Option<f64> {
        let count = self.valid();
        if count < self.needed {
            return None;
        }
        match (&self.inside, self.function) {
            // What most rules ask, without a call.
            (Inside::Values(Accumulator::Sum(sum)), WindowFunction::Avg) => sum.mean(count),
            _ => self.other_value(series, count),
        }
    }

    #[inline(never)]
    fn other_value(&self, series: &Series, count: u64) -> Option<f64> {
        match (&self.inside, self.function) {
            (_, WindowFunction::Count) => Some(count as f64),
            (_, WindowFunction::Coverage) => Some(100.0 * self.coverage()),
            (_, WindowFunction::Silent) => Some(f64::from(u8::from(count == 0))),
            (Inside::Values(Accumulator::Sum(sum)), WindowFunction::Sum) => (count > 0).then(|| sum.total()),
            (Inside::Values(Accumulator::Sum(sum)), _) => sum.mean(count),
            (Inside::Values(Accumulator::Moments(moments)), _) => moments.stddev(count),
            (Inside::Values(Accumulator::Direction(arrows)), _) => arrows.mean(count),
            (Inside::Values(Accumulator::Extreme { candidates, sign }), _) => {
                candidates.front().map(|(_, value)| value * sign)
            }
            (
                Inside::Values(Accumulator::Sorted(values)),
                WindowFunction::Baseline { quantile } | WindowFunction::Percentile { quantile },
            ) => values.quantile(quantile),
            (Inside::Rises(rises), _) => {
                let ((_, first), (_, last)) = (series.get(self.from)?, series.get(self.to.checked_sub(1)?)?);
                (count > 1).then(|| rises.total(first, last))
            }
            (Inside::Matches { found, .. }, _) => (count > 0).then(|| f64::from(u8::from(*found > 0))),
            (Inside::Steady { since, .. }, _) => (count > 1).then(|| f64::from(u8::from(*since <= self.from))),
            (Inside::Values(Accumulator::Nothing), WindowFunction::Delta) => {
                self.change(series).map(|(change, _)| change)
            }
            (Inside::Values(Accumulator::Nothing), WindowFunction::Rate) => {
                self.change(series).map(|(change, elapsed_ms)| change / (elapsed_ms / HOUR_MS))
            }
            _ => series.get(self.to.checked_sub(1).filter(|last| *last >= self.from)?).map(|(_, value)| value),
        }
    }

    /// Newest less oldest value, and the milliseconds between them.
    fn change(&self, series: &Series) -> Option<(f64, f64)> {
        if self.valid() < 2 {
            return None;
        }
        let ((first, before), (last, after)) = (series.get(self.from)?, series.get(self.to - 1)?);
        Some((after - before, last.since_ms(first) as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_many_are_needed_as_the_share_asks_for(percent in 0_u32..=100, expected in 1_u32..100_000, count in 0_u32..100_000) {
            let (coverage_min, expected) = (f64::from(percent) / 100.0, f64::from(expected));
            let is_enough = f64::from(count) / expected >= coverage_min;
            prop_assert_eq!(u64::from(count) >= needed(coverage_min, expected), is_enough);
            let near = needed(coverage_min, expected);
            prop_assert!(near as f64 / expected >= coverage_min);
            prop_assert!(near == 0 || (near - 1) as f64 / expected < coverage_min);
        }
    }
}
