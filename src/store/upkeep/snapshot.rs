//! A store as another process sees it: no lock, no catalog, nothing changed.

use super::super::engine::{FileBytes, Store};
use super::super::error::StoreError;
use super::super::io::Storage;
use super::super::read::{Reader, State};
use super::super::recovery::{Layout, Quarantined};
use super::super::segment::{self, Lineage, Segment, read_summary};
use super::super::wal;
use crate::model::Batch;
use parking_lot::RwLock;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// How often a snapshot is tried again because the writer moved a file meanwhile.
const ATTEMPTS: usize = 16;

impl Store {
    /// The store's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.layout().root
    }
}

/// What was in the files of a store at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) reader: Reader,
    /// Segments that do not check and are left out.
    pub(crate) unsound: Vec<Quarantined>,
    /// Frames of the log behind the asked sequence number, in order of arrival; the reader does not show them.
    pub(crate) behind: Batch,
}

impl Snapshot {
    /// Refuses a segment that is not the one that the ledger knows.
    pub(crate) fn check_recorded(&self, lineage: &Lineage) -> Result<(), StoreError> {
        self.reader.segments().iter().try_for_each(|segment| match lineage.sha256(&segment.file_name()) {
            Some(recorded) => segment.open()?.check_sha256(recorded),
            None => Ok(()),
        })
    }
}

/// Everything that is in the files of a store now, but for segments that do not check, which are named. What the writer does later does
/// not show. The ledger says which segments others stand for; one that it does not know yet holds what others hold too, and does no harm.
pub(crate) fn snapshot(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    lineage: &Lineage,
) -> Result<(Reader, Vec<Quarantined>), StoreError> {
    let Snapshot { reader, unsound, .. } = snapshot_until(storage, dir, u64::MAX, lineage)?;
    Ok((reader, unsound))
}

/// As [`snapshot`], with the frames of the log behind a sequence number apart.
pub(crate) fn snapshot_until(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    until_lsn: u64,
    lineage: &Lineage,
) -> Result<Snapshot, StoreError> {
    let layout = Layout::new(dir);
    let mut attempts = 1;
    loop {
        match read(storage, &layout, until_lsn, lineage) {
            Ok((state, unsound, behind)) => {
                return Ok(Snapshot { reader: Reader::new(Arc::new(RwLock::new(state))), unsound, behind });
            }
            Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound && attempts < ATTEMPTS => {
                attempts += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The log first: rows that are sealed meanwhile are found twice, and never missed.
fn read(
    storage: &Arc<dyn Storage>,
    layout: &Layout,
    until_lsn: u64,
    lineage: &Lineage,
) -> Result<(State, Vec<Quarantined>, Batch), StoreError> {
    let list = |dir: &Path| storage.list_all(dir).map_err(StoreError::io("list", dir));
    let mut batches: Vec<(u64, Batch)> = Vec::new();
    for (_, path) in wal::files(&**storage, &layout.wal)? {
        batches.extend(wal::read(&**storage, &path)?.batches);
    }
    let (mut segments, mut unsound) = (Vec::new(), Vec::new());
    for name in list(&layout.segments)?.iter().filter(|name| name.ends_with(segment::SUFFIX)) {
        let path = layout.segments.join(name);
        match open(storage, &path) {
            Ok(segment) => segments.push(Arc::new(segment)),
            Err(error @ StoreError::Corrupt { .. }) => {
                let summary = read_summary(&**storage, &path).ok();
                unsound.push(Quarantined::segment(path, error.to_string(), summary.as_ref()));
            }
            Err(error) => return Err(error),
        }
    }
    let (segments, _) = lineage.part(segments);
    let sealed_lsn = segments.iter().map(|segment| segment.summary().last_lsn).max().unwrap_or(0);
    let (mut state, mut behind) = (State::new(segments), Batch::new());
    for (first_lsn, batch) in &batches {
        for (lsn, frame) in (*first_lsn..).zip(batch.frames()) {
            if lsn > sealed_lsn && lsn <= until_lsn {
                state.head.upsert(frame);
            } else if lsn > sealed_lsn {
                behind.push_ref(frame);
            }
        }
    }
    Ok((state, unsound, behind))
}

/// Mapped now, a segment stays readable when the writer lets go of it.
fn open(storage: &Arc<dyn Storage>, path: &Path) -> Result<Segment, StoreError> {
    let segment = Segment::new(path.to_owned(), read_summary(&**storage, path)?, Arc::clone(storage));
    segment.open()?;
    Ok(segment)
}

/// Bytes of a store's files by kind, as they are now. A file that goes meanwhile counts for nothing.
pub(crate) fn measure(storage: &dyn Storage, dir: &Path) -> Result<FileBytes, StoreError> {
    let layout = Layout::new(dir);
    let total = |dir: &Path| -> Result<u64, StoreError> {
        let names = storage.list(dir).map_err(StoreError::io("list", dir))?;
        Ok(names.iter().map(|name| storage.length(&dir.join(name)).unwrap_or_default()).sum())
    };
    Ok(FileBytes {
        segments: total(&layout.segments)?,
        wal: total(&layout.wal)?,
        catalog: total(&layout.catalog).unwrap_or_default(),
        ledger: storage.length(&dir.join("ledger")).unwrap_or_default(),
    })
}
