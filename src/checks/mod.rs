//! Tests of data quality: pure functions of readings in order of time. They find, with a reason and numbers; they change nothing.

mod chance;
mod channel;
mod facts;
mod finding;
mod fleet;
mod history;
mod network;
mod options;

pub use finding::{Finding, QualityTest};
pub use fleet::Checks;
pub use history::check_history;
pub use options::{CheckOptions, Threshold, ThresholdKind};
