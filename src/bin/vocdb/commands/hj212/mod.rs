//! `vocdb hj212`: frames of stations.

mod decode;
mod lines;
mod view;

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};

/// Check frames of stations that speak HJ 212
#[derive(Debug, Args)]
pub(crate) struct Hj212 {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Decode(decode::Decode),
}

impl Hj212 {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        match &self.command {
            Command::Decode(decode) => decode.run(output),
        }
    }
}
