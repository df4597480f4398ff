//! What can go wrong with the ledger.

use crate::base::escape::Line;
use crate::io::advice;
use crate::io::log::LogError;
use std::io;
use std::path::{Path, PathBuf};

/// An error of the ledger, with the file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
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
    /// The file is damaged before its end, or of another kind.
    #[error("{}: {source}; restore it from a backup", Line(path.display()))]
    Log {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: LogError,
    },
    /// A commit checks, but cannot be understood.
    #[error("{} at offset {offset}: {reason}", Line(path.display()))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where the commit begins.
        offset: usize,
        /// What is wrong.
        reason: String,
    },
    /// A store, in this or another process, has the ledger open for writing.
    #[error("{} is in use by a store or another handle; close it first, or read the ledger with `Ledger::read`", Line(path.display()))]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// An earlier failure has made the end of the file unknown.
    #[error("an earlier write or sync of {} failed; close the store and open it again to recover", Line(path.display()))]
    Poisoned {
        /// The file.
        path: PathBuf,
    },
    /// A record or commit over the limit.
    #[error("a ledger {what} of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// Record or commit.
        what: &'static str,
        /// Its bytes.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A record's body does not match its kind.
    #[error("ledger record {index} ({kind}) cannot be read: {reason}")]
    Body {
        /// The record's index; 0 while it is being written.
        index: u64,
        /// Its kind.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// The error of a file operation.
pub(super) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    move |source| LedgerError::Io { action, path: path.to_owned(), source }
}
