//! Stations and sites on a map.

use super::error::ReportError;
use super::question::Asked;
use crate::model::Position;
use crate::trace::place::LocalFrame;
use crate::trace::report::input::{MapSite, MapStation, Report, ReportMap};

/// The map in metres of a frame around the stations, or in the stations' own metres if they have no degrees.
pub(super) fn of_store(asked: &Asked<'_>, report: &mut Report) -> Result<Option<ReportMap>, ReportError> {
    let sites = &asked.candidates.sites;
    let placed: Vec<(&str, &Position)> =
        asked.registry.stations().map(|(_, station)| (station.name(), station.position())).collect();
    let degrees = placed.iter().filter_map(|(_, position)| position.lon_lat_deg);
    let corners = sites.iter().flat_map(|site| site.outline.points());
    let corners = corners.map(|corner| (corner.latitude_deg, corner.longitude_deg));
    let mut points: Vec<(f64, f64)> = degrees.map(|(longitude, latitude)| (latitude, longitude)).collect();
    if points.is_empty() {
        points.extend(corners);
    }
    let frame = if points.is_empty() { None } else { Some(LocalFrame::around(points)?) };
    let mut stations = Vec::new();
    let mut without: Vec<&str> = Vec::new();
    for (name, position) in placed {
        let local = match (&frame, position.lon_lat_deg) {
            (Some(frame), Some((longitude, latitude))) => Some(frame.to_local(latitude, longitude)),
            (None, _) => position.east_north_m,
            (Some(_), None) => None,
        };
        match local {
            Some(at) => stations.push(MapStation { name: name.to_owned(), at, height_m: position.height_m }),
            None if measures(report, name) => without.push(name),
            None => {}
        }
    }
    if !without.is_empty() {
        report.missing.push(format!("positions of {}: place them with `vocdb stations import`", without.join(", ")));
    }
    let sites: Vec<MapSite> =
        frame.iter().flat_map(|frame| sites.iter().map(|site| MapSite::new(site, frame))).collect();
    if stations.is_empty() && sites.is_empty() {
        return Ok(None);
    }
    let reference = frame.map(|frame| frame.reference());
    Ok(Some(ReportMap { reference, stations, sites }))
}

/// Whether the charts have readings of a station.
fn measures(report: &Report, station: &str) -> bool {
    report.channel.as_ref().is_some_and(|channel| channel.series.iter().any(|series| series.station == station))
}

/// The frame of the map, if it has a reference point.
pub(super) fn map_frame(report: &Report) -> Option<LocalFrame> {
    let (latitude, longitude) = report.map.as_ref()?.reference?;
    LocalFrame::new(latitude, longitude).ok()
}
