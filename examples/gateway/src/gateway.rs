//! The gateway as a whole: start and stop.

use crate::admission::{Admission, places};
use crate::config::{Config, Limits};
use crate::counters::{Counters, Counts};
use crate::log;
use crate::server::{Hub, listen};
use crate::session::{Session, Shared};
use crate::stations::Stations;
use crate::writer::{Job, Writer, interval};
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, mpsc, watch};
use vocdb::base::clock::{Clock, SystemClock};
use vocdb::interop::hj212::ContentKey;
use vocdb::{Config as StoreConfig, Database, Timers, Timestamp};

/// Jobs that wait for the writer. Connections wait, and their senders with them, while it is full.
const JOBS_MAX: usize = 4_096;
/// Open files that the store, the archive and the log need.
const FILES_OF_STORE: usize = 64;
/// Connections that the system holds until they are accepted.
const BACKLOG: u32 = 1_024;
/// How often time passes for rules and escalations.
const TICK: Duration = Duration::from_secs(1);

/// What the host gives: a clock, and a key for encrypted frames.
#[derive(Clone)]
pub struct Host {
    /// Clock of receipt and of the store.
    pub clock: Arc<dyn Clock>,
    /// SM4 key of all stations (HJ 212-2025, from secondary sources).
    pub key: Option<ContentKey>,
}

impl Default for Host {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), key: None }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("has_key", &self.key.is_some()).finish_non_exhaustive()
    }
}

/// A gateway that runs. [`Gateway::stop`] ends it, and closes the store if the gateway opened it.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    counters: Arc<Counters>,
    stations: Arc<Stations>,
    stop: watch::Sender<bool>,
    listener: tokio::task::JoinHandle<()>,
    ticker: tokio::task::JoinHandle<()>,
    writer: std::thread::JoinHandle<Result<(), String>>,
    jobs: mpsc::Sender<Job>,
    stop_after: Duration,
}

impl Gateway {
    /// Opens the store, registers the stations, loads the rules, stores the packets of the last run, and listens.
    ///
    /// # Errors
    /// A text for the operator, with the entry or file that is wrong.
    pub async fn start(config: &Config, host: Host) -> Result<Self, String> {
        let store = StoreConfig {
            clock: host.clock.clone(),
            timers: if config.is_replay { Timers::Frames } else { Timers::Clock },
            ..StoreConfig::default()
        };
        let path = config.store.display();
        let db = Database::open(&config.store, store).map_err(|error| format!("`{path}`: {error}"))?;
        let stations = Stations::register(config, &db)?;
        crate::alarms::connect(&config.webhooks, &db)?;
        crate::alarms::watch(&db).map_err(|error| error.to_string())?;
        load_rules(config, &db)?;
        Self::listen(config, host, (Arc::new(db), stations))
    }

    /// Registers the stations in a store that the program has open, stores the packets of the last run, and listens. Rules, notifications
    /// and the clock of the store are up to the program, which also closes it after [`Gateway::stop`].
    ///
    /// # Errors
    /// As [`Gateway::start`]; also if the configuration names rules or webhooks, or is a replay.
    pub async fn start_within(config: &Config, host: Host, db: Arc<Database>) -> Result<Self, String> {
        let names = [
            ("rules", config.rules.is_some()),
            ("webhooks", !config.webhooks.is_empty()),
            ("replay", config.is_replay),
        ];
        if let Some((name, _)) = names.into_iter().find(|(_, is_set)| *is_set) {
            return Err(format!(
                "the configuration of the gateway has `{name}`: remove it, the program that has the store open decides that"
            ));
        }
        let stations = Stations::register(config, &db)?;
        Self::listen(config, host, (db, stations))
    }

