//! Tests of one value after another: gap, gross range, spike, rate of change, flat line.

use crate::checks::chance::RunningScale;
use crate::checks::facts::{Facts, HOUR_MS, digits, length};
use crate::checks::finding::{Finding, QualityTest};
use crate::checks::options::{CheckOptions, ThresholdKind};
use crate::model::{Quality, Sample, Timestamp};

/// Time that scales of changes remember.
const MEMORY_MS: i64 = 7 * 24 * HOUR_MS;
/// Times the smallest known step that a change must exceed: coarse readings are never spikes.
const STEPS_MIN: f64 = 3.0;
/// Weight of the assumptions that half of all values equal the one before, and that it makes no difference whether that did, in values.
const PRIOR_VALUES: f64 = 10.0;

/// Missing values.
#[derive(Debug, Clone)]
pub(super) struct Gap {
    last: Option<Timestamp>,
    values_min: i64,
}

impl Gap {
    pub(super) fn new(options: &CheckOptions) -> Self {
        Self { last: None, values_min: i64::from(options.gap_values_min.max(1)) }
    }

    pub(super) fn push(&mut self, facts: &Facts, time: Timestamp, sample: Sample) -> Option<Finding> {
        sample.value?;
        let last = self.last.replace(time)?;
        // Stamps of a logger may be early or late by half an interval.
        let missing = (time.since_ms(last) + facts.interval_ms / 2) / facts.interval_ms - 1;
        if missing < self.values_min {
            return None;
        }
        let reason = format!("{missing} values are missing over {}", length(time.since_ms(last)));
        let numbers = (missing as f64, (self.values_min - 1) as f64);
        Some(facts.finding(QualityTest::Gap, (last, time), numbers, reason))
    }
}

/// Values beyond what is possible.
#[derive(Debug, Clone)]
pub(super) struct GrossRange {
    level: RunningScale,
    outside: Option<Outside>,
}

/// Consecutive values outside the range.
#[derive(Debug, Clone)]
struct Outside {
    from: Timestamp,
    to: Timestamp,
    count: u32,
    /// The value farthest outside, and the bound that it passed.
    worst: f64,
    bound: f64,
}

impl GrossRange {
    pub(super) fn new(facts: &Facts) -> Self {
        Self { level: RunningScale::new(facts.values_in(MEMORY_MS)), outside: None }
    }

    pub(super) fn push(&mut self, facts: &Facts, time: Timestamp, value: f64) -> Option<Finding> {
        let Some(bound) = self.passed(facts, value) else {
            self.level.push(value);
            return self.finish(facts);
        };
        let outside = self.outside.get_or_insert(Outside { from: time, to: time, count: 0, worst: value, bound });
        outside.to = time;
        outside.count += 1;
        if (value - bound).abs() > (outside.worst - outside.bound).abs() {
            (outside.worst, outside.bound) = (value, bound);
        }
        None
    }

    /// The bound that a value passed. Noise of a concentration around zero is no larger than its usual level or its detection limit.
    fn passed(&self, facts: &Facts, value: f64) -> Option<f64> {
        let (min, max) = facts.range();
        let noise = || {
            let limit = facts.channel.detection_limit();
            self.level.get().map(|level| -level.max(limit.unwrap_or_default())).filter(|_| facts.is_concentration())
        };
        max.filter(|max| value > *max).or_else(|| min.or_else(noise).filter(|min| value < *min))
    }

    pub(super) fn finish(&mut self, facts: &Facts) -> Option<Finding> {
        let Outside { from, to, count, worst, bound } = self.outside.take()?;
        let side = if worst > bound { "above" } else { "below" };
        let (worst_text, bound_text) = (facts.show(worst), facts.show(bound));
        let reason = match count {
            1 => format!("{worst_text} is {side} the possible {bound_text}"),
            _ => format!("{count} values are {side} the possible {bound_text}, the farthest is {worst_text}"),
        };
        Some(facts.finding(QualityTest::GrossRange, (from, to), (worst, bound), reason))
    }
}

/// Spikes and large changes.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    /// The last two values.
    before: [Option<(Timestamp, f64)>; 2],
    spikes: RunningScale,
    changes: RunningScale,
    step_min: f64,
}

impl Changes {
    pub(super) fn new(facts: &Facts) -> Self {
        let scale = RunningScale::new(facts.values_in(MEMORY_MS));
        Self { before: [None; 2], spikes: scale.clone(), changes: scale, step_min: f64::INFINITY }
    }

    /// The smallest change that was seen; infinite before the first.
    pub(super) const fn step_min(&self) -> f64 {
        self.step_min
    }

    /// Takes a value; findings are about this one (a change) or the one before (a spike).
    pub(super) fn push(&mut self, facts: &Facts, time: Timestamp, value: f64) -> [Option<Finding>; 2] {
        let [older, last] = self.before;
        let near = |a: Timestamp, b: Timestamp| b.since_ms(a) * 2 <= facts.interval_ms * 3;
        let last = last.filter(|(at, _)| near(*at, time));
        let older = older.filter(|(at, _)| last.is_some_and(|(next, _)| near(*at, next)));
        self.before = [last, Some((time, value))];
        let Some((last_time, last_value)) = last else { return [None, None] };
        let change = self.change(facts, (last_time, last_value), (time, value));
        let spike = older.and_then(|(_, first)| self.spike(facts, last_time, [first, last_value, value]));
        [spike, change]
    }

    /// Deviations that a change may have. Changes of concentrations have tails like those of a double exponential distribution, which
    /// exceeds `n` deviations with probability `exp(-n * sqrt(2))`.
    fn deviations(facts: &Facts) -> f64 {
        (facts.values_per_month / facts.rate).ln().max(1.0) / std::f64::consts::SQRT_2
    }

