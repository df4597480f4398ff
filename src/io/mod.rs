//! All file access of the crate behind one small trait, so that tests can put a faulty one in its place.

mod directory;
mod fs;
pub mod log;
mod map;
pub(crate) mod pieces;
mod room;

pub use fs::{FsStorage, MappedStorage};
pub(crate) use map::SealedBytes;
pub use map::SealedFile;

use std::fmt;
use std::io;
use std::path::Path;

/// Files as this crate needs them: logs that grow at the end, immutable files that appear whole, and no others.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Makes a directory and its ancestors, durably. An existing one is fine.
    ///
    /// # Errors
    /// As the system gives them.
    fn create_dirs(&self, dir: &Path) -> io::Result<()>;

    /// The names of the files in a directory, sorted. A symbolic link to a file counts as one.
    ///
    /// # Errors
    /// As the system gives them.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// The names of everything in a directory, sorted: what is no file may have the name of one. Other calls refuse that with
    /// [`InvalidData`](io::ErrorKind::InvalidData).
    ///
    /// # Errors
    /// As the system gives them.
    fn list_all(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.list(dir)
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// As the system gives them.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// A part of a file's bytes: `length` from `offset` on, fewer only where the file ends.
    ///
    /// # Errors
    /// As the system gives them.
    fn read_at(&self, path: &Path, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let bytes = self.read(path)?;
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.get(place(offset)..place(offset.saturating_add(length))).unwrap_or_default().to_vec())
    }

    /// A file's length in bytes.
    ///
    /// # Errors
    /// As the system gives them.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// Opens a file for appending and makes it, durably, if it is not there.
    ///
    /// # Errors
    /// As the system gives them.
    fn open_log(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// Puts a whole file in place at once: temporary file, fsync, rename, fsync of the directory.
    ///
    /// # Errors
    /// As the system gives them; the old state is then still there.
    fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Opens a published file for reading. What is read of it stays readable when its name is gone.
    ///
    /// # Errors
    /// As the system gives them.
    fn open_sealed(&self, path: &Path) -> io::Result<SealedFile>;

    /// Gives a published file a second name that shares its bytes, durably.
    ///
    /// # Errors
    /// As the system gives them, for instance where the second name lies on another file system; the caller then copies.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let _ = (from, to);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Gives a file another name, durably.
    ///
    /// # Errors
    /// As the system gives them.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, durably.
    ///
    /// # Errors
    /// As the system gives them.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A file that grows at its end.
pub trait LogFile: Send + Sync + fmt::Debug {
    /// Appends bytes; they may be lost until [`LogFile::sync`].
    ///
    /// # Errors
    /// As the system gives them; a part of the bytes may then stand in the file.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything appended so far durable.
    ///
    /// # Errors
    /// As the system gives them; what was appended since the last sync may then be lost for good.
    fn sync(&self) -> io::Result<()>;

    /// Cuts the file to a length.
    ///
    /// # Errors
    /// As the system gives them.
    fn truncate(&self, length: u64) -> io::Result<()>;
}

/// What to do about an error of the system, as the end of a message; empty where nothing general can be said.
pub(crate) fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "; give this process the right to write there, or choose another directory",
        io::ErrorKind::ReadOnlyFilesystem => "; the file system is read-only: remount it, or choose another directory",
        io::ErrorKind::StorageFull => {
            "; free space on that file system: nothing acknowledged is lost, and writing goes on afterwards"
        }
        _ => "",
    }
}
