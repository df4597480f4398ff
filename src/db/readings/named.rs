//! Registering and writing by the names of stations, instruments and channels.

use super::write::Receipt;
use crate::db::core::Database;
use crate::db::names::{find_instrument, place_of};
use crate::error::Error;
use crate::model::{Batch, Instrument, InstrumentId, Station, Timestamp};

impl Database {
    /// Registers the instrument at the station of this name; both are created if missing. Returns the number of the instrument. Call it at
    /// every start of a station process.
    ///
    /// ```
    /// use vocdb::{Channel, Config, Database, Instrument, Interval, Timestamp, Unit};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let channels = vec![Channel::species("benzene", Unit::Ppb)?, Channel::species("toluene", Unit::Ppb)?];
    /// db.ensure_instrument("park/S1", Instrument::new("gc", Interval::HOUR, channels)?)?;
    ///
    /// let time = Timestamp::from_ms(1_700_000_000_000);
    /// db.append_named("park/S1", "gc", time, &[("benzene", 3.0)])?.all_accepted()?;
    /// assert_eq!(db.latest("park/S1", "benzene")?.unwrap().1.value, Some(3.0));
    /// assert!(db.append_named("park/S1", "gc", time, &[("benzol", 3.0)]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] for a name that a station cannot have. [`Error::Conflict`] if the station has a different instrument of that name; use
    /// [`Database::change_instrument`] to change its channels.
    pub fn ensure_instrument(&self, station: &str, instrument: Instrument) -> Result<InstrumentId, Error> {
        let id = match self.registry().station_named(station) {
            Some(id) => id,
            None => self.register_station(Station::new(station)?)?,
        };
        self.register_instrument(id, instrument)
    }

    /// Appends one frame by names: values measured in normal operation, in the units of their channels. Channels that are not named are
    /// missing in the frame. To write many frames, fill a [`Batch`]: it is durable with one sync and looks up no names.
    ///
    /// The example is at [`Database::ensure_instrument`].
    ///
    /// # Errors
    /// [`Error::UnknownStation`], [`Error::UnknownInstrument`] and [`Error::UnknownChannel`] list the names that exist;
    /// [`Error::NamedTwice`] if a channel is named twice. Otherwise as [`Database::append`].
    pub fn append_named(
        &self,
        station: &str,
        instrument: &str,
        time: Timestamp,
        values: &[(&str, f64)],
    ) -> Result<Receipt, Error> {
        let registry = self.registry();
        let (id, known) = find_instrument(&registry, station, instrument)?;
        let mut frame = vec![None; known.channels().len()];
        for (channel, value) in values {
            let place = place_of(known, station, channel)?;
            let slot = frame.get_mut(place).filter(|slot| slot.is_none());
            *slot.ok_or_else(|| Error::NamedTwice { channel: (*channel).to_owned() })? = Some(*value);
        }
        let mut batch = Batch::new();
        batch.push_values(id, time, &frame);
        self.append(&batch)
    }
}
