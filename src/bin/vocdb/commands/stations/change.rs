//! What a command changes about positions, and what it does not reach.

use super::place::Place;
use crate::failure::Failure;
use crate::store;
use serde::Serialize;
use std::fmt::Write;
use vocdb::base::escape::{Line, counted};
use vocdb::query::Readings;
use vocdb::trace::{FarPosition, far_positions};
use vocdb::{Position, Registry, StationId, TimeRange, Timestamp};

/// A station before and after a command.
#[derive(Serialize)]
pub(super) struct Change {
    station: String,
    pub(super) change: &'static str,
    before: Place,
    after: Place,
    /// Time from which the position holds; none if it always held.
    since: Option<Timestamp>,
    /// First and last reading that keep an earlier position.
    pub(super) earlier_readings_from: Option<Timestamp>,
    earlier_readings_to: Option<Timestamp>,
}

/// A store before a command, and the time from which its positions hold.
pub(super) struct Before<'a> {
    pub(super) registry: &'a Registry,
    pub(super) readings: &'a Readings,
    pub(super) since: Timestamp,
}

impl Before<'_> {
    /// What a position after the command means for a station; `None` for one that the command creates.
    pub(super) fn change(&self, name: &str, id: Option<StationId>, after: &Position) -> Result<Change, Failure> {
        let station = name.to_owned();
        let Some(id) = id else {
            let (before, after) = (Place::of(&Position::default()), Place::of(after));
            let (since, earlier_readings_from, earlier_readings_to) = (None, None, None);
            let change = "created";
            return Ok(Change { station, change, before, after, since, earlier_readings_from, earlier_readings_to });
        };
        let then = self.registry.position_at(id, self.since).copied().unwrap_or_default();
        let now = self.registry.station(id).map(|station| *station.position()).unwrap_or_default();
        // A correction of the past may name the position of today.
        let before = if then == *after { now } else { then };
        let change = kind(&before, after);
        let earlier = if change == "moved" || change == "changed" { self.earlier(id)? } else { None };
        Ok(Change {
            station,
            change,
            before: Place::of(&before),
            after: Place::of(after),
            since: (change != "unchanged").then_some(self.since),
            earlier_readings_from: earlier.map(|(first, _)| first),
            earlier_readings_to: earlier.map(|(_, last)| last),
        })
    }

    /// First and last stored reading of a station before the change.
    fn earlier(&self, id: StationId) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
        let mut span: Option<(Timestamp, Timestamp)> = None;
        for (instrument, ..) in self.registry.instruments().filter(|(_, at, _)| *at == id) {
            let last = self.readings.newest_before(instrument, self.since).map_err(Failure::from_error)?;
            let scan = self.readings.scan(instrument, &[], TimeRange::new(Timestamp::MIN, self.since));
            let first = scan.map_err(Failure::from_error)?.next_time();
            if let Some((first, last)) = first.zip(last) {
                let (begin, end) = span.unwrap_or((first, last));
                span = Some((begin.min(first), end.max(last)));
            }
        }
        Ok(span)
    }
}

/// What became of a station that had this position.
fn kind(before: &Position, after: &Position) -> &'static str {
    let is_placed = |position: &Position| position.lon_lat_deg.is_some() || position.east_north_m.is_some();
    let differs = |before: Option<(f64, f64)>, after: Option<(f64, f64)>| before.is_some() && before != after;
    if before == after {
        "unchanged"
    } else if !is_placed(before) && is_placed(after) {
        "placed"
    } else if differs(before.lon_lat_deg, after.lon_lat_deg) || differs(before.east_north_m, after.east_north_m) {
        "moved"
    } else {
        "changed"
    }
}

impl Change {
    /// One line of text.
    pub(super) fn text(&self) -> String {
        let is_other = self.change == "moved" || self.change == "changed";
        let before = if is_other { format!("; before: {}", self.before.text()) } else { String::new() };
        format!("{}: {}: {}{before}\n", Line(&self.station), self.change, self.after.text())
    }
}

/// From when on changed positions hold, and which readings they do not reach; nothing if no position has changed.
pub(super) fn reach(changes: &[Change]) -> String {
    let mut text = String::new();
    let Some(since) = changes.iter().find_map(|change| change.since) else { return text };
    let _ = writeln!(text, "changed positions hold from {since} on");
    if changes.iter().any(|change| change.change == "placed") {
        text.push_str("a first position also counts for earlier readings when a source is located\n");
    }
    let kept: Vec<&Change> = changes.iter().filter(|change| change.earlier_readings_from.is_some()).collect();
    let first = kept.iter().filter_map(|change| change.earlier_readings_from).min();
    let last = kept.iter().filter_map(|change| change.earlier_readings_to).max();
    if let (Some(first), Some(last)) = (first, last) {
        let whose = match kept.as_slice() {
            [one] => Line(&one.station).to_string(),
            several => counted(several.len(), "station"),
        };
        let _ = writeln!(
            text,
            "readings of {whose} from {first} to {last} keep the earlier position; if it was wrong, repeat the command with --since {first}"
        );
    }
    text
}

/// A line with the extent of the network; nothing if no station has a latitude and longitude.
pub(super) fn extent(extent: Option<&str>) -> String {
    extent.map_or_else(String::new, |extent| format!("positions in the store: {extent}\n"))
}

/// Latitude and longitude of a position in degrees.
pub(super) fn degrees(position: &Position) -> Option<(f64, f64)> {
    position.lon_lat_deg.map(|(longitude, latitude)| (latitude, longitude))
}

/// Warns on standard error about new positions that are far from those of a store.
pub(crate) fn warn_of_far(registry: &Registry, placed: &[(&str, (f64, f64))], is_json: bool) {
    let known: Vec<(f64, f64)> = registry.stations().filter_map(|(_, station)| degrees(station.position())).collect();
    let far = far_positions(&known, placed.iter().copied());
    let Some(FarPosition { name, km, .. }) = far.first() else { return };
    let more = match far.len() - 1 {
        0 => " is".to_owned(),
        more => format!(" and {} are", counted(more, "further station")),
    };
    let advice = if far.iter().any(|one| one.is_near_swapped) {
        ", but near them with latitude and longitude swapped: swap them, unless those in the store are swapped"
    } else {
        ": check latitude and longitude"
    };
    store::warning(&format!("{}{more} {km:.0} km from the stations in the store{advice}", Line(name)), is_json);
}
