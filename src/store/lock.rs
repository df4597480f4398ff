//! One writing process per store. The system releases the locks when the process ends, however it ends.
//!
//! Three things are locked: the file `LOCK`, the directory itself, which nobody can delete while the store is in it, and the ledger, so that
//! two directories that share it by a hard link have one writer too. Deleting or replacing a locked file does not let a second writer in.

use super::error::StoreError;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How often a file is locked again because another has taken its name meanwhile.
const ATTEMPTS: usize = 8;

/// Holds the store's locks until it is dropped.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    dir: PathBuf,
    /// The file that errors name.
    path: PathBuf,
    held: Vec<File>,
    /// The directory, where the system can open one.
    of_dir: Option<File>,
    ledger: Option<File>,
}

impl DirectoryLock {
    /// Takes the locks of the store in `dir`; that of the ledger if there is one.
    pub(crate) fn acquire(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("LOCK");
        let mut lock = Self { dir: dir.to_owned(), path, held: Vec::new(), of_dir: None, ledger: None };
        let of_name = lock.lock_file(&lock.path, true)?;
        lock.held.extend(of_name);
        lock.lock_dir()?;
        lock.hold_ledger()?;
        Ok(lock)
    }

    /// Locks the ledger that has its name now.
    pub(crate) fn hold_ledger(&mut self) -> Result<(), StoreError> {
        let path = self.dir.join("ledger");
        if self.ledger.as_ref().is_some_and(|held| is_same(held, &path)) {
            return Ok(());
        }
        self.ledger = None;
        if cfg!(unix) {
            // Elsewhere a lock keeps others from reading.
            self.ledger = self.lock_file(&path, false)?;
        }
        Ok(())
    }

    /// Refuses once another directory has the store's name: what was written by name would go there.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match &self.of_dir {
            Some(dir) if !is_same(dir, &self.dir) => Err(StoreError::Moved { path: self.dir.clone() }),
            _ => Ok(()),
        }
    }

    /// Locks the file of a name; none where there is none and none is to be made.
    fn lock_file(&self, path: &Path, is_made: bool) -> Result<Option<File>, StoreError> {
        for _ in 0..ATTEMPTS {
            let open = OpenOptions::new().read(true).write(true).create(is_made).truncate(false).open(path);
            let file = match open {
                Err(error) if error.kind() == ErrorKind::NotFound && !is_made => return Ok(None),
                open => open.map_err(StoreError::io("open for locking", path))?,
            };
            match file.try_lock() {
                Ok(()) if is_same(&file, path) => return Ok(Some(file)),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(self.is_held()),
                Err(TryLockError::Error(source)) => return Err(StoreError::io("lock", path)(source)),
            }
        }
        Err(StoreError::io("lock", path)(io::Error::other("other files take its name again and again")))
    }

    /// Locks the directory, where the system can.
    fn lock_dir(&mut self) -> Result<(), StoreError> {
        if !cfg!(unix) {
            return Ok(());
        }
        let dir = File::open(&self.dir).map_err(StoreError::io("open", &self.dir))?;
        if matches!(dir.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(self.is_held());
        }
        self.of_dir = Some(dir);
        Ok(())
    }

    fn is_held(&self) -> StoreError {
        StoreError::Locked { path: self.path.clone() }
    }
}

impl Drop for DirectoryLock {
    /// Closing alone would leave the locks to a child process that another thread is just starting, until that child has closed its
    /// copies of the files.
    fn drop(&mut self) {
        for file in self.held.iter().chain(&self.of_dir).chain(&self.ledger) {
            let _ = file.unlock();
        }
    }
}

/// Whether an open file is the one that has a name now.
fn is_same(file: &File, path: &Path) -> bool {
    file.metadata().is_ok_and(|held| std::fs::metadata(path).is_ok_and(|named| is_one(&held, &named)))
}

#[cfg(unix)]
fn is_one(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Without a way to tell, the lock of the name is all there is.
#[cfg(not(unix))]
fn is_one(_: &Metadata, _: &Metadata) -> bool {
    true
}
