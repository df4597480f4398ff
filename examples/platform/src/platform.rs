//! What all requests share: the store, the accounts, the sessions.

use crate::accounts::{AccountError, Accounts};
use crate::connections::Places;
use crate::failure::Failure;
use crate::live::{Live, Topic};
use crate::map::Sources;
use crate::phones::Phones;
use crate::texts::Language;
use crate::view::RuleLimits;
use crate::visit::{Attempts, Sessions};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use vocdb::alarm::AlarmRecord;
use vocdb::base::clock::Clock;
use vocdb::model::Zone;
use vocdb::trace::Candidates;
use vocdb::trace::attainment::Limits as DayLimits;
use vocdb::{AlarmEvent, Database, Timestamp};

/// Failed logins of one name from one sender, in a quarter of an hour.
const LOGINS_OF_NAME_MAX: u32 = 5;
/// Logins from one sender, in a quarter of an hour.
const LOGINS_OF_SENDER_MAX: u32 = 50;
/// Odour reports from one sender, in an hour.
const ODOURS_OF_SENDER_MAX: u32 = 20;
const QUARTER_HOUR_MS: i64 = 900_000;
const HOUR_MS: i64 = 3_600_000;
/// Passwords that are hashed at a time: each takes 19 MiB.
const HASHES_MAX: usize = 2;
/// Requests at a time that read much: roses, quality, statistics, locations.
const COMPUTATIONS_MAX: usize = 2;

/// Limits of attempts.
#[derive(Debug)]
pub(crate) struct Limits {
    /// Logins by name and sender.
    pub(crate) names: Attempts,
    /// Logins by sender.
    pub(crate) senders: Attempts,
    /// Odour reports by sender.
    pub(crate) odours: Attempts,
    /// Places for hashing.
    pub(crate) hashes: Semaphore,
    /// Places for requests that read much.
    pub(crate) computations: Arc<Semaphore>,
}

/// Everything that requests share.
pub struct Platform {
    pub(crate) db: Arc<Database>,
    pub(crate) accounts: Accounts,
    pub(crate) sessions: Sessions,
    pub(crate) limits: Limits,
    pub(crate) live: Live,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone: Zone,
    pub(crate) zone_name: String,
    /// Language of readers who ask for none.
    pub(crate) language: Language,
    pub(crate) store: PathBuf,
    pub(crate) is_https: bool,
    /// Sites that may be the source of an incident.
    pub(crate) candidates: Candidates,
    /// Phones that are played, in a demo.
    pub(crate) phones: Option<Arc<Phones>>,
    pub(crate) stop: watch::Receiver<bool>,
    /// Limits that days are compared with, if there are any.
    pub(crate) day_limits: Option<DayLimits>,
    /// Locations of sources.
    pub(crate) sources: Sources,
    /// Places of connections.
    pub(crate) places: Arc<Places>,
    is_driven: bool,
    /// Time that a backtest or a run of rule tests may take.
    trial_within: Duration,
    history: Mutex<Option<Arc<History>>>,
    rule_limits: Mutex<Option<Arc<RuleLimits>>>,
}

/// Everything that has happened to alarms.
#[derive(Debug)]
pub(crate) struct History {
    /// Number of changes when it was read.
    version: u64,
    /// Events in the order of the ledger.
    pub(crate) events: Vec<AlarmEvent>,
    /// Every alarm that ever opened, by number.
    pub(crate) records: Vec<AlarmRecord>,
}

/// The settings of a platform.
pub(crate) struct Setting {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone: (String, Zone),
    pub(crate) language: Language,
    pub(crate) store: PathBuf,
    pub(crate) is_https: bool,
    /// Whether the host lets time pass itself.
    pub(crate) is_driven: bool,
    pub(crate) candidates: Candidates,
    pub(crate) phones: Option<Arc<Phones>>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) day_limits: Option<DayLimits>,
    /// Time that a backtest or a run of rule tests may take.
    pub(crate) trial_within: Duration,
    /// Places of connections.
    pub(crate) places: Arc<Places>,
}

