//! The mark of a folder that a backup or a restore is filling. It is written first and removed last, so that what a killed process leaves
//! behind is neither opened as a store nor in the way of the next attempt.

use super::super::error::StoreError;
use super::super::recovery::Layout;
use crate::io::{FsStorage, Storage};
use std::path::{Path, PathBuf};

/// Name of the file that marks a folder as unfinished.
const MARK: &str = "UNFINISHED";
/// What the file says to whoever finds it.
const TEXT: &[u8] =
    b"A backup or a restore into this folder has not ended. If none is running, run it again or remove the folder.\n";

/// Refuses a folder that a backup or a restore has not finished.
///
/// # Errors
/// [`StoreError::Unfinished`] names the folder.
///
/// ```
/// let dir = tempfile::tempdir()?;
/// assert!(vocdb::store::check_finished(dir.path()).is_ok());
/// std::fs::write(dir.path().join("UNFINISHED"), "")?;
/// assert!(vocdb::store::check_finished(dir.path()).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn check_finished(dir: &Path) -> Result<(), StoreError> {
    refuse_unfinished(&FsStorage, dir)
}

/// As [`check_finished`], in a storage.
pub(crate) fn refuse_unfinished(storage: &dyn Storage, dir: &Path) -> Result<(), StoreError> {
    if is_marked(storage, dir) { Err(StoreError::Unfinished { path: dir.to_owned() }) } else { Ok(()) }
}

/// Whether a backup or a restore into a folder has not ended.
pub(crate) fn is_marked(storage: &dyn Storage, dir: &Path) -> bool {
    storage.length(&dir.join(MARK)).is_ok()
}

/// Marks a folder as unfinished.
pub(crate) fn mark(storage: &dyn Storage, dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(MARK);
    storage.publish(&path, TEXT).map_err(StoreError::io("write", &path))
}

/// Takes the mark off a folder that has everything, durably.
pub(crate) fn unmark(storage: &dyn Storage, dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(MARK);
    storage.remove(&path).map_err(StoreError::io("remove", &path))
}

/// Empties a marked folder of what a backup writes, the mark last. Says whether it was marked, and held nothing else.
pub(super) fn remove_unfinished(storage: &dyn Storage, target: &Layout) -> Result<bool, StoreError> {
    if !holds_only_a_backup(target) {
        return Ok(false);
    }
    // A process may have been killed while it wrote the mark.
    let half_written = target.root.join(MARK).with_extension("tmp");
    if storage.length(&half_written).is_ok() {
        storage.remove(&half_written).map_err(StoreError::io("remove", &half_written))?;
    }
    if !is_marked(storage, &target.root) {
        return Ok(false);
    }
    remove_made(storage, target);
    unmark(storage, &target.root)?;
    Ok(true)
}

/// Whether everything in a folder has a name that a backup gives: somebody may have put other files beside.
fn holds_only_a_backup(target: &Layout) -> bool {
    let names = |dir: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let name_of = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let of_root = [MARK, "ledger", "segments", "wal"];
    names(&target.root).iter().all(|path| {
        let name = name_of(path);
        of_root.contains(&name.strip_suffix(".tmp").unwrap_or(&name))
    }) && names(&target.segments).iter().chain(&names(&target.wal)).all(|path| path.is_file())
}

/// Removes what a backup has made so far. What cannot be removed stays, and the next attempt says so.
pub(super) fn remove_made(storage: &dyn Storage, target: &Layout) {
    for name in ["ledger", "ledger.tmp"] {
        let _ = storage.remove(&target.root.join(name));
    }
    for dir in [&target.segments, &target.wal] {
        for name in storage.list(dir).unwrap_or_default() {
            let _ = storage.remove(&dir.join(name));
        }
        let _ = std::fs::remove_dir(dir);
    }
}
