//! Attainment day by day: which stations kept a limit on which days of the platform's zone.

use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use std::collections::BTreeMap;
use vocdb::model::Zone;
use vocdb::trace::attainment::{Attainment, Limits, attainment};
use vocdb::{TimeRange, Timestamp};

/// Hours that lie between the first instant of a day and a time within the next one.
const INTO_NEXT_MS: i64 = 30 * 3_600_000;
/// Stations that are looked at.
const STATIONS_MAX: usize = 200;

/// A local day.
pub(super) struct Day {
    /// Date, such as `2026-03-14`.
    pub(super) date: String,
    /// From its first instant to that of the next day.
    pub(super) range: TimeRange,
}

/// The local days that begin in a range.
pub(super) fn days(zone: &Zone, range: TimeRange) -> Vec<Day> {
    let mut days = Vec::new();
    let Some(mut begin) = first_instant(zone, range.from) else { return days };
    while begin < range.to {
        let Some(end) = first_instant(zone, begin.plus_ms(INTO_NEXT_MS)).filter(|end| *end > begin) else { break };
        if begin >= range.from {
            let date = date(zone, begin.plus_ms(end.since_ms(begin) / 2));
            days.push(Day { date, range: TimeRange::new(begin, end) });
        }
        begin = end;
    }
    days
}

/// The first instant of the local day of a time.
pub(super) fn first_instant(zone: &Zone, time: Timestamp) -> Option<Timestamp> {
    zone.read(&date(zone, time)).ok()
}

fn date(zone: &Zone, time: Timestamp) -> String {
    zone.show(time).to_string().chars().take_while(|char| *char != 'T').collect()
}

/// What is known of a day at a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Within all limits.
    Good,
    /// A limit was exceeded.
    Exceeded,
    /// No limit was exceeded as far as is known, and averages are missing.
    Incomplete,
    /// No limit held for a channel of the station.
    None,
}

impl Verdict {
    const fn of(day: &Attainment) -> Self {
        match (day.good, day.exceeded, day.incomplete) {
            (_, 1.., _) => Self::Exceeded,
            (_, _, 1..) => Self::Incomplete,
            (1.., _, _) => Self::Good,
            _ => Self::None,
        }
    }

    /// Key of the verdict's word.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Good => "day-kept",
            Self::Exceeded => "day-exceeded",
            Self::Incomplete => "day-incomplete",
            Self::None => "day-none",
        }
    }
}

/// A station over days.
pub(super) struct StationDays {
    /// Name.
    pub(super) name: String,
    /// The verdict of each day, and the greatest value in the unit of the first limit.
    pub(super) days: Vec<(Verdict, Option<f64>)>,
    /// All days together.
    pub(super) sum: Attainment,
}

/// All stations over days.
pub(super) struct Table {
    /// Stations that measure a channel with a limit.
    pub(super) stations: Vec<StationDays>,
    /// Stations that were left out because there are too many.
    pub(super) left_out: usize,
}

/// Looks at every station and day. Blocks.
pub(super) fn table(platform: &Platform, limits: &Limits, days: &[Day]) -> Result<Table, Failure> {
    let (registry, readings) = (platform.db.registry(), platform.db.readings());
    let names: BTreeMap<&str, _> = registry.stations().map(|(id, station)| (station.name(), id)).collect();
    let mut stations = Vec::new();
    for (name, id) in names.iter().take(STATIONS_MAX) {
        let mut found = StationDays { name: (*name).to_owned(), days: Vec::new(), sum: Attainment::default() };
        for day in days {
            let of_day = attainment(&readings, (&registry, *id), limits, day.range, &platform.zone);
            let of_day = of_day.map_err(|error| Failure::Invalid(Text::english(error)))?;
            let greatest = of_day.limits.first().and_then(|limit| limit.greatest);
            found.days.push((Verdict::of(&of_day), greatest));
            found.sum.add(&of_day);
        }
        stations.extend(Some(found).filter(|found| found.sum.days > 0));
    }
    Ok(Table { stations, left_out: names.len().saturating_sub(STATIONS_MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_the_clock_of_the_zone() {
        let of = |zone: &str, from: &str, to: &str| {
            let zone: Zone = zone.parse().unwrap();
            let days = days(&zone, TimeRange::new(from.parse().unwrap(), to.parse().unwrap()));
            let hours = |day: &Day| (day.date.clone(), day.range.to.since_ms(day.range.from) / 3_600_000);
            days.iter().map(hours).collect::<Vec<_>>()
        };
        let is = |days: &[(&str, i64)]| days.iter().map(|(day, hours)| ((*day).to_owned(), *hours)).collect::<Vec<_>>();
        assert_eq!(
            of("Europe/Berlin", "2024-03-29T23:00:00Z", "2024-03-31T22:00:00Z"),
            is(&[("2024-03-30", 24), ("2024-03-31", 23)])
        );
        assert_eq!(of("Asia/Shanghai", "2026-03-13T16:00:00Z", "2026-03-14T16:00:00Z"), is(&[("2026-03-14", 24)]));
        assert_eq!(of("UTC", "2026-03-13T00:00:01Z", "2026-03-15T00:00:00Z"), is(&[("2026-03-14", 24)]));
        assert_eq!(of("America/Havana", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"), is(&[("2024-11-03", 25)]));
    }
}
