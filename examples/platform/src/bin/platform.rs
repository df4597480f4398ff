//! `vocdb-platform`: serves the pages of a store until it is interrupted, and keeps the accounts.

use clap::{Args, Parser, Subcommand};
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use vocdb::trace::Candidates;
use vocdb_platform::accounts::{Accounts, Role};
use vocdb_platform::demo::{Demo, DemoOptions, Scale};
use vocdb_platform::register::{limits_of, sites_of};
use vocdb_platform::server::accounts_of;
use vocdb_platform::texts::Language;
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
    /// Language of the pages for readers whose browser asks for none of them
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    language: Language,
    /// Receiver of notifications, as CHANNEL=URL such as app=http://127.0.0.1:9000/alarms; its secret is in VOCDB_WEBHOOK_SECRET
    #[arg(long = "webhook", value_name = "CHANNEL=URL", value_parser = webhook)]
    webhooks: Vec<(String, String)>,
    /// Readers reach the platform over HTTPS only, through a proxy: cookies are marked as secure
    #[arg(long)]
    behind_https: bool,
    /// Take HJ 212 connections of stations on this address, into the same store
    #[arg(long, value_name = "ADDR", requires = "gateway_config")]
    gateway: Option<SocketAddr>,
    /// Configuration file of the gateway; its `listen` and `store` are replaced
    #[arg(long, value_name = "FILE", requires = "gateway")]
    gateway_config: Option<PathBuf>,
    #[command(flatten)]
    demo: DemoArguments,
}

#[derive(Debug, Args)]
struct DemoArguments {
    /// Play a night of a made park in accelerated time: 24 stations, a leak, alarms, phones, the search for the source
    #[arg(long, conflicts_with_all = ["store", "accounts", "rules", "webhooks", "gateway", "zone", "behind_https"])]
    demo: bool,
    /// Folder of the demo, missing or empty; a temporary one, removed at the end, unless named
    #[arg(long, value_name = "DIR", requires = "demo")]
    demo_folder: Option<PathBuf>,
    /// Password of all accounts of the demo; one for each is made up and printed unless given
    #[arg(long, value_name = "PASSWORD", requires = "demo")]
    demo_password: Option<String>,
    /// Seconds of the demo in a second [default: 600; as fast as possible with --demo-until]
    #[arg(long, value_name = "FACTOR", requires = "demo", value_parser = speed)]
    speed: Option<f64>,
    /// Run the demo up to this time of its clock, such as 23:00 or 17:30, print the outcome and exit
    #[arg(long, value_name = "HH:MM", requires = "demo", value_parser = minutes_of_demo)]
    demo_until: Option<i64>,
    /// Stations, species and seconds between readings of the demo
    #[arg(long, value_name = "STATIONS,SPECIES,SECONDS", default_value = "24,36,1", requires = "demo", value_parser = scale)]
    demo_scale: Scale,
    /// Seed of the demo
    #[arg(long, default_value_t = 1, requires = "demo")]
    demo_seed: u64,
    /// File to write the history of the demo to: the records of its ledger, one a line
    #[arg(long, value_name = "FILE", requires = "demo_until")]
    demo_history: Option<PathBuf>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (0.1..=1e6).contains(speed));
    speed.ok_or_else(|| "write a number from 0.1 to 1000000".to_owned())
}

/// Minutes from 20:00, the start of the demo, to a time of day.
fn minutes_of_demo(text: &str) -> Result<i64, String> {
    let says = || "write a time of day, such as 23:00".to_owned();
    let (hour, minute) = text.split_once(':').ok_or_else(says)?;
    let number = |text: &str, below: i64| text.parse::<i64>().ok().filter(|number| (0..below).contains(number));
    let of_day = number(hour, 24).ok_or_else(says)? * 60 + number(minute, 60).ok_or_else(says)?;
    Ok((of_day - DEMO_START_MIN).rem_euclid(24 * 60))
}

/// Minute of the day at which the demo starts.
const DEMO_START_MIN: i64 = 20 * 60;

fn scale(text: &str) -> Result<Scale, String> {
    let says = || "write 1 to 24 stations, 12 to 36 species, and 1, 2, 5 or 10 seconds, such as 24,36,1".to_owned();
    let parts: Vec<usize> = text.split(',').map_while(|part| part.parse().ok()).collect();
    let [stations @ 1..=24, species @ 12..=36, seconds @ (1 | 2 | 5 | 10)] = *parts.as_slice() else {
        return Err(says());
    };
    Ok(Scale { stations, species, interval_s: i64::try_from(seconds).map_err(|_| says())? })
}

/// Seconds of the demo in a second, unless another factor is given.
const SPEED: f64 = 600.0;
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
    if serve.demo.demo {
        return play(serve.demo, serve.listen, serve.language).await;
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
        language: serve.language,
        webhooks: serve.webhooks,
        webhook_secret: secret.unwrap_or_default(),
        is_https: serve.behind_https,
        gateway: serve.gateway.zip(serve.gateway_config),
        ..Options::new(store, listen)
    };
    let options = match file {
        Some(accounts) => Options { accounts, ..options },
        None => options,
    };
    serve_until_stopped(options).await
}

async fn serve_until_stopped(options: Options) -> Result<(), String> {
    let signals = Signals::receive()?;
    let server = Server::start(options).await?;
    println!("listening on {}", server.address());
    if let Some(address) = server.gateway_address() {
        println!("gateway listening on {address}");
    }
    signals.wait(|| server.is_running()).await;
    server.stop().await?;
    println!("stopped");
    Ok(())
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn receive() -> Result<Self, String> {
        match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
            (Ok(interrupt), Ok(terminate)) => Ok(Self { interrupt, terminate }),
            _ => Err("signals cannot be received".to_owned()),
        }
    }

    /// Waits for a signal, or until something does not run any more.
    async fn wait(mut self, is_running: impl Fn() -> bool) {
        let mut check = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                _ = check.tick() => if !is_running() { return },
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
            }
        }
    }
}

/// Plays the demo until it is over or interrupted.
async fn play(arguments: DemoArguments, listen: Option<SocketAddr>, language: Language) -> Result<(), String> {
    let signals = Signals::receive()?;
    let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
    let is_headless = arguments.demo_until.is_some();
    let port = if is_headless { 0 } else { 8080 };
    let folder = arguments.demo_folder.unwrap_or_else(|| temporary.path().join("demo"));
    let mut demo = Demo::start(DemoOptions {
        scale: arguments.demo_scale,
        speed: arguments.speed.or((!is_headless).then_some(SPEED)),
        until_min: arguments.demo_until,
        password: arguments.demo_password,
        seed: arguments.demo_seed,
        language,
        ..DemoOptions::new(folder.clone(), listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], port))))
    })
    .await?;
    println!("listening on {}", demo.address());
    println!("folder {}", folder.display());
    for account in demo.accounts() {
        println!("account \"{}\" ({}), password {}", account.name, account.role, account.password);
    }
    let ended = tokio::select! {
        ended = demo.finished() => ended,
        () = signals.wait(|| true) => return demo.stop().await,
    };
    if let Some((outcome, history)) = ended {
        println!("{outcome}");
        if let Some(file) = arguments.demo_history {
            std::fs::write(&file, history).map_err(|error| format!("`{}`: {error}", file.display()))?;
        }
        if !is_headless {
            println!("the night is over; the pages stay until you press Ctrl-C");
            Signals::receive()?.wait(|| demo.is_running()).await;
        }
    }
    demo.stop().await
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
