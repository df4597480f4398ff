//! Time zones: where local days begin, and how local times are read and printed.

mod find;
mod hours;

pub(crate) use find::find;
pub use hours::LocalHours;

use super::super::ModelError;
use super::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use std::fmt;

/// Milliseconds of a day without a clock change.
const DAY_MS: i64 = 86_400_000;
/// Characters of a text that an error shows.
const TEXT_CHARS_MAX: usize = 60;

/// A time zone: a name of the IANA database such as `Asia/Shanghai`, an offset such as `+08:00`, or `UTC`.
///
/// `UTC+8` and its like are refused: POSIX counts them west of Greenwich, people count them east.
///
/// ```
/// use vocdb::Timestamp;
/// use vocdb::model::Zone;
/// let shanghai: Zone = "Asia/Shanghai".parse()?;
/// let midnight = shanghai.read("2024-03-01")?;
/// assert_eq!(midnight.to_string(), "2024-02-29T16:00:00Z");
/// assert_eq!(shanghai.show(midnight).to_string(), "2024-03-01T00:00:00+08:00");
/// assert!("Asia/Shangri-La".parse::<Zone>().is_err() && "UTC+8".parse::<Zone>().is_err());
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// Reads a local date (its first instant), a local date and time, or RFC 3339 with an offset or `Z`. A local time that exists twice
    /// is the earlier one; one that does not exist is as much later as the clocks were put forward.
    ///
    /// # Errors
    /// [`ModelError::Time`] for a text that is none of these.
    pub fn read(&self, text: &str) -> Result<Timestamp, ModelError> {
        let unreadable = |error: jiff::Error| ModelError::Time {
            text: text.chars().take(TEXT_CHARS_MAX).collect(),
            reason: error.to_string(),
        };
        if let Ok(time) = text.parse() {
            return Ok(time);
        }
        let civil: DateTime = text.parse().map_err(unreadable)?;
        let time = self.zone.to_ambiguous_timestamp(civil).compatible().map_err(unreadable)?;
        Ok(Timestamp::from_ms(time.as_millisecond()))
    }

    /// The time in RFC 3339 with the offset that the zone has then.
    #[must_use]
    pub const fn show(&self, time: Timestamp) -> impl fmt::Display + '_ {
        Shown { zone: self, time }
    }

    /// What a short name such as `CET` or `EST` means, if the zone has one: people use these names for an offset without daylight saving, and the
    /// IANA database does not for most of them. `None` for offsets, `UTC`, and names such as `Asia/Shanghai`.
    ///
    /// ```
    /// use vocdb::model::Zone;
    /// let note = |name: &str| name.parse::<Zone>().ok().and_then(|zone| zone.note());
    /// assert!(note("CET").unwrap().starts_with("zone CET has daylight saving time: +01:00 in January, +02:00 in July"));
    /// assert_eq!((note("Europe/Berlin"), note("+01:00"), note("UTC")), (None, None, None));
    /// ```
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let name = &self.name;
        let is_short = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_short || matches!(name.as_str(), "UTC" | "utc" | "Z" | "GMT") {
            return None;
        }
        let offset = |date: Date| {
            let noon = date.at(12, 0, 0, 0);
            let time = self.zone.to_ambiguous_timestamp(noon).compatible().ok()?;
            let shown = self.show(Timestamp::from_ms(time.as_millisecond())).to_string();
            shown.get(shown.len().checked_sub(6)?..).map(str::to_owned)
        };
        let (january, july) = (offset(jiff::civil::date(2024, 1, 15))?, offset(jiff::civil::date(2024, 7, 15))?);
        Some(if january == july {
            format!("zone {name} is {january} all year, without daylight saving time")
        } else {
            format!(
                "zone {name} has daylight saving time: {january} in January, {july} in July; for a clock without it, write {january}"
            )
        })
    }

    /// The zone that a text names.
    ///
    /// # Errors
    /// What is wrong with the text, and what to write instead.
    pub(crate) fn find(text: &str) -> Result<Self, String> {
        find(text).map(|zone| Self { name: text.to_owned(), zone })
    }

    /// Milliseconds from UTC to local time.
    pub(crate) fn offset_ms(&self, time: Timestamp) -> i64 {
        i64::from(self.zone.to_offset(within_jiff(time)).seconds()) * 1_000
    }

    /// The first change of the zone's offset after a time.
    pub(crate) fn change_after(&self, time: Timestamp) -> Option<Timestamp> {
        let next = self.zone.following(within_jiff(time)).next()?;
        Some(Timestamp::from_ms(next.timestamp().as_millisecond())).filter(|change| *change > time)
    }

    /// The last change of the zone's offset at or before a time.
    pub(crate) fn change_until(&self, time: Timestamp) -> Option<Timestamp> {
        let last = self.zone.preceding(within_jiff(time.plus_ms(1))).next()?;
        Some(Timestamp::from_ms(last.timestamp().as_millisecond())).filter(|change| *change <= time)
    }

    /// The local day of a time, counted from 1970-01-01.
    pub(crate) fn day(&self, time: Timestamp) -> i64 {
        time.plus_ms(self.offset_ms(time)).as_ms().div_euclid(DAY_MS)
    }

    /// The first instant of a local day.
    pub(crate) fn day_start(&self, day: i64) -> Timestamp {
        let by_clock = || {
            let date: Date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()?;
            self.zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok()
        };
        match by_clock() {
            Some(start) => Timestamp::from_ms(start.as_millisecond()),
            None => {
                let midnight = Timestamp::from_ms(day.saturating_mul(DAY_MS));
                midnight.plus_ms(-self.offset_ms(midnight))
            }
        }
    }
}

