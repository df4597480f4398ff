//! `vocdb incident`: cases with a clock, from the first alarm to the outcome.

mod look;
mod open;
mod stats;
mod steps;
mod view;

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};

/// Open, investigate and close incidents, and print their statistics
///
/// An incident is a case with a deadline, 24 hours by default. If no site is named by then, an alarm opens and notifies the contacts of the
/// incident's escalation chain. `list`, `show` and `stats` read only the ledger, and work while a station is running. The others open the
/// store for writing: in the process that has it open, call the library instead.
#[derive(Debug, Args)]
pub(crate) struct Incident {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(look::List),
    Show(look::Show),
    Open(open::Open),
    AddAlarm(steps::AddAlarm),
    Suspect(steps::Suspect),
    Find(steps::Find),
    Rectify(steps::Rectify),
    Comment(steps::Comment),
    Close(steps::Close),
    Reopen(steps::Reopen),
    Stats(stats::Stats),
}

impl Incident {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match &self.command {
            Command::List(list) => list.run(output),
            Command::Show(show) => show.run(output),
            Command::Open(open) => open.run(output),
            Command::AddAlarm(add) => add.run(output),
            Command::Suspect(suspect) => suspect.run(output),
            Command::Find(find) => find.run(output),
            Command::Rectify(rectify) => rectify.run(output),
            Command::Comment(comment) => comment.run(output),
            Command::Close(close) => close.run(output),
            Command::Reopen(reopen) => reopen.run(output),
            Command::Stats(stats) => stats.run(output),
        }
    }
}
