//! `vocdb-platform`: serves the pages of a store until it is interrupted, and keeps the accounts.

use clap::{Args, Parser, Subcommand};
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use vocdb::trace::Candidates;
use vocdb_platform::accounts::{Accounts, Role};
use vocdb_platform::register::{limits_of, sites_of};
use vocdb_platform::server::accounts_of;
use vocdb_platform::{Options, Server};

/// Serve the stations, alarms, incidents and rules of a vocdb store as web pages
///
/// Interrupt the process (Ctrl-C, SIGTERM) to stop it; killing it loses nothing that was answered, and ends all sessions.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = false)]
struct Arguments {
    #[command(flatten)]
    serve: Serve,
    /// File of the accounts [default: STORE-accounts.json]
    #[arg(long, global = true, value_name = "FILE")]
    accounts: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Serve {
    /// Folder of the store; created if missing
    #[arg(long, global = true, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Folder of rules, loaded if the store has no rules in force
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// File of the sites of the district, as GeoJSON or CSV
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// File of the limits that days are compared with, as `vocdb attainment` takes it
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// Time zone of the pages
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// Receiver of notifications, as CHANNEL=URL such as app=http://127.0.0.1:9000/alarms; its secret is in VOCDB_WEBHOOK_SECRET
    #[arg(long = "webhook", value_name = "CHANNEL=URL", value_parser = webhook)]
    webhooks: Vec<(String, String)>,
    /// Readers reach the platform over HTTPS only, through a proxy: cookies are marked as secure
    #[arg(long)]
    behind_https: bool,
}

/// Environment variable with the secret of webhooks.
const SECRET: &str = "VOCDB_WEBHOOK_SECRET";

fn webhook(text: &str) -> Result<(String, String), String> {
    let (route, url) = text.split_once('=').ok_or("write CHANNEL=URL")?;
    Ok((route.to_owned(), url.to_owned()))
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add, list and remove accounts, and issue tokens for programs
    Accounts {
        #[command(subcommand)]
        act: AccountsAct,
    },
}

#[derive(Debug, Subcommand)]
enum AccountsAct {
    /// Add an account; the password is read from standard input
    Add {
        /// Name, which the ledger records as the author
        name: String,
        /// Role
        #[arg(long)]
        role: Role,
    },
    /// Remove an account and end its sessions
    Remove {
        /// Name
        name: String,
    },
    /// Issue a token for programs and print it; the one before it is void
    Token {
        /// Name
        name: String,
    },
    /// List names and roles
    List,
}

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
    let Arguments { serve, accounts, command } = arguments;
    let file = accounts.or_else(|| serve.store.as_deref().map(accounts_of));
    if let Some(Command::Accounts { act }) = command {
        let file = file.ok_or("name the file of the accounts: `--accounts FILE`, or `--store DIR`")?;
        let accounts = Accounts::open(&file).map_err(|error| error.to_string())?;
        return change(&accounts, act);
    }
    let store = serve.store.ok_or("name the folder of the store: `--store DIR`")?;
    let listen = serve.listen.ok_or("name the address to listen on: `--listen 127.0.0.1:8080`")?;
    let secret = std::env::var(SECRET).ok();
    if !serve.webhooks.is_empty() && secret.is_none() {
        return Err(format!("the environment variable `{SECRET}` with the secret of the webhooks is not set"));
    }
    let options = Options {
        rules: serve.rules,
        candidates: Candidates {
            sites: serve.sites.as_deref().map(sites_of).transpose()?.unwrap_or_default(),
            ..Candidates::default()
        },
        day_limits: serve.limits.as_deref().map(limits_of).transpose()?,
        zone: serve.zone,
        webhooks: serve.webhooks,
        webhook_secret: secret.unwrap_or_default(),
        is_https: serve.behind_https,
        ..Options::new(store, listen)
    };
    let options = match file {
        Some(accounts) => Options { accounts, ..options },
        None => options,
    };
    serve_until_stopped(options).await
}

async fn serve_until_stopped(options: Options) -> Result<(), String> {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return Err("signals cannot be received".to_owned()) };
    let server = Server::start(options).await?;
    println!("listening on {}", server.address());
    let mut check = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = check.tick() => if !server.is_running() { break },
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
    }
    server.stop().await?;
    println!("stopped");
    Ok(())
}

fn change(accounts: &Accounts, act: AccountsAct) -> Result<(), String> {
    let says = |error: vocdb_platform::accounts::AccountError| error.to_string();
    match act {
        AccountsAct::Add { name, role } => {
            let mut password = String::new();
            std::io::stdin().take(4_096).read_to_string(&mut password).map_err(|error| error.to_string())?;
            accounts.add(&name, role, password.trim_end_matches(['\r', '\n'])).map_err(says)?;
            println!("added {name}, {}", role.words());
        }
        AccountsAct::Remove { name } => {
            accounts.remove(&name).map_err(says)?;
            println!("removed {name}");
        }
        AccountsAct::Token { name } => println!("{}", accounts.issue_token(&name).map_err(says)?),
        AccountsAct::List => {
            for account in accounts.all() {
                println!("{}\t{}", account.name, account.role.words());
            }
        }
    }
    Ok(())
}
