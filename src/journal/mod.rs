//! The write-ahead log: every accepted frame and every commit of events in order of arrival, until segments and ledger hold them. It does not
//! interpret what a commit says.
//!
//! The bytes are described in `FORMAT.md` beside this file.

mod error;
mod file;
mod lsns;
mod payload;
mod read;
mod sync;

pub use error::JournalError;
pub(crate) use file::{Wal, file_name, files, header};
pub use lsns::LsnRange;
pub(crate) use payload::{Author, LedgerCommit, Origin, entry_of};
pub(crate) use read::{Arrival, Replay, WalSpan, commits, read, span};
pub use sync::WalSync;
