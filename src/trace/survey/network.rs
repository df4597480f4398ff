//! The stations that measure a channel, and the one that measures the wind.

use super::enhance::enhancement;
use super::error::SurveyError;
use super::question::SurveyQuestion;
use super::rise::Rise;
use super::series::{Grid, winds};
use super::sun::sun_elevation_deg;
use crate::base::sorted::Sorted;
use crate::model::{Channel, InstrumentId, Position, Registry, StationId, Timestamp, Unit};
use crate::query::Readings;
use crate::trace::locate::{Receptor, StabilityMix, WindSeries, WindStep};
use crate::trace::mast::{WindSource, find_wind};
use crate::trace::place::LocalFrame;
use std::collections::BTreeMap;

/// Valid readings that a background over time needs.
const BACKGROUND_READINGS_MIN: usize = 6;
/// Height above ground that an inlet is taken to have if its station has none.
const INLET_HEIGHT_M: f64 = 3.0;

/// The enhancements of a station.
#[derive(Debug)]
pub(super) struct Enhanced {
    /// Enhancement of each step.
    pub(super) above: Vec<Option<f64>>,
    /// Heights above the background, and the noise.
    pub(super) rise: Rise,
}

/// A station of a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyedStation {
    /// Name of the station.
    pub name: String,
    /// Latitude in degrees north.
    pub latitude_deg: f64,
    /// Longitude in degrees east.
    pub longitude_deg: f64,
    /// Instrument that measures the channel.
    pub instrument: InstrumentId,
    /// Place of the channel in its frames.
    pub channel: usize,
    height_m: f64,
    interval_ms: i64,
    measured: Channel,
}

/// All stations of a survey.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) frame: LocalFrame,
    pub(super) notes: Vec<String>,
    stations: Vec<SurveyedStation>,
    asked: String,
}