/// Zones are known for the years -9999 to 9999; times beyond have the offset of the nearest of these.
fn within_jiff(time: Timestamp) -> jiff::Timestamp {
    let (min, max) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let nearest = if time.as_ms() < 0 { min } else { max };
    jiff::Timestamp::from_millisecond(time.as_ms()).unwrap_or(nearest)
}

impl std::str::FromStr for Zone {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let zone = find(text)
            .map_err(|reason| ModelError::Zone { text: text.chars().take(TEXT_CHARS_MAX).collect(), reason })?;
        Ok(Self { name: text.to_owned(), zone })
    }
}

/// By its name alone: how a zone is stored in memory differs from release to release.
impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

struct Shown<'a> {
    zone: &'a Zone,
    time: Timestamp,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(time) = jiff::Timestamp::from_millisecond(self.time.as_ms()) else { return self.time.fmt(f) };
        let offset: Offset = self.zone.zone.to_offset(time);
        if self.zone.zone == TimeZone::UTC {
            return time.fmt(f);
        }
        time.display_with_offset(offset).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn shown(zone: &Zone, time: Timestamp) -> String {
        zone.show(time).to_string()
    }

    #[test]
    fn local_texts_are_read_in_the_zone_and_offsets_win() {
        let denver = zone("America/Denver");
        for (text, utc) in [
            ("2024-03-01", "2024-03-01T07:00:00Z"),
            ("2024-07-01", "2024-07-01T06:00:00Z"),
            ("2024-07-01T12:30:00", "2024-07-01T18:30:00Z"),
            ("2024-07-01T12:30:00Z", "2024-07-01T12:30:00Z"),
            ("2024-07-01T12:30:00+08:00", "2024-07-01T04:30:00Z"),
        ] {
            assert_eq!(denver.read(text).unwrap().to_string(), utc, "{text}");
        }
        assert!(denver.read("yesterday").is_err());
        assert_eq!(shown(&denver, denver.read("2024-07-01").unwrap()), "2024-07-01T00:00:00-06:00");
        assert_eq!(shown(&zone("UTC"), Timestamp::from_ms(0)), "1970-01-01T00:00:00Z");
        assert_eq!(shown(&zone("-04:00"), Timestamp::from_ms(0)), "1969-12-31T20:00:00-04:00");
    }

    #[test]
    fn times_beyond_the_calendar_have_days_too() {
        let shanghai = zone("Asia/Shanghai");
        for ms in [i64::MIN, i64::MIN / 2, i64::MAX / 2, i64::MAX] {
            let day = shanghai.day(Timestamp::from_ms(ms));
            assert!(shanghai.day_start(day).as_ms().abs_diff(ms) <= 86_400_000, "{ms}");
            assert!(!shown(&shanghai, Timestamp::from_ms(ms)).is_empty());
        }
    }

    #[test]
    fn an_unknown_zone_is_named_in_the_error() {
        let error = "Mars/Olympus".parse::<Zone>().unwrap_err();
        assert!(error.to_string().contains("`Mars/Olympus`"), "{error}");
    }
}
