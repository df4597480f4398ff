//! A store as another process sees it: no lock, no catalog, nothing changed.

use super::super::engine::{FileBytes, Store};
use super::super::error::StoreError;
use super::super::read::{Reader, State};
use super::super::recovery::{Layout, Quarantined};
use super::super::segment::{self, Lineage, Segment, read_summary};
use crate::io::Storage;
use crate::journal;
use crate::model::Batch;
use parking_lot::RwLock;
use std::collections::BTreeSet;
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
    /// Corrupt segments, which are left out.
    pub(crate) unsound: Vec<Quarantined>,
    /// Names of all segment files that were there, corrupt and superseded ones included.
    pub(crate) segment_names: BTreeSet<String>,
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

/// Reads everything that the files of a store hold now, except corrupt segments, which are named. Frames of the log behind `until_lsn` are
/// kept apart. What the writer does later does not show. The lineage says which segments others replace; a segment that it does not know
/// yet repeats rows of others and does no harm. A directory is not listed in one instant: [`Snapshot::lacks`] tells whether the
/// writer replaced a segment meanwhile.
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
            Ok(snapshot) => return Ok(snapshot),
            Err(error) if error.is_file_gone() && attempts < ATTEMPTS => attempts += 1,
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
) -> Result<Snapshot, StoreError> {
    let list = |dir: &Path| storage.list_all(dir).map_err(StoreError::io("list", dir));
    let mut batches: Vec<(u64, Batch)> = Vec::new();
    for (_, path) in journal::files(&**storage, &layout.wal)? {
        batches.extend(journal::read(&**storage, &path)?.batches);
    }
    let (mut segments, mut unsound) = (Vec::new(), Vec::new());
    let mut segment_names: BTreeSet<String> = list(&layout.segments)?.into_iter().collect();
    segment_names.retain(|name| name.ends_with(segment::SUFFIX));
    for name in &segment_names {
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
    let reader = Reader::new(Arc::new(RwLock::new(state)));
    Ok(Snapshot { reader, unsound, segment_names, behind })
}

impl Snapshot {
    /// Whether rows are missing here because the writer replaced a segment while the files were read: `before` is the lineage from before
    /// that, `after` the one from afterwards. The ledger names a new segment before the files that it replaces are removed, so that a new
    /// name which is not here tells all such cases.
    pub(crate) fn lacks(&self, before: &Lineage, after: &Lineage) -> bool {
        after.missing(|name| self.segment_names.contains(name) || before.is_live(name)).pop().is_some()
    }

    /// Segments that the ledger names and that were not there.
    pub(crate) fn missing(&self, lineage: &Lineage) -> Vec<String> {
        lineage.missing(|name| self.segment_names.contains(name))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::checksum::Digest;

    #[test]
    fn a_snapshot_that_missed_a_replacement_is_noticed_and_a_missing_file_is_no_replacement() {
        let names = ["a", "b", "both", "cut"];
        let [a, b, both, cut] = names.map(str::to_owned);
        let mut before = Lineage::default();
        [&a, &b].into_iter().for_each(|name| before.seal(name.clone(), Digest::default()));
        let mut after = before.clone();
        after.replace(vec![a.clone(), b.clone()], Some((both.clone(), Digest::default())));
        let seen = |names: &[&String]| Snapshot {
            reader: Reader::new(Arc::new(RwLock::new(State::new(Vec::new())))),
            unsound: Vec::new(),
            segment_names: names.iter().map(|name| (*name).clone()).collect(),
            behind: Batch::new(),
        };
        assert!(seen(&[&b]).lacks(&before, &after), "`a` was removed before the list reached it");
        assert!(!seen(&[&a, &b, &both]).lacks(&before, &after) && !seen(&[&both]).lacks(&before, &after));
        assert!(!seen(&[&b]).lacks(&before, &before), "`a` is missing: no other look finds it");
        assert_eq!(seen(&[&b]).missing(&before), [a]);
        let mut cut_down = after.clone();
        cut_down.replace(vec![both.clone()], Some((cut, Digest::default())));
        assert!(seen(&[&both]).lacks(&after, &cut_down), "rows that were deleted meanwhile may come back");
    }
}
