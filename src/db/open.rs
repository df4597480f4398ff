//! Opening: the ledger is read, the write-ahead log replayed, rules go on where they were.

use super::core::{Database, Flusher, Inner, Sealing};
use super::delivery::check_route;
use super::in_force::{Binding, Unseen};
use super::pending::{Deletions, Recorded, Uncommitted};
use super::readings::{finish_deletions, note_segments};
use super::records::{
    BY_FRAME, Checkpoint, DeletionCompleted, FramesLost, FramesUnseen, ReadingsDeleted, RuleSetLoaded, RulesBound,
    SegmentSealed, register,
};
use super::watch::{HostClock, Refused};
use crate::alarm::event::SystemKind;
use crate::alarm::{AlarmEvent, Dispatcher, Machine};
use crate::base::observe::{self, Work};
use crate::config::{Config, Durability, RulesOnOpen};
use crate::error::Error;
use crate::journal::{Arrival, LedgerCommit, LsnRange, Origin, WalSync};
use crate::ledger::{Kind, Ledger, Record};
use crate::model::{Registry, Timestamp};
use crate::query::{QueryError, Readings};
use crate::rules::Engine;
use crate::store::{Cut, Expected, KnownFrames, Lineage, OpenReport, Store, refuse_unfinished};
use crate::trace::incident::Incidents;
use crossbeam_channel::{RecvTimeoutError, bounded};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

impl Database {
    /// Opens the store in `path`, or makes one. What a crash has left behind is put in order; [`Database::open_report`] says what was found.
    ///
    /// # Errors
    /// [`Error::Store`] where the directory cannot be written, is held by another process, or the write-ahead log is damaged before its
    /// end, or lacks frames that the ledger rests on; [`Error::Ledger`] where the ledger is damaged; [`Error::RulesNotRunnable`] where the
    /// rule set in force does not compile with this release, unless [`Config::rules`] says not to run it; [`Error::Alarm`] where the
    /// heartbeat or the last resort names a notification channel that there is not.
    pub fn open(path: impl AsRef<Path>, config: Config) -> Result<Self, Error> {
        open(path.as_ref(), config, false)
    }
}

/// Opens, and opens again without each segment that turns out not to check on the way. `accepts_loss`: also without frames that are missing.
pub(super) fn open(path: &Path, config: Config, accepts_loss: bool) -> Result<Database, Error> {
    let _work = observe::begin(Work::Open);
    let mut quarantined = Vec::new();
    loop {
        let Files { mut store, ledger, remembered, mut report } = Files::open(path, &config, accepts_loss)?;
        store.set_head_bytes_max(config.head_bytes_max);
        report.quarantined.splice(0..0, std::mem::take(&mut quarantined));
        let mut inner = Inner::new(config.clone(), store, ledger);
        let deletions = remembered.deletions.clone();
        let error = match inner.resume(remembered, &mut report) {
            Ok(()) => {
                return finish(inner, report, deletions);
            }
            Err(error) => error,
        };
        let is_aside = match &error {
            Error::Store(cause) | Error::Query(QueryError::Store(cause)) => {
                inner.store.set_segment_aside(cause, &mut report)?
            }
            _ => false,
        };
        if !is_aside {
            return Err(error);
        }
        quarantined = report.quarantined;
    }
}

/// Ledger and store, opened together: what the ledger rests on must be in the store's files.
struct Files {
    store: Store,
    ledger: Ledger,
    remembered: Remembered,
    report: OpenReport,
}

impl Files {
    fn open(path: &Path, config: &Config, accepts_loss: bool) -> Result<Self, Error> {
        refuse_unfinished(&*config.storage, path)?;
        let mut lock = Store::lock(&*config.storage, path)?;
        let (mut ledger, content) = Ledger::open_unlocked(&*config.storage, &path.join("ledger"))?;
        lock.hold_ledger()?;
        let mut remembered = Remembered::default();
        remembered.read(&content.records, 0)?;
        let known = remembered.known_frames(content.commits);
        let expected = Expected { known, is_strict: config.is_strict, accepts_loss };
        let (mut store, mut report) = Store::open(Arc::clone(&config.storage), (path, lock), &expected)?;
        report.ledger_torn_bytes = content.torn_bytes;
        for LedgerCommit { number, payload } in store.ledger_commits(ledger.commits())? {
            if number > ledger.commits() {
                let before = ledger.records();
                remembered.read(&ledger.take_over(number, &payload)?, before)?;
            }
        }
        store.remove_done_logs();
        Ok(Self { store, ledger, remembered, report })
    }
}

