//! The stations, instruments and channels that files turn out to have.

use super::super::description::UnitAt;
use super::super::names;
use crate::model::{Channel, Instrument, ModelError, Registry, Station};
use std::collections::{BTreeSet, HashMap};

/// Stations times instruments of one import.
const SERIES_MAX: usize = 16_384;
/// Sources that are listed for one instrument.
const SOURCES_LISTED_MAX: usize = 2_048;
/// Parameters without a channel that are listed.
const UNMAPPED_LISTED_MAX: usize = 256;
/// Channels of one instrument.
const CHANNELS_MAX: usize = crate::base::limits::CHANNELS_PER_INSTRUMENT_MAX;

/// One instrument of one station, and what feeds its channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name of the station.
    pub station: String,
    /// Name of the instrument.
    pub instrument: String,
    /// The instrument as registered, if it is.
    pub registered: Option<Instrument>,
    /// Channels: those registered, then new ones in the order in which they were found.
    pub channels: Vec<Channel>,
    /// What feeds them, in the order in which it was found.
    pub feeds: Vec<Source>,
}

/// A column or parameter of a file, and the channel that it becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Heading of the column, or text of the parameter column.
    pub source: String,
    /// Place of the channel in [`Series::channels`].
    pub channel: usize,
    /// Unit in the file, with its reference temperature if it has one.
    pub unit: String,
    /// How a value of the file becomes one of the channel: `same`, `x 1000`, or `x 0.5556 + -17.78`.
    pub conversion: String,
    /// Column of quality flags, if there is one.
    pub flags: Option<String>,
}

impl Series {
    /// Places of channels to add to the registered instrument: those that it lacks or has retired.
    #[must_use]
    pub fn added(&self) -> Vec<usize> {
        let Some(registered) = &self.registered else { return Vec::new() };
        let is_fed = |place: usize| self.feeds.iter().any(|feed| feed.channel == place);
        let is_lacking = |place: &usize| match registered.channels().get(*place) {
            Some(channel) => channel.is_retired() && is_fed(*place),
            None => true,
        };
        (0..self.channels.len()).filter(is_lacking).collect()
    }
}

/// All series of an import, which grows while files are read.
#[derive(Debug, Clone, Default)]
pub struct SeriesTable {
    registry: Registry,
    series: Vec<Series>,
    places: HashMap<(String, String), usize>,
    /// Parameters that no channel is mapped to.
    unmapped: BTreeSet<String>,
}

impl SeriesTable {
    /// An empty table. Instruments that `registry` has keep their channels and units.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry, ..Self::default() }
    }

    /// The series found so far; rows refer to them by place.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The first parameters of long files that no `[[channel]]` has and the mapping does not ignore by name: their rows are left out.
    #[must_use]
    pub const fn unmapped(&self) -> &BTreeSet<String> {
        &self.unmapped
    }

    /// Records a parameter that no channel is mapped to.
    pub(super) fn note_unmapped(&mut self, parameter: &str) {
        if self.unmapped.len() < UNMAPPED_LISTED_MAX && !self.unmapped.contains(parameter) {
            self.unmapped.insert(parameter.to_owned());
        }
    }

    /// Place of a series, which is added if it is new.
    pub(super) fn find(&mut self, station: &str, instrument: &str) -> Result<usize, String> {
        let key = (station.to_owned(), instrument.to_owned());
        if let Some(place) = self.places.get(&key) {
            return Ok(*place);
        }
        if self.series.len() >= SERIES_MAX {
            return Err(format!(
                "more than {SERIES_MAX} stations and instruments: check the columns of [station] and [instrument], or split the file"
            ));
        }
        let words = |error: ModelError| error.to_string();
        Station::new(station).map_err(words)?;
        Station::new(instrument).map_err(words)?;
        let id = self.registry.station_named(station);
        let known = id.and_then(|id| self.registry.instrument_named(id, instrument));
        let registered = known.and_then(|id| self.registry.instrument(id)).map(|(_, instrument)| instrument.clone());
        let channels = registered.as_ref().map_or_else(Vec::new, |known| known.channels().to_vec());
        let place = self.series.len();
        let (station, instrument) = key.clone();
        self.series.push(Series { station, instrument, registered, channels, feeds: Vec::new() });
        self.places.insert(key, place);
        Ok(place)
    }

    /// Whether a series has a channel of a name already, which has a unit and a reference state then.
    pub(super) fn has_channel(&self, series: usize, name: &str) -> bool {
        self.series.get(series).is_some_and(|series| series.channels.iter().any(|channel| channel.name() == name))
    }

    /// Place of a channel of a series, which is added in this unit if it is new.
    pub(super) fn channel(&mut self, series: usize, name: &str, unit: UnitAt) -> Result<(usize, Channel), String> {
        let series = self.series.get_mut(series).ok_or("no such series")?;
        if let Some((place, found)) = series.channels.iter().enumerate().find(|(_, channel)| channel.name() == name) {
            return Ok((place, found.clone()));
        }
        if series.channels.len() >= CHANNELS_MAX {
            return Err(format!("more than {CHANNELS_MAX} channels of one instrument: ignore some of them"));
        }
        let channel = names::channel(name, unit).map_err(|error| error.to_string())?;
        series.channels.push(channel.clone());
        Ok((series.channels.len().saturating_sub(1), channel))
    }

    /// Records what feeds a channel; the first of the same source is kept.
    pub(super) fn note(&mut self, series: usize, source: Source) {
        let Some(series) = self.series.get_mut(series) else { return };
        let is_known = series
            .feeds
            .iter()
            .any(|feed| feed.source == source.source && feed.channel == source.channel && feed.unit == source.unit);
        if !is_known && series.feeds.len() < SOURCES_LISTED_MAX {
            series.feeds.push(source);
        }
    }
}
