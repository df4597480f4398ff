//! What keeps a store in order, and looks at it from outside: compaction, deletion, retention, verification, backup, snapshots,
//! replaying.

mod backup;
mod owners;
mod replay;
mod rewrite;
mod salvage;
mod seal;
mod snapshot;
mod surplus;
mod unfinished;
mod verify;

pub use backup::BackupReport;
pub(crate) use backup::restore;
pub(crate) use owners::check_owners;
pub(crate) use rewrite::{Cut, Rewrite};
pub(crate) use salvage::salvage_logs;
pub(crate) use seal::Sealed;
pub(crate) use snapshot::{Snapshot, measure, snapshot_until};
pub use unfinished::check_finished;
pub(crate) use unfinished::{is_marked, mark, refuse_unfinished, unmark};
pub use verify::{Finding, VerifyReport};
pub(crate) use verify::{LedgerView, missing_frames, verify};