fn finish(inner: Inner, mut report: OpenReport, mut deletions: Deletions) -> Result<Database, Error> {
    let sync = inner.store.sync();
    let durability = inner.config.durability;
    let flusher = match durability {
        Durability::Interval(interval) => Some(start_flusher(&sync, interval)?),
        _ => None,
    };
    let readings = Readings::new(inner.store.reader());
    let inner = Arc::new(Mutex::new(inner));
    // No deletion is worth a store that does not open: what cannot be finished now is finished later.
    if let Err(error) = finish_deletions(&inner, &mut deletions, &mut |_, _| {}) {
        if report.is_strict {
            return Err(error);
        }
        let count = deletions.len();
        report.deletion_note = Some(format!("{count} deletions that were asked for are not finished: {error}"));
    }
    let sealing = Sealing::new(&inner);
    let sealer = sealing.clone().start_thread()?;
    Ok(Database {
        sealer,
        sealing,
        inner,
        readings,
        sync,
        durability,
        report,
        flusher,
        upkeep: Mutex::new(deletions),
        loading: Mutex::default(),
    })
}

/// Syncs at an interval; a failure poisons the log, and the next append says so.
fn start_flusher(sync: &Arc<WalSync>, interval: Duration) -> Result<Flusher, Error> {
    let (ends, ended) = bounded::<()>(1);
    let sync = Arc::clone(sync);
    let thread = std::thread::Builder::new().name("vocdb-flush".to_owned());
    let work = move || {
        while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
            if sync.sync_written().is_err() {
                return;
            }
        }
    };
    let started = thread.spawn(work);
    let thread = started.map_err(|source| Error::Io { action: "start the thread that syncs", source })?;
    Ok(Flusher { ends, thread: Some(thread) })
}

/// What the ledger says.
#[derive(Default)]
pub(super) struct Remembered {
    registry: Registry,
    pub(super) machine: Machine,
    incidents: Incidents,
    dispatcher: Dispatcher,
    /// The newest rule set and the stations that it is bound to.
    pub(super) rules: Option<(RuleSetLoaded, Binding)>,
    pub(super) checkpoint: Checkpoint<'static>,
    /// Frames that the rules have not evaluated, where it does not follow from the checkpoint which these are.
    unseen: Option<FramesUnseen>,
    lineage: Lineage,
    /// Frames whose loss is recorded.
    lost: Vec<LsnRange>,
    /// Deletions that are in the ledger and not known to be done.
    deletions: Deletions,
}

impl Remembered {
    /// Reads records, of which the first has an index.
    pub(super) fn read(&mut self, records: &[Record], first: u64) -> Result<(), Error> {
        for (index, record) in (first..).zip(records) {
            self.take(record, index)?;
        }
        // Only the newest one is read whole.
        self.checkpoint = Checkpoint::newest(records)?.unwrap_or(std::mem::take(&mut self.checkpoint));
        Ok(())
    }

    /// Which frames must be in the files of a store whose ledger has so many commits.
    fn known_frames(&self, commits: u64) -> KnownFrames {
        let sealed_lsn = self.lineage.sealed_lsn();
        // What suspended rules have not evaluated is on record, and must be there once they run again.
        let noted_lsn = self.unseen.as_ref().map_or(0, |unseen| unseen.noted_lsn);
        let last_lsn = self.checkpoint.lsn.max(sealed_lsn).max(noted_lsn);
        KnownFrames { commits, last_lsn, sealed_lsn, lost: self.lost.clone() }
    }

    fn take(&mut self, record: &Record, index: u64) -> Result<(), Error> {
        self.incidents.remember(record, index)?;
        match record.kind() {
            Kind::StationRegistered
            | Kind::StationChanged
            | Kind::FlagsSet
            | Kind::Correction
            | Kind::InstrumentRegistered
            | Kind::InstrumentChanged => {
                register(&mut self.registry, record, index)?;
            }
            Kind::RuleSetLoaded => {
                let loaded = record.body::<RuleSetLoaded>(index)?;
                let binding = Binding::of_loaded(&loaded, &self.registry);
                self.rules = Some((loaded, binding));
            }
            Kind::RulesBound => {
                let bound: RulesBound = record.body(index)?;
                self.rules.iter_mut().for_each(|(_, binding)| binding.take(bound.clone(), &self.registry));
            }
            // The two end a commit, in this order, while there are such frames.
            Kind::Checkpoint => self.unseen = None,
            Kind::FramesUnseen => self.unseen = Some(record.body(index)?),
            Kind::SegmentSealed | Kind::SegmentsReplaced => note_segments(&mut self.lineage, record, index)?,
            Kind::ReadingsDeleted => {
                let ReadingsDeleted { number, instrument, channels, range, until_lsn, .. } = record.body(index)?;
                let until_lsn = until_lsn.unwrap_or_else(|| self.lineage.sealed_lsn());
                self.deletions.insert(number, Cut { instrument, channels, range, until_lsn });
            }
            Kind::DeletionCompleted => {
                self.deletions.remove(&record.body::<DeletionCompleted>(index)?.number);
            }
            Kind::FramesLost => self.lost.push(record.body::<FramesLost>(index)?.frames),
            Kind::ReadingsDropped => {}
            _ => self.take_event(record, index)?,
        }
        Ok(())
    }

