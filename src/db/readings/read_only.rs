//! A store opened for reading alone, beside the process that writes.

use super::lineage::{known_frames, lineage_of, read_lineage};
use crate::base::clock::{Clock, SystemClock};
use crate::db::names::find_channel;
use crate::db::records::register;
use crate::db::stats::StoredStats;
use crate::error::Error;
use crate::io::{FsStorage, Storage};
use crate::journal::LsnRange;
use crate::ledger::{Ledger, Record};
use crate::model::{InstrumentId, Registry, Timestamp};
use crate::query::Readings;
use crate::store::read::Reader;
use crate::store::{
    OpenReport, Snapshot, StoreError, check_owners, measure, missing_frames, refuse_unfinished, snapshot_until,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Attempts to read the files of a store while its writer replaces segments.
const ATTEMPTS: usize = 64;
/// Attempts after which a file that looks corrupt is corrupt.
const ATTEMPTS_CORRUPT: usize = 4;

/// The stations and readings of a store as they were when it was opened or refreshed. Takes no lock and changes nothing: any number of
/// processes may look at a store while one writes.
///
/// ```
/// use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, ReadOnly, Station, TimeRange, Timestamp, Unit};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let station = db.register_station(Station::new("park/S1")?)?;
/// let benzene = Channel::species("benzene", Unit::Ppb)?;
/// let pid = db.register_instrument(station, Instrument::new("pid", Interval::SECOND, vec![benzene])?)?;
/// let mut batch = Batch::new();
/// batch.push_values(pid, Timestamp::from_ms(1_700_000_000_000), &[Some(0.42)]);
/// db.append(&batch)?.all_accepted()?;
///
/// let beside = ReadOnly::open(dir.path())?; // the writer still has the store open
/// assert_eq!(beside.readings().latest(pid, 0)?.unwrap().1.value, Some(0.42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReadOnly {
    path: PathBuf,
    registry: Registry,
    reader: Reader,
    report: OpenReport,
    ledger_records: u64,
}

impl ReadOnly {
    /// Opens the store in `path` for reading. A segment that does not check is left out and named in [`ReadOnly::report`].
    ///
    /// # Errors
    /// [`Error::Ledger`] and [`Error::Store`] where its other files cannot be read or are corrupt, and
    /// [`StoreError::Unsettled`] where the writer replaced segments during every attempt.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let storage: Arc<dyn Storage> = Arc::new(FsStorage);
        refuse_unfinished(&*storage, path)?;
        for attempt in 1..=ATTEMPTS {
            match Self::look(&storage, path) {
                Ok(Some(store)) => return Ok(store),
                // The writer may be in the middle of a frame that was read in two parts.
                Err(_) if attempt < ATTEMPTS_CORRUPT => {}
                Err(error) => return Err(error),
                Ok(None) => {}
            }
        }
        Err(StoreError::Unsettled { path: path.to_owned(), attempts: ATTEMPTS }.into())
    }

    /// One attempt; `None` where the writer replaced segments meanwhile.
    fn look(storage: &Arc<dyn Storage>, path: &Path) -> Result<Option<Self>, Error> {
        let content = Ledger::read(&**storage, &path.join("ledger"))?;
        let registry = registry_of(&content.records)?;
        let lineage = lineage_of(&content.records)?;
        let snapshot = snapshot_until(storage, path, u64::MAX, &lineage)?;
        let lineage_after = read_lineage(&**storage, path)?;
        if snapshot.lacks(&lineage, &lineage_after) {
            return Ok(None);
        }
        check_owners(&snapshot.reader, &lineage, &registry)?;
        let missing_segments = snapshot.missing(&lineage_after);
        let Snapshot { reader, unsound: quarantined, .. } = snapshot;
        reader.note_measured(registry.instruments().map(|(id, _, instrument)| (id, instrument)));
        let ledger_torn_bytes = content.torn_bytes;
        let mut report = OpenReport { quarantined, ledger_torn_bytes, missing_segments, ..OpenReport::default() };
        report.lost_frames = lost_frames(&**storage, path)?;
        let ledger_records = content.records.len() as u64;
        Ok(Some(Self { path: path.to_owned(), registry, reader, report, ledger_records }))
    }

    /// Looks at the files again.
    ///
    /// # Errors
    /// As [`ReadOnly::open`]; what was seen before is then still there.
    pub fn refresh(&mut self) -> Result<(), Error> {
        *self = Self::open(&self.path)?;
        Ok(())
    }

    /// What opening found: segments that do not check, which lie where they lay; segments that are missing; a torn end of the ledger.
    #[must_use]
    pub const fn report(&self) -> &OpenReport {
        &self.report
    }

    /// The store's folder.
    pub(in crate::db) fn path(&self) -> &Path {
        &self.path
    }

    /// The stations and instruments.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The readings.
    #[must_use]
    pub fn readings(&self) -> Readings {
        Readings::new(self.reader.clone())
    }

    /// The instrument and place of a station's channel, as [`Database::channel`](crate::Database::channel) finds it.
    ///
    /// # Errors
    /// [`Error::UnknownStation`] and [`Error::UnknownChannel`] list what there is.
    pub fn channel(&self, station: &str, channel: &str) -> Result<(InstrumentId, usize), Error> {
        find_channel(&self.registry, station, channel)
    }

    /// Returns the contents by station and instrument, and the current bytes of files. Reads every page to count its values.
    ///
    /// # Errors
    /// [`Error::Store`] where the directories cannot be listed.
    pub fn stats(&self) -> Result<StoredStats, Error> {
        let bytes = measure(&FsStorage, &self.path)?;
        let now = Timestamp::from_ms(SystemClock.now_ms());
        Ok(StoredStats::of((&self.reader, &self.registry), now, (bytes, self.ledger_records)))
    }
}

/// The stations and instruments that a ledger knows.
pub(in crate::db) fn registry_of(records: &[Record]) -> Result<Registry, Error> {
    let mut registry = Registry::default();
    for (index, record) in (0..).zip(records) {
        register(&mut registry, record, index)?;
    }
    Ok(registry)
}

/// Frames that the ledger rests on and that no file holds.
fn lost_frames(storage: &dyn Storage, path: &Path) -> Result<Vec<LsnRange>, Error> {
    let known = || {
        let content = Ledger::read(storage, &path.join("ledger")).ok()?;
        known_frames(&content, &lineage_of(&content.records).ok()?).ok()
    };
    Ok(missing_frames(storage, path, known)?)
}
