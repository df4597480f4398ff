//! `gateway CONFIG.toml`: runs a gateway until it is interrupted.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use vocdb::interop::hj212::ContentKey;
use vocdb_gateway::archive::Archive;
use vocdb_gateway::{Config, Gateway, Host};

/// Take the HJ 212 connections of stations into a vocdb store
///
/// Each frame is answered once it is durable. Interrupt the process (Ctrl-C, SIGTERM) to stop it; killing it loses nothing that was answered.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Configuration file
    config: PathBuf,
    /// Check the configuration and exit
    #[arg(long)]
    check: bool,
    /// Check the chain of the frames in the archive and exit
    #[arg(long)]
    verify_archive: bool,
    /// Seconds between two lines of counters
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    report_s: u64,
}

/// Environment variable with the SM4 key, in hexadecimal digits.
const KEY: &str = "HJ212_KEY";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let config = Config::read(&arguments.config).map_err(|error| error.to_string())?;
    if arguments.verify_archive {
        let folder = config.archive.as_deref().ok_or("the configuration names no `archive`")?;
        let frames = Archive::verify(folder).map_err(|error| error.to_string())?;
        println!("{frames} frames in an unbroken chain");
        return Ok(());
    }
    if arguments.check {
        println!("{} stations, listening on {}", config.stations.len(), config.listen);
        return Ok(());
    }
    let key = std::env::var(KEY).ok();
    let key = key.map(|digits| ContentKey::from_hex(&digits).ok_or(format!("{KEY} is not 32 hexadecimal digits")));
    let host = Host { key: key.transpose()?, ..Host::default() };
    let gateway = Gateway::start(&config, host).await?;
    println!("listening on {}", gateway.address());
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return Err("signals cannot be received".to_owned()) };
    let mut every = tokio::time::interval(Duration::from_secs(arguments.report_s));
    every.tick().await;
    let mut reported = gateway.counts();
    let mut check = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = check.tick() => if !gateway.is_running() { break },
            _ = every.tick() => {
                let counts = gateway.counts();
                if counts != reported {
                    println!("{counts}");
                    reported = counts;
                }
            }
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
    }
    let counts = gateway.stop().await?;
    println!("stopped: {counts}");
    Ok(())
}