    fn take_event(&mut self, record: &Record, index: u64) -> Result<(), Error> {
        let Some(event) = AlarmEvent::from_record(record, index)? else { return Ok(()) };
        self.machine.remember(&event);
        self.dispatcher.remember(&event);
        Ok(())
    }
}

impl Inner {
    fn new(config: Config, store: Store, ledger: Ledger) -> Self {
        Self {
            config,
            registry: Registry::default(),
            store,
            ledger,
            machine: Machine::default(),
            incidents: Incidents::default(),
            has_new_alarms: true,
            engine: Engine::new(Vec::new()),
            rules: None,
            suspended: None,
            must_bind: false,
            arrivals: None,
            unseen: None,
            dispatcher: Dispatcher::default(),
            subscribers: Vec::new(),
            frame_time: Timestamp::default(),
            position_lsn: 0,
            uncommitted: Uncommitted::default(),
            unfed: None,
            recorded: Recorded::default(),
            host_clock: HostClock::default(),
            refused: Refused::default(),
        }
    }

    /// Stands where the ledger says, and goes on with the frames behind it.
    fn resume(&mut self, remembered: Remembered, report: &mut OpenReport) -> Result<(), Error> {
        let Remembered { registry, machine, incidents, dispatcher, rules, checkpoint, unseen, lineage, .. } =
            remembered;
        report.superseded_segments = self.store.settle(&lineage);
        self.store.check_owners(&lineage, &registry)?;
        (self.registry, self.machine, self.dispatcher) = (registry, machine, dispatcher);
        self.incidents = incidents;
        self.store.reader().note_measured(self.registry.instruments().map(|(id, _, instrument)| (id, instrument)));
        let (heartbeat, last_resort) = (self.config.heartbeat.as_ref(), self.config.last_resort.as_ref());
        let ways = heartbeat.map(|one| &one.way).into_iter().chain(last_resort.map(|one| &one.way));
        ways.map(String::as_str).try_for_each(check_route)?;
        self.machine.set_heartbeat(self.config.heartbeat.clone());
        self.dispatcher.set_last_resort(self.config.last_resort.clone());
        self.machine.set_notify_age_max(self.config.notify_age_max_ms());
        (self.frame_time, self.position_lsn) = (checkpoint.frame_time, checkpoint.lsn);
        let alarm = self.machine.system_alarm(SystemKind::HostClock, "");
        self.host_clock = HostClock::even_since(alarm.map_or(Timestamp::MIN, |alarm| alarm.at));
        self.host_clock.note_seen(checkpoint.host_time);
        self.resume_refused();
        self.report_missing_segments(&lineage, report)?;
        let _work = observe::begin(Work::Recovery);
        report.frames_replayed = self.put_back_seen(checkpoint.lsn)?;
        self.unseen = unseen.map(|unseen| Box::new(Unseen::of(unseen)));
        if self.position_lsn >= self.store.sealed_lsn() {
            // What the rules have not seen is in the log alone, which tells it.
            let (readings, registry) = (Readings::new(self.store.reader()), &self.registry);
            self.unseen.iter_mut().for_each(|unseen| unseen.see_all(&readings, registry));
        }
        if let Some((loaded, binding)) = rules {
            self.take_up_rules((Arc::new(loaded), binding), checkpoint)?;
        }
        report.frames_replayed += self.catch_up()?;
        self.settle_rules()?;
        self.record_unrecorded_segments(&lineage)?;
        self.record_lost_frames(&report.lost_frames)
    }

    /// Every segment that was sealed must be there, or have been set aside just now.
    fn report_missing_segments(&mut self, lineage: &Lineage, report: &mut OpenReport) -> Result<(), Error> {
        let there: BTreeSet<String> = self.store.segment_files().into_iter().map(|(name, ..)| name).collect();
        report.missing_segments = lineage.missing(|name| there.contains(name));
        self.store.set_absent(&report.missing_segments);
        match report.missing_segments.first().filter(|_| report.is_strict) {
            Some(name) => Err(Error::MissingSegment { name: name.clone() }),
            None => Ok(()),
        }
    }

