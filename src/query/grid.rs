//! Where windows begin and end: multiples of a step since the epoch, or of the clock of a zone.

use super::window::Window;
use crate::model::{Timestamp, Zone};

/// Milliseconds of a day without a clock change.
const DAY_MS: i64 = 86_400_000;

/// Days among which the nearest beginning is found: the local day of a time, its neighbours, and days that a zone left out.
const DAYS_TRIED: i64 = 5;

/// The beginnings and ends of windows. A window includes its end and not its beginning.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    width_ms: i64,
    step_ms: i64,
    zone: Option<Zone>,
}

impl Grid {
    pub(super) fn new(window: &Window) -> Self {
        Self { width_ms: window.width.as_ms(), step_ms: window.step.as_ms(), zone: window.zone.clone() }
    }

    /// Windows side by side in UTC.
    pub(super) const fn fixed(step_ms: i64) -> Self {
        Self { width_ms: step_ms, step_ms, zone: None }
    }

    /// Whether windows lie side by side.
    pub(super) const fn is_side_by_side(&self) -> bool {
        self.width_ms == self.step_ms
    }

    /// The first end at or after a time.
    pub(super) fn first_end(&self, time: Timestamp) -> Timestamp {
        match (&self.zone, self.step_days()) {
            (None, _) => time.ceil_to(self.step_ms),
            (Some(zone), Some(days)) => first_day(zone, time, days),
            (Some(zone), None) => first_on_clock(zone, time, self.step_ms),
        }
    }

    /// The last end at or before a time.
    pub(super) fn last_end(&self, time: Timestamp) -> Timestamp {
        match (&self.zone, self.step_days()) {
            (None, _) => floor_to(time, self.step_ms),
            (Some(zone), Some(days)) => zone.day_start(last_day(zone, time, days)),
            (Some(zone), None) => last_on_clock(zone, time, self.step_ms),
        }
    }

    /// The beginning of the window with this end.
    pub(super) fn begin(&self, end: Timestamp) -> Timestamp {
        let Some(zone) = &self.zone else { return end.plus_ms(-self.width_ms) };
        match self.step_days() {
            _ if self.is_side_by_side() => self.last_end(end.plus_ms(-1)),
            Some(_) if self.width_ms % DAY_MS == 0 => {
                zone.day_start(last_day(zone, end, 1).saturating_sub(self.width_ms / DAY_MS))
            }
            _ => end.plus_ms(-self.width_ms),
        }
    }

    /// The end of the first window that begins at a time or later.
    pub(super) fn first_whole(&self, time: Timestamp) -> Timestamp {
        let is_elapsed = self.zone.is_none() || !(self.is_side_by_side() || self.step_days().is_some());
        if is_elapsed {
            return self.first_end(time.plus_ms(self.width_ms));
        }
        // A window of local time may be hours shorter than its nominal width, so the search begins well before.
        let early = if self.is_side_by_side() { 1 } else { (self.width_ms - DAYS_TRIED * DAY_MS).max(1) };
        let mut end = self.first_end(time.plus_ms(early));
        while self.begin(end) < time {
            let next = self.first_end(end.plus_ms(1));
            if next <= end {
                break;
            }
            end = next;
        }
        end
    }

    /// Days of a step that is whole days.
    const fn step_days(&self) -> Option<i64> {
        if self.step_ms % DAY_MS == 0 { Some(self.step_ms / DAY_MS) } else { None }
    }
}

fn floor_to(time: Timestamp, step_ms: i64) -> Timestamp {
    time.plus_ms(-time.as_ms().rem_euclid(step_ms.max(1)))
}

/// The first beginning of a day, whose number since the epoch is a multiple of `days`, at or after a time.
fn first_day(zone: &Zone, time: Timestamp, days: i64) -> Timestamp {
    let day = floor_to(Timestamp::from_ms(zone.day(time)), days).as_ms();
    let start = |nth: i64| zone.day_start(day.saturating_add(nth.saturating_mul(days)));
    (0..DAYS_TRIED).map(start).find(|start| *start >= time).unwrap_or_else(|| start(DAYS_TRIED))
}

/// The number of the last day, a multiple of `days` since the epoch, that begins at or before a time.
fn last_day(zone: &Zone, time: Timestamp, days: i64) -> i64 {
    // Where clocks go back over midnight, a time may lie behind the beginning of the next day.
    let next = floor_to(Timestamp::from_ms(zone.day(time)), days).as_ms().saturating_add(days);
    let day = |nth: i64| next.saturating_sub(nth.saturating_mul(days));
    (0..DAYS_TRIED).map(day).find(|day| zone.day_start(*day) <= time).unwrap_or_else(|| day(DAYS_TRIED))
}

/// The first time at or after another at which the zone's clock shows a multiple of the step.
fn first_on_clock(zone: &Zone, time: Timestamp, step_ms: i64) -> Timestamp {
    let mut from = time;
    loop {
        let offset_ms = zone.offset_ms(from);
        let end = from.plus_ms(offset_ms).ceil_to(step_ms).plus_ms(-offset_ms);
        match zone.change_after(from).filter(|change| *change <= end) {
            Some(change) => from = change,
            None => return end,
        }
    }
}

