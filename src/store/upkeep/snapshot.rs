//! A store as another process sees it: no lock, no catalog, nothing changed.

use super::super::error::StoreError;
use super::super::io::Storage;
use super::super::read::{Reader, State};
use super::super::recovery::{Layout, by_generation};
use super::super::segment::{self, Segment, read_summary};
use super::super::wal;
use crate::model::Batch;
use parking_lot::RwLock;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// How often a snapshot is tried again because the writer moved a file meanwhile.
const ATTEMPTS: usize = 16;

/// Everything that is in the files of a store now. What the writer does later does not show.
pub(crate) fn snapshot(storage: &Arc<dyn Storage>, dir: &Path) -> Result<Reader, StoreError> {
    let layout = Layout::new(dir);
    let mut attempts = 1;
    loop {
        match read(storage, &layout) {
            Ok(state) => return Ok(Reader::new(Arc::new(RwLock::new(state)))),
            Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound && attempts < ATTEMPTS => {
                attempts += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The log first: rows that are sealed meanwhile are found twice, and never missed.
fn read(storage: &Arc<dyn Storage>, layout: &Layout) -> Result<State, StoreError> {
    let list = |dir: &Path| storage.list(dir).map_err(StoreError::io("list", dir));
    let mut batches: Vec<(u64, Batch)> = Vec::new();
    for name in list(&layout.wal)?.iter().filter(|name| name.ends_with(wal::SUFFIX)) {
        batches.extend(wal::read(&**storage, &layout.wal.join(name))?.batches);
    }
    let mut segments = Vec::new();
    for name in list(&layout.segments)?.iter().filter(|name| name.ends_with(segment::SUFFIX)) {
        let path = layout.segments.join(name);
        let segment = Segment::new(path.clone(), read_summary(&**storage, &path)?, Arc::clone(storage));
        // Mapped now, it stays readable when the writer lets go of it.
        segment.open()?;
        segments.push(Arc::new(segment));
    }
    let (segments, _) = by_generation(segments);
    let sealed_lsn = segments.iter().map(|segment| segment.summary().last_lsn).max().unwrap_or(0);
    let mut state = State::new(segments);
    for (first_lsn, batch) in &batches {
        for (lsn, frame) in (*first_lsn..).zip(batch.frames()) {
            if lsn > sealed_lsn {
                state.head.upsert(frame);
            }
        }
    }
    Ok(state)
}
