//! The database: everything wired together, with no logic of its own.

mod export;
mod open;
mod operate;
mod records;
mod rules;
mod write;

pub use export::ExportScope;
pub use operate::Stats;
pub use write::{Receipt, Rejection};

use crate::alarm::{AlarmEvent, Dispatcher, Machine};
use crate::config::{Config, Durability};
use crate::error::Error;
use crate::ledger::Ledger;
use crate::model::{Registry, Timestamp};
use crate::query::Readings;
use crate::rules::{Engine, RuleFile};
use crate::store::{OpenReport, Store, WalSync};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;

/// Events that a subscriber may leave unread before it is cut off.
const EVENTS_UNREAD_MAX: usize = 65_536;

/// A store of readings with its rules and alarms. One process may hold a directory open at a time; within it any number of threads.
///
/// ```
/// use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, Station, Timestamp, Unit};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let station = db.register_station(Station::new("park/S1")?)?;
/// let benzene = Channel::species("benzene", Unit::Ppb)?;
/// let pid = db.register_instrument(station, Instrument::new("pid", Interval::seconds(1), vec![benzene])?)?;
///
/// let mut batch = Batch::new();
/// batch.push_values(pid, Timestamp::from_ms(1_700_000_000_000), &[Some(0.42)]);
/// let receipt = db.append(&batch)?;
/// assert_eq!(receipt.accepted, 1);
/// assert_eq!(db.latest("park/S1", "benzene")?.unwrap().1.value, Some(0.42));
/// db.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Database {
    inner: Mutex<Inner>,
    readings: Readings,
    sync: Arc<WalSync>,
    durability: Durability,
    report: OpenReport,
    flusher: Option<Flusher>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    registry: Registry,
    store: Store,
    ledger: Ledger,
    machine: Machine,
    engine: Engine,
    rules: Option<LoadedRules>,
    dispatcher: Dispatcher,
    subscribers: Vec<Sender<AlarmEvent>>,
    /// The time by which steps fall due, where frames drive it.
    frame_time: Timestamp,
    /// The last frame that rules have seen.
    position_lsn: u64,
    uncommitted: write::Uncommitted,
}

/// The rule set in force, and the stations that it was bound to.
#[derive(Debug)]
struct LoadedRules {
    files: Vec<RuleFile>,
    registry: Registry,
}

/// Syncs the write-ahead log at an interval until it is dropped.
#[derive(Debug)]
struct Flusher {
    _stop: Sender<()>,
}

impl Database {
    /// Opens the store in `path`, or makes one. What a crash has left behind is put in order; [`Database::open_report`] says what was found.
    ///
    /// # Errors
    /// [`Error::Store`] where the directory cannot be written, is held by another process, or the write-ahead log is damaged before its
    /// end; [`Error::Ledger`] where the ledger is.
    pub fn open(path: impl AsRef<Path>, config: Config) -> Result<Self, Error> {
        open::open(path.as_ref(), config)
    }

    /// What opening found and did.
    #[must_use]
    pub const fn open_report(&self) -> &OpenReport {
        &self.report
    }

    /// A handle for reading, independent of writers.
    #[must_use]
    pub fn readings(&self) -> Readings {
        self.readings.clone()
    }

    /// The stations and instruments.
    #[must_use]
    pub fn registry(&self) -> Registry {
        self.inner.lock().registry.clone()
    }

    /// Everything that happens to alarms from now on, once it is in the ledger. A subscriber that leaves 65,536 events unread is cut
    /// off: its channel ends, and it can catch up with [`Database::events`].
    #[must_use]
    pub fn subscribe(&self) -> Receiver<AlarmEvent> {
        let (sender, receiver) = bounded(EVENTS_UNREAD_MAX);
        self.inner.lock().subscribers.push(sender);
        receiver
    }
}

impl Inner {
    fn publish(&mut self, events: &[AlarmEvent]) {
        for event in events {
            self.subscribers.retain(|subscriber| {
                !matches!(
                    subscriber.try_send(event.clone()),
                    Err(TrySendError::Full(_) | TrySendError::Disconnected(_))
                )
            });
        }
    }
}
