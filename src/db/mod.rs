//! The database: everything wired together, with no logic of its own.

mod alarms;
mod core;
mod delivery;
mod export;
mod open;
mod operate;
mod pending;
mod read_only;
mod records;
mod rules;
mod upkeep;
mod write;

pub use core::Database;
pub use export::ExportScope;
pub use operate::Stats;
pub use read_only::ReadOnly;
pub use rules::{TestFailure, TestOutcome, run_rule_tests};
pub use upkeep::{Compaction, Deletion, Retention, UpkeepReport};
pub use write::{Receipt, Rejection};
