//! Times of frames, which are local, and the clock that makes them points in time.

use crate::model::{ModelError, Timestamp, Zone};
use std::fmt;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// Digits of a time without and with milliseconds.
const SHORT_DIGITS: usize = 14;
const LONG_DIGITS: usize = 17;
/// Days from 0000-03-01 to 1970-01-01, and of 400 years.
const EPOCH_DAYS: i64 = 719_468;
const ERA_DAYS: i64 = 146_097;

/// A local date and time of day of a frame: `YYYYMMDDhhmmss`, in `QN` with three digits of milliseconds.
///
/// ```
/// use vocdb::interop::hj212::{LocalTime, StationClock};
/// let time = LocalTime::parse("20160801085857223").unwrap();
/// assert_eq!(StationClock::CHINA.timestamp(time)?.to_string(), "2016-08-01T00:58:57.223Z");
/// assert_eq!(time.to_string(), "20160801085857");
/// assert_eq!(LocalTime::parse("20160231000000"), None); // February
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    ms: u16,
}

impl LocalTime {
    /// Reads 14 or 17 digits that are a date and a time of day; years 1970 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if !matches!(digits.len(), SHORT_DIGITS | LONG_DIGITS) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let part = |from: usize, to: usize| {
            let digits = digits.get(from..to).unwrap_or_default();
            digits.iter().fold(0_u16, |number, digit| number * 10 + u16::from(digit - b'0'))
        };
        let pair = |from| u8::try_from(part(from, from + 2)).unwrap_or(u8::MAX);
        let time = Self {
            year: part(0, 4),
            month: pair(4),
            day: pair(6),
            hour: pair(8),
            minute: pair(10),
            second: pair(12),
            ms: part(SHORT_DIGITS, LONG_DIGITS),
        };
        let is_date = time.year >= 1970 && (1..=12).contains(&time.month);
        let is_day = (1..=days_of(time.year, time.month)).contains(&time.day);
        (is_date && is_day && time.hour < 24 && time.minute < 60 && time.second < 60).then_some(time)
    }

    /// The 17 digits of `QN`.
    #[must_use]
    pub const fn with_ms(self) -> impl fmt::Display {
        Long(self)
    }

    /// Milliseconds since 1970 of a clock that shows this time.
    fn civil_ms(self) -> i64 {
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = if month <= 2 { year - 1 } else { year };
        let of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let days = year.div_euclid(400) * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
        let seconds = (i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 + i64::from(self.second);
        (days - EPOCH_DAYS) * DAY_MS + seconds * 1_000 + i64::from(self.ms)
    }

    fn of_civil_ms(ms: i64) -> Option<Self> {
        let (days, of_day) = (ms.div_euclid(DAY_MS) + EPOCH_DAYS, ms.rem_euclid(DAY_MS));
        let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let byte = |number: i64| u8::try_from(number).ok();
        let time = Self {
            year: u16::try_from(year).ok().filter(|year| (1970..=9999).contains(year))?,
            month: byte(month)?,
            day: byte(day_of_year - (153 * shifted + 2) / 5 + 1)?,
            hour: byte(of_day / 3_600_000)?,
            minute: byte(of_day / MINUTE_MS % 60)?,
            second: byte(of_day / 1_000 % 60)?,
            ms: u16::try_from(of_day % 1_000).ok()?,
        };
        Some(time)
    }
}

const fn days_of(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Writes the 14 digits, without milliseconds.
impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, .. } = self;
        write!(f, "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }
}

struct Long(LocalTime);

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}", self.0, self.0.ms)
    }
}

/// The clock by which a station writes its times.
///
/// ```
/// use vocdb::interop::hj212::{LocalTime, StationClock};
/// let time = LocalTime::parse("20240701120000").unwrap();
/// assert_eq!(StationClock::default(), StationClock::CHINA);
/// let warsaw = StationClock::of_zone("Europe/Warsaw".parse()?);
/// assert_eq!(warsaw.timestamp(time)?.to_string(), "2024-07-01T10:00:00Z");
/// assert_eq!(StationClock::of_minutes(-300).timestamp(time)?.to_string(), "2024-07-01T17:00:00Z");
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StationClock(Ahead);

