//! The stations and instruments of one store.

use super::instrument::{Instrument, InstrumentId};
use super::station::{Station, StationId};
use std::collections::BTreeMap;

/// All stations and instruments, by number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Registry {
    stations: BTreeMap<StationId, Station>,
    instruments: BTreeMap<InstrumentId, (StationId, Instrument)>,
}

impl Registry {
    /// Puts a station in under its number.
    pub fn insert_station(&mut self, id: StationId, station: Station) {
        self.stations.insert(id, station);
    }

    /// Puts an instrument in under its number.
    pub fn insert_instrument(&mut self, id: InstrumentId, station: StationId, instrument: Instrument) {
        self.instruments.insert(id, (station, instrument));
    }

    /// Puts an instrument that has changed in the place of the one of its number, if that is there.
    pub fn change_instrument(&mut self, id: InstrumentId, changed: Instrument) {
        if let Some((_, instrument)) = self.instruments.get_mut(&id) {
            *instrument = changed;
        }
    }

    /// The number for the next station.
    #[must_use]
    pub fn next_station_id(&self) -> StationId {
        StationId::new(self.stations.keys().next_back().map_or(1, |id| id.number().saturating_add(1)))
    }

    /// The number for the next instrument.
    #[must_use]
    pub fn next_instrument_id(&self) -> InstrumentId {
        InstrumentId::new(self.instruments.keys().next_back().map_or(1, |id| id.number().saturating_add(1)))
    }

    /// The stations, by number.
    pub fn stations(&self) -> impl Iterator<Item = (StationId, &Station)> {
        self.stations.iter().map(|(id, station)| (*id, station))
    }

    /// The instruments with their stations, by number.
    pub fn instruments(&self) -> impl Iterator<Item = (InstrumentId, StationId, &Instrument)> {
        self.instruments.iter().map(|(id, (station, instrument))| (*id, *station, instrument))
    }

    /// The station of a number.
    #[must_use]
    pub fn station(&self, id: StationId) -> Option<&Station> {
        self.stations.get(&id)
    }

    /// The stations whose name fits one of the globs that `|` separates, by number: `*` stands for any characters but `/`, `**` for any at
    /// all, as in rules.
    ///
    /// ```
    /// use vocdb::Station;
    /// use vocdb::model::{Registry, StationId};
    /// let mut registry = Registry::default();
    /// for (number, name) in [(1, "park/S1"), (2, "park/S2"), (3, "town/S1")] {
    ///     registry.insert_station(StationId::new(number), Station::new(name)?);
    /// }
    /// assert_eq!(registry.stations_matching("park/*").count(), 2);
    /// # Ok::<(), vocdb::model::ModelError>(())
    /// ```
    pub fn stations_matching(&self, globs: &str) -> impl Iterator<Item = (StationId, &Station)> {
        self.stations().filter(move |(_, station)| super::glob::fits(globs, station.name()))
    }

    /// The number of a station's name.
    #[must_use]
    pub fn station_named(&self, name: &str) -> Option<StationId> {
        self.stations().find(|(_, station)| station.name() == name).map(|(id, _)| id)
    }

    /// The instrument of a number, and its station.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> Option<(StationId, &Instrument)> {
        self.instruments.get(&id).map(|(station, instrument)| (*station, instrument))
    }

    /// The number of an instrument's name at a station.
    #[must_use]
    pub fn instrument_named(&self, station: StationId, name: &str) -> Option<InstrumentId> {
        self.instruments().find(|(_, at, instrument)| *at == station && instrument.name() == name).map(|(id, ..)| id)
    }
}
