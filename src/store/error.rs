//! What can go wrong with files of readings.

use crate::base::bytes::BytesError;
use crate::base::escape::Line;
use crate::codec::CodecError;
use crate::io::advice;
use crate::journal::{JournalError, LsnRange};
use crate::model::{InstrumentId, Timestamp};
use std::io;
use std::path::{Path, PathBuf};

/// An error of the store, with the file it concerns and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The write-ahead log cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
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
    /// Another process has the store open for writing.
    #[error("{} is locked by another process, or by another handle of this process: a store has one writer at a time; close the other one, or use `ReadOnly`", Line(path.display()))]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// Another directory has the name of the open store.
    #[error("{} is not the directory that was opened: it was moved, removed or replaced; move it back, or close the store and open it at its new path", path.display())]
    Moved {
        /// The store's directory.
        path: PathBuf,
    },
    /// A log file that is not the newest ends in the middle of a frame.
    #[error("{}: the file ends in the middle of a frame at offset {offset}, but newer files follow it; restore it from a backup, or let `repair` keep its readable part", Line(path.display()))]
    TornInTheMiddle {
        /// The file.
        path: PathBuf,
        /// Where it ends.
        offset: usize,
    },
    /// Frames are missing between two log files.
    #[error("{}: frames {first_lsn} to {last_lsn} are missing before this file; restore the file that contains them from a backup, or let `repair` continue without them", Line(path.display()))]
    MissingFrames {
        /// The file behind the gap.
        path: PathBuf,
        /// The first that is missing.
        first_lsn: u64,
        /// The last.
        last_lsn: u64,
    },
    /// The ledger rests on frames that neither the log nor a segment holds.
    #[error("{}: {frames} are missing, and the ledger depends on them or on later ones: the log was removed, truncated or replaced by an older copy; restore its files from a backup that is as new as the ledger, or let `repair` continue without these frames and record the loss", path.display())]
    LostFrames {
        /// The log file that ends before them, or the folder of the log.
        path: PathBuf,
        /// The first range of them.
        frames: LsnRange,
    },
    /// A question about an instrument that is not registered.
    #[error("{0} is not registered in this store: take the number from `register_instrument` or from the registry")]
    NotRegistered(InstrumentId),
    /// A question about a channel that the instrument does not have.
    #[error(
        "{instrument} has no channel at place {channel}: it has {count}, and places count from 0 in the order of its channels"
    )]
    NoChannel {
        /// Instrument that was asked for.
        instrument: InstrumentId,
        /// Place of the channel in a frame.
        channel: usize,
        /// Channels that the instrument has.
        count: usize,
    },
    /// A file's content does not check.
    #[error("{} at offset {offset}: {reason}", Line(path.display()))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: usize,
        /// What is wrong.
        reason: String,
    },
    /// A segment holds readings of other instruments than the ledger knows by their numbers.
    #[error("{}: {reason}", Line(path.display()))]
    Foreign {
        /// The segment.
        path: PathBuf,
        /// Whose readings it holds, what the ledger says, and what to do.
        reason: String,
    },
    /// A folder that a backup or a restore has not finished.
    #[error(
        "`{}` is an unfinished backup or restore, not a store: run the backup or restore again, or remove the folder",
        Line(path.display())
    )]
    Unfinished {
        /// The folder.
        path: PathBuf,
    },
    /// The writer replaced segments during every attempt to read the files beside it.
    #[error("{}: the writer replaced segments during each of {attempts} attempts to read them; try again when its compaction has ended", path.display())]
    Unsettled {
        /// The store's folder.
        path: PathBuf,
        /// Attempts that were made.
        attempts: usize,
    },
    /// A stored value cannot be corrected as it was asked for.
    #[error("the value of {instrument} for {time} cannot be corrected: {reason}")]
    NotCorrectable {
        /// Of which instrument.
        instrument: InstrumentId,
        /// For which time.
        time: Timestamp,
        /// Why, and what to do.
        reason: &'static str,
    },
}

impl StoreError {
    /// Whether a file has gone since its name was read.
    pub(crate) fn is_file_gone(&self) -> bool {
        match self {
            Self::Io { source, .. } | Self::Journal(JournalError::Io { source, .. }) => {
                source.kind() == io::ErrorKind::NotFound
            }
            _ => false,
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            // What has the name of a file is none.
            io::ErrorKind::InvalidData => Self::corrupt(path, 0, source),
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }

    pub(crate) fn corrupt(path: &Path, offset: usize, reason: impl ToString) -> Self {
        Self::Corrupt { path: path.to_owned(), offset, reason: reason.to_string() }
    }
}

/// What a reader of bytes found wrong, before anyone knows which file they are from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    #[error(transparent)]
    Bytes(#[from] BytesError),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("{0}")]
    Content(String),
}