impl Network {
    /// Finds the stations that have the channel and a position.
    pub(super) fn find(registry: &Registry, question: &SurveyQuestion<'_>) -> Result<Self, SurveyError> {
        let asked = question.channel;
        let measuring = measuring(registry, asked);
        if measuring.is_empty() {
            let known: std::collections::BTreeSet<&str> =
                registry.instruments().flat_map(|(.., known)| known.channels()).map(Channel::name).collect();
            let known = known.into_iter().take(40).collect::<Vec<_>>().join(", ");
            return Err(SurveyError::NoChannel { channel: asked.to_owned(), known });
        }
        let (mut stations, mut without, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for (id, (instrument, channel, others)) in measuring {
            let Some(station) = registry.station(id) else { continue };
            let position = position_at(registry, id, question.range.from);
            let Some((longitude_deg, latitude_deg)) = position.lon_lat_deg else {
                without.push(station.name().to_owned());
                continue;
            };
            let Some((_, known)) = registry.instrument(instrument) else { continue };
            let Some(measured) = known.channels().get(channel).cloned() else { continue };
            if others > 0 {
                notes.push(format!(
                    "`{}` measures `{asked}` with {} instruments: `{}` counts",
                    station.name(),
                    others + 1,
                    known.name()
                ));
            }
            stations.push(SurveyedStation {
                name: station.name().to_owned(),
                latitude_deg,
                longitude_deg,
                instrument,
                channel,
                height_m: position.height_m.filter(|height| *height >= 0.0).unwrap_or(INLET_HEIGHT_M),
                interval_ms: known.interval().as_ms(),
                measured,
            });
        }
        if stations.is_empty() {
            return Err(SurveyError::NoPositions { channel: asked.to_owned() });
        }
        if !without.is_empty() {
            notes.push(format!("left out, because they have no position: {}", without.join(", ")));
        }
        let frame = LocalFrame::around(stations.iter().map(|station| (station.latitude_deg, station.longitude_deg)))?;
        Ok(Self { frame, notes, stations, asked: asked.to_owned() })
    }

    /// Finds the wind: that of the station that was named, or of the nearest one to the middle of the network.
    pub(super) fn wind(
        &self,
        registry: &Registry,
        question: &SurveyQuestion<'_>,
    ) -> Result<(String, WindSource), SurveyError> {
        if let Some(named) = question.wind {
            let (station, instrument) = named.split_once(':').map_or((named, None), |(at, own)| (at, Some(own)));
            return Ok((station.to_owned(), find_wind(registry, station, instrument)?));
        }
        let distance = |id: StationId| {
            let position = position_at(registry, id, question.range.from).lon_lat_deg;
            position.map_or(f64::INFINITY, |(longitude, latitude)| {
                let (east, north) = self.frame.to_local(latitude, longitude);
                east.hypot(north)
            })
        };
        let windy = registry.stations().filter_map(|(id, station)| {
            find_wind(registry, station.name(), None)
                .ok()
                .map(|source| (distance(id), station.name().to_owned(), source))
        });
        let nearest = windy.min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map(|(_, station, source)| (station, source)).ok_or(SurveyError::NoWind)
    }

    /// Returns the enhancements of every station in kg/m3, or as shares of the volume, with the heights of its readings above their noise.
    pub(super) fn enhancements(
        &self,
        readings: &Readings,
        grid: &Grid,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Enhanced>, SurveyError> {
        let mut series = Vec::with_capacity(self.stations.len());
        for station in &self.stations {
            let rows = readings.rows(station.instrument, &[station.channel], grid.range())?;
            let factor = self.factor(station)?;
            let means = grid.means(rows.samples(0));
            series.push(means.into_iter().map(|mean| mean.map(|mean| mean * factor)).collect::<Vec<Option<f64>>>());
        }
        let fewest = series.iter().map(|values| values.iter().flatten().count()).filter(|count| *count > 0).min();
        let Some(fewest) = fewest else {
            let range = grid.range();
            return Err(SurveyError::NoReadings { channel: self.asked.clone(), from: range.from, to: range.to });
        };
        if fewest < BACKGROUND_READINGS_MIN {
            notes.push(
                "too few readings for a background over time: the background is the 10 % quantile over the stations"
                    .to_owned(),
            );
            let all = above_neighbours(&series, grid.steps);
            return Ok(all
                .into_iter()
                .map(|above| Enhanced { rise: Rise::without_noise(above.clone()), above })
                .collect());
        }
        let half = grid.half_window();
        let enhanced =
            |values: &Vec<Option<f64>>| Enhanced { above: enhancement(values, half), rise: Rise::new(values, half) };
        Ok(series.iter().map(enhanced).collect())
    }

    /// The factor from a station's unit to kg/m3, or to shares of the volume where a molar mass is unknown.
    fn factor(&self, station: &SurveyedStation) -> Result<f64, SurveyError> {
        let measured = &station.measured;
        let (to, per) = if self.is_mass() { (Unit::MicrogramPerM3, 1e-9) } else { (Unit::Ppb, 1e-9) };
        let mass = measured.molar_mass_g_per_mol();
        let factor = measured.unit().factor_to(to, mass, measured.reference()).map_err(|source| SurveyError::Unit {
            station: station.name.clone(),
            channel: measured.name().to_owned(),
            source,
        })?;
        Ok(factor * per)
    }

    /// Returns the wind of every step.
    pub(super) fn wind_series(
        &self,
        readings: &Readings,
        source: &WindSource,
        grid: &Grid,
    ) -> Result<WindSeries, SurveyError> {
        let (latitude, longitude) = self.frame.reference();
        let mut steps = Vec::with_capacity(grid.steps);
        for (step, wind) in winds(readings, source, grid)?.into_iter().enumerate() {
            let sun = sun_elevation_deg(grid.time(step), latitude, longitude);
            steps.push(wind.map(|(speed, from)| WindStep::new(speed, from, StabilityMix::from_sun(speed, sun))));
        }
        Ok(WindSeries { step_s: grid.step_ms as f64 / 1_000.0, steps })
    }

    /// Whether every unit converts to a mass per volume.
    pub(super) fn is_mass(&self) -> bool {
        self.stations.iter().all(|station| {
            let measured = &station.measured;
            measured
                .unit()
                .factor_to(Unit::MicrogramPerM3, measured.molar_mass_g_per_mol(), measured.reference())
                .is_ok()
        })
    }

    /// Returns the receptors, in local metres.
    pub(super) fn receptors(&self) -> Vec<Receptor> {
        let receptor = |station: &SurveyedStation| {
            let (east_m, north_m) = self.frame.to_local(station.latitude_deg, station.longitude_deg);
            Receptor { east_m, north_m, height_m: station.height_m }
        };
        self.stations.iter().map(receptor).collect()
    }

    /// Returns the length in metres of the diagonal of the rectangle around the stations.
    pub(super) fn diagonal_m(&self) -> f64 {
        let receptors = self.receptors();
        let span = |of: fn(&Receptor) -> f64| {
            let (least, greatest) = receptors
                .iter()
                .map(of)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
            greatest - least
        };
        span(|receptor| receptor.east_m).hypot(span(|receptor| receptor.north_m))
    }

    /// Returns the longest interval in milliseconds.
    pub(super) fn interval_ms(&self) -> i64 {
        self.stations.iter().map(|station| station.interval_ms).max().unwrap_or(0)
    }

    /// Returns the number of stations.
    pub(super) const fn count(&self) -> usize {
        self.stations.len()
    }

    /// Returns the stations.
    pub(super) fn into_stations(self) -> Vec<SurveyedStation> {
        self.stations
    }
}

/// The position of a station at a time. A station whose position was unknown then has the first one that was recorded later: it was entered
/// afterwards, and it stood there before.
pub(super) fn position_at(registry: &Registry, id: StationId, time: Timestamp) -> Position {
    let then = registry.position_at(id, time).copied().unwrap_or_default();
    if then.lon_lat_deg.is_some() {
        return then;
    }
    let later = registry.positions(id).map(|(_, position)| *position).find(|position| position.lon_lat_deg.is_some());
    later.unwrap_or(then)
}

/// The instruments that measure a channel, of each station that with the shortest interval, and how many others there are.
fn measuring(registry: &Registry, asked: &str) -> BTreeMap<StationId, (InstrumentId, usize, usize)> {
    let mut found: BTreeMap<StationId, Vec<(i64, InstrumentId, usize)>> = BTreeMap::new();
    for (id, station, instrument) in registry.instruments() {
        let is_asked = |channel: &Channel| {
            !channel.is_retired()
                && (channel.name() == asked || channel.species_entry().is_some_and(|species| species.name() == asked))
        };
        if let Some(place) = instrument.channels().iter().position(is_asked) {
            found.entry(station).or_default().push((instrument.interval().as_ms(), id, place));
        }
    }
    let shortest = |(station, mut known): (StationId, Vec<(i64, InstrumentId, usize)>)| {
        known.sort_unstable();
        let (_, instrument, place) = known.first().copied()?;
        Some((station, (instrument, place, known.len() - 1)))
    };
    found.into_iter().filter_map(shortest).collect()
}

/// Enhancements over the 10 % quantile of all stations at each step.
fn above_neighbours(series: &[Vec<Option<f64>>], steps: usize) -> Vec<Vec<Option<f64>>> {
    let at = |values: &Vec<Option<f64>>, step: usize| values.get(step).copied().flatten();
    let mut above = vec![Vec::with_capacity(steps); series.len()];
    for step in 0..steps {
        let mut all = Sorted::default();
        series.iter().filter_map(|values| at(values, step)).for_each(|value| all.insert(value));
        let background = all.quantile(0.1);
        for (above, values) in above.iter_mut().zip(series) {
            above.push(at(values, step).zip(background).map(|(value, background)| (value - background).max(0.0)));
        }
    }
    above
}
