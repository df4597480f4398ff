//! One question to all stations: the newest samples, and one channel wherever it is measured.

use super::error::QueryError;
use super::readings::Readings;
use super::rows::Rows;
use crate::model::{InstrumentId, Registry, Sample, StationId, TimeRange, Timestamp};
use serde::Serialize;

/// The newest present sample of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Newest {
    /// At which station,
    pub station: StationId,
    /// of which of its instruments,
    pub instrument: InstrumentId,
    /// of which of its channels, by its place in a frame.
    pub channel: usize,
    /// When.
    pub time: Timestamp,
    /// What.
    pub sample: Sample,
}

/// The rows of one channel at one station.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelRows {
    /// At which station,
    pub station: StationId,
    /// of which of its instruments,
    pub instrument: InstrumentId,
    /// of which of its channels, by its place in a frame.
    pub channel: usize,
    /// Its samples: `rows.samples(0)`.
    pub rows: Rows,
}

impl Readings {
    /// The newest present sample of every channel of every station, or of one, in order of instruments and of places in a frame. A channel
    /// that has none is left out. Answered from memory, but for the first question about a channel after opening.
    ///
    /// ```
    /// # use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, Station, TimeRange, Timestamp, Unit};
    /// # let dir = tempfile::tempdir()?;
    /// # let db = Database::open(dir.path(), Config::default())?;
    /// # let mut batch = Batch::new();
    /// for name in ["park/S1", "park/S2"] {
    ///     let station = db.register_station(Station::new(name)?)?;
    ///     let channels = vec![Channel::species("benzene", Unit::Ppb)?, Channel::species("toluene", Unit::Ppb)?];
    ///     let gc = db.register_instrument(station, Instrument::new("gc", Interval::HOUR, channels)?)?;
    ///     batch.push_values(gc, Timestamp::from_ms(1_700_000_000_000), &[Some(0.42), None]);
    /// }
    /// db.append(&batch)?.all_accepted()?;
    /// let newest = db.readings().newest_samples(&db.registry(), None)?;
    /// assert_eq!(newest.len(), 2); // no toluene was ever measured
    /// let benzene = db.readings().channel_everywhere(&db.registry(), "benzene", TimeRange::ALL)?;
    /// assert_eq!(benzene.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`QueryError::Store`] where a block cannot be read.
    pub fn newest_samples(&self, registry: &Registry, station: Option<StationId>) -> Result<Vec<Newest>, QueryError> {
        let mut newest = Vec::new();
        let asked = registry.instruments().filter(|(_, at, _)| station.is_none_or(|station| station == *at));
        for (instrument, station, known) in asked {
            for channel in 0..known.channels().len() {
                let found = self.latest(instrument, channel)?;
                newest.extend(found.map(|(time, sample)| Newest { station, instrument, channel, time, sample }));
            }
        }
        Ok(newest)
    }

    /// The rows of a channel in a range of time at every station that has one of that name, in order of instruments. An instrument without
    /// rows in the range comes with none. The example stands at [`Readings::newest_samples`]; for more than memory should hold, or as frames
    /// in order of time, there is [`Readings::frames`].
    ///
    /// # Errors
    /// [`QueryError::Store`] where a segment or block cannot be read.
    pub fn channel_everywhere(
        &self,
        registry: &Registry,
        channel: &str,
        range: TimeRange,
    ) -> Result<Vec<ChannelRows>, QueryError> {
        let place = |known: &crate::model::Instrument| known.channel_index(channel);
        let measured = registry.instruments().filter_map(|(id, station, known)| Some((id, station, place(known)?)));
        let rows = |(instrument, station, channel): (InstrumentId, StationId, usize)| {
            let rows = self.rows(instrument, &[channel], range)?;
            Ok(ChannelRows { station, instrument, channel, rows })
        };
        measured.map(rows).collect()
    }
}
