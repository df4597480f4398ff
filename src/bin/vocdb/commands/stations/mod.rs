//! `vocdb stations`: where stations stand.

mod change;
mod import;
mod list;
mod place;
mod set;

pub(super) use change::warn_of_far;

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};

/// List the stations of a store, or give them positions
#[derive(Debug, Args)]
pub(crate) struct Stations {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Import(import::Import),
    List(list::List),
    Set(set::Set),
}

impl Stations {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match &self.command {
            Command::Import(import) => import.run(output),
            Command::List(list) => list.run(output),
            Command::Set(set) => set.run(output),
        }
    }
}
