//! Hours of the day by the clock of a place.

use super::{DAY_MS, Zone};
use crate::model::Timestamp;
use std::fmt;

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// Whole hours of the day in a time zone: from the first, included, to the second, excluded; over midnight where the first is the greater.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalHours {
    zone: Zone,
    from: u8,
    to: u8,
}

impl LocalHours {
    /// Hours from 0 to 23 and up to 1 to 24; `None` where they are beyond, or where they are no part of the day or all of it.
    pub(crate) fn new(zone: Zone, from: i64, to: i64) -> Option<Self> {
        let is_part = (0..24).contains(&from) && (0..=24).contains(&to) && from != to && (from, to) != (0, 24);
        let (from, to) = (u8::try_from(from).ok()?, u8::try_from(to).ok()?);
        is_part.then_some(Self { zone, from, to })
    }

    /// Whether the clock shows one of these hours.
    pub(crate) fn contain(&self, time: Timestamp) -> bool {
        let hour = self.of_day_ms(time) / HOUR_MS;
        let (from, to) = (i64::from(self.from), i64::from(self.to));
        if from < to { (from..to).contains(&hour) } else { hour >= from || hour < to }
    }

    /// A time after another up to which nothing changes: the next begin or end, or an earlier change of the clock.
    pub(crate) fn unchanged_until(&self, time: Timestamp) -> Timestamp {
        let of_day_ms = self.of_day_ms(time);
        let until_ms = |hour: u8| (i64::from(hour) * HOUR_MS - of_day_ms - 1).rem_euclid(DAY_MS) + 1;
        let next = time.plus_ms(until_ms(self.from).min(until_ms(self.to)));
        self.zone.change_after(time).map_or(next, |change| next.min(change))
    }

    /// Milliseconds since midnight by the clock.
    fn of_day_ms(&self, time: Timestamp) -> i64 {
        time.plus_ms(self.zone.offset_ms(time)).as_ms().rem_euclid(DAY_MS)
    }
}

impl fmt::Display for LocalHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.zone, self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hours(zone: &str, from: i64, to: i64) -> LocalHours {
        LocalHours::new(zone.parse().unwrap(), from, to).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_goes_over_midnight_and_excludes_its_end() {
        let night = hours("Asia/Shanghai", 22, 6);
        for (time, is_night) in [
            ("2024-03-01T21:59:59.999+08:00", false),
            ("2024-03-01T22:00:00+08:00", true),
            ("2024-03-02T00:00:00+08:00", true),
            ("2024-03-02T05:59:59.999+08:00", true),
            ("2024-03-02T06:00:00+08:00", false),
        ] {
            assert_eq!(night.contain(at(time)), is_night, "{time}");
        }
        assert!(hours("UTC", 18, 24).contain(at("2024-03-01T23:59:59Z")));
        assert!(!hours("UTC", 18, 24).contain(at("2024-03-01T00:00:00Z")));
        assert_eq!(night.to_string(), "Asia/Shanghai, 22, 6");
    }

    #[test]
    fn the_hour_that_clocks_leave_out_or_repeat_is_as_the_clock_shows_it() {
        let early = hours("Europe/Berlin", 2, 3);
        // Put forward from 02:00 to 03:00: the hour does not exist.
        assert!(!early.contain(at("2024-03-31T00:59:59Z")) && !early.contain(at("2024-03-31T01:00:00Z")));
        // Put back from 03:00 to 02:00: the hour exists twice.
        assert!(early.contain(at("2024-10-27T00:30:00Z")) && early.contain(at("2024-10-27T01:30:00Z")));
        assert!(!early.contain(at("2024-10-27T02:00:00Z")));
    }

    #[test]
    fn no_hours_and_all_hours_are_none() {
        for (from, to) in [(6, 6), (0, 24), (24, 6), (-1, 6), (6, 25), (0, 0), (300, 6)] {
            assert_eq!(LocalHours::new("UTC".parse().unwrap(), from, to), None, "{from} {to}");
        }
    }

    proptest! {
        #[test]
        fn nothing_changes_before_the_time_that_is_named(
            seconds in -2_000_000_000_i64..4_000_000_000, name in 0_usize..6, from in 0_i64..24, to in 0_i64..25, part in 0_i64..1_000,
        ) {
            let zones = ["UTC", "+05:45", "America/Havana", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"];
            let Some(hours) = LocalHours::new(zones[name].parse().unwrap(), from, to) else { return Ok(()) };
            let time = Timestamp::from_ms(seconds * 1_000);
            let until = hours.unchanged_until(time);
            prop_assert!(until > time && until.since_ms(time) <= 2 * DAY_MS);
            let between = time.plus_ms((until.since_ms(time) - 1) * part / 1_000);
            prop_assert_eq!(hours.contain(between), hours.contain(time));
            prop_assert_eq!(hours.contain(until.plus_ms(-1)), hours.contain(time));
        }
    }
}
