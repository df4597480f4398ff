//! Sealing: rows that no longer change become a segment, while new ones arrive in a head of their own.

use super::super::engine::Store;
use super::super::error::StoreError;
use super::super::head::Head;
use super::super::segment::{self, Segment, SegmentSummary, SegmentWriter};
use crate::base::checksum::{Digest, sha256};
use crate::codec::Effort;
use crate::io::Storage;
use crate::journal::{self, Wal};
use crate::model::Registry;
use std::path::PathBuf;
use std::sync::Arc;

/// A segment that has just been sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) file_name: String,
    pub(crate) sha256: Digest,
    pub(crate) summary: SegmentSummary,
}

/// Frozen rows on their way into a segment. Building and publishing need no lock of the store.
#[derive(Debug)]
pub(crate) struct PendingSeal {
    head: Arc<Head>,
    first_lsn: u64,
    last_lsn: u64,
    path: PathBuf,
    storage: Arc<dyn Storage>,
}

/// A segment's bytes, before they are a file.
#[derive(Debug)]
pub(crate) struct BuiltSegment {
    bytes: Vec<u8>,
    sha256: Digest,
    summary: SegmentSummary,
}

impl PendingSeal {
    pub(crate) fn build(&self, registry: &Registry) -> Result<BuiltSegment, StoreError> {
        let mut writer = SegmentWriter::new(Effort::Fast);
        for (id, head) in self.head.instruments() {
            let Some((station, instrument)) = registry.instrument(id) else {
                let reason = format!(
                    "{id} has rows in the write-ahead log, but the ledger does not know it: restore the ledger"
                );
                return Err(StoreError::corrupt(&self.path, 0, reason));
            };
            let station = registry.station(station).map_or("", |station| station.name());
            writer.begin(id, station, Arc::new(instrument.clone()));
            writer.push(head);
        }
        let built = writer.finish(self.first_lsn..=self.last_lsn);
        let (bytes, summary) = built.map_err(|error| StoreError::corrupt(&self.path, 0, error))?;
        Ok(BuiltSegment { sha256: sha256(&bytes), bytes, summary })
    }

    /// Puts the file in place, whole and durable. Before that no frame of it may be one that the rules would have to see again.
    pub(crate) fn publish(&self, built: &BuiltSegment) -> Result<(), StoreError> {
        self.storage.publish(&self.path, &built.bytes).map_err(StoreError::io("write", &self.path))
    }
}

impl Store {
    /// Whether rows wait to become a segment.
    pub(crate) fn is_sealing(&self) -> bool {
        self.state.read().frozen().is_some()
    }

    /// Sets the rows of the head aside for sealing and begins a new write-ahead log, whose rows go into a new head. False where there
    /// are none, or where the ones before are not sealed yet.
    ///
    /// The old log is durable before the new one has a frame: a tail can then only be torn in the newest.
    pub(crate) fn freeze(&mut self) -> Result<bool, StoreError> {
        self.check_place()?;
        if self.is_sealing() || self.state.read().head.rows() == 0 {
            return Ok(false);
        }
        self.begin_log()?;
        self.freeze_until(self.next_lsn - 1);
        Ok(true)
    }

    /// Begins a new log behind the one there is, which is durable then.
    pub(super) fn begin_log(&mut self) -> Result<(), StoreError> {
        self.sync.sync_written()?;
        let next = Wal::create(&*self.storage, &self.layout.wal, self.next_lsn)?.behind(self.sync.written_frames());
        self.sync.switch_to(next.path(), next.log(), self.next_lsn - 1);
        self.wal = next;
        Ok(())
    }

    /// Sets the rows of the head aside, which are those up to `lsn`.
    pub(super) fn freeze_until(&mut self, lsn: u64) {
        self.frozen_lsn = lsn;
        self.state.write().freeze();
    }

    /// The rows that wait to become a segment.
    pub(crate) fn pending_seal(&self) -> Option<PendingSeal> {
        let head = self.state.read().frozen()?;
        let (first_lsn, last_lsn) = (self.unsealed_lsn, self.frozen_lsn);
        let path = self.layout.segments.join(format!("{first_lsn:020}-{last_lsn:020}{}", segment::SUFFIX));
        Some(PendingSeal { head, first_lsn, last_lsn, path, storage: Arc::clone(&self.storage) })
    }

    /// Puts a published segment in the place of the frozen rows. The logs that hold them stay until [`SealedLogs::remove`].
    pub(crate) fn finish_seal(&mut self, pending: PendingSeal, built: BuiltSegment) -> Result<Sealed, StoreError> {
        let PendingSeal { head, last_lsn, path, storage, .. } = pending;
        drop(head);
        let BuiltSegment { sha256, summary, .. } = built;
        let segment = Arc::new(Segment::new(path, summary.clone(), storage));
        segment.note_recorded(sha256);
        let file_name = segment.file_name();
        self.catalog.put(&file_name, &summary);
        self.state.write().seal_frozen(segment);
        (self.sealed_lsn, self.unsealed_lsn) = (last_lsn, last_lsn + 1);
        Ok(Sealed { file_name, sha256, summary })
    }

    /// The logs whose rows are in segments. Removing them needs no lock of the store.
    pub(crate) fn sealed_logs(&self) -> SealedLogs {
        SealedLogs { storage: Arc::clone(&self.storage), dir: self.layout.wal.clone(), sealed_lsn: self.sealed_lsn }
    }
}

/// Logs that have done their service.
///
/// Sources last: the segment is in place, whole and durable, before a byte of the log goes.
#[derive(Debug)]
pub(crate) struct SealedLogs {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    sealed_lsn: u64,
}

impl SealedLogs {
    /// Removes them. The frames of a log end where the next one begins; while one is replayed it may hold more than is sealed.
    pub(crate) fn remove(&self) -> Result<(), StoreError> {
        let logs = journal::files(&*self.storage, &self.dir)?;
        for ((_, path), (next_lsn, _)) in logs.iter().zip(logs.iter().skip(1)) {
            if *next_lsn <= self.sealed_lsn + 1 {
                self.storage.remove(path).map_err(StoreError::io("remove", path))?;
            }
        }
        Ok(())
    }
}
