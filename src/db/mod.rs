//! The database: everything wired together, with no logic of its own.

mod alarm_log;
mod alarms;
mod audit;
mod core;
mod delivery;
mod dump;
mod export;
mod in_force;
mod incidents;
mod names;
mod open;
mod operate;
mod pending;
mod readings;
mod records;
mod rules;
mod stats;
mod watch;

pub use alarm_log::AlarmLog;
pub use audit::{ChangeAction, ChangeEntry, ChangeLog, ledger_head};
pub use core::Database;
pub use dump::{DumpError, DumpProblem, DumpProgress, DumpReport, DumpScope, RestoreReport};
pub use export::ExportScope;
pub use in_force::RuleSetInForce;
pub use incidents::{ReportQuestion, ReportSources, gather_report, incident_channel, located_range, report_span};
pub use readings::{
    ChannelSet, Compaction, Deletion, DeletionScope, InstrumentChange, QualityChange, QualityReport, ReadOnly, Receipt,
    Rejection, Retention, RetentionAge, RetentionScope, StationChange, StationPlacement, UpkeepReport, ValueCorrection,
};
pub use rules::{
    Backtest, BacktestSummary, Replayed, TestFailure, TestOutcome, run_rule_tests, run_rule_tests_until,
    stations_of_tests,
};
pub use stats::{InstrumentStats, StationStats, Stats, StoredStats};
