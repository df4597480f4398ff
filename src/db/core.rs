//! The database and what it holds together.

use super::in_force::{Binding, Suspended, Unseen};
use super::pending::{Deletions, Recorded, Uncommitted, Unfed};
use super::records::{Checkpoint, RuleSetLoaded};
use super::watch::{HostClock, Refused};
use crate::alarm::{AlarmEvent, Dispatcher, Machine};
use crate::base::background::{Worker, let_others_go_first};
use crate::base::limits::CHECKPOINT_BYTES_MAX;
use crate::config::{Config, Durability, Timers};
use crate::error::Error;
use crate::journal::WalSync;
use crate::ledger::{Ledger, Record};
use crate::model::{Batch, Registry, Timestamp};
use crate::query::Readings;
use crate::rules::Engine;
use crate::store::{OpenReport, Store};
use crate::trace::incident::Incidents;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::thread::JoinHandle;

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
/// let pid = db.register_instrument(station, Instrument::new("pid", Interval::SECOND, vec![benzene])?)?;
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
    /// Before the store itself: its thread ends first.
    pub(super) sealer: Worker,
    pub(super) flusher: Option<Flusher>,
    pub(super) sync: Arc<WalSync>,
    pub(super) sealing: Sealing,
    pub(super) inner: Arc<Mutex<Inner>>,
    pub(super) readings: Readings,
    pub(super) durability: Durability,
    pub(super) report: OpenReport,
    /// Deletions that are in the ledger and not done. Held by whoever rewrites segments.
    pub(super) upkeep: Mutex<Deletions>,
    /// Held by whoever loads rules: one rule set is warmed at a time.
    pub(super) loading: Mutex<()>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) config: Config,
    pub(super) registry: Registry,
    pub(super) ledger: Ledger,
    /// Behind the ledger: it holds the lock of the directory.
    pub(super) store: Store,
    pub(super) machine: Machine,
    pub(super) incidents: Incidents,
    /// Whether alarms have opened since somebody looked whether a group of them needs an incident.
    pub(super) has_new_alarms: bool,
    pub(super) engine: Engine,
    pub(super) rules: Option<LoadedRules>,
    /// The rule set in force, while it does not run.
    pub(super) suspended: Option<Box<Suspended>>,
    /// Stored frames that the rules have not evaluated, while they are suspended or catch up.
    pub(super) unseen: Option<Box<Unseen>>,
    /// Whether a station or an instrument was registered that the rules in force may cover.
    pub(super) must_bind: bool,
    /// Frames that came since a new rule set began to be warmed.
    pub(super) arrivals: Option<Batch>,
    pub(super) dispatcher: Dispatcher,
    pub(super) subscribers: Vec<Sender<AlarmEvent>>,
    /// The time by which steps fall due, where frames drive it.
    pub(super) frame_time: Timestamp,
    /// The last frame that rules have seen.
    pub(super) position_lsn: u64,
    pub(super) uncommitted: Uncommitted,
    /// Frames of a batch that a failed commit kept from the rules.
    pub(super) unfed: Option<Unfed>,
    /// What rules have recorded in the append that is under way.
    pub(super) recorded: Recorded,
    pub(super) host_clock: HostClock,
    pub(super) refused: Refused,
}

/// The rule set in force, and the stations that it is bound to.
#[derive(Debug, Clone)]
pub(super) struct LoadedRules {
    pub(super) loaded: Arc<RuleSetLoaded>,
    pub(super) binding: Binding,
    /// Name and scope of each rule.
    pub(super) scopes: Vec<(String, String)>,
}

/// The thread that syncs the write-ahead log at an interval. Dropping it waits for its end: no handle of the log outlives the database.
#[derive(Debug)]
pub(super) struct Flusher {
    pub(super) ends: Sender<()>,
    pub(super) thread: Option<JoinHandle<()>>,
}

impl Drop for Flusher {
    fn drop(&mut self) {
        // One that a failure has ended hears nothing any more.
        let _ = self.ends.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What it takes to seal: the store, and the turn, which one thread has at a time. The turn comes before the store.
#[derive(Debug, Clone)]
pub(super) struct Sealing {
    pub(super) inner: Arc<Mutex<Inner>>,
    turn: Arc<Mutex<()>>,
}

/// Whoever holds it is the only one that seals.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _held: MutexGuard<'a, ()>,
}

impl Sealing {
    pub(super) fn new(inner: &Arc<Mutex<Inner>>) -> Self {
        Self { inner: Arc::clone(inner), turn: Arc::default() }
    }

    pub(super) fn turn(&self) -> Turn<'_> {
        Turn { _held: self.turn.lock() }
    }
}

impl Database {
    /// Returns what opening found and did.
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

    /// Everything that happens to alarms from now on, once it is on the disk. A subscriber that leaves 65,536 events unread is cut
    /// off: its channel ends, and it can catch up with [`Database::events`].
    #[must_use]
    pub fn subscribe(&self) -> Receiver<AlarmEvent> {
        let (sender, receiver) = bounded(EVENTS_UNREAD_MAX);
        self.inner.lock().subscribers.push(sender);
        receiver
    }
}

