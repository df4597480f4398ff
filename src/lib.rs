// The README links to files of the guide. Of several definitions of a link the first one counts: here they are the chapters.
#![doc = "[guide-rules]: crate::guide::rules"]
#![doc = "[guide-alarms]: crate::guide::alarms"]
#![doc = "[guide-tracing]: crate::guide::tracing"]
#![doc = "[guide-stations]: crate::guide::stations"]
#![doc = "[guide-operations]: crate::guide::operations"]
#![doc = "[guide-quality]: crate::guide::quality"]
#![doc = "[guide-files]: crate::guide::files"]
#![doc = "[guide-architecture]: crate::guide::architecture"]
#![doc = ""]
#![doc = include_str!("../README.md")]

pub mod alarm;
pub mod base;
pub mod checks;
pub mod codec;
mod config;
mod db;
mod error;
pub mod guide;
pub mod interop;
pub mod ledger;
pub mod model;
pub mod query;
pub mod rules;
pub mod store;
pub mod trace;

pub use alarm::{Alarm, AlarmEvent, AlarmId, Notification, Notifier, Outcome};
pub use config::{Config, Durability, RulesOnOpen, Timers};
pub use db::{
    AlarmLog, Backtest, BacktestSummary, ChangeAction, ChangeEntry, ChangeLog, ChannelSet, Compaction, Database,
    Deletion, DeletionScope, DumpError, DumpProblem, DumpProgress, DumpReport, DumpScope, ExportScope,
    InstrumentChange, InstrumentStats, QualityChange, QualityReport, ReadOnly, Receipt, Rejection, Replayed,
    ReportQuestion, ReportSources, RestoreReport, Retention, RetentionAge, RetentionScope, RuleSetInForce,
    StationChange, StationPlacement, StationStats, Stats, StoredStats, TestFailure, TestOutcome, UpkeepReport,
    ValueCorrection, gather_report, incident_channel, ledger_head, located_range, report_span, run_rule_tests,
    run_rule_tests_until, stations_of_tests,
};
pub use error::Error;
pub use model::{
    Batch, Channel, ChannelChange, DuplicatePolicy, Frame, Instrument, InstrumentId, Interval, Position, Quality,
    ReferenceState, Registry, Sample, Station, StationId, TimeRange, Timestamp, Unit,
};
