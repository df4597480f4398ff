//! Rule sets: loading, binding, suspending, and going on with the one in force.

mod backtest;
mod bound;
mod course;
mod late;
mod load;
mod suspend;
mod testing;

use crate::model::Registry;
use crate::rules::{Compiled, Diagnostics, RuleFile, compile, sites_of};

pub use backtest::{Backtest, BacktestSummary, Replayed};
pub(super) use course::Course;
pub use testing::{TestFailure, TestOutcome, run_rule_tests, run_rule_tests_until, stations_of_tests};

/// Compiles rules for all stations of a registry.
fn compile_for(files: &[RuleFile], registry: &Registry) -> Result<Compiled, Diagnostics> {
    compile(files, &sites_of(registry))
}
