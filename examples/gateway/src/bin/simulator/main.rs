//! Stations that speak HJ 212, for trying a gateway: they drop links, send again, split messages and send garbage.

mod chaos;
mod fleet;
mod gateway;
mod judge;
mod metec;
mod station;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Simulate stations that speak HJ 212 over TCP
///
/// Without a command, replays the METEC releases through a gateway in a folder of its own, kills the gateway on the way, and compares the
/// store with what was sent.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Job>,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Replay five days of METEC: eight methane sensors and a mast, minute by minute (the default)
    Metec(metec::Options),
    /// Send 36 factors a second from many stations at once, kill the gateway, and compare the store with the answers
    Fleet(fleet::Options),
    /// Run a gateway in this process
    #[command(hide = true)]
    Serve {
        /// Configuration file of the gateway
        config: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command.unwrap_or_else(|| Job::Metec(metec::Options::default())) {
        Job::Metec(options) => metec::run(&options).await,
        Job::Fleet(options) => fleet::run(&options).await,
        Job::Serve { config } => gateway::serve(&config).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}
