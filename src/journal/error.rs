//! What can go wrong with the write-ahead log.

use crate::base::bytes::BytesError;
use crate::base::escape::Line;
use crate::io::advice;
use crate::io::log::LogError;
use std::io;
use std::path::{Path, PathBuf};

/// An error of the write-ahead log, with the file it concerns and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The system refused a file operation.
    #[error("cannot {action} {}: {source}{}", Line(path.display()), advice(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A log file is damaged or of another kind.
    #[error("{}: {source}; restore it from a backup, or let `repair` keep its readable part", Line(path.display()))]
    Log {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: LogError,
    },
    /// A frame of a log file is corrupt.
    #[error("{} at offset {offset}: {reason}", Line(path.display()))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Offset of the frame.
        offset: usize,
        /// What is wrong.
        reason: String,
    },
    /// An earlier failure has made the state of the files unknown.
    #[error("an earlier write or sync of {} failed; close the store and open it again to recover", Line(path.display()))]
    Poisoned {
        /// The file whose sync failed.
        path: PathBuf,
    },
    /// A frame was asked for that was never written.
    #[error("no frame has the sequence number {lsn}: the newest is {last_lsn}; use a number from a receipt")]
    NotWritten {
        /// The number.
        lsn: u64,
        /// The newest there is.
        last_lsn: u64,
    },
    /// A batch holds more than the limit.
    #[error(
        "a batch of {frames} frames ({bytes} bytes) is over the limit of {frames_max} frames or {bytes_max} bytes: split the batch"
    )]
    BatchTooLarge {
        /// Its frames.
        frames: usize,
        /// Its bytes.
        bytes: usize,
        /// The limit of frames.
        frames_max: usize,
        /// The limit of bytes.
        bytes_max: usize,
    },
}

impl JournalError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            // A directory or a pipe has the name of a file.
            io::ErrorKind::InvalidData => Self::corrupt(path, 0, source),
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }

    pub(super) fn corrupt(path: &Path, offset: usize, reason: impl ToString) -> Self {
        Self::Corrupt { path: path.to_owned(), offset, reason: reason.to_string() }
    }
}

/// What is wrong with the payload of a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    #[error(transparent)]
    Bytes(#[from] BytesError),
    #[error("{0}")]
    Content(String),
}
