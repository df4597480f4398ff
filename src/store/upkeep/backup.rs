//! A copy of a store that opens like the store itself. It takes the files that hold something and leaves the catalog out: that is
//! rebuilt.

use super::super::engine::Store;
use super::super::error::StoreError;
use super::super::recovery::Layout;
use super::super::segment::{self, Segment};
use super::unfinished::{mark, remove_made, remove_unfinished, unmark};
use crate::io::Storage;
use serde::Serialize;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a backup has copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct BackupReport {
    /// Segments that share their bytes with the store (hard links).
    pub segments_linked: u64,
    /// Segments that were copied because the file systems differ.
    pub segments_copied: u64,
    /// Bytes of logs and ledger, which are always copied.
    pub bytes_copied: u64,
    /// Whether an unfinished backup or restore, left behind by a killed process, was removed first.
    pub replaced_unfinished: bool,
}

/// Segments of one moment, to be compared with what the ledger records before they are copied.
pub(crate) struct BackupInputs(Vec<Arc<Segment>>);

impl BackupInputs {
    /// Refuses a file that is not the one that the ledger knows. Reads all of them: the store goes on meanwhile.
    pub(crate) fn check(self) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|segment| segment.check_named())
    }
}

impl Store {
    /// What a backup would copy now of segments.
    pub(crate) fn backup_inputs(&self) -> BackupInputs {
        BackupInputs(self.segments())
    }

    /// Copies everything into a new directory; writing waits meanwhile.
    pub(crate) fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<BackupReport, StoreError> {
        self.check_place()?;
        self.sync().sync_written()?;
        let mut segments: Vec<PathBuf> = self.segments().iter().map(|segment| segment.path().to_owned()).collect();
        // What was set aside goes along: it may be mended yet, and says why a segment is missing.
        segments.extend(files(&**self.storage(), self.layout(), &[segment::SET_ASIDE])?);
        backup(self.storage(), &self.layout().root, &segments, to, progress)
    }
}

/// Copies segments, write-ahead logs and the ledger into a new directory. The caller holds the store still, with everything synced.
fn backup(
    storage: &Arc<dyn Storage>,
    from: &Path,
    segments: &[PathBuf],
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, StoreError> {
    let target = Layout::new(to);
    refuse_inside(from, to)?;
    let replaced_unfinished = remove_unfinished(&**storage, &target)?;
    for dir in [to, &target.segments, &target.wal] {
        check_vacant(&**storage, dir)?;
    }
    storage.create_dirs(to).map_err(StoreError::io("make the directory", to))?;
    mark(&**storage, to)?;
    let copied = fill(&**storage, from, segments, &target, progress);
    if copied.is_err() {
        // Half of a backup is of no use, and the next attempt wants the directory empty.
        remove_made(&**storage, &target);
        let _ = unmark(&**storage, to);
    }
    let report = copied?;
    unmark(&**storage, to)?;
    Ok(BackupReport { replaced_unfinished, ..report })
}

/// Copies everything into a directory that is marked as unfinished.
fn fill(
    storage: &dyn Storage,
    from: &Path,
    segments: &[PathBuf],
    target: &Layout,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, StoreError> {
    target.create(storage)?;
    copy_all(storage, (from, &Layout::new(from)), segments, target, progress)
}

fn refuse_inside(from: &Path, to: &Path) -> Result<(), StoreError> {
    if !is_inside(from, to) {
        return Ok(());
    }
    let error = io::Error::new(ErrorKind::InvalidInput, "it lies in the store itself: choose a directory elsewhere");
    Err(StoreError::io("back up into", to)(error))
}

/// Whether a path lies in a directory, or would, once it is made.
fn is_inside(dir: &Path, path: &Path) -> bool {
    let (Ok(dir), Ok(path)) = (std::fs::canonicalize(dir), std::path::absolute(path)) else { return false };
    let known = path.ancestors().find_map(|ancestor| std::fs::canonicalize(ancestor).ok());
    known.is_some_and(|known| known.starts_with(dir))
}

/// Refuses a directory that holds anything, or that cannot be seen to hold nothing: a backup that fails empties it.
fn check_vacant(storage: &dyn Storage, dir: &Path) -> Result<(), StoreError> {
    let holds_folder = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    let refused = match storage.list(dir) {
        Ok(names) if names.is_empty() && !holds_folder => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Ok(_) => io::Error::new(ErrorKind::AlreadyExists, "it is not empty: choose a new directory"),
        Err(error) => error,
    };
    Err(StoreError::io("back up into", dir)(refused))
}

fn copy_all(
    storage: &dyn Storage,
    (from, source): (&Path, &Layout),
    segments: &[PathBuf],
    target: &Layout,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupReport, StoreError> {
    let mut report = BackupReport::default();
    let logs = storage.list(&source.wal).map_err(StoreError::io("list", &source.wal))?;
    let total = (segments.len() + logs.len() + 1) as u64;
    for (done, segment) in (0..).zip(segments) {
        progress(done, total);
        let path = target.segments.join(segment.file_name().unwrap_or_default());
        if storage.link(segment, &path).is_ok() {
            report.segments_linked += 1;
        } else {
            report.bytes_copied += copy(storage, segment, &path)?;
            report.segments_copied += 1;
        }
    }
    for (done, name) in (segments.len() as u64..).zip(&logs) {
        progress(done, total);
        report.bytes_copied += copy(storage, &source.wal.join(name), &target.wal.join(name))?;
    }
    let ledger: PathBuf = from.join("ledger");
    report.bytes_copied += copy(storage, &ledger, &target.root.join("ledger"))?;
    progress(total, total);
    Ok(report)
}

/// Copies a backup, or any store that nobody writes to, into a directory that is marked as unfinished: every segment, the logs and the
/// ledger. The catalog is left behind: it is rebuilt.
pub(crate) fn restore(storage: &Arc<dyn Storage>, from: &Path, to: &Path) -> Result<BackupReport, StoreError> {
    refuse_inside(from, to)?;
    let segments = files(&**storage, &Layout::new(from), &[segment::SUFFIX, segment::SET_ASIDE])?;
    fill(&**storage, from, &segments, &Layout::new(to), &mut |_, _| {})
}

/// The files among the segments whose names end so.
fn files(storage: &dyn Storage, of: &Layout, ends: &[&str]) -> Result<Vec<PathBuf>, StoreError> {
    let names = storage.list(&of.segments).map_err(StoreError::io("list", &of.segments))?;
    let wanted = |name: &&String| ends.iter().any(|end| name.ends_with(end));
    Ok(names.iter().filter(wanted).map(|name| of.segments.join(name)).collect())
}

fn copy(storage: &dyn Storage, from: &Path, to: &Path) -> Result<u64, StoreError> {
    let bytes = storage.read(from).map_err(StoreError::io("read", from))?;
    storage.publish(to, &bytes).map_err(StoreError::io("write", to))?;
    Ok(bytes.len() as u64)
}
