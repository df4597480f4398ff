//! One writing process per store: a lock on a file, which the system releases when the process ends, however it ends.

use super::error::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Holds the store's lock until it is dropped.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Takes the lock at `path`.
    pub(super) fn acquire(path: &Path) -> Result<Self, StoreError> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = open.map_err(StoreError::io("open the lock file", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(StoreError::io("lock", path)(source)),
        }
    }
}

impl Drop for DirectoryLock {
    /// Closing alone would leave the lock to a child process that another thread is just starting, until that child has closed its
    /// copy of the file.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}