#[derive(Debug, Clone, PartialEq)]
enum Ahead {
    Fixed { ms: i64 },
    Zone(Zone),
}

impl StationClock {
    /// China standard time: eight hours ahead of UTC, without summer time.
    pub const CHINA: Self = Self(Ahead::Fixed { ms: 480 * MINUTE_MS });

    /// A clock that is always as many minutes ahead of UTC; behind where negative.
    #[must_use]
    pub const fn of_minutes(ahead_min: i16) -> Self {
        Self(Ahead::Fixed { ms: ahead_min as i64 * MINUTE_MS })
    }

    /// A clock of a time zone. A time that exists twice is the earlier one.
    #[must_use]
    pub const fn of_zone(zone: Zone) -> Self {
        Self(Ahead::Zone(zone))
    }

    /// The point in time at which this clock shows a local time.
    ///
    /// # Errors
    /// [`ModelError::Time`] where the zone cannot say.
    pub fn timestamp(&self, time: LocalTime) -> Result<Timestamp, ModelError> {
        match &self.0 {
            Ahead::Fixed { ms } => Ok(Timestamp::from_ms(time.civil_ms() - ms)),
            Ahead::Zone(zone) => {
                let LocalTime { year, month, day, hour, minute, second, ms } = time;
                zone.read(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}"))
            }
        }
    }

    /// The same time of the next day by this clock, which may be 23 or 25 hours later.
    ///
    /// # Errors
    /// As [`StationClock::timestamp`], and for the last day of the year 9999.
    pub fn day_after(&self, time: LocalTime) -> Result<Timestamp, ModelError> {
        let next = LocalTime::of_civil_ms(time.civil_ms() + DAY_MS);
        let next =
            next.ok_or_else(|| ModelError::Time { text: time.to_string(), reason: "it ends time".to_owned() })?;
        self.timestamp(next)
    }

    /// What this clock shows at a time; `None` before 1970 and after 9999.
    #[must_use]
    pub fn local(&self, time: Timestamp) -> Option<LocalTime> {
        let ahead_ms = match &self.0 {
            Ahead::Fixed { ms } => *ms,
            Ahead::Zone(zone) => zone.offset_ms(time),
        };
        LocalTime::of_civil_ms(time.as_ms().checked_add(ahead_ms)?)
    }
}

impl Default for StationClock {
    fn default() -> Self {
        Self::CHINA
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_of_a_zone_may_have_25_hours() {
        let clock = StationClock::of_zone("Europe/Warsaw".parse().unwrap());
        let start = LocalTime::parse("20241027000000").unwrap();
        let length_ms = clock.day_after(start).unwrap().since_ms(clock.timestamp(start).unwrap());
        assert_eq!(length_ms, 25 * 3_600_000);
        let last = LocalTime::parse("99991231000000").unwrap();
        assert!(StationClock::CHINA.day_after(last).is_err());
    }

    #[test]
    fn texts_that_are_no_time_are_refused() {
        for text in [
            "",
            "2016080108585",
            "20160801085857a23",
            "20161301000000",
            "20160800000000",
            "20160801240000",
            "2016080108585722",
        ] {
            assert_eq!(LocalTime::parse(text), None, "{text}");
        }
        assert!(LocalTime::parse("20240229235959").is_some() && LocalTime::parse("21000229000000").is_none());
    }

    proptest! {
        #[test]
        fn fixed_clocks_agree_with_zones_and_are_undone(ms in 0..253_000_000_000_000_i64, ahead_min in -720..=840_i16) {
            let time = Timestamp::from_ms(ms);
            let fixed = StationClock::of_minutes(ahead_min);
            let sign = if ahead_min < 0 { '-' } else { '+' };
            let name = format!("{sign}{:02}:{:02}", ahead_min.abs() / 60, ahead_min.abs() % 60);
            let zone = StationClock::of_zone(name.parse().unwrap());
            if let Some(local) = fixed.local(time) {
                prop_assert_eq!(zone.local(time), Some(local));
                prop_assert_eq!(fixed.timestamp(local).unwrap(), time);
                prop_assert_eq!(zone.timestamp(local).unwrap(), time);
                prop_assert_eq!(LocalTime::parse(&local.with_ms().to_string()), Some(local));
            }
        }
    }
}
