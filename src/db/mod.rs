//! The database: everything wired together, with no logic of its own.

mod alarms;
mod core;
mod delivery;
mod export;
mod open;
mod operate;
mod pending;
mod records;
mod rule_tests;
mod rules;
mod write;

pub use core::Database;
pub use export::ExportScope;
pub use operate::Stats;
pub use rule_tests::{TestFailure, TestOutcome, run_rule_tests};
pub use write::{Receipt, Rejection};
