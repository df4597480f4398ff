//! A night of a made park in accelerated time: stations, a leak, alarms, phones, people, and the search for the source.
//!
//! | module | content |
//! |---|---|
//! | `scenario` | sites, units, stations, species, and what truly happens |
//! | `air` | wind, background, plumes; written apart from the code that locates sources |
//! | `fleet` | what the stations report |
//! | `people` | a script of what each person does, with the rights of an account |
//! | `suspects` | the ranking of sites over all substances of an incident |
//! | `runner` | the thread that lets time pass |
//!
//! Time is an argument: equal options give equal histories, down to the deliveries.

mod air;
mod clock;
mod fleet;
mod outcome;
mod people;
mod profiles;
mod runner;
mod scenario;
mod suspects;

pub use outcome::Outcome;

use crate::accounts::{Accounts, random_token};
use crate::phones::Phones;
use crate::platform::Platform;
use crate::server::{Options, Server, accounts_of};
use crate::texts::Language;
use air::Random;
use clock::Pace;
use fleet::{Fleet, Instruments};
use people::{ACCOUNTS, ADMINISTRATOR, People};
use runner::Runner;
use scenario::{END, START, ZONE};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{Batch, Durability, Timestamp};

/// The rules of the park.
const RULES: &str = include_str!("../../rules/park.rhai");
/// Steps that are made ahead.
const AHEAD_MAX: usize = 8;
/// Characters of a password that is made up.
const PASSWORD_CHARS: usize = 16;
/// Time between two syncs of the log.
const SYNC: Duration = Duration::from_secs(1);

/// Number of stations and species, and how often they report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Stations, 1 to 24.
    pub stations: usize,
    /// Species, 12 to 36.
    pub species: usize,
    /// Seconds between two readings: 1, 2, 5 or 10.
    pub interval_s: i64,
}

impl Scale {
    /// 24 stations, 36 species, every second.
    pub const FULL: Self = Self { stations: 24, species: 36, interval_s: 1 };
    /// 24 stations, 12 species, every ten seconds.
    pub const REDUCED: Self = Self { stations: 24, species: 12, interval_s: 10 };
}

/// Options of a demo.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Folder of the demo: missing or empty.
    pub folder: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Number of stations and species.
    pub scale: Scale,
    /// Seconds of the demo in a second; as fast as the machine can if `None`.
    pub speed: Option<f64>,
    /// Minutes after the start at which the demo ends; 17:30 on the next day if `None`.
    pub until_min: Option<i64>,
    /// Password of all accounts; each has one of its own, made up at the start, if `None`.
    pub password: Option<String>,
    /// Seed of everything that is random.
    pub seed: u64,
    /// Language of the pages for readers who ask for none.
    pub language: Language,
}

impl DemoOptions {
    /// The full demo in a folder, as fast as the machine can.
    #[must_use]
    pub const fn new(folder: PathBuf, listen: SocketAddr) -> Self {
        let language = Language::English;
        Self { folder, listen, scale: Scale::FULL, speed: None, until_min: None, password: None, seed: 1, language }
    }
}

/// An account of a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// Name.
    pub name: String,
    /// Role in words.
    pub role: &'static str,
    /// Password.
    pub password: String,
}

/// A demo that runs.
#[derive(Debug)]
pub struct Demo {
    server: Server,
    accounts: Vec<DemoAccount>,
    finished: Option<oneshot::Receiver<(Outcome, String)>>,
    stop: Sender<()>,
    runner: JoinHandle<Result<(), String>>,
}

