//! The lock of a ledger that is opened by itself: a store that has it open holds the same lock.

use super::error::{LedgerError, at};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

/// Holds the lock of a ledger's file until it is dropped.
#[derive(Debug)]
pub(super) struct LedgerLock(File);

impl LedgerLock {
    /// Locks the file of a name; `None` if there is no such file.
    ///
    /// On systems where a lock keeps others from reading, a store does not lock its ledger, and neither does this.
    pub(super) fn acquire(path: &Path) -> Result<Option<Self>, LedgerError> {
        if !cfg!(unix) {
            return Ok(None);
        }
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.map_err(at("open for locking", path))?,
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(at("lock", path)(source)),
        }
    }
}

impl Drop for LedgerLock {
    /// Closing alone would leave the lock to a child process that another thread is just starting.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}