impl Platform {
    pub(crate) fn new(db: Arc<Database>, accounts: Accounts, setting: Setting) -> Self {
        let limits = Limits {
            names: Attempts::new(LOGINS_OF_NAME_MAX, QUARTER_HOUR_MS),
            senders: Attempts::new(LOGINS_OF_SENDER_MAX, QUARTER_HOUR_MS),
            odours: Attempts::new(ODOURS_OF_SENDER_MAX, HOUR_MS),
            hashes: Semaphore::new(HASHES_MAX),
            computations: Arc::new(Semaphore::new(COMPUTATIONS_MAX)),
        };
        let Setting {
            clock,
            zone: (zone_name, zone),
            language,
            store,
            is_https,
            is_driven,
            candidates,
            phones,
            stop,
            day_limits,
            trial_within,
            places,
        } = setting;
        Self {
            db,
            accounts,
            sessions: Sessions::default(),
            limits,
            live: Live::new(),
            clock,
            zone,
            zone_name,
            language,
            store,
            is_https,
            candidates,
            phones,
            stop,
            day_limits,
            sources: Sources::default(),
            places,
            is_driven,
            trial_within,
            history: Mutex::new(None),
            rule_limits: Mutex::new(None),
        }
    }

    /// Host time.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.now_ms())
    }

    /// Reads from the store, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let platform = self.clone();
        let task = tokio::task::spawn_blocking(move || read(&platform));
        task.await.map_err(|error| Failure::Internal(error.to_string()))?
    }

    /// Reads much from the store, on a thread that may block. Few such requests run at a time, whoever still waits for their answers.
    pub(crate) async fn compute<T: Send + 'static>(
        self: &Arc<Self>,
        compute: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = self.limits.computations.clone().acquire_owned().await.map_err(|_| Failure::Busy)?;
        self.read(move |platform| {
            let _place = place;
            compute(platform)
        })
        .await
    }

    /// Changes the store, on a thread that may block, and announces the change once it is durable.
    pub(crate) async fn act<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&Database) -> Result<T, vocdb::Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.read(move |platform| {
            let done = act(&platform.db)?;
            platform.live.announce(Topic::Alarms);
            Ok(done)
        })
        .await
    }

    /// Whether the time is over that a backtest or a run of rule tests may take from now on, waiting for its turn included.
    pub(crate) fn trial_end(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        let (begin, within) = (Instant::now(), self.trial_within);
        Arc::new(move || begin.elapsed() >= within)
    }

    /// Everything that has happened to alarms. The ledger is read again only if something has happened since.
    pub(crate) fn history(&self) -> Result<Arc<History>, Failure> {
        let mut kept = self.history.lock();
        let version = self.live.version();
        if let Some(history) = kept.as_ref().filter(|history| history.version == version) {
            return Ok(history.clone());
        }
        let events = self.db.events()?;
        let history = Arc::new(History { version, records: AlarmRecord::all(&events), events });
        *kept = Some(history.clone());
        Ok(history)
    }

    /// The limits of the rules in force. The rules are read again only if others are in force.
    pub(crate) fn rule_limits(&self) -> Arc<RuleLimits> {
        let set = self.db.rule_set();
        let hash = set.as_ref().map(|set| set.hash.to_string()).unwrap_or_default();
        let mut kept = self.rule_limits.lock();
        if let Some(limits) = kept.as_ref().filter(|limits| limits.is_of(&hash)) {
            return limits.clone();
        }
        let limits = Arc::new(RuleLimits::new(&hash, set.as_ref().map_or(&[], |set| &set.files)));
        *kept = Some(limits.clone());
        limits
    }

    /// Lets time pass unless the host does so, and reads the accounts again. Blocks.
    pub(crate) fn tick(&self) {
        if !self.is_driven
            && let Err(error) = self.db.advance()
        {
            eprintln!("error: {error}");
        }
        let reloaded: Result<(), AccountError> = self.accounts.reload();
        if let Err(error) = reloaded {
            eprintln!("error: {error}");
        }
    }
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("store", &self.store).finish_non_exhaustive()
    }
}