impl Inner {
    pub(super) fn publish(&mut self, events: &[AlarmEvent]) {
        for event in events {
            self.subscribers.retain(|subscriber| {
                !matches!(
                    subscriber.try_send(event.clone()),
                    Err(TrySendError::Full(_) | TrySendError::Disconnected(_))
                )
            });
        }
    }

    /// The host's time.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.config.clock.now_ms())
    }

    /// The time by which steps fall due.
    pub(super) fn timer_now(&self) -> Timestamp {
        self.time_of(self.now())
    }

    /// The time by which steps fall due when the host's clock shows `now`.
    pub(super) const fn time_of(&self, now: Timestamp) -> Timestamp {
        match self.config.timers {
            Timers::Clock => now,
            Timers::Frames => self.frame_time,
        }
    }

    /// The latest time up to which stored frames are believed; recorded readings are believed at any time.
    pub(super) fn latest(&self) -> Timestamp {
        match self.config.timers {
            Timers::Clock => self.now(),
            Timers::Frames => Timestamp::MAX,
        }
    }

    /// The records of a checkpoint, for the end of a commit.
    pub(super) fn checkpoint(&self) -> Result<Vec<Record>, Error> {
        let mut records = self.rules_checkpoint()?;
        records.extend(self.unseen()?);
        Ok(records)
    }

    fn rules_checkpoint(&self) -> Result<Vec<Record>, Error> {
        if let Some(suspended) = &self.suspended {
            return suspended.checkpoint(self.frame_time);
        }
        let (engine, late) = self.engine.states();
        let machine = self.machine.state();
        let sources = self.engine.source_states();
        let (lsn, frame_time, host_time) = (self.position_lsn, self.frame_time, self.host_clock.last());
        let mut body = Checkpoint { lsn, frame_time, engine, machine, late, sources, host_time };
        let records = body.records()?;
        if records.iter().map(Record::body_bytes).sum::<usize>() <= CHECKPOINT_BYTES_MAX {
            return Ok(records);
        }
        body.late.forget_outages();
        Ok(body.records()?)
    }

    /// Commits all events with a checkpoint, notifies subscribers and gateways, and evaluates stored frames that had to wait.
    pub(super) fn commit_all(&mut self) -> Result<(), Error> {
        self.commit_events()?;
        if let Some(unfed) = self.unfed.take() {
            self.feed_batch(unfed)?;
            self.commit_events()?;
        }
        Ok(())
    }

    /// Commits the events with a checkpoint; then notifies subscribers and gateways.
    pub(super) fn commit_events(&mut self) -> Result<(), Error> {
        if self.uncommitted.records.is_empty() {
            return Ok(self.ledger.settle()?);
        }
        let superseded = self.dispatcher.superseded_by(&self.uncommitted.events, self.timer_now());
        let mut last: Vec<Record> = superseded.iter().map(AlarmEvent::to_record).collect::<Result<_, _>>()?;
        last.extend(self.checkpoint()?);
        let waiting = self.uncommitted.records.len();
        self.uncommitted.records.extend(last);
        let written = self.write_commit();
        if written.is_err() {
            self.uncommitted.records.truncate(waiting);
            return written;
        }
        self.engine.note_stored();
        let Uncommitted { mut events, .. } = std::mem::take(&mut self.uncommitted);
        events.extend(superseded);
        self.publish(&events);
        for event in &events {
            self.dispatcher.remember(event);
            self.incidents.remember_event(event);
            self.has_new_alarms |= matches!(event, AlarmEvent::Opened(_) | AlarmEvent::BecameCurrent(_));
        }
        // What is committed is durable: nobody waits for the ledger's own file, or stays untold where it cannot be written.
        self.dispatcher.send_due(self.timer_now());
        if !self.subscribers.is_empty() {
            // Whoever was told goes first: on a machine with few cores it may wait for this thread's turn to end.
            let_others_go_first();
        }
        Ok(self.ledger.settle()?)
    }

    /// Commits a checkpoint of its own, behind all events.
    pub(super) fn commit_position(&mut self) -> Result<(), Error> {
        self.commit_all()?;
        let checkpoint = self.checkpoint()?;
        self.store.sync().sync_written()?;
        self.ledger.commit(&checkpoint)?;
        self.engine.note_stored();
        Ok(())
    }

    /// Where the frames that it tells of are not durable yet, the write-ahead log takes the commit first: one sync makes both durable. The
    /// ledger's own file may follow once people are told.
    fn write_commit(&mut self) -> Result<(), Error> {
        let records = &self.uncommitted.records;
        self.store.check()?;
        if self.store.sync().is_all_synced() {
            return Ok(self.ledger.commit(records)?);
        }
        let (number, payload) = self.ledger.begin(records)?;
        self.store.write_commit(number, payload)?;
        if let Err(error) = self.store.sync().sync_written() {
            // Its number is given away.
            self.ledger.shut();
            return Err(error.into());
        }
        self.ledger.owe(records.len());
        Ok(())
    }
}
