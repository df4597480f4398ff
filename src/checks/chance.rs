//! How improbable a reading is: tails of distributions, and running descriptions of a channel's past.

use std::collections::VecDeque;

/// Blocks of a past before anything is compared with it.
const BLOCKS_MIN: usize = 8;
/// Blocks that a past remembers.
const BLOCKS_MEMORY: usize = 60;
/// Blocks in doubt one after another, after which they are the new normal state.
const BLOCKS_IN_DOUBT_MAX: u32 = 20;
/// Values before a running scale is used.
pub(super) const VALUES_MIN: f64 = 200.0;

/// The number of standard deviations that a normal value exceeds with probability `tail`, below 0.5 (Abramowitz and Stegun, 26.2.23).
pub(super) fn normal_quantile(tail: f64) -> f64 {
    let t = (-2.0 * tail.clamp(1e-300, 0.5).ln()).sqrt();
    let above = 0.010_328_f64.mul_add(t, 0.802_853).mul_add(t, 2.515_517);
    let below = 0.001_308_f64.mul_add(t, 0.189_269).mul_add(t, 1.432_788).mul_add(t, 1.0);
    t - above / below
}

/// The same of Student's distribution (Cornish-Fisher expansion): wider, because the deviation is estimated from few values.
pub(super) fn student_quantile(tail: f64, freedom: f64) -> f64 {
    let z = normal_quantile(tail);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    z + first / freedom + second / freedom.powi(2)
}

/// Upper bound of the probability of `hits` or more out of `trials` where each has probability `chance` (Chernoff).
pub(super) fn binomial_tail(trials: u32, hits: u32, chance: f64) -> f64 {
    let (trials, share) = (f64::from(trials), f64::from(hits) / f64::from(trials.max(1)));
    if share <= chance {
        return 1.0;
    }
    let miss = if share < 1.0 { (1.0 - share) * ((1.0 - share) / (1.0 - chance)).ln() } else { 0.0 };
    (-trials * (share * (share / chance).ln() + miss)).exp()
}

/// The root mean square of values, in which older ones count less and less.
#[derive(Debug, Clone)]
pub(super) struct RunningScale {
    mean_square: f64,
    count: f64,
    memory: f64,
}

impl RunningScale {
    /// A scale that remembers about as many values.
    pub(super) const fn new(memory: f64) -> Self {
        Self { mean_square: 0.0, count: 0.0, memory: memory.max(VALUES_MIN) }
    }

    pub(super) fn push(&mut self, value: f64) {
        self.count = (self.count + 1.0).min(self.memory);
        self.mean_square += (value * value - self.mean_square) / self.count;
    }

    /// The scale, once enough values are known and they are not all zero.
    pub(super) fn get(&self) -> Option<f64> {
        (self.count >= VALUES_MIN && self.mean_square > 0.0).then(|| self.mean_square.sqrt())
    }
}

/// The past of a statistic of blocks.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    values: VecDeque<f64>,
    in_doubt: u32,
}

/// What honest blocks are like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual {
    /// Median of the blocks before.
    pub(super) median: f64,
    /// Values below are less probable than accepted, and less than any block before.
    pub(super) low: f64,
    /// Values above are less probable than accepted, and more than any block before.
    pub(super) high: f64,
}

impl Past {
    /// What the next block should be like, if enough of the past is known; `tail` is the accepted probability of passing a bound.
    pub(super) fn usual(&self, tail: f64) -> Option<Usual> {
        if self.values.len() < BLOCKS_MIN {
            return None;
        }
        let mut sorted: Vec<f64> = self.values.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (least, greatest) = (*sorted.first()?, *sorted.last()?);
        let (lower, upper) = sorted.split_at(sorted.len() / 2);
        let median = *upper.first()?;
        // The two sides differ: noise bounds a signal from below, and nothing bounds it from above.
        let distance = |side: &[f64]| {
            let (count, squares) = (side.len() as f64, side.iter().map(|value| (value - median).powi(2)).sum::<f64>());
            student_quantile(tail, count - 1.0) * (squares / count * (1.0 + 1.0 / count)).sqrt()
        };
        Some(Usual {
            median,
            low: (median - distance(lower)).min(least),
            high: (median + distance(upper)).max(greatest),
        })
    }

    /// Adds a block. One in doubt is left out, unless so many were that they are the new normal state.
    pub(super) fn push(&mut self, value: f64, is_in_doubt: bool) {
        self.in_doubt = if is_in_doubt { self.in_doubt + 1 } else { 0 };
        if self.in_doubt > BLOCKS_IN_DOUBT_MAX {
            *self = Self::default();
        }
        if self.in_doubt > 0 {
            return;
        }
        self.values.push_back(value);
        if self.values.len() > BLOCKS_MEMORY {
            self.values.pop_front();
        }
    }
}
