//! The one integration binary: a module per behaviour.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod alarm_machine;
mod alarm_versions;
mod bad_csv;
mod checkpoints;
mod checks;
mod crash;
mod delivery;
mod dump;
mod faulty;
mod golden;
#[cfg(feature = "hj212")]
mod hj212;
mod hostile_words;
mod metec;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod observe;
mod oracle;
mod quality_flags;
mod query;
mod rule_mistakes;
mod rules_cookbook;
mod rules_firing;
mod rules_in_force;
mod rules_limits;
mod rules_logic;
mod rules_reloads;
mod rules_said;
mod rules_shown;
mod rules_windows;
mod scratch;
mod shift;
mod stations_moved;
mod stats;
mod storage_allocations;
mod storage_answers;
mod storage_backfill;
mod storage_catalog;
mod storage_commits;
mod storage_corruption;
mod storage_faults;
mod storage_full_disk;
mod storage_guards;
mod storage_mending;
mod storage_model;
mod storage_outside;
mod storage_owners;
mod storage_pressure;
mod storage_recovery;
mod storage_retention;
mod storage_schema;
mod storage_upkeep;
mod storage_versions;
mod tidy;
#[cfg(feature = "cli")]
mod tool;
#[cfg(feature = "cli")]
mod trace;
mod units;
