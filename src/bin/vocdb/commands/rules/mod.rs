//! `vocdb rules`: what is wrong with rules, whether they do what their tests say, and what they would have done.

mod backtest;
mod check;
mod draw;
mod files;
mod forecast;
mod test;

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};

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
