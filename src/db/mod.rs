//! The database: everything wired together, with no logic of its own.

mod alarms;
mod core;
mod delivery;
mod export;
mod open;
mod operate;
mod pending;
mod readings;
mod records;
mod rules;
mod stats;

pub use core::Database;
pub use export::ExportScope;
pub use readings::{Compaction, Deletion, ReadOnly, Receipt, Rejection, Retention, UpkeepReport};
pub use rules::{TestFailure, TestOutcome, run_rule_tests};
pub use stats::{InstrumentStats, StationStats, Stats};
