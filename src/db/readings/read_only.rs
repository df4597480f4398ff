//! A store opened for reading alone, beside the process that writes.

use crate::db::records::{InstrumentRegistered, StationRegistered};
use crate::error::Error;
use crate::ledger::{Kind, Ledger};
use crate::model::Registry;
use crate::query::Readings;
use crate::store::io::{FsStorage, Storage};
use crate::store::snapshot;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The stations and readings of a store as they were when it was opened or refreshed. Takes no lock and changes nothing: any number of
/// processes may look at a store while one writes.
///
/// ```
/// use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, ReadOnly, Station, TimeRange, Timestamp, Unit};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let station = db.register_station(Station::new("park/S1")?)?;
/// let benzene = Channel::species("benzene", Unit::Ppb)?;
/// let pid = db.register_instrument(station, Instrument::new("pid", Interval::seconds(1), vec![benzene])?)?;
/// let mut batch = Batch::new();
/// batch.push_values(pid, Timestamp::from_ms(1_700_000_000_000), &[Some(0.42)]);
/// db.append(&batch)?;
///
/// let beside = ReadOnly::open(dir.path())?; // the writer still has the store open
/// assert_eq!(beside.readings().latest(pid, 0)?.unwrap().1.value, Some(0.42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReadOnly {
    path: PathBuf,
    registry: Registry,
    readings: Readings,
}

impl ReadOnly {
    /// Opens the store in `path` for reading.
    ///
    /// # Errors
    /// [`Error::Ledger`] and [`Error::Store`] where its files cannot be read or do not check.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let storage: Arc<dyn Storage> = Arc::new(FsStorage);
        let content = Ledger::read(&*storage, &path.join("ledger"))?;
        let mut registry = Registry::default();
        for (index, record) in (0..).zip(&content.records) {
            match record.kind() {
                Kind::StationRegistered => {
                    let StationRegistered { id, station } = record.body(index)?;
                    registry.insert_station(id, station);
                }
                Kind::InstrumentRegistered => {
                    let InstrumentRegistered { id, station, instrument } = record.body(index)?;
                    registry.insert_instrument(id, station, instrument);
                }
                _ => {}
            }
        }
        let readings = Readings::new(snapshot(&storage, path)?);
        Ok(Self { path: path.to_owned(), registry, readings })
    }

    /// Looks at the files again.
    ///
    /// # Errors
    /// As [`ReadOnly::open`]; what was seen before is then still there.
    pub fn refresh(&mut self) -> Result<(), Error> {
        *self = Self::open(&self.path)?;
        Ok(())
    }

    /// The stations and instruments.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The readings.
    #[must_use]
    pub fn readings(&self) -> Readings {
        self.readings.clone()
    }
}
