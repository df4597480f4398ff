//! The stations and instruments of one store.

use super::instrument::{Instrument, InstrumentId};
use super::quality::Quality;
use super::station::{Position, Station, StationId};
use super::timestamp::{TimeRange, Timestamp};
use std::collections::BTreeMap;

/// All stations and instruments, by number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Registry {
    stations: BTreeMap<StationId, Station>,
    /// Positions of the stations that were moved, each with the time from which it holds, in order of time.
    moves: BTreeMap<StationId, Vec<(Timestamp, Position)>>,
    instruments: BTreeMap<InstrumentId, (StationId, Instrument)>,
    /// Quality flags that people set on ranges of readings, in the order in which they were set.
    flags: BTreeMap<InstrumentId, Vec<HandFlags>>,
    /// Values that people put in the place of stored ones, by instrument, time and place of the channel.
    values: BTreeMap<(InstrumentId, Timestamp, usize), f64>,
}

/// A quality flag that a person set on a range of readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandFlags {
    /// Places of the channels in a frame.
    pub(crate) channels: Vec<usize>,
    pub(crate) range: TimeRange,
    pub(crate) quality: Quality,
}

impl HandFlags {
    fn covers(&self, other: &Self) -> bool {
        let holds = self.range.from <= other.range.from && other.range.to <= self.range.to;
        holds && other.channels.iter().all(|channel| self.channels.contains(channel))
    }
}

impl Registry {
    /// Puts a station in under its number.
    pub fn insert_station(&mut self, id: StationId, station: Station) {
        self.stations.insert(id, station);
    }

    /// Gives a station another position from a time on, if it is there. Positions that were to hold from that time on, or from a later one,
    /// no longer do.
    pub fn move_station(&mut self, id: StationId, position: Position, since: Timestamp) {
        let Some(station) = self.stations.get_mut(&id) else { return };
        let moves = self.moves.entry(id).or_insert_with(|| vec![(Timestamp::MIN, *station.position())]);
        moves.retain(|(from, _)| *from < since);
        moves.push((since, position));
        *station = station.clone().at(position);
    }

    /// Position of a station at a time: the one that it had before it was moved, for a time before that.
    #[must_use]
    pub fn position_at(&self, id: StationId, time: Timestamp) -> Option<&Position> {
        let moved = self.positions(id).take_while(|(from, _)| *from <= time).last();
        moved.map(|(_, position)| position).or_else(|| self.station(id).map(Station::position))
    }

    /// Positions that a station has had, each with the time from which it holds, in order of time. The first one holds from the beginning
    /// on; a station that was never moved has none here.
    pub fn positions(&self, id: StationId) -> impl Iterator<Item = (Timestamp, &Position)> {
        self.moves.get(&id).into_iter().flatten().map(|(from, position)| (*from, position))
    }

    /// Notes a flag that a person set on a range of readings.
    pub(crate) fn note_flags(&mut self, instrument: InstrumentId, flags: HandFlags) {
        let known = self.flags.entry(instrument).or_default();
        // One that the new one covers whole can no longer be the last word on anything.
        known.retain(|earlier| !flags.covers(earlier));
        known.push(flags);
    }

    /// Notes a value that a person put in the place of a stored one.
    pub(crate) fn note_value(&mut self, instrument: InstrumentId, time: Timestamp, channel: usize, value: f64) {
        self.values.insert((instrument, time, channel), value);
    }

    /// Forgets the flags and values that people set.
    pub(crate) fn forget_changes_by_hand(&mut self) {
        self.flags.clear();
        self.values.clear();
    }

    /// Whether a stored value is the one that a person put there.
    pub(crate) fn is_value_by_hand(
        &self,
        instrument: InstrumentId,
        time: Timestamp,
        channel: usize,
        value: f64,
    ) -> bool {
        let set = self.values.get(&(instrument, time, channel));
        set.is_some_and(|set| set.to_bits() == value.to_bits())
    }

    /// The flag that a person set last on a reading, if one did.
    pub(crate) fn flag_by_hand(&self, instrument: InstrumentId, channel: usize, time: Timestamp) -> Option<Quality> {
        let set = self.flags.get(&instrument)?;
        let last = set.iter().rev().find(|flags| flags.range.contains(time) && flags.channels.contains(&channel));
        last.map(|flags| flags.quality)
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
