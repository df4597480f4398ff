//! One question to all stations.

use super::read_only::ReadOnly;
use crate::db::core::Database;
use crate::db::names::find_station;
use crate::error::Error;
use crate::model::{Registry, TimeRange};
use crate::query::{ChannelRows, Newest, Readings};

impl Database {
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
    /// Returns the newest samples, like [`Database::newest_samples`](crate::Database::newest_samples).
    pub fn newest_samples(&self, station: Option<&str>) -> Result<Vec<Newest>, Error> {
        newest_samples(&self.readings(), self.registry(), station)
    }
}

fn newest_samples(readings: &Readings, registry: &Registry, station: Option<&str>) -> Result<Vec<Newest>, Error> {
    let of_name = |name: &str| find_station(registry, name);
    Ok(readings.newest_samples(registry, station.map(of_name).transpose()?)?)
}
