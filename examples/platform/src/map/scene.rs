//! What a map shows, in metres east and north of its reference point.

use crate::failure::Failure;
use crate::pages::stations::StationRow;
use crate::platform::Platform;
use crate::view::StationState;
use std::collections::BTreeMap;
use vocdb::model::Position;
use vocdb::trace::report::MapSite;
use vocdb::trace::{LocalFrame, find_wind, mean_wind};
use vocdb::{Registry, TimeRange};

/// Time over which a wind is averaged.
const WIND_MS: i64 = 600_000;
/// Age up to which a wind is drawn, if its instrument is not slower.
const WIND_AGE_MS_MAX: i64 = 1_800_000;

/// A station on the map.
pub(crate) struct Spot {
    /// Name.
    pub(crate) name: String,
    /// Metres east and north.
    pub(crate) at: (f64, f64),
    /// State.
    pub(crate) state: StationState,
    /// Number of open alarms.
    pub(crate) alarms: usize,
    /// The direction that the wind comes from in degrees and its speed in m/s, if they are known and recent.
    pub(crate) wind: Option<(f64, f64)>,
}

/// A station that is not on the map.
pub(crate) struct Unplaced {
    /// Name.
    pub(crate) name: String,
    /// State.
    pub(crate) state: StationState,
    /// Key of the reason why it is not on the map.
    pub(crate) reason: &'static str,
}

/// Everything on a map.
pub(crate) struct Scene {
    /// The frame of the metres; `None` if stations have metres only.
    pub(crate) frame: Option<LocalFrame>,
    /// Stations with a place, in the order of their names.
    pub(crate) stations: Vec<Spot>,
    /// Stations without one.
    pub(crate) unplaced: Vec<Unplaced>,
    /// Sites.
    pub(crate) sites: Vec<MapSite>,
}

/// Gathers the map of all stations and sites. Blocks.
pub(crate) fn scene(platform: &Platform, rows: &[StationRow]) -> Result<Scene, Failure> {
    let registry = platform.db.registry();
    let positions: BTreeMap<&str, &Position> =
        registry.stations().map(|(_, station)| (station.name(), station.position())).collect();
    let degrees = positions.values().filter_map(|position| position.lon_lat_deg);
    let mut points: Vec<(f64, f64)> = degrees.map(|(longitude, latitude)| (latitude, longitude)).collect();
    let has_degrees = !points.is_empty();
    if !has_degrees && rows.iter().all(|row| metres(&positions, row).is_none()) {
        let corners = platform.candidates.sites.iter().flat_map(|site| site.outline.points());
        points.extend(corners.map(|corner| (corner.latitude_deg, corner.longitude_deg)));
    }
    let frame = frame_of(points);
    let (mut stations, mut unplaced) = (Vec::new(), Vec::new());
    for row in rows {
        match place_of(frame.as_ref(), has_degrees, &positions, row) {
            Ok(at) => stations.push(Spot {
                name: row.name.clone(),
                at,
                state: row.state,
                alarms: row.alarms,
                wind: wind(platform, &registry, &row.name)?,
            }),
            Err(reason) => unplaced.push(Unplaced { name: row.name.clone(), state: row.state, reason }),
        }
    }
    let sites = frame.iter().flat_map(|frame| platform.candidates.sites.iter().map(|site| MapSite::new(site, frame)));
    Ok(Scene { sites: sites.collect(), frame, stations, unplaced })
}

fn metres(positions: &BTreeMap<&str, &Position>, row: &StationRow) -> Option<(f64, f64)> {
    positions.get(row.name.as_str())?.east_north_m
}

/// The frame around points in degrees. If some are far from all others, it is that around most of them.
fn frame_of(points: Vec<(f64, f64)>) -> Option<LocalFrame> {
    LocalFrame::around(points.iter().copied()).ok().or_else(|| {
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let latitude = middle(points.iter().map(|point| point.0).collect())?;
        let longitude = middle(points.iter().map(|point| point.1).collect())?;
        LocalFrame::new(latitude, longitude).ok()
    })
}

/// Distance from the reference point beyond which a station is not drawn: its position is mistyped.
const REACH_M: f64 = 500_000.0;

fn place_of(
    frame: Option<&LocalFrame>,
    has_degrees: bool,
    positions: &BTreeMap<&str, &Position>,
    row: &StationRow,
) -> Result<(f64, f64), &'static str> {
    let position = positions.get(row.name.as_str()).copied().copied().unwrap_or_default();
    match (frame, position.lon_lat_deg) {
        (Some(frame), Some((longitude, latitude))) => {
            let (east, north) = frame.to_local(latitude, longitude);
            let is_near = east.hypot(north) <= REACH_M;
            if is_near { Ok((east, north)) } else { Err("map-too-far") }
        }
        (_, Some(_)) => Err("map-polar"),
        (_, None) if !has_degrees => position.east_north_m.ok_or("map-no-position"),
        (_, None) if position.east_north_m.is_some() => Err("map-metres-only"),
        (_, None) => Err("map-no-position"),
    }
}

/// The mean of the newest wind of a station, if it is recent.
fn wind(platform: &Platform, registry: &Registry, station: &str) -> Result<Option<(f64, f64)>, Failure> {
    let Ok(source) = find_wind(registry, station, None) else { return Ok(None) };
    let readings = platform.db.readings();
    let Some(newest) = readings.newest(source.channels.instrument) else { return Ok(None) };
    let interval_ms = source.interval.as_ms();
    if platform.now().since_ms(newest) > WIND_AGE_MS_MAX.max(interval_ms.saturating_mul(3)) {
        return Ok(None);
    }
    let range = TimeRange::new(newest.plus_ms(-WIND_MS.max(interval_ms) + 1), newest.plus_ms(1));
    let mean = mean_wind(&readings, source.channels, range).map_err(vocdb::Error::from)?;
    Ok(mean.map(|mean| (mean.from_deg, mean.speed_m_s * source.speed_m_s_per_unit)))
}
