//! Published files, open for reading: the one place of the crate with `unsafe`.
//!
//! They are read with system calls. A file that is mapped into memory and then cut from outside, or on a medium that fails, ends the whole
//! process with a signal; a read returns an error.

use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Files that are kept open in this process, at most [`files_max`] of them.
static FILES_OPEN: AtomicU64 = AtomicU64::new(0);

/// Files that may be kept open where the system names no limit.
const FILES_MAX: u64 = 256;
/// The part of the files which this process may have open that published files may take.
const FILES_SHARE: u64 = 4;

/// A published file, open for reading: complete, renamed into place, and never written again.
#[derive(Debug)]
pub struct SealedFile(Content);

#[derive(Debug)]
enum Content {
    /// Read piece by piece; kept open where the system has files to spare, opened for each piece otherwise.
    File { path: PathBuf, length: u64, kept: Option<KeptOpen> },
    /// Mapped into memory.
    Mapped(Arc<memmap2::Mmap>),
    /// In memory.
    Owned(Arc<Vec<u8>>),
}

/// A file that counts among those that are kept open.
#[derive(Debug)]
struct KeptOpen(File);

impl Drop for KeptOpen {
    fn drop(&mut self) {
        FILES_OPEN.fetch_sub(1, Ordering::AcqRel);
    }
}

impl SealedFile {
    /// Bytes that do not come from a file.
    #[must_use]
    pub fn owned(bytes: Vec<u8>) -> Self {
        Self(Content::Owned(Arc::new(bytes)))
    }

    /// Opens a file to read it piece by piece.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let is_kept = FILES_OPEN.fetch_add(1, Ordering::AcqRel) < files_max();
        // Dropping it counts down again.
        let kept = Some(KeptOpen(file)).filter(|_| is_kept);
        Ok(Self(Content::File { path: path.to_owned(), length, kept }))
    }

    /// Maps a file into memory.
    pub(super) fn map(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Ok(Self::owned(Vec::new()));
        }
        #[expect(unsafe_code, reason = "memory maps have no safe interface; the argument stands below")]
        // SAFETY: a map is sound while nobody shortens or changes the file. `Storage::publish` renames a finished, synced file into
        // place and nothing in this crate opens such a file for writing: it is only ever unlinked or renamed, which leaves the mapped
        // inode as it is. The directory lock keeps other writers of this crate out. The host vouches for everybody else: it has chosen
        // `MappedStorage`, whose documentation says so.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self(Content::Mapped(Arc::new(map))))
    }

    /// Bytes of the file, as it was opened.
    pub(crate) fn length(&self) -> u64 {
        match &self.0 {
            Content::File { length, .. } => *length,
            Content::Mapped(map) => map.len() as u64,
            Content::Owned(bytes) => bytes.len() as u64,
        }
    }

    /// Whether what is read from it is a copy, which is worth keeping.
    pub(crate) const fn is_copied(&self) -> bool {
        matches!(self.0, Content::File { .. })
    }

    /// A part of its bytes; fewer than asked are an error.
    pub(crate) fn read_at(&self, offset: u64, length: usize) -> io::Result<SealedBytes> {
        let whole = |bytes: &[u8]| {
            let begin = usize::try_from(offset).unwrap_or(usize::MAX);
            let range = begin..begin.saturating_add(length);
            bytes.get(range.clone()).map(|_| range).ok_or(io::ErrorKind::UnexpectedEof)
        };
        match &self.0 {
            Content::Mapped(map) => Ok(SealedBytes::Mapped(Arc::clone(map), whole(map)?)),
            Content::Owned(bytes) => Ok(SealedBytes::Owned(Arc::clone(bytes), whole(bytes)?)),
            Content::File { length: of_file, .. } if offset.saturating_add(length as u64) > *of_file => {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Content::File { path, kept, .. } => {
                let mut bytes = vec![0; length];
                match kept {
                    Some(KeptOpen(file)) => read_exact_at(file, &mut bytes, offset)?,
                    None => read_exact_at(&File::open(path)?, &mut bytes, offset)?,
                }
                Ok(SealedBytes::Owned(Arc::new(bytes), 0..length))
            }
        }
    }
}

/// How many published files may be kept open.
fn files_max() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        limit.map_or(FILES_MAX, |limit| limit / FILES_SHARE)
    }
    #[cfg(not(target_os = "linux"))]
    {
        FILES_MAX
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match std::os::windows::fs::FileExt::seek_read(file, rest, offset + done as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => done += read,
        }
    }
    Ok(())
}

/// Bytes of a published file. They stay as they are however long they are held.
#[derive(Debug, Clone)]
pub(crate) enum SealedBytes {
    Mapped(Arc<memmap2::Mmap>, Range<usize>),
    Owned(Arc<Vec<u8>>, Range<usize>),
}

impl Default for SealedBytes {
    fn default() -> Self {
        Self::Owned(Arc::default(), 0..0)
    }
}

impl Deref for SealedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map, range) => map.get(range.clone()).unwrap_or_default(),
            Self::Owned(bytes, range) => bytes.get(range.clone()).unwrap_or_default(),
        }
    }
}
