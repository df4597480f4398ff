//! The subcommands, a file each.

mod import;
mod inspect;
mod query;

use crate::failure::Failure;
use crate::output::Output;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(import::Import),
    Query(query::Query),
    Inspect(inspect::Inspect),
}

impl Command {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Import(import) => import.run(output),
            Self::Query(query) => query.run(output),
            Self::Inspect(inspect) => inspect.run(output),
        }
    }
}
