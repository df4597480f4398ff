//! Maintenance windows that are planned or under way.

use super::error::AlarmError;
use crate::alarm::event::{MaintenanceChanged, MaintenancePlanned, MaintenanceStep, MaintenanceWindow};
use crate::base::escape::Line;
use crate::model::glob::fits;
use crate::model::{Timestamp, check_line, find_zone};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use std::fmt;

/// A maintenance window that has not ended for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// Plan, author and reason.
    pub planned: MaintenancePlanned,
    /// The occurrence that is under way or comes next, from 0.
    pub occurrence: u32,
    /// Whether the window is in progress.
    pub is_on: bool,
}

impl MaintenanceWindow {
    /// Returns whether the window covers a rule over a station or scope.
    #[must_use]
    pub fn covers(&self, rule: &str, scope_key: &str) -> bool {
        self.rule.as_deref().is_none_or(|of| of == rule)
            && (self.stations == scope_key || fits(&self.stations, scope_key))
    }

    /// Begin and end of an occurrence, from 0; `None` where it does not recur so often. Occurrences keep their local times where clocks
    /// change.
    #[must_use]
    pub fn span(&self, occurrence: u32) -> Option<(Timestamp, Timestamp)> {
        if occurrence == 0 {
            return Some((self.from, self.to));
        }
        let days = self.recurrence?.days().checked_mul(i64::from(occurrence))?;
        let zone = zone_of(&self.zone).unwrap_or(TimeZone::UTC);
        let shifted = |time: Timestamp| {
            let local = zone.to_datetime(jiff::Timestamp::from_millisecond(time.as_ms()).ok()?);
            let moved = zone.to_timestamp(local.checked_add(days.days()).ok()?).ok()?;
            Some(Timestamp::from_ms(moved.as_millisecond()))
        };
        let (from, to) = (shifted(self.from)?, shifted(self.to)?);
        self.until.is_none_or(|until| from < until).then_some((from, to))
    }

    /// The first occurrence from a number on that has not ended at a time.
    fn next(&self, from: u32, now: Timestamp) -> Option<(u32, Timestamp)> {
        let days_ms = self.recurrence.map_or(i64::MAX, |recurrence| recurrence.days() * 86_400_000);
        // Days of 23 and 25 hours make the estimate wrong by one.
        let passed = u32::try_from(now.since_ms(self.to).max(0) / days_ms).unwrap_or(u32::MAX).saturating_sub(2);
        let first = from.max(passed);
        (first..first.saturating_add(5)).find_map(|occurrence| {
            let (begin, end) = self.span(occurrence)?;
            (end > now && begin < end).then_some((occurrence, begin))
        })
    }

    /// Refuses a window that would never begin.
    ///
    /// # Errors
    /// [`AlarmError::Maintenance`], [`AlarmError::Words`].
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), AlarmError> {
        check_line("glob of stations", &self.stations)?;
        check_line("name of a rule", self.rule.as_deref().unwrap_or_default())?;
        let length_ms = self.to.since_ms(self.from);
        let wrong = |problem| Err(AlarmError::Maintenance { problem });
        match self.recurrence {
            _ if self.stations.trim().is_empty() => {
                wrong("it names no station: write a name, a glob such as park/*, or **")
            }
            _ if length_ms <= 0 => wrong("its end is not after its begin"),
            Some(recurrence) if length_ms > recurrence.days() * 86_400_000 => {
                wrong("it is longer than the time from one occurrence to the next")
            }
            _ if zone_of(&self.zone).is_none() => {
                wrong("its time zone is not known here: write a name like Asia/Shanghai, or nothing for UTC")
            }
            _ if self.next(0, now).is_none() => wrong("it is over already"),
            _ => Ok(()),
        }
    }
}

fn zone_of(zone: &str) -> Option<TimeZone> {
    if zone.is_empty() { Some(TimeZone::UTC) } else { find_zone(zone).ok() }
}

impl Maintenance {
    pub(crate) const fn new(planned: MaintenancePlanned) -> Self {
        Self { planned, occurrence: 0, is_on: false }
    }

    /// Takes in what became of it.
    pub(crate) const fn step(&mut self, step: &MaintenanceStep) {
        match step {
            MaintenanceStep::Begun(occurrence) => (self.is_on, self.occurrence) = (true, *occurrence),
            MaintenanceStep::Ended(occurrence) => (self.is_on, self.occurrence) = (false, occurrence.saturating_add(1)),
            MaintenanceStep::Over | MaintenanceStep::Cancelled { .. } => self.is_on = false,
        }
    }

