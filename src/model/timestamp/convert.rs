//! Conversions between times of this crate, of the standard library and of `jiff`.

use super::Timestamp;
use crate::model::{Interval, ModelError};
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NS_PER_MS: i128 = 1_000_000;

impl Timestamp {
    /// Time that passed from `earlier` to `self`; `None` if `earlier` is later.
    ///
    /// ```
    /// use std::time::Duration;
    /// use vocdb::Timestamp;
    /// let (start, end) = (Timestamp::from_ms(1_000), Timestamp::from_ms(61_000));
    /// assert_eq!(end.duration_since(start), Some(Duration::from_secs(60)));
    /// assert_eq!(start.duration_since(end), None);
    /// ```
    #[must_use]
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        let ms = i128::from(self.as_ms()) - i128::from(earlier.as_ms());
        u64::try_from(ms).ok().map(Duration::from_millis)
    }
}

/// Adds whole milliseconds; a fraction of one is dropped. Stops at [`Timestamp::MAX`].
///
/// ```
/// use std::time::Duration;
/// use vocdb::Timestamp;
/// let time: Timestamp = "2026-05-09T02:18:02Z".parse()?;
/// assert_eq!((time + Duration::from_secs(60)).to_string(), "2026-05-09T02:19:02Z");
/// assert_eq!((time - Duration::from_secs(2)).to_string(), "2026-05-09T02:18:00Z");
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.shifted(i128::try_from(duration.as_millis()).unwrap_or(i128::MAX))
    }
}

/// Subtracts whole milliseconds; a fraction of one is dropped. Stops at [`Timestamp::MIN`].
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.shifted(i128::try_from(duration.as_millis()).map_or(i128::MIN, |ms| -ms))
    }
}

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl SubAssign<Duration> for Timestamp {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

/// Stops at [`Timestamp::MAX`].
impl Add<Interval> for Timestamp {
    type Output = Self;

    fn add(self, interval: Interval) -> Self {
        self.plus_ms(interval.as_ms())
    }
}

/// Stops at [`Timestamp::MIN`].
impl Sub<Interval> for Timestamp {
    type Output = Self;

    fn sub(self, interval: Interval) -> Self {
        self.plus_ms(-interval.as_ms())
    }
}

/// The millisecond that the time lies in. Times beyond the range of [`Timestamp`] become its nearest end.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let ns = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => i128::try_from(since.as_nanos()),
            Err(before) => i128::try_from(before.duration().as_nanos()).map(|ns| -ns),
        };
        Self::of_ns(ns.unwrap_or(i128::MAX))
    }
}

/// The millisecond that the time lies in.
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self::of_ns(time.as_nanosecond())
    }
}

/// Fails for times that the system's clock cannot show.
impl TryFrom<Timestamp> for SystemTime {
    type Error = ModelError;

    fn try_from(time: Timestamp) -> Result<Self, ModelError> {
        let distance = Duration::from_millis(time.as_ms().unsigned_abs());
        let converted =
            if time.as_ms() < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        converted.ok_or_else(|| beyond(time, "the system's clock has no such time"))
    }
}

/// Fails for years before -9999 and after 9999.
impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = ModelError;

    fn try_from(time: Timestamp) -> Result<Self, ModelError> {
        Self::from_millisecond(time.as_ms()).map_err(|error| beyond(time, &error.to_string()))
    }
}

impl From<Interval> for Duration {
    fn from(interval: Interval) -> Self {
        Self::from_millis(interval.as_ms().unsigned_abs())
    }
}

/// Fails for durations that are not a whole number of milliseconds, below 1 ms and above 400 days.
impl TryFrom<Duration> for Interval {
    type Error = ModelError;

    fn try_from(duration: Duration) -> Result<Self, ModelError> {
        let interval_ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        if duration != Duration::from_millis(interval_ms.unsigned_abs()) {
            return Err(ModelError::IntervalText { text: format!("{duration:?}") });
        }
        Self::from_ms(interval_ms)
    }
}

impl Timestamp {
    fn shifted(self, ms: i128) -> Self {
        Self::clamped(i128::from(self.as_ms()).saturating_add(ms))
    }

    fn of_ns(ns: i128) -> Self {
        Self::clamped(ns.div_euclid(NS_PER_MS))
    }

    fn clamped(ms: i128) -> Self {
        let end = if ms < 0 { i64::MIN } else { i64::MAX };
        Self::from_ms(i64::try_from(ms).unwrap_or(end))
    }
}

fn beyond(time: Timestamp, reason: &str) -> ModelError {
    ModelError::Time { text: time.to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        assert_eq!(Timestamp::MAX + Duration::from_millis(1), Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Duration::MAX, Timestamp::MIN);
        assert_eq!(Timestamp::MIN + Duration::from_millis(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.duration_since(Timestamp::MIN), Some(Duration::from_millis(u64::MAX)));
        assert_eq!(Timestamp::MAX + Interval::DAY, Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Interval::DAY, Timestamp::MIN);
        assert!(jiff::Timestamp::try_from(Timestamp::MAX).is_err());
    }

    #[test]
    fn times_within_a_millisecond_belong_to_it_on_both_sides_of_1970() {
        let after = UNIX_EPOCH + Duration::from_micros(1_999);
        let before = UNIX_EPOCH - Duration::from_micros(1);
        assert_eq!((Timestamp::from(after).as_ms(), Timestamp::from(before).as_ms()), (1, -1));
        let before = jiff::Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!(Timestamp::from(before).as_ms(), -1);
    }

    #[test]
    fn an_interval_is_a_whole_number_of_milliseconds() {
        assert_eq!(Interval::try_from(Duration::from_secs(60)), Ok(Interval::MINUTE));
        for odd in [Duration::from_micros(1_500), Duration::ZERO, Duration::MAX] {
            assert!(Interval::try_from(odd).is_err(), "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn every_conversion_is_undone_by_its_inverse(ms in -60_000_000_000_000..=250_000_000_000_000_i64, length in 0..1_000_000_000_u64) {
            let (time, length) = (Timestamp::from_ms(ms), Duration::from_millis(length));
            let mut of_host = UNIX_EPOCH;
            prop_assert_eq!(Timestamp::from(of_host), Timestamp::from_ms(0));
            of_host = time.try_into().unwrap();
            prop_assert_eq!(Timestamp::from(of_host), time);
            prop_assert_eq!(Timestamp::from(jiff::Timestamp::try_from(time).unwrap()), time);
            prop_assert_eq!(time + length - length, time);
            prop_assert_eq!((time + length).duration_since(time), Some(length));
            let mut moved = time;
            moved += length;
            moved -= length;
            prop_assert_eq!(moved, time);
        }
    }
}
