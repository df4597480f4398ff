//! Durations and their quantiles.

use std::time::Duration;

/// Durations in order.
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    pub(crate) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// A quantile in milliseconds.
    pub(crate) fn ms(&self, share: f64) -> f64 {
        let place = ((self.0.len() as f64 - 1.0) * share).round();
        let place = (0..self.0.len()).find(|at| *at as f64 >= place).unwrap_or_default();
        self.0.get(place).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1e3)
    }
}