    fn listen(config: &Config, host: Host, (db, stations): (Arc<Database>, Stations)) -> Result<Self, String> {
        let stations = Arc::new(stations);
        let counters = Arc::new(Counters::default());
        let shared = Shared {
            stations: stations.clone(),
            counters: counters.clone(),
            current: interval(config.limits.current_min),
            frames_max: config.limits.frames_in_flight.max(1),
        };
        let mut writer = Writer::new(config, db, stations.clone(), counters.clone(), host.clock.clone())?;
        let now = Timestamp::from_ms(host.clock.now_ms());
        let mut session =
            Session::new(config.mode, host.key.clone(), shared.clone(), "packets of the last run".to_owned());
        writer.recover(|piece| recovered(&mut session, piece, now))?;

        let listener = bind(config.listen).map_err(|error| format!("{}: {error}", config.listen))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (jobs, waiting) = mpsc::channel(JOBS_MAX);
        let (stop, stopped) = watch::channel(false);
        let places = places(config.limits.connections, FILES_OF_STORE);
        if places < config.limits.connections {
            log::line(&format!(
                "at most {places} connections, not {}: the process may not open more files (ulimit -n)",
                config.limits.connections
            ));
        }
        let hub = Hub {
            mode: config.mode,
            key: host.key,
            limits: config.limits.clone(),
            shared,
            jobs: jobs.clone(),
            clock: host.clock,
            replay_ms: config.is_replay.then(|| Arc::new(AtomicI64::new(i64::MIN / 2))),
            admission: Arc::new(Mutex::new(Admission::new(places))),
            sockets: Arc::new(Semaphore::new(places)),
        };
        let named = std::thread::Builder::new().name("writer".to_owned());
        let writer = named.spawn(move || writer.run(waiting)).map_err(|error| error.to_string())?;
        let listener = tokio::spawn(listen(hub, listener, stopped));
        let ticker = tokio::spawn(tick(jobs.clone()));
        let stop_after = Limits::duration(config.limits.stop_s);
        Ok(Self { address, counters, stations, stop, listener, ticker, writer, jobs, stop_after })
    }

    /// The address that stations connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The counters now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counters.counts()
    }

    /// Whether the writer still runs. If it does not, no frame is stored or answered any more.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.writer.is_finished()
    }

    /// The stations, with what was read from each.
    #[must_use]
    pub fn stations(&self) -> &Stations {
        &self.stations
    }

    /// Lets time pass for rules and escalations now, as happens every second.
    pub async fn tick(&self) {
        let _ = self.jobs.send(Job::Tick).await;
    }

    /// Stops: no new connection is taken, work that was received is stored and answered; the store is closed if the gateway opened it.
    ///
    /// # Errors
    /// A text for the operator if the store cannot be closed.
    pub async fn stop(self) -> Result<Counts, String> {
        let _ = self.stop.send(true);
        let _ = self.listener.await;
        self.ticker.abort();
        let _ = self.ticker.await;
        drop(self.jobs);
        // Connections give up their senders when they have sent what is stored; one that does not read is not waited for.
        let writer = tokio::task::spawn_blocking(move || self.writer.join());
        let joined = tokio::time::timeout(self.stop_after, writer).await;
        match joined {
            Ok(Ok(Ok(closed))) => closed?,
            Ok(_) => return Err("the writer has failed".to_owned()),
            Err(_) => {
                return Err("connections do not end in time; the store was not closed, and loses nothing".to_owned());
            }
        }
        Ok(self.counters.counts())
    }
}

fn load_rules(config: &Config, db: &Database) -> Result<(), String> {
    let Some(rules) = &config.rules else {
        log::line(
            "no rules are given: nothing raises an alarm, not even for a silent station (`rules` in the configuration)",
        );
        return Ok(());
    };
    let found = db.load_rules(rules).map_err(|error| format!("`{}`: {error}", rules.display()))?;
    let text = found.to_string();
    text.lines().for_each(log::line);
    Ok(())
}

fn recovered(session: &mut Session, piece: &[u8], now: Timestamp) -> crate::session::Work {
    let mut all = crate::session::Work::default();
    let mut piece = piece;
    while !piece.is_empty() {
        let taken = session.push(piece);
        piece = piece.get(taken..).unwrap_or_default();
        loop {
            let (work, is_more) = session.work(now, now);
            all.batches.join(&work.batches);
            if !is_more {
                break;
            }
        }
    }
    all
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn tick(jobs: mpsc::Sender<Job>) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if jobs.send(Job::Tick).await.is_err() {
            return;
        }
    }
}
