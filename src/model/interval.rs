//! The distance between two samples.

use super::ModelError;
use crate::base::limits::WINDOW_MS_MAX;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Characters of a text that an error shows.
const TEXT_CHARS_MAX: usize = 60;

/// A positive length of time, 1 ms to 400 days.
///
/// ```
/// use vocdb::Interval;
/// assert_eq!(Interval::MINUTE.as_ms(), 60_000);
/// assert_eq!(Interval::minutes(10)?.as_ms(), 600_000);
/// assert!(Interval::minutes(0).is_err());
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Interval(i64);

impl Interval {
    /// One second.
    pub const SECOND: Self = Self(1_000);
    /// One minute.
    pub const MINUTE: Self = Self(60_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// Twenty-four hours.
    pub const DAY: Self = Self(86_400_000);

    /// Creates an interval from milliseconds.
    ///
    /// # Errors
    /// [`ModelError::Interval`] below 1 ms and above 400 days.
    pub const fn from_ms(interval_ms: i64) -> Result<Self, ModelError> {
        if interval_ms < 1 || interval_ms > WINDOW_MS_MAX {
            return Err(ModelError::Interval { interval_ms });
        }
        Ok(Self(interval_ms))
    }

    /// `count` seconds.
    ///
    /// # Errors
    /// [`ModelError::Interval`] for zero and above 400 days.
    pub const fn seconds(count: u32) -> Result<Self, ModelError> {
        Self::from_ms(count as i64 * 1_000)
    }

    /// `count` minutes.
    ///
    /// # Errors
    /// [`ModelError::Interval`] for zero and above 400 days.
    pub const fn minutes(count: u32) -> Result<Self, ModelError> {
        Self::from_ms(count as i64 * 60_000)
    }

    /// `count` hours.
    ///
    /// # Errors
    /// [`ModelError::Interval`] for zero and above 400 days.
    pub const fn hours(count: u32) -> Result<Self, ModelError> {
        Self::from_ms(count as i64 * 3_600_000)
    }

    /// Returns the length in milliseconds.
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

impl std::str::FromStr for Interval {
    type Err = ModelError;

    /// Reads what [`Interval`] displays, and shorter: `1 min`, `1m`, `10s`, `8h`, `250ms`, `30d`.
    ///
    /// ```
    /// use vocdb::Interval;
    /// assert_eq!("1m".parse::<Interval>()?, Interval::MINUTE);
    /// assert_eq!(Interval::hours(8)?.to_string().parse::<Interval>()?, Interval::hours(8)?);
    /// assert!("1 month".parse::<Interval>().is_err());
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let unreadable = || ModelError::IntervalText { text: text.chars().take(TEXT_CHARS_MAX).collect() };
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = text.split_at_checked(digits).ok_or_else(unreadable)?;
        let unit_ms: i64 = match unit.trim_start() {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(unreadable()),
        };
        let count: i64 = count.parse().map_err(|_| unreadable())?;
        Self::from_ms(count.saturating_mul(unit_ms))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_length(self.0, f)
    }
}

/// Writes a length of time in its largest whole unit, such as `10 min`.
pub(crate) fn write_length(length_ms: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (unit_ms, symbol) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")] {
        if length_ms % unit_ms == 0 {
            return write!(f, "{} {symbol}", length_ms / unit_ms);
        }
    }
    write!(f, "{length_ms} ms")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_of_zero_and_beyond_400_days_are_errors() {
        for zero in [Interval::seconds(0), Interval::minutes(0), Interval::hours(0), Interval::from_ms(0)] {
            assert_eq!(zero, Err(ModelError::Interval { interval_ms: 0 }));
        }
        assert_eq!(Interval::hours(24 * 400).map(Interval::as_ms), Ok(WINDOW_MS_MAX));
        for above in [Interval::hours(24 * 400 + 1), Interval::minutes(u32::MAX), Interval::seconds(u32::MAX)] {
            assert!(matches!(above, Err(ModelError::Interval { .. })), "{above:?}");
        }
    }

    #[test]
    fn what_could_mean_another_length_is_refused() {
        for text in ["", "1", "m", "1M", "1.5h", "-1s", "1 month", "1h30m", "one s", "99999999999999999999s"] {
            assert!(matches!(text.parse::<Interval>(), Err(ModelError::IntervalText { .. })), "{text}");
        }
        for text in ["0s", "401d", "9223372036854775807d"] {
            assert!(matches!(text.parse::<Interval>(), Err(ModelError::Interval { .. })), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_interval_is_read_back_from_what_it_displays(ms in 1..=WINDOW_MS_MAX, unit in prop::sample::select(vec![1, 1_000, 60_000, 3_600_000])) {
            let interval = Interval::from_ms((ms / unit).max(1) * unit).unwrap();
            prop_assert_eq!(interval.to_string().parse::<Interval>(), Ok(interval));
        }
    }
}
