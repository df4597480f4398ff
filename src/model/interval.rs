//! The distance between two samples.

use super::ModelError;
use crate::base::limits::WINDOW_MS_MAX;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A positive length of time, 1 ms to 400 days.
///
/// ```
/// use vocdb::Interval;
/// assert_eq!(Interval::minutes(1).as_ms(), 60_000);
/// assert!(Interval::from_ms(0).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Interval(i64);

impl Interval {
    /// From milliseconds.
    ///
    /// # Errors
    /// [`ModelError::Interval`] below 1 ms and above 400 days.
    pub const fn from_ms(interval_ms: i64) -> Result<Self, ModelError> {
        if interval_ms < 1 || interval_ms > WINDOW_MS_MAX {
            return Err(ModelError::Interval { interval_ms });
        }
        Ok(Self(interval_ms))
    }

    /// `count` seconds; zero counts as 1 ms, and anything over 400 days as 400 days.
    #[must_use]
    pub const fn seconds(count: u32) -> Self {
        Self::clamped(count as i64 * 1_000)
    }

    /// `count` minutes; zero counts as 1 ms, and anything over 400 days as 400 days.
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self::clamped(count as i64 * 60_000)
    }

    /// `count` hours; zero counts as 1 ms, and anything over 400 days as 400 days.
    #[must_use]
    pub const fn hours(count: u32) -> Self {
        Self::clamped(count as i64 * 3_600_000)
    }

    const fn clamped(ms: i64) -> Self {
        if ms < 1 {
            Self(1)
        } else if ms > WINDOW_MS_MAX {
            Self(WINDOW_MS_MAX)
        } else {
            Self(ms)
        }
    }

    /// Its length in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Interval {
    type Error = ModelError;

    fn try_from(interval_ms: i64) -> Result<Self, ModelError> {
        Self::from_ms(interval_ms)
    }
}

impl From<Interval> for i64 {
    fn from(interval: Interval) -> Self {
        interval.0
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit_ms, symbol) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")] {
            if self.0 % unit_ms == 0 {
                return write!(f, "{} {symbol}", self.0 / unit_ms);
            }
        }
        write!(f, "{} ms", self.0)
    }
}
