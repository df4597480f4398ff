//! Where windows begin and end: multiples of a step since the epoch, or of the clock of a zone.

use super::window::Window;
use crate::model::{TimeRange, Timestamp, Zone};

/// Milliseconds of a day without a clock change.
const DAY_MS: i64 = 86_400_000;

/// Days among which the nearest beginning is found: the local day of a time, its neighbours, and days that a zone left out.
const DAYS_TRIED: i64 = 5;

/// The beginnings and ends of windows. A window includes its end and not its beginning: that of a calendar day ends a millisecond before
/// midnight, so that the first instant of a day belongs to that day.
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

    /// Whether windows are calendar days of a zone.
    fn is_calendar(&self) -> bool {
        self.zone.is_some() && self.step_days().is_some() && self.width_ms % DAY_MS == 0
    }

    /// The end of a window as it is shown: the midnight after a day.
    pub(super) fn shown_end(&self, end: Timestamp) -> Timestamp {
        if self.is_calendar() { end.plus_ms(1) } else { end }
    }

    /// The range of ends whose shown ends lie in a range.
    pub(super) fn ends_shown_in(&self, shown: TimeRange) -> TimeRange {
        let back = |time: Timestamp| {
            let is_open = time == Timestamp::MIN || time == Timestamp::MAX;
            if self.is_calendar() && !is_open { time.plus_ms(-1) } else { time }
        };
        TimeRange::new(back(shown.from), back(shown.to))
    }

    /// The first end at or after a time.
    pub(super) fn first_end(&self, time: Timestamp) -> Timestamp {
        match (&self.zone, self.step_days()) {
            (None, _) => time.ceil_to(self.step_ms),
            (Some(zone), Some(days)) if self.is_calendar() => first_day(zone, time.plus_ms(1), days).plus_ms(-1),
            (Some(zone), Some(days)) => first_day(zone, time, days),
            (Some(zone), None) => first_on_clock(zone, time, self.step_ms),
        }
    }

    /// The last end at or before a time.
    pub(super) fn last_end(&self, time: Timestamp) -> Timestamp {
        match (&self.zone, self.step_days()) {
            (None, _) => floor_to(time, self.step_ms),
            (Some(zone), Some(days)) if self.is_calendar() => {
                zone.day_start(last_day(zone, time.plus_ms(1), days)).plus_ms(-1)
            }
            (Some(zone), Some(days)) => zone.day_start(last_day(zone, time, days)),
            (Some(zone), None) => last_on_clock(zone, time, self.step_ms),
        }
    }

    /// The beginning of the window with this end.
    pub(super) fn begin(&self, end: Timestamp) -> Timestamp {
        let Some(zone) = &self.zone else { return end.plus_ms(-self.width_ms) };
        if self.is_side_by_side() {
            return self.last_end(end.plus_ms(-1));
        }
        if self.is_calendar() {
            let day = last_day(zone, end.plus_ms(1), 1).saturating_sub(self.width_ms / DAY_MS);
            return zone.day_start(day).plus_ms(-1);
        }
        end.plus_ms(-self.width_ms)
    }

    /// The shown end of the first window that begins at a time or later.
    pub(super) fn first_whole(&self, time: Timestamp) -> Timestamp {
        // The first instant of a day belongs to that day.
        let time = if self.is_calendar() { time.plus_ms(-1) } else { time };
        let is_elapsed = self.zone.is_none() || !(self.is_side_by_side() || self.is_calendar());
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
        self.shown_end(end)
    }

    /// Days of a step that is whole days.
    const fn step_days(&self) -> Option<i64> {
        if self.step_ms % DAY_MS == 0 { Some(self.step_ms / DAY_MS) } else { None }
    }
}

/// The calendar days of a zone, each as a window: as those of [`Window::zone`], which end a millisecond before midnight.
#[derive(Debug, Clone)]
pub(crate) struct LocalDays(Grid);

impl LocalDays {
    pub(crate) fn of(zone: &Zone) -> Self {
        Self(Grid { width_ms: DAY_MS, step_ms: DAY_MS, zone: Some(zone.clone()) })
    }

    /// The end of the last day that is over at a time.
    pub(crate) fn last_end(&self, time: Timestamp) -> Timestamp {
        self.0.last_end(time)
    }

    /// The end of the first day that is not over at a time.
    pub(crate) fn next_end(&self, time: Timestamp) -> Timestamp {
        self.0.first_end(time.plus_ms(1))
    }

    /// The beginning of the day with this end, which is the end of the day before.
    pub(crate) fn begin(&self, end: Timestamp) -> Timestamp {
        self.0.begin(end)
    }
}

impl Window {
    /// The ends of the windows that lie within a range of time: that begin at its first instant or later, and end at `to` or earlier.
    ///
    /// ```
    /// use vocdb::query::Window;
    /// use vocdb::{Interval, TimeRange, Timestamp};
    /// let hours = Window::side_by_side("1h".parse()?);
    /// let morning = TimeRange::new("2024-03-01T05:30:00Z".parse()?, "2024-03-01T12:00:00Z".parse()?);
    /// let ends = hours.ends_within(morning);
    /// assert_eq!(ends.from.to_string(), "2024-03-01T07:00:00Z");
    /// assert!(ends.contains("2024-03-01T12:00:00Z".parse()?));
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    #[must_use]
    pub fn ends_within(&self, range: TimeRange) -> TimeRange {
        let from = if range.from == Timestamp::MIN { range.from } else { Grid::new(self).first_whole(range.from) };
        TimeRange::new(from, range.to.plus_ms(1))
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
        Grid::new(&Window { width: interval(width), step: interval(step), coverage_min: 0.75, valid_min: 0, zone })
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Beginning and end, in hours of length.
    fn hours(grid: &Grid, time: &str) -> (String, i64) {
        let end = grid.first_end(at(time));
        (grid.shown_end(end).to_string(), end.since_ms(grid.begin(end)) / 3_600_000)
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
        assert_eq!(hours(&apia, "2011-12-30T09:59:59.999Z"), ("2011-12-30T10:00:00Z".to_owned(), 24));
        assert_eq!(hours(&apia, "2011-12-30T10:00:00Z"), ("2011-12-31T10:00:00Z".to_owned(), 24));
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
