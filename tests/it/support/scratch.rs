//! Folders for the stores of tests, and the amount of work that long tests do.

use std::path::Path;
use tempfile::TempDir;

/// The folder in which stores are made, where it is set: a disk of a certain kind, say.
const FOLDER: &str = "VOCDB_TEST_DIR";
/// A factor for the cases and rounds of long tests.
const EFFORT: &str = "VOCDB_TEST_EFFORT";
/// A file system in memory, on most systems. The suite waits for disks otherwise, for most of its time. Files in memory survive a killed
/// process as files on a disk do; tests of power cuts bring a storage of their own.
const MEMORY: &str = "/dev/shm";
/// Free space below which the file system in memory is not used.
const MEMORY_BYTES_MIN: u64 = 2 << 30;

/// A new folder, which is removed with all that it holds when it is dropped.
pub(crate) fn dir() -> TempDir {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return tempfile::tempdir_in(folder).unwrap();
    }
    let is_roomy = free_bytes(Path::new(MEMORY)).is_some_and(|bytes| bytes >= MEMORY_BYTES_MIN);
    let in_memory = is_roomy.then(|| tempfile::tempdir_in(MEMORY).ok()).flatten();
    in_memory.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

#[cfg(target_os = "linux")]
fn free_bytes(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    space.f_bavail.checked_mul(space.f_frsize)
}

#[cfg(not(target_os = "linux"))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// `usual` cases or rounds, times the factor that the environment sets.
pub(crate) fn amount(usual: usize) -> usize {
    let factor = std::env::var(EFFORT).ok().map_or(1, |text| text.parse::<usize>().unwrap());
    usual * factor.max(1)
}
