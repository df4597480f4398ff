//! Means of the current hour of every channel.

use crate::checks::facts::HOUR_MS;
use crate::model::Timestamp;

/// Share of an hour's values that a mean needs.
const COVERAGE_MIN: f64 = 0.75;

/// Sums of the valid values of the current hour, by the number of the channel.
#[derive(Debug, Clone, Default)]
pub(in crate::checks) struct Hours {
    /// Number of the hour since 1970.
    current: Option<i64>,
    sums: Vec<(f64, f64)>,
}

/// The means of one hour.
#[derive(Debug, Clone)]
pub(in crate::checks) struct HourMeans {
    /// End of the hour.
    pub(in crate::checks) end: Timestamp,
    /// Sum and count of each channel.
    sums: Vec<(f64, f64)>,
}

impl Hours {
    pub(in crate::checks) fn new(channels: usize) -> Self {
        Self { current: None, sums: vec![(0.0, 0.0); channels] }
    }

    /// Ends the current hour if a time lies behind it, and returns its means.
    pub(in crate::checks) fn advance(&mut self, time: Timestamp) -> Option<HourMeans> {
        let hour = time.as_ms().saturating_sub(1).div_euclid(HOUR_MS);
        let is_later = self.current.is_none_or(|current| hour > current);
        if !is_later {
            return None;
        }
        let ended = self.finish();
        self.current = Some(hour);
        ended
    }

    /// Adds a valid value of the current hour.
    pub(in crate::checks) fn add(&mut self, channel: usize, value: f64) {
        if let Some(sum) = self.sums.get_mut(channel) {
            *sum = (sum.0 + value, sum.1 + 1.0);
        }
    }

    /// Ends the current hour.
    pub(in crate::checks) fn finish(&mut self) -> Option<HourMeans> {
        let hour = self.current.take()?;
        let empty = vec![(0.0, 0.0); self.sums.len()];
        let end = Timestamp::from_ms((hour + 1).saturating_mul(HOUR_MS));
        Some(HourMeans { end, sums: std::mem::replace(&mut self.sums, empty) })
    }
}

impl HourMeans {
    /// The mean of a channel that has enough of its values; `None` for channels with intervals longer than an hour, too.
    pub(in crate::checks) fn mean(&self, channel: usize, interval_ms: i64) -> Option<f64> {
        let (sum, count) = self.sums.get(channel).copied()?;
        let expected = (HOUR_MS / interval_ms) as f64;
        (interval_ms <= HOUR_MS && count > 0.0 && count >= COVERAGE_MIN * expected).then(|| sum / count)
    }
}
