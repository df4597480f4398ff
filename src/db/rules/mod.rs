//! Rule sets: loading, binding, suspending, and going on with the one in force.

mod backtest;
mod bound;
mod course;
mod late;
mod load;
mod show;
mod suspend;
mod testing;

use super::records::RuleSetLoaded;
use crate::model::Registry;
use crate::rules::{Compiled, Diagnostics, RuleFile, compile, sites_of};

pub use backtest::{Backtest, BacktestSummary, Replayed};
pub(super) use bound::Binding;
pub(super) use course::Course;
pub use show::RuleSetInForce;
pub(super) use suspend::{Suspended, Unseen};
pub use testing::{TestFailure, TestOutcome, run_rule_tests, stations_of_tests};

/// Compiles rules for all stations of a registry.
fn compile_for(files: &[RuleFile], registry: &Registry) -> Result<Compiled, Diagnostics> {
    compile(files, &sites_of(registry))
}

/// The files of a rule set.
fn files_of(loaded: &RuleSetLoaded) -> Vec<RuleFile> {
    loaded.files.iter().map(|(name, text)| RuleFile { name: name.clone(), text: text.clone() }).collect()
}
