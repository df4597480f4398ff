//! The ledger: everything that is not a reading, append-only and checksummed, one fsync a commit. It does not interpret what it records.
//!
//! The bytes are described in `FORMAT.md` beside this file. Every record is a self-contained string of bytes, in the order of its
//! index, so that a Merkle tree (RFC 6962) can be laid over the records as they are.

mod error;
mod file;
mod head;
mod lock;
mod record;

pub use error::LedgerError;
pub(crate) use file::behind;
pub use file::{Ledger, LedgerContent};
pub use head::LedgerHead;
pub use record::{Kind, Record};
