//! `vocdb alarms`: lists and explains alarms, and records what operators do about them.

mod amendments;
mod conditions;
mod look;
mod maintenance;
mod operate;
mod view;

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};

/// List, show, explain, acknowledge and shelve alarms
///
/// `list`, `show`, `explain`, `conditions`, `amendments` and `maintenance` read only the ledger, and work while a station is running. The
/// others open the store for writing: in the process that has it open, call the library instead.
#[derive(Debug, Args)]
pub(crate) struct Alarms {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(look::List),
    Show(look::Show),
    Explain(look::Explain),
    Conditions(conditions::Conditions),
    Amendments(amendments::Amendments),
    Ack(operate::Ack),
    Shelve(operate::Shelve),
    Unshelve(operate::Unshelve),
    Maintain(maintenance::Maintain),
    Maintenance(maintenance::List),
    CancelMaintenance(maintenance::Cancel),
}

impl Alarms {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match &self.command {
            Command::List(list) => list.run(output),
            Command::Show(show) => show.run(output),
            Command::Explain(explain) => explain.run(output),
            Command::Conditions(conditions) => conditions.run(output),
            Command::Amendments(amendments) => amendments.run(output),
            Command::Ack(ack) => ack.run(output),
            Command::Shelve(shelve) => shelve.run(output),
            Command::Unshelve(unshelve) => unshelve.run(output),
            Command::Maintain(maintain) => maintain.run(output),
            Command::Maintenance(list) => list.run(output),
            Command::CancelMaintenance(cancel) => cancel.run(output),
        }
    }
}