    /// Lets the rule set in force go on where it was, or leaves it alone.
    fn take_up_rules(
        &mut self,
        (loaded, binding): (Arc<RuleSetLoaded>, Binding),
        checkpoint: Checkpoint<'static>,
    ) -> Result<(), Error> {
        if self.config.rules != RulesOnOpen::Resume && !loaded.files.is_empty() {
            self.suspend((loaded, binding), checkpoint);
            return Ok(());
        }
        self.resume_rules((loaded, binding), &checkpoint)?;
        if self.unseen.is_some() && self.position_lsn < self.store.sealed_lsn() {
            self.show_unseen()?;
            self.position_lsn = self.store.sealed_lsn();
        }
        Ok(())
    }

    /// Puts the frames back that the rules have seen.
    fn put_back_seen(&mut self, until_lsn: u64) -> Result<u64, Error> {
        let mut frames = 0;
        while let Some(Arrival { first_lsn, batch, .. }) = self.store.next_replay(until_lsn)? {
            for frame in batch.frames() {
                self.store.put_back(frame, false)?;
            }
            frames += batch.len() as u64;
            if self.store.is_replay_full() {
                self.seal_replayed(first_lsn + batch.len() as u64 - 1);
            }
        }
        Ok(frames)
    }

    /// Shows the rules every frame that they have not seen.
    fn catch_up(&mut self) -> Result<u64, Error> {
        let mut frames = 0;
        while let Some(Arrival { first_lsn, batch, origin }) = self.store.next_replay(u64::MAX)? {
            let Origin { arrived, author } = origin;
            let said = author.as_ref().map_or(BY_FRAME, |author| (&author.by, &author.reason));
            let now = arrived.unwrap_or_else(|| self.now());
            arrived.into_iter().for_each(|arrived| self.host_clock.note_seen(arrived));
            self.machine.take_history(batch.is_history());
            for (lsn, frame) in (first_lsn..).zip(batch.frames()) {
                let mut replaced = self.store.put_back(frame, author.is_some())?;
                if self.is_noted(lsn) {
                    replaced.clear();
                }
                self.feed((lsn, now), frame, &replaced, said)?;
                if self.has_late() {
                    self.look_at_late(lsn)?;
                }
                if self.is_commit_due() {
                    self.commit_events()?;
                }
            }
            if batch.is_history() {
                self.amend_history()?;
            }
            frames += batch.len() as u64;
            if self.store.is_replay_full() && self.commit_position().is_ok() {
                self.seal_replayed(first_lsn + batch.len() as u64 - 1);
            }
        }
        self.machine.take_history(false);
        self.commit_all()?;
        if self.store.is_partly_sealed() && self.commit_position().is_ok() {
            let sealed = self.store.finish_replay(&self.registry);
            sealed.unwrap_or_else(|_| self.store.note_failed_seal());
        }
        Ok(frames)
    }

    /// A long log takes no more memory than a short one. Where sealing fails the rows stay in memory, and whoever finds the head full
    /// tries again, and reports it.
    fn seal_replayed(&mut self, lsn: u64) {
        if self.store.seal_replayed(lsn, &self.registry).is_err() {
            self.store.note_failed_seal();
        }
    }

    /// From now on nothing rests on frames that are lost, and nobody looks for them again.
    fn record_lost_frames(&mut self, lost: &[LsnRange]) -> Result<(), Error> {
        let at = self.now();
        let record = |frames: &LsnRange| Record::new(Kind::FramesLost, &FramesLost { frames: *frames, at });
        let records: Vec<Record> = lost.iter().map(record).collect::<Result<_, _>>()?;
        Ok(self.ledger.commit(&records)?)
    }

    fn record_unrecorded_segments(&mut self, lineage: &Lineage) -> Result<(), Error> {
        let mut records = Vec::new();
        for (file_name, path, summary) in self.store.segment_files() {
            if lineage.is_live(&file_name) {
                continue;
            }
            let sha256 = crate::base::checksum::sha256(&self.store.read_file(&path)?);
            self.store.note_recorded(&file_name, sha256);
            let body = SegmentSealed {
                file_name,
                file_bytes: summary.file_bytes,
                sha256,
                first_lsn: summary.first_lsn,
                last_lsn: summary.last_lsn,
                rows: summary.instruments.iter().map(|one| one.rows).sum(),
            };
            records.push(Record::new(Kind::SegmentSealed, &body)?);
        }
        Ok(self.ledger.commit(&records)?)
    }
}
