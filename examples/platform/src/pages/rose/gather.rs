//! The winds and readings of a rose.

use super::count::{Rose, SPEED_CLASSES, load_classes};
use crate::chart::{READINGS_MAX, found};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::{Asked, Span};
use serde::Deserialize;
use vocdb::trace::{LocalFrame, WindSource, find_wind, samples_with_wind};
use vocdb::{Interval, Registry, TimeRange};

const DAY_MS: i64 = 86_400_000;
/// A week, unless a range is asked for; a year and a day at most.
const SPAN: Span = Span { usual_ms: 7 * DAY_MS, longest_ms: 367 * DAY_MS };

/// The query of a rose.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RoseAsked {
    /// Name of the station.
    pub(super) station: String,
    /// Instrument and channel; without one there is a wind rose only.
    pub(super) channel: Option<String>,
    /// Station whose wind counts; its own unless it is named.
    pub(super) wind: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// A number of samples and how many there should be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coverage {
    /// Samples that the interval lets expect.
    pub(super) expected: u64,
    /// Valid samples.
    pub(super) valid: u64,
}

impl Coverage {
    fn new(range: TimeRange, interval: Interval, valid: u64) -> Self {
        let expected = range.to.since_ms(range.from) / interval.as_ms().max(1);
        Self { expected: u64::try_from(expected).unwrap_or_default().max(1), valid }
    }

    /// The share of the expected samples that is valid.
    pub(super) fn share(self) -> f64 {
        self.valid as f64 / self.expected as f64
    }
}

/// A channel by the direction of its wind.
pub(super) struct Load {
    /// Instrument and channel.
    pub(super) channel: String,
    /// Symbol of the unit.
    pub(super) unit: &'static str,
    /// The values that have a wind.
    pub(super) rose: Rose,
    /// Valid values.
    pub(super) coverage: Coverage,
    /// Valid values without a wind.
    pub(super) without_wind: u64,
}

/// The roses of a station over a range.
pub(super) struct Roses {
    /// Name of the station.
    pub(super) station: String,
    /// Station whose wind counts.
    pub(super) wind_station: String,
    /// Stations with a wind, by name.
    pub(super) wind_stations: Vec<String>,
    /// The range.
    pub(super) range: TimeRange,
    /// The winds.
    pub(super) wind: Rose,
    /// Valid winds.
    pub(super) coverage: Coverage,
    /// The channel, if one is asked for.
    pub(super) load: Option<Load>,
}

/// Gathers the roses. Blocks.
pub(super) fn gather(platform: &Platform, asked: &RoseAsked) -> Result<Roses, Failure> {
    let registry = platform.db.registry();
    registry.station_named(&asked.station).ok_or(Failure::NotFound)?;
    let wind_stations = wind_stations(&registry);
    let wind_station = match asked.wind.as_deref().filter(|wind| !wind.is_empty()) {
        Some(wind) => wind.to_owned(),
        None => nearest_wind(&registry, &wind_stations, &asked.station)
            .ok_or_else(|| Failure::Invalid(Text::new("rose-no-wind")))?,
    };
    let source = find_wind(&registry, &wind_station, None).map_err(|error| Failure::Invalid(Text::english(error)))?;
    let readings = platform.db.readings();
    let newest = readings.newest(source.channels.instrument).unwrap_or_else(|| platform.now());
    let ends = Asked { from: asked.from.as_deref(), to: asked.to.as_deref() };
    let range = ends.range(&platform.zone, newest.plus_ms(1), SPAN)?;
    check_size(range, source.interval)?;
    let (wind, coverage) = wind_rose(platform, &source, range)?;
    let channel = asked.channel.as_deref().filter(|channel| !channel.is_empty());
    let load = channel.map(|channel| load(platform, (&asked.station, channel), &source, range)).transpose()?;
    Ok(Roses { station: asked.station.clone(), wind_station, wind_stations, range, wind, coverage, load })
}

/// Stations whose wind can be found, in the order of their names.
fn wind_stations(registry: &Registry) -> Vec<String> {
    let mut names: Vec<String> = registry
        .stations()
        .map(|(_, station)| station.name())
        .filter(|name| find_wind(registry, name, None).is_ok())
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

/// The station itself, or else the nearest one with a wind, or else the first.
fn nearest_wind(registry: &Registry, names: &[String], station: &str) -> Option<String> {
    if names.iter().any(|name| name == station) {
        return Some(station.to_owned());
    }
    let place = |name: &str| {
        let position = registry.station(registry.station_named(name)?)?.position();
        position.lon_lat_deg
    };
    let frame = place(station).and_then(|(longitude, latitude)| LocalFrame::new(latitude, longitude).ok());
    let distance = |name: &str| {
        let ((longitude, latitude), frame) = place(name).zip(frame.as_ref())?;
        let (east, north) = frame.to_local(latitude, longitude);
        Some(east.hypot(north))
    };
    let far = |name: &String| distance(name).unwrap_or(f64::INFINITY);
    names.iter().min_by(|one, other| far(one).total_cmp(&far(other))).cloned()
}

fn check_size(range: TimeRange, interval: Interval) -> Result<(), Failure> {
    if range.to.since_ms(range.from) / interval.as_ms().max(1) > READINGS_MAX {
        return Err(Failure::Invalid(Text::new("range-too-many-readings").with("count", READINGS_MAX)));
    }
    Ok(())
}

fn wind_rose(platform: &Platform, source: &WindSource, range: TimeRange) -> Result<(Rose, Coverage), Failure> {
    let channels = [source.channels.speed, source.channels.direction];
    let rows = platform.db.readings().rows(source.channels.instrument, &channels, range).map_err(vocdb::Error::from)?;
    let pairs = rows.samples(0).zip(rows.samples(1));
    let winds =
        pairs.filter_map(|((_, speed), (_, from))| Some((speed.valid()? * source.speed_m_s_per_unit, from.valid()?)));
    let rose = Rose::of(&SPEED_CLASSES, winds.map(|(speed, from)| ((speed, from), speed)));
    let coverage = Coverage::new(range, source.interval, rose.count());
    Ok((rose, coverage))
}

fn load(
    platform: &Platform,
    (station, channel): (&str, &str),
    source: &WindSource,
    range: TimeRange,
) -> Result<Load, Failure> {
    let found = found(platform, station, channel)?;
    let interval = Interval::from_ms(found.interval_ms).map_err(|error| Failure::Internal(error.to_string()))?;
    check_size(range, interval)?;
    let (instrument, place) = found.source;
    let samples = samples_with_wind(&platform.db.readings(), (instrument, place, interval), source, range);
    let samples = samples.map_err(vocdb::Error::from)?;
    let with_wind = || samples.iter().filter_map(|sample| Some((sample.wind?, sample.value)));
    let classes = load_classes(with_wind().map(|(_, value)| value));
    let rose = Rose::of(&classes, with_wind());
    let valid = samples.len() as u64;
    Ok(Load {
        channel: channel.to_owned(),
        unit: found.unit,
        without_wind: valid - rose.count(),
        coverage: Coverage::new(range, interval, valid),
        rose,
    })
}
