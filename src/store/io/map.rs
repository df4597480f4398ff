//! Read-only bytes of a published file: the one place of the crate with `unsafe`.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// The bytes of an immutable file: mapped by the system, or owned where there is no system (tests, empty files).
#[derive(Debug)]
pub struct Mapped(Bytes);

#[derive(Debug)]
enum Bytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl Mapped {
    /// Bytes that do not come from a mapped file.
    #[must_use]
    pub const fn owned(bytes: Vec<u8>) -> Self {
        Self(Bytes::Owned(bytes))
    }

    /// Maps a file that has been published: complete, renamed into place, and never written again.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Ok(Self::owned(Vec::new()));
        }
        #[expect(unsafe_code, reason = "memory maps have no safe interface; the argument stands below")]
        // SAFETY: a map is sound while nobody shortens or changes the file. `Storage::publish` renames a finished, synced file into
        // place and nothing in this crate opens a mapped file for writing (logs are written, and are never mapped): it is only ever
        // unlinked or renamed, which leaves the mapped inode as it is. The directory lock keeps other writers of this crate out.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self(Bytes::Mapped(map)))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Mapped(map) => map,
            Bytes::Owned(bytes) => bytes,
        }
    }
}
