//! The one integration binary: a module per behaviour.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod alarms;
mod bad_csv;
mod checks;
mod crash;
mod delivery;
#[cfg(feature = "hj212")]
mod hj212;
mod hostile_words;
mod metec;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod observe;
mod query;
mod rules;
mod storage;
mod support;
mod tidy;
#[cfg(feature = "cli")]
mod tool;
#[cfg(feature = "cli")]
mod trace;
mod units;
