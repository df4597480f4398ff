//! Changing what an instrument measures.

use crate::db::core::Database;
use crate::db::records::InstrumentChanged;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{ChannelChange, Instrument, InstrumentId, check_line};

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

impl Database {
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
