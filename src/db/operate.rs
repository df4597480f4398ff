//! What hosts do: register, look, seal, close.

use super::core::{Database, Inner};
use super::names::find_channel;
use super::records::{InstrumentRegistered, SegmentSealed, StationRegistered};
use crate::base::observe::{self, Count, Work};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Instrument, InstrumentId, Sample, Station, StationId, Timestamp};
use crate::store::Sealed;

impl Database {
    /// Registers a station; the same one again gives its number.
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
        inner.registry.insert_instrument(id, station, body.instrument);
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

    /// Writes what is in memory as a segment, so that the write-ahead log is empty.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where it cannot be written; nothing is lost then.
    pub fn seal(&self) -> Result<(), Error> {
        self.inner.lock().seal()
    }

    /// Closes the store in good order: deliveries under way are awaited, the head is sealed, the catalog written out. Dropping a
    /// [`Database`] instead loses nothing either; the next open then replays the write-ahead log.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where something cannot be written; nothing is lost then.
    pub fn close(self) -> Result<(), Error> {
        self.drain()?;
        drop(self.flusher);
        let mut inner = self.inner.into_inner();
        inner.commit_all()?;
        inner.seal()?;
        inner.store.flush_catalog();
        Ok(())
    }
}

impl Inner {
    /// Seals the head: checkpoint first, so that no frame is sealed that the rules would have to see again.
    pub(super) fn seal(&mut self) -> Result<(), Error> {
        let _work = observe::begin(Work::Seal);
        self.commit_all()?;
        self.position_lsn = self.store.last_lsn();
        let checkpoint = self.checkpoint()?;
        self.store.sync().sync_written()?;
        self.ledger.commit(&[checkpoint])?;
        let Some(sealed) = self.store.seal(&self.registry)? else { return Ok(()) };
        Ok(self.ledger.commit(&[sealed_record(sealed)?])?)
    }
}

/// What the ledger keeps of a sealed segment.
pub(super) fn sealed_record(sealed: Sealed) -> Result<Record, Error> {
    let rows = sealed.summary.instruments.iter().map(|one| one.rows).sum();
    observe::count(Count::RowsSealed, rows);
    let body = SegmentSealed {
        file_name: sealed.file_name,
        file_bytes: sealed.summary.file_bytes,
        sha256: sealed.sha256,
        first_lsn: sealed.summary.first_lsn,
        last_lsn: sealed.summary.last_lsn,
        rows,
    };
    Ok(Record::new(Kind::SegmentSealed, &body)?)
}
