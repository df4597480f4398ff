//! What hosts do: register, look, close.

use super::core::Database;
use super::names::find_channel;
use super::records::{InstrumentRegistered, StationRegistered};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Instrument, InstrumentId, Sample, Station, StationId, Timestamp};

impl Database {
    /// Registers a station; the same one again gives its number. Rules in force whose scope has it cover it from the next frame or
    /// [`Database::advance`] on, once it has an instrument; where one cannot be bound to it, that is a system alarm
    /// ([`RulesState::PartlyBound`](crate::alarm::event::RulesState)), and the rules go on for the other stations.
    ///
    /// # Errors
    /// [`Error::Conflict`] where another station has that name.
    pub fn register_station(&self, station: Station) -> Result<StationId, Error> {
        let mut inner = self.inner.lock();
        if let Some(id) = inner.registry.station_named(station.name()) {
            let is_same = inner.registry.station(id) == Some(&station);
            let conflict = || Error::Conflict { what: "station", name: station.name().to_owned() };
            return if is_same { Ok(id) } else { Err(conflict()) };
        }
        let id = inner.registry.next_station_id();
        let body = StationRegistered { id, station };
        inner.ledger.commit(&[Record::new(Kind::StationRegistered, &body)?])?;
        inner.registry.insert_station(id, body.station);
        inner.note_registered(id);
        Ok(id)
    }

    /// Registers an instrument at a station; the same one again gives its number.
    ///
    /// # Errors
    /// [`Error::NoStation`]; [`Error::Conflict`] where the station has a different instrument of that name.
    pub fn register_instrument(&self, station: StationId, instrument: Instrument) -> Result<InstrumentId, Error> {
        let mut inner = self.inner.lock();
        if inner.registry.station(station).is_none() {
            return Err(Error::NoStation(station));
        }
        if let Some(id) = inner.registry.instrument_named(station, instrument.name()) {
            let is_same = inner.registry.instrument(id).is_some_and(|(_, known)| *known == instrument);
            let conflict = || Error::Conflict { what: "instrument", name: instrument.name().to_owned() };
            return if is_same { Ok(id) } else { Err(conflict()) };
        }
        let id = inner.registry.next_instrument_id();
        let body = InstrumentRegistered { id, station, instrument };
        inner.ledger.commit(&[Record::new(Kind::InstrumentRegistered, &body)?])?;
        inner.store.reader().note_measured([(id, &body.instrument)]);
        inner.registry.insert_instrument(id, station, body.instrument);
        inner.note_registered(station);
        Ok(id)
    }

    /// The instrument and place of a station's channel: `channel`, or `instrument/channel` where several instruments have one of
    /// that name (the first registered is taken otherwise).
    ///
    /// # Errors
    /// [`Error::UnknownStation`] and [`Error::UnknownChannel`] list what there is.
    pub fn channel(&self, station: &str, channel: &str) -> Result<(InstrumentId, usize), Error> {
        find_channel(&self.inner.lock().registry, station, channel)
    }

    /// The newest present sample of a station's channel and its time.
    ///
    /// # Errors
    /// As [`Database::channel`], and [`Error::Query`] where a block cannot be read.
    pub fn latest(&self, station: &str, channel: &str) -> Result<Option<(Timestamp, Sample)>, Error> {
        let (instrument, channel) = self.channel(station, channel)?;
        Ok(self.readings.latest(instrument, channel)?)
    }

    /// Closes the store in good order: deliveries under way are awaited, the head is sealed, the catalog written out. Dropping a
    /// [`Database`] instead loses nothing either; the next open then replays the write-ahead log.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where something cannot be written; nothing is lost then.
    pub fn close(self) -> Result<(), Error> {
        self.drain()?;
        drop((self.flusher, self.sealer));
        let turn = self.sealing.turn();
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        // Frames that suspended rules have not seen stay in the log, where their order of arrival is known.
        if inner.suspended.is_none() || inner.position_lsn == inner.store.last_lsn() {
            inner.seal(&turn)?;
        }
        inner.store.flush_catalog();
        let commits = inner.ledger.commits();
        // Everything is safe; without the note only a ledger that is cut short from outside would not be noticed.
        let _ = inner.store.note_ledger(commits);
        Ok(())
    }
}
