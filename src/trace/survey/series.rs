//! Readings as series of equal steps.

use crate::base::ExactDirection;
use crate::model::{InstrumentId, Sample, TimeRange, Timestamp};
use crate::query::{QueryError, Readings};
use crate::trace::mast::WindSource;
use std::ops::Range;

/// Time before the range that is read: the background, and the air that travels.
const LEAD_MS: i64 = 2 * 3_600_000;
/// Time behind the range that is read, for the background.
const TAIL_MS: i64 = 3_600_000;
/// Half the window of the background.
const HALF_WINDOW_MS: i64 = 3_600_000;
/// Half the window of the background in steps, at least.
const HALF_WINDOW_STEPS_MIN: usize = 3;

/// Equal steps of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::trace) struct Grid {
    /// Start of the first step.
    start: Timestamp,
    pub(super) step_ms: i64,
    pub(super) steps: usize,
}

impl Grid {
    /// Creates the steps of a range, with those before and behind it that its background needs.
    pub(in crate::trace) fn around(range: TimeRange, step_ms: i64) -> Self {
        let whole = |ms: i64| ms.div_euclid(step_ms) + i64::from(ms.rem_euclid(step_ms) > 0);
        let lead = whole(LEAD_MS).max(1);
        let behind = whole(range.to.as_ms() - range.from.as_ms() + TAIL_MS).max(1);
        let steps = usize::try_from(lead + behind).unwrap_or(1);
        Self { start: range.from.plus_ms(-lead * step_ms), step_ms, steps }
    }

    /// Returns half the window of a background, in steps.
    pub(in crate::trace) fn half_window(&self) -> usize {
        usize::try_from(HALF_WINDOW_MS / self.step_ms).unwrap_or(0).max(HALF_WINDOW_STEPS_MIN)
    }

    /// Returns the range of time of all steps.
    pub(in crate::trace) fn range(&self) -> TimeRange {
        let length = i64::try_from(self.steps).unwrap_or(i64::MAX).saturating_mul(self.step_ms);
        TimeRange::new(self.start, self.start.plus_ms(length))
    }

    /// Returns the time at the start of a step.
    pub(super) fn time(&self, step: usize) -> Timestamp {
        self.start.plus_ms(i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(self.step_ms))
    }

    /// Returns the steps that lie in a range of time.
    pub(in crate::trace) fn steps_of(&self, range: TimeRange) -> Range<usize> {
        let from = self.step_at(range.from).unwrap_or(0);
        let last = range.to.plus_ms(-1);
        let to = self.step_at(last).map_or(self.steps, |last| last + 1);
        from..to.max(from)
    }

    fn step_at(&self, time: Timestamp) -> Option<usize> {
        let step = (time.as_ms() - self.start.as_ms()).div_euclid(self.step_ms);
        usize::try_from(step).ok().filter(|step| *step < self.steps)
    }

    /// Averages samples over the steps; a step without a valid one is `None`.
    pub(in crate::trace) fn means(&self, samples: impl Iterator<Item = (Timestamp, Sample)>) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0_u32); self.steps];
        for (time, sample) in samples {
            if let (Some(value), Some(sum)) = (sample.valid(), self.step_at(time).and_then(|step| sums.get_mut(step))) {
                *sum = (sum.0 + value, sum.1 + 1);
            }
        }
        sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
    }
}

/// Returns the mean speed in m/s and the vector mean of the directions of each step.
pub(super) fn winds(
    readings: &Readings,
    source: &WindSource,
    grid: &Grid,
) -> Result<Vec<Option<(f64, f64)>>, QueryError> {
    let instrument: InstrumentId = source.channels.instrument;
    let rows = readings.rows(instrument, &[source.channels.speed, source.channels.direction], grid.range())?;
    let mut sums = vec![(0.0, 0_u64, ExactDirection::ZERO); grid.steps];
    for ((time, speed), (_, from)) in rows.samples(0).zip(rows.samples(1)) {
        let (Some(speed), Some(from)) = (speed.valid(), from.valid()) else { continue };
        if let Some(sum) = grid.step_at(time).and_then(|step| sums.get_mut(step)) {
            sum.0 += speed * source.speed_m_s_per_unit;
            sum.1 += 1;
            sum.2.add(from);
        }
    }
    let mean = |(speed, count, direction): (f64, u64, ExactDirection)| {
        Some((speed / count.max(1) as f64, direction.mean(count)?))
    };
    Ok(sums.into_iter().map(mean).collect())
}
