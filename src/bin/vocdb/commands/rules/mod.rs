//! `vocdb rules`: checks, tests and backtests rules; loads, shows and unloads the rule set of a store.

mod backtest;
mod check;
mod draw;
mod files;
mod forecast;
mod load;
mod show;
mod test;
mod unload;

pub(super) use files::{failed, rules_of};

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};

/// Check, test, backtest, load, show and unload alarm rules
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
    Load(load::Load),
    Show(show::ShowRules),
    Unload(unload::Unload),
}

impl Rules {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match &self.command {
            RulesCommand::Check(check) => check.run(output),
            RulesCommand::Test(test) => test.run(output),
            RulesCommand::Backtest(backtest) => backtest.run(output),
            RulesCommand::Load(load) => load.run(output),
            RulesCommand::Show(show) => show.run(output),
            RulesCommand::Unload(unload) => unload.run(output),
        }
    }
}