    /// What comes next, and when it is due. Of occurrences that have ended unnoticed none begins.
    pub(crate) fn next(&self, now: Timestamp) -> (Timestamp, MaintenanceStep) {
        let window = &self.planned.window;
        if let Some((_, end)) = window.span(self.occurrence).filter(|_| self.is_on) {
            return (end, MaintenanceStep::Ended(self.occurrence));
        }
        match window.next(self.occurrence, now) {
            Some((occurrence, begin)) => (begin, MaintenanceStep::Begun(occurrence)),
            None => (window.until.unwrap_or(window.to).max(window.to), MaintenanceStep::Over),
        }
    }

    /// The event of what comes next.
    pub(crate) fn changed(&self, now: Timestamp) -> MaintenanceChanged {
        let (due, step) = self.next(now);
        MaintenanceChanged { number: self.planned.number, step, due, at: now }
    }

    /// Host time at which it ends, where it is under way.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.planned.window.span(self.occurrence).filter(|_| self.is_on).map(|(_, end)| end)
    }
}

/// Number, times, stations, by whom and why, on one line.
impl fmt::Display for Maintenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MaintenancePlanned { number, window, by, reason, .. } = &self.planned;
        let state = if self.is_on { "under way" } else { "planned" };
        let rule = window.rule.as_ref().map_or_else(|| "every rule".to_owned(), |rule| format!("`{}`", Line(rule)));
        let (from, to) = window.span(self.occurrence).unwrap_or((window.from, window.to));
        write!(f, "maintenance {number} {state}, {rule} at `{}` from {from} to {to}", Line(&window.stations))?;
        if let Some(recurrence) = window.recurrence {
            let every = if recurrence.days() == 1 { "day" } else { "week" };
            let zone = if window.zone.is_empty() { "UTC" } else { &window.zone };
            write!(f, ", every {every} in {}", Line(zone))?;
        }
        if let Some(until) = window.until {
            write!(f, " until {until}")?;
        }
        write!(f, ", by {}: {}", Line(by), Line(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::event::Recurrence;
    use proptest::prelude::*;

    fn window(from: &str, to: &str, recurrence: Option<Recurrence>, zone: &str) -> MaintenanceWindow {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let (rule, stations, until) = (None, "park/*".to_owned(), None);
        MaintenanceWindow { rule, stations, from, to, recurrence, zone: zone.to_owned(), until }
    }

    #[test]
    fn occurrences_keep_their_local_times_over_summer_time() {
        let night = window("2026-03-27T21:00:00Z", "2026-03-28T05:00:00Z", Some(Recurrence::Daily), "Europe/Berlin");
        let shown = |n| night.span(n).map(|(from, to)| format!("{from} {to}")).unwrap();
        assert_eq!(shown(1), "2026-03-28T21:00:00Z 2026-03-29T04:00:00Z", "seven hours, 22:00 to 06:00 on the wall");
        assert_eq!(shown(2), "2026-03-29T20:00:00Z 2026-03-30T04:00:00Z");
        let weekly = window("2026-03-27T21:00:00Z", "2026-03-28T05:00:00Z", Some(Recurrence::Weekly), "");
        assert_eq!(weekly.span(2).unwrap().0.to_string(), "2026-04-10T21:00:00Z");
        assert_eq!(window("2026-03-27T21:00:00Z", "2026-03-28T05:00:00Z", None, "").span(1), None);
    }

    #[test]
    fn a_window_covers_stations_by_glob_and_scopes_as_they_are_written() {
        let of_park = window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", None, "");
        assert!(of_park.covers("r", "park/S1") && of_park.covers("r", "park/*"));
        assert!(!of_park.covers("r", "north/S1"));
        let of_rule = MaintenanceWindow { rule: Some("r".to_owned()), stations: "park/S1".to_owned(), ..of_park };
        assert!(of_rule.covers("r", "park/S1") && !of_rule.covers("q", "park/S1") && !of_rule.covers("r", "park/*"));
    }

    proptest! {
        #[test]
        fn the_next_occurrence_is_the_first_that_has_not_ended(
            length_h in 1_i64..24, after_h in -48_i64..20_000, weekly in any::<bool>(), from in 0_u32..30
        ) {
            let recurrence = if weekly { Recurrence::Weekly } else { Recurrence::Daily };
            let mut window = window("2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z", Some(recurrence), "America/New_York");
            window.to = window.from.plus_ms(length_h * 3_600_000);
            let now = window.from.plus_ms(after_h * 3_600_000);
            let naive = (from..1_000).find(|n| window.span(*n).unwrap().1 > now);
            prop_assert_eq!(window.next(from, now).map(|(n, _)| n), naive);
        }
    }
}
