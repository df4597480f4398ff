//! The stations and instruments of an import by a profile: what is registered, and what will be.

use super::super::columns::DuplicateChoice;
use super::super::target::policy_name;
use crate::failure::Failure;
use std::collections::BTreeMap;
use vocdb::base::escape::Line;
use vocdb::interop::mapping::Series;
use vocdb::{
    ChannelChange, Database, DuplicatePolicy, Instrument, InstrumentChange, InstrumentId, Interval, Registry, Station,
    StationId,
};

/// Options about instruments.
pub(super) struct Wanted {
    /// Interval by the mapping or the command line.
    pub(super) interval: Option<Interval>,
    pub(super) add_channels: bool,
    pub(super) duplicates: Option<DuplicateChoice>,
    /// Names of the files, for the reason of a change.
    pub(super) files: String,
    /// Frames of each series; those without a frame are not registered.
    pub(super) frames: Vec<u64>,
}

impl Wanted {
    /// Series that have frames, with their places.
    pub(super) fn with_frames<'a>(&'a self, series: &'a [Series]) -> impl Iterator<Item = (usize, &'a Series)> {
        let counted = series.iter().zip(&self.frames).enumerate();
        counted.filter(|(_, (_, frames))| **frames > 0).map(|(place, (series, _))| (place, series))
    }
}

/// Checks one series against its registered instrument, if it has one.
pub(super) fn check(series: &Series, wanted: &Wanted) -> Result<(), Failure> {
    let Some(registered) = &series.registered else { return Ok(()) };
    let (station, instrument) = (Line(&series.station), Line(&series.instrument));
    if let Some(interval) = wanted.interval.filter(|interval| *interval != registered.interval()) {
        let known = registered.interval();
        return Err(Failure::Says(format!(
            "instrument `{instrument}` of station `{station}` is registered with an interval of {known}, the profile has {interval}; \
             give --interval, or another name with --instrument; nothing was stored"
        )));
    }
    let policy = registered.duplicates();
    if wanted.duplicates.is_some_and(|choice| DuplicatePolicy::from(choice) != policy) {
        return Err(Failure::Says(format!(
            "instrument `{instrument}` of station `{station}` keeps its policy for duplicates; nothing was stored: give --duplicates {}",
            policy_name(policy)
        )));
    }
    let added = series.added();
    if let Some(first) = added.first().filter(|_| !wanted.add_channels) {
        let name = series.channels.get(*first).map_or("", vocdb::Channel::name);
        return Err(Failure::Says(format!(
            "instrument `{instrument}` of station `{station}` has no channel `{}`, or has retired it; nothing was stored: \
             correct the profile, or give --add-channels",
            Line(name)
        )));
    }
    Ok(())
}

/// Registers stations, instruments and new channels.
pub(super) struct Registrar<'a> {
    db: &'a Database,
    wanted: &'a Wanted,
    /// What was registered before the import.
    registry: Registry,
    /// Stations that the import has registered.
    stations: BTreeMap<String, StationId>,
}

impl<'a> Registrar<'a> {
    pub(super) fn new(db: &'a Database, wanted: &'a Wanted) -> Self {
        Self { db, wanted, registry: db.registry(), stations: BTreeMap::new() }
    }

    /// Registers the station, the instrument and its new channels if they are not registered.
    pub(super) fn register(&mut self, series: &Series, interval: Interval) -> Result<InstrumentId, Failure> {
        let station = self.station(&series.station)?;
        let Some(id) = self.registry.instrument_named(station, &series.instrument) else {
            let instrument = Instrument::new(series.instrument.as_str(), interval, series.channels.clone());
            let policy = self.wanted.duplicates.map_or(DuplicatePolicy::KeepLast, Into::into);
            let instrument = instrument.map_err(Failure::from_error)?.with_duplicates(policy);
            return self.db.register_instrument(station, instrument).map_err(Failure::from_error);
        };
        let added = series.added();
        if !added.is_empty() {
            let channels = added.iter().filter_map(|place| series.channels.get(*place)).cloned();
            let change = InstrumentChange {
                instrument: id,
                channels: channels.map(ChannelChange::Add).collect(),
                by: "vocdb import".to_owned(),
                reason: format!("columns of {}", Line(&self.wanted.files)),
            };
            self.db.change_instrument(&change).map_err(Failure::from_error)?;
        }
        Ok(id)
    }

    fn station(&mut self, name: &str) -> Result<StationId, Failure> {
        let known = self.registry.station_named(name).or_else(|| self.stations.get(name).copied());
        if let Some(station) = known {
            return Ok(station);
        }
        let station = Station::new(name).map_err(Failure::from_error)?;
        let id = self.db.register_station(station).map_err(Failure::from_error)?;
        self.stations.insert(name.to_owned(), id);
        Ok(id)
    }
}