impl Demo {
    /// Creates the store and the accounts of the demo in its folder, and starts the pages and the night.
    ///
    /// # Errors
    /// A text for the operator.
    pub async fn start(options: DemoOptions) -> Result<Self, String> {
        let folder = &options.folder;
        check_empty(folder)?;
        let store = folder.join("park");
        let accounts = add_accounts(&store, options.password.as_deref())?;
        let (clock, phones) = (Arc::new(ManualClock::new(START.as_ms())), Phones::new());
        let server = Server::start(Options {
            zone: ZONE.to_owned(),
            language: options.language,
            clock: clock.clone(),
            is_driven: true,
            durability: Durability::Interval(SYNC),
            candidates: suspects::candidates()?,
            phones: Some(phones.clone()),
            ..Options::new(store, options.listen)
        })
        .await?;
        let (stop, stopped) = channel();
        let platform = server.platform().clone();
        let until = options.until_min.map_or(END, |minutes| START.plus_ms(minutes.saturating_mul(60_000)).min(END));
        let (scale, seed) = (options.scale, options.seed);
        let furnish = move || furnish(&platform, scale, seed).map(|frames| (platform, frames));
        let (platform, frames) = tokio::task::spawn_blocking(furnish).await.map_err(says)??;
        let people = People::new(options.seed, options.folder);
        let pace = Pace::new(START, options.speed, stopped);
        let runner = Runner { platform, clock, phones, people, frames, pace, until };
        let (sender, finished) = oneshot::channel();
        let run = move || {
            // Nobody may wait for the outcome.
            let report = |outcome: &Outcome, history: &str| _ = sender.send((outcome.clone(), history.to_owned()));
            runner.run(report)
        };
        let runner = std::thread::Builder::new().name("demo".to_owned()).spawn(run).map_err(says)?;
        Ok(Self { server, accounts, finished: Some(finished), stop, runner })
    }

    /// The address of the pages.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The accounts.
    #[must_use]
    pub fn accounts(&self) -> &[DemoAccount] {
        &self.accounts
    }

    /// Whether the pages are served and the thread of the demo runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.server.is_running() && !self.runner.is_finished()
    }

    /// Waits for the end of the demo, and returns its outcome and its history: the records of the ledger, one a line. `None` if it has failed,
    /// which [`Demo::stop`] explains, or was asked before.
    pub async fn finished(&mut self) -> Option<(Outcome, String)> {
        self.finished.take()?.await.ok()
    }

    /// Stops the demo, and closes its store.
    ///
    /// # Errors
    /// A text for the operator, also if the demo has failed before.
    pub async fn stop(self) -> Result<(), String> {
        let Self { server, stop, runner, .. } = self;
        drop(stop);
        let ran = tokio::task::spawn_blocking(|| runner.join()).await.map_err(says)?;
        server.stop().await?;
        ran.map_err(|_| "the demo has panicked".to_owned())?
    }
}

/// Creates the folder. One that is in use is refused: accounts with known passwords belong to a demo only.
fn check_empty(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("`{}`: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(format!("`{}` is not empty: name a new folder for the demo", folder.display()));
    }
    Ok(())
}

fn add_accounts(store: &Path, password: Option<&str>) -> Result<Vec<DemoAccount>, String> {
    let accounts = Accounts::open(&accounts_of(store)).map_err(says)?;
    let mut added = Vec::new();
    for (name, role) in ACCOUNTS {
        let made_up = random_token().map_err(says)?.chars().take(PASSWORD_CHARS).collect();
        let password = password.map_or(made_up, str::to_owned);
        accounts.add(name, role, &password).map_err(says)?;
        added.push(DemoAccount { name: name.to_owned(), role: role.words(), password });
    }
    Ok(added)
}

/// Registers the stations, loads the rules, and starts the thread that makes the readings.
fn furnish(platform: &Platform, scale: Scale, seed: u64) -> Result<Receiver<(Batch, Timestamp)>, String> {
    let instruments = Instruments::register(&platform.db, scale)?;
    let file = RuleFile { name: "park.rhai".to_owned(), text: RULES.to_owned() };
    platform.db.load_rule_set(vec![file], ADMINISTRATOR, "rules of the demo park").map_err(says)?;
    let mut fleet = Fleet::new(instruments, scale, seed)?;
    let (sender, frames) = sync_channel(AHEAD_MAX);
    let make = move || {
        while let Some(step) = fleet.next() {
            if sender.send(step).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("readings".to_owned()).spawn(make).map_err(says)?;
    Ok(frames)
}

/// A number of minutes below a bound, by a seed and a number.
fn random_minutes(seed: u64, number: u64, bound: u64) -> i64 {
    i64::try_from(Random::new(seed, 40_000 + number).below(bound)).unwrap_or(0)
}

fn says(error: impl std::fmt::Display) -> String {
    error.to_string()
}
