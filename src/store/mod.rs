//! Readings on disk: head, sealed segments, and the catalog that indexes them. Knows nothing of rules or alarms.
//!
//! The bytes are described in `FORMAT.md` beside this file, with the argument why a crash at any point loses nothing acknowledged.

mod catalog;
mod chunk;
mod counters;
mod engine;
mod error;
mod gaps;
mod head;
mod ingest;
mod lock;
pub mod read;
mod recovery;
mod segment;
mod upkeep;

pub use counters::Counters;
pub use engine::FileBytes;
pub(crate) use engine::{Store, ledger_commits};
pub use error::StoreError;
pub(crate) use gaps::KnownFrames;
pub use ingest::{Correction, RejectReason};
pub(crate) use ingest::{FlagChange, FlagCount, Staged};
pub(crate) use recovery::{Expected, set_segment_aside};
pub use recovery::{OpenReport, Quarantined, SalvagedLog};
pub(crate) use segment::Lineage;
pub use upkeep::{BackupReport, Finding, VerifyReport, check_finished};
pub(crate) use upkeep::{
    Cut, LedgerView, Rewrite, Sealed, Snapshot, check_owners, is_marked, mark, measure, missing_frames,
    refuse_unfinished, restore, salvage_logs, snapshot_until, unmark, verify,
};