    fn spike(&mut self, facts: &Facts, time: Timestamp, [first, middle, last]: [f64; 3]) -> Option<Finding> {
        let mean = f64::midpoint(first, last);
        let distance = (middle - mean).abs();
        let learned =
            self.spikes.get().filter(|_| facts.has_usual_changes()).map(|scale| scale * Self::deviations(facts));
        self.spikes.push(learned.map_or(distance, |bound| distance.min(bound)));
        let given = facts.threshold(ThresholdKind::Spike);
        let bound = given.or_else(|| learned.map(|bound| bound.max(STEPS_MIN * self.step_min)))?;
        let do_neighbours_agree = (last - first).abs() < distance / 2.0;
        if distance <= bound || !do_neighbours_agree {
            return None;
        }
        let reason = format!(
            "{} lies {} from the mean of its neighbours in time, more than {}",
            facts.show(middle),
            facts.show(distance),
            facts.show(bound)
        );
        Some(facts.finding(QualityTest::Spike, (time, time), (distance, bound), reason))
    }

    fn change(
        &mut self,
        facts: &Facts,
        (from, before): (Timestamp, f64),
        (to, value): (Timestamp, f64),
    ) -> Option<Finding> {
        let change = (value - before).abs();
        if change > 1e-9 * value.abs().max(before.abs()) {
            self.step_min = self.step_min.min(change);
        }
        let learned =
            self.changes.get().filter(|_| facts.has_usual_changes()).map(|scale| scale * Self::deviations(facts));
        self.changes.push(learned.map_or(change, |bound| change.min(bound)));
        let hours = to.since_ms(from) as f64 / HOUR_MS as f64;
        let given = facts.threshold(ThresholdKind::RatePerHour).map(|rate| rate * hours);
        let bound = given.or_else(|| learned.map(|bound| bound.max(STEPS_MIN * self.step_min)))?;
        if change <= bound {
            return None;
        }
        let reason = format!(
            "from {} to {} within {}: the change of {} is more than {}",
            digits(before),
            facts.show(value),
            length(to.since_ms(from)),
            facts.show(change),
            facts.show(bound)
        );
        Some(facts.finding(QualityTest::RateOfChange, (to, to), (change, bound), reason))
    }
}

/// The same value again and again.
#[derive(Debug, Clone)]
pub(super) struct FlatLine {
    run: Option<Run>,
    /// Values, and those that equal the value before.
    values: f64,
    equal: f64,
    /// Those of the equal ones whose next value is equal too: runs are longer where the air is calm.
    continued: f64,
    values_min: f64,
    length_ms_min: i64,
}

/// Equal values in a row.
#[derive(Debug, Clone, Copy)]
struct Run {
    value: f64,
    from: Timestamp,
    to: Timestamp,
    count: u32,
}

impl FlatLine {
    pub(super) fn new(options: &CheckOptions) -> Self {
        let values_min = f64::from(options.flat_line_values_min);
        Self { run: None, values: 0.0, equal: 0.0, continued: 0.0, values_min, length_ms_min: options.flat_line_ms_min }
    }

    pub(super) fn push(&mut self, facts: &Facts, time: Timestamp, sample: Sample) -> Option<Finding> {
        let value = sample.valid()?;
        let limit = facts.channel.detection_limit().unwrap_or_default().max(0.0);
        let is_low = facts.is_concentration() && value.abs() <= limit;
        if value == 0.0 || is_low || sample.quality == Quality::BelowDetection {
            return self.finish(facts);
        }
        match &mut self.run {
            Some(run) if run.value.to_bits() == value.to_bits() => {
                (run.to, run.count) = (time, run.count + 1);
                None
            }
            _ => {
                let found = self.finish(facts);
                self.run = Some(Run { value, from: time, to: time, count: 1 });
                found
            }
        }
    }

    pub(super) fn finish(&mut self, facts: &Facts) -> Option<Finding> {
        let Run { value, from, to, count } = self.run.take()?;
        let (bound, share) = self.bound(facts);
        let length_ms = to.since_ms(from);
        let count = f64::from(count);
        if count < bound || length_ms < self.length_ms_min {
            self.learn(facts, count);
            return None;
        }
        let reason = format!(
            "{count} values in a row are {} over {}; {} are too many for a channel in which {} % of such values are followed by another",
            facts.show(value),
            length(length_ms),
            bound.ceil(),
            (share * 100.0).round()
        );
        Some(facts.finding(QualityTest::FlatLine, (from, to), (count, bound.ceil()), reason))
    }

    /// The run that occurs less often than accepted if each value of a run is followed by an equal one with a fixed probability, and
    /// that probability.
    fn bound(&self, facts: &Facts) -> (f64, f64) {
        let share_of = |part: f64, whole: f64, prior: f64| (part + PRIOR_VALUES * prior) / (whole + PRIOR_VALUES);
        let first = share_of(self.equal, self.values, 0.5);
        let share = first.max(share_of(self.continued, self.equal, first));
        let run = 1.0 + (facts.values_per_month / facts.rate).ln().max(1.0) / -share.ln();
        (run.max(self.values_min), share)
    }

    fn learn(&mut self, facts: &Facts, count: f64) {
        self.values += count;
        self.equal += count - 1.0;
        self.continued += (count - 2.0).max(0.0);
        if self.values > facts.values_per_month {
            let halves = [&mut self.values, &mut self.equal, &mut self.continued];
            halves.into_iter().for_each(|number| *number /= 2.0);
        }
    }
}
