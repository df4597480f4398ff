//! `vocdb rules`: what is wrong with rules, whether they do what their tests say, and what they would have done.

mod backtest;
mod check;
mod draw;
mod test;

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};
use std::path::Path;
use vocdb::rules::{Diagnostics, RuleFile, read_folder, read_tests};

/// Check, test and backtest alarm rules
#[derive(Debug, Args)]
pub(crate) struct Rules {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    Check(check::Check),
    Test(test::Test),
    Backtest(backtest::BacktestRules),
}

impl Rules {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match &self.command {
            RulesCommand::Check(check) => check.run(output),
            RulesCommand::Test(test) => test.run(output),
            RulesCommand::Backtest(backtest) => backtest.run(output),
        }
    }
}

fn rules_of(dir: &Path) -> Result<Vec<RuleFile>, Failure> {
    read_folder(dir).map_err(Failure::from_error)
}

fn tests_of(dir: &Path) -> Result<Vec<RuleFile>, Failure> {
    read_tests(dir).map_err(Failure::from_error)
}

/// An error of a backtest; mistakes of rules are drawn.
fn failed(error: vocdb::Error, files: &[RuleFile]) -> Failure {
    match error {
        vocdb::Error::Rules(Diagnostics(found)) => {
            Failure::Says(format!("the rules have mistakes\n{}", draw::all(&found, files, false)))
        }
        other => Failure::from_error(other),
    }
}
