//! Changing what an instrument measures, and where a station stands.

mod place;

pub use place::StationPlacement;

use crate::db::core::Database;
use crate::db::records::{InstrumentChanged, StationChanged};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{ChannelChange, Instrument, InstrumentId, Station, StationId, Timestamp, check_line, check_words};

/// A change of what an instrument measures, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct InstrumentChange {
    /// Instrument to change.
    pub instrument: InstrumentId,
    /// Changes in order; all of them take effect, or none.
    pub channels: Vec<ChannelChange>,
    /// Author of the change.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A change of a station, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct StationChange {
    /// The station.
    pub id: StationId,
    /// The station as it is from then on, with the name that it has.
    pub station: Station,
    /// Time from which its position holds; `None` for the time of the host's clock.
    pub since: Option<Timestamp>,
    /// Name of the person who changes it.
    pub by: String,
    /// Why it changes.
    pub reason: String,
}

impl Database {
    /// Gives a station another position. The ledger records the station before and after, the person and the reason.
    /// [`Registry::position_at`](crate::Registry::position_at) tells where it stood at any time. A change to what is so already changes
    /// nothing.
    ///
    /// ```
    /// use vocdb::{Config, Database, Position, Station, StationChange, Timestamp};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let at = |height_m: f64| Position { height_m: Some(height_m), ..Position::default() };
    /// let station = Station::new("park/S1")?.at(at(2.4));
    /// let id = db.register_station(station.clone())?;
    /// let moved = Timestamp::from_ms(1_700_000_000_000);
    /// db.update_station(&StationChange {
    ///     id,
    ///     station: station.at(at(10.0)),
    ///     since: Some(moved),
    ///     by: "field crew".to_owned(),
    ///     reason: "a new mast".to_owned(),
    /// })?;
    /// let registry = db.registry();
    /// assert_eq!(registry.position_at(id, moved), Some(&at(10.0)));
    /// assert_eq!(registry.position_at(id, moved.plus_ms(-1)), Some(&at(2.4)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoStation`]; [`Error::StationRenamed`]; [`Error::Model`] for a position that is none, and where name or reason are empty or
    /// not one line of text; [`Error::Ledger`] where the ledger cannot be written: the station is then as it was.
    pub fn update_station(&self, change: &StationChange) -> Result<(), Error> {
        check_words("name of a person", &change.by)?;
        check_words("reason", &change.reason)?;
        change.station.position().check()?;
        let StationChange { id, station: after, .. } = change;
        let mut inner = self.inner.lock();
        inner.ledger.check()?;
        let before = inner.registry.station(*id).ok_or(Error::NoStation(*id))?.clone();
        if before.name() != after.name() {
            return Err(Error::StationRenamed { name: before.name().to_owned(), wanted: after.name().to_owned() });
        }
        let at = inner.now();
        let since = change.since.unwrap_or(at);
        if before == *after && inner.registry.position_at(*id, since) == Some(after.position()) {
            return Ok(());
        }
        let (by, reason) = (change.by.clone(), change.reason.clone());
        let body = StationChanged { id: *id, before, after: after.clone(), since, by, reason, at };
        inner.ledger.commit(&[Record::new(Kind::StationChanged, &body)?])?;
        inner.registry.move_station(*id, *after.position(), since);
        Ok(())
    }

    /// Changes the channels of an instrument: adds some, retires some, declares more decimals. Gives the instrument as it is from then on.
    ///
    /// What is in memory is sealed first, so that no block has rows of both sides; then the change is in the ledger, and in force. Frames
    /// from then on have a sample for every channel of [`Instrument::channels`], missing for the retired ones. What was stored before
    /// stays as it is: a new channel is missing there. Rules that were loaded before go on; a retired channel is missing to them. A
    /// change that says what is so already changes nothing.
    ///
    /// ```
    /// use vocdb::{Batch, Channel, ChannelChange, Config, Database, Instrument, InstrumentChange, Interval, Station, Timestamp, Unit};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let station = db.register_station(Station::new("park/S1")?)?;
    /// let benzene = Channel::species("benzene", Unit::Ppb)?;
    /// let gc = db.register_instrument(station, Instrument::new("gc", Interval::HOUR, vec![benzene])?)?;
    /// let mut batch = Batch::new();
    /// batch.push_values(gc, Timestamp::from_ms(1_700_000_000_000), &[Some(0.42)]);
    /// db.append(&batch)?.all_accepted()?;
    ///
    /// db.change_instrument(&InstrumentChange {
    ///     instrument: gc,
    ///     channels: vec![
    ///         ChannelChange::Add(Channel::species("toluene", Unit::Ppb)?),
    ///         ChannelChange::Retire("benzene".to_owned()),
    ///     ],
    ///     by: "laboratory".to_owned(),
    ///     reason: "a new column".to_owned(),
    /// })?;
    /// batch.clear();
    /// batch.push_values(gc, Timestamp::from_ms(1_700_003_600_000), &[None, Some(1.7)]);
    /// db.append(&batch)?.all_accepted()?;
    /// assert_eq!(db.latest("park/S1", "benzene")?.unwrap().1.value, Some(0.42));
    /// assert_eq!(db.latest("park/S1", "toluene")?.unwrap().1.value, Some(1.7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoInstrument`]; [`Error::Model`] for what cannot change, with what to do instead, and where name or reason are not one line of text; [`Error::Store`] and [`Error::Ledger`]
    /// where files cannot be written: the instrument is then as it was.
    pub fn change_instrument(&self, change: &InstrumentChange) -> Result<Instrument, Error> {
        check_line("name of a person", &change.by)?;
        check_line("reason", &change.reason)?;
        let turn = self.sealing.turn();
        let mut inner = self.inner.lock();
        inner.ledger.check()?;
        let id = change.instrument;
        let (_, known) = inner.registry.instrument(id).ok_or(Error::NoInstrument(id))?;
        let changed = known.changed(&change.channels)?;
        if changed == *known {
            return Ok(changed);
        }
        inner.seal(&turn)?;
        let body = InstrumentChanged::new((id, changed.clone()), &change.by, &change.reason, inner.now());
        inner.ledger.commit(&[Record::new(Kind::InstrumentChanged, &body)?])?;
        inner.store.reader().note_measured([(id, &changed)]);
        inner.registry.change_instrument(id, changed.clone());
        Ok(changed)
    }
}
