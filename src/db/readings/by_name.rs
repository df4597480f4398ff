//! Writing and reading by the names of stations, instruments and channels.

use super::read_only::ReadOnly;
use super::write::Receipt;
use crate::db::core::Database;
use crate::db::names::{find_instrument, find_station, place_of};
use crate::error::Error;
use crate::model::{Batch, Instrument, InstrumentId, Interval, Registry, Station, TimeRange, Timestamp};
use crate::query::{ChannelRows, Newest, Readings, Window, WindowFunction, WindowQuery, WindowValue};

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
        let mut batch = Batch::new();
        {
            let registry = &self.inner.lock().registry;
            let (id, known) = find_instrument(registry, station, instrument)?;
            let mut frame = vec![None; known.channels().len()];
            for (channel, value) in values {
                let place = place_of(known, station, channel)?;
                let slot = frame.get_mut(place).filter(|slot| slot.is_none());
                *slot.ok_or_else(|| Error::NamedTwice { channel: (*channel).to_owned() })? = Some(*value);
            }
            batch.push_values(id, time, &frame);
        }
        self.append(&batch)
    }

    /// Means of a channel over windows side by side: hourly means with [`Interval::HOUR`]. Windows end at multiples of `width` in UTC that lie
    /// in `ends`; a window includes its end and excludes its start. The mean of directions is the vector mean. For other functions,
    /// coverage, sliding windows or local days, use [`Readings::windows`].
    ///
    /// ```
    /// use vocdb::{Channel, Config, Database, Instrument, Interval, TimeRange, Timestamp, Unit};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let benzene = Channel::species("benzene", Unit::Ppb)?;
    /// db.ensure_instrument("park/S1", Instrument::new("gc", "30m".parse()?, vec![benzene])?)?;
    /// for (ms, ppb) in [(1_800_000, 1.0), (3_600_000, 4.0)] {
    ///     db.append_named("park/S1", "gc", Timestamp::from_ms(ms), &[("benzene", ppb)])?.all_accepted()?;
    /// }
    /// let hours = db.means("park/S1", "benzene", Interval::HOUR, TimeRange::ALL)?;
    /// assert_eq!(hours[0].value, Some(2.5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Database::channel`], and [`Error::Query`] if a block cannot be read.
    pub fn means(
        &self,
        station: &str,
        channel: &str,
        width: Interval,
        ends: TimeRange,
    ) -> Result<Vec<WindowValue>, Error> {
        let query =
            WindowQuery::new(self.channel(station, channel)?, Window::side_by_side(width), WindowFunction::Mean);
        Ok(self.readings.window(&WindowQuery { ends, ..query })?)
    }

    /// The newest present sample of every channel of every station, or of the one of a name, in one call: see
    /// [`Readings::newest_samples`](crate::query::Readings::newest_samples).
    ///
    /// # Errors
    /// [`Error::UnknownStation`] lists what there is; [`Error::Query`] where a block cannot be read.
    pub fn newest_samples(&self, station: Option<&str>) -> Result<Vec<Newest>, Error> {
        newest_samples(&self.readings, &self.registry(), station)
    }

    /// The rows of a channel in a range of time at every station that has one of that name: see
    /// [`Readings::channel_everywhere`](crate::query::Readings::channel_everywhere).
    ///
    /// # Errors
    /// [`Error::Query`] where a block cannot be read.
    pub fn channel_everywhere(&self, channel: &str, range: TimeRange) -> Result<Vec<ChannelRows>, Error> {
        Ok(self.readings.channel_everywhere(&self.registry(), channel, range)?)
    }
}

impl ReadOnly {
    /// Returns the newest samples, like [`Database::newest_samples`](crate::Database::newest_samples).
    ///
    /// # Errors
    /// As [`Database::newest_samples`](crate::Database::newest_samples).
    pub fn newest_samples(&self, station: Option<&str>) -> Result<Vec<Newest>, Error> {
        newest_samples(&self.readings(), self.registry(), station)
    }
}

fn newest_samples(readings: &Readings, registry: &Registry, station: Option<&str>) -> Result<Vec<Newest>, Error> {
    let of_name = |name: &str| find_station(registry, name);
    Ok(readings.newest_samples(registry, station.map(of_name).transpose()?)?)
}