/// The last time at or before another at which the zone's clock shows a multiple of the step.
fn last_on_clock(zone: &Zone, time: Timestamp, step_ms: i64) -> Timestamp {
    let mut until = time;
    loop {
        let offset_ms = zone.offset_ms(until);
        let end = floor_to(until.plus_ms(offset_ms), step_ms).plus_ms(-offset_ms);
        match zone.change_until(until).filter(|change| *change > end) {
            Some(change) => until = change.plus_ms(-1),
            None => return end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Interval;
    use proptest::prelude::*;

    fn grid(zone: &str, width: &str, step: &str) -> Grid {
        let interval = |text: &str| text.parse::<Interval>().unwrap();
        let zone = Some(zone.parse().unwrap());
        Grid::new(&Window { width: interval(width), step: interval(step), coverage_min: 0.75, zone })
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Beginning and end, in hours of length.
    fn hours(grid: &Grid, time: &str) -> (String, i64) {
        let end = grid.first_end(at(time));
        (end.to_string(), end.since_ms(grid.begin(end)) / 3_600_000)
    }

    #[test]
    fn days_have_the_hours_that_the_clock_of_the_place_gives_them() {
        let denver = grid("America/Denver", "1d", "1d");
        assert_eq!(hours(&denver, "2024-03-10T12:00:00Z"), ("2024-03-11T06:00:00Z".to_owned(), 23));
        assert_eq!(hours(&denver, "2024-11-03T12:00:00Z"), ("2024-11-04T07:00:00Z".to_owned(), 25));
        assert_eq!(hours(&denver, "2024-06-03T12:00:00Z"), ("2024-06-04T06:00:00Z".to_owned(), 24));
        // Clocks went back at midnight: the day before has 25 hours, and midnight is there twice.
        let havana = grid("America/Havana", "1d", "1d");
        assert_eq!(hours(&havana, "2024-11-03T04:30:00Z"), ("2024-11-04T05:00:00Z".to_owned(), 25));
        // Samoa left out the 30th of December 2011.
        let apia = grid("Pacific/Apia", "1d", "1d");
        assert_eq!(hours(&apia, "2011-12-30T09:00:00Z"), ("2011-12-30T10:00:00Z".to_owned(), 24));
        assert_eq!(hours(&apia, "2011-12-30T10:00:00.001Z"), ("2011-12-31T10:00:00Z".to_owned(), 24));
    }

    #[test]
    fn a_week_of_days_and_a_rolling_day_of_hours_differ_where_clocks_change() {
        let week = grid("Europe/Berlin", "7d", "1d");
        assert_eq!(hours(&week, "2024-03-31T12:00:00Z"), ("2024-03-31T22:00:00Z".to_owned(), 167));
        let rolling = grid("Europe/Berlin", "1d", "1h");
        assert_eq!(hours(&rolling, "2024-03-31T12:00:00Z"), ("2024-03-31T12:00:00Z".to_owned(), 24));
    }

    #[test]
    fn hours_end_with_the_hour_of_the_place() {
        let kolkata = grid("Asia/Kolkata", "1h", "1h");
        assert_eq!(hours(&kolkata, "2024-03-31T12:00:00Z"), ("2024-03-31T12:30:00Z".to_owned(), 1));
        // Clocks are put forward from 02:00 to 03:00: the window of 02:00 to 04:00 lost an hour.
        let berlin = grid("Europe/Berlin", "8h", "8h");
        assert_eq!(hours(&berlin, "2024-03-31T00:30:00Z"), ("2024-03-31T06:00:00Z".to_owned(), 7));
    }

    proptest! {
        #[test]
        fn ends_are_in_order_and_windows_side_by_side_leave_nothing_out(
            seconds in -2_000_000_000_i64..4_000_000_000, name in 0_usize..8, step in 0_usize..8,
        ) {
            let zones = ["UTC", "+05:45", "America/Denver", "America/Havana", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kolkata"];
            let steps = ["10m", "1h", "2h", "7h", "8h", "1d", "3d", "36h"];
            let grid = grid(zones[name], steps[step], steps[step]);
            let time = Timestamp::from_ms(seconds * 1_000);
            let end = grid.first_end(time);
            let before = grid.begin(end);
            prop_assert!(end >= time && before < time, "{before} {time} {end}");
            prop_assert_eq!(grid.last_end(end), end);
            prop_assert_eq!(grid.first_end(end), end);
            prop_assert_eq!(grid.last_end(end.plus_ms(-1)), before);
            prop_assert_eq!(grid.begin(grid.first_end(end.plus_ms(1))), end);
        }
    }

    #[test]
    fn the_ends_of_time_are_no_endless_loop() {
        for step in ["1h", "1d", "400d", "36h"] {
            let grid = grid("Europe/Berlin", step, step);
            for ms in [i64::MIN, i64::MAX] {
                let end = grid.first_end(Timestamp::from_ms(ms));
                grid.begin(end);
                grid.last_end(Timestamp::from_ms(ms));
            }
        }
    }
}
