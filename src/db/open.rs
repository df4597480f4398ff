//! Opening: the ledger is read, the write-ahead log replayed, rules go on where they were.

use super::core::{Database, Flusher, Inner, LoadedRules, Sealing};
use super::pending::{Deletions, Recorded, Uncommitted};
use super::readings::{BY_FRAME, finish_deletions, note_segments};
use super::records::{
    Checkpoint, DeletionCompleted, FramesLost, InstrumentChanged, InstrumentRegistered, ReadingsDeleted, RuleSetLoaded,
    SegmentSealed, StationRegistered,
};
use super::rules::compile_for;
use super::watch::{HostClock, Refused};
use crate::alarm::event::SystemKind;
use crate::alarm::{AlarmEvent, Dispatcher, Machine, RuleSetRef};
use crate::base::observe::{self, Work};
use crate::config::{Config, Durability};
use crate::error::Error;
use crate::ledger::{Kind, Ledger, Record};
use crate::model::{Registry, Timestamp};
use crate::query::{QueryError, Readings};
use crate::rules::{Engine, RuleFile};
use crate::store::{Arrival, Cut, Expected, KnownFrames, LedgerCommit, Lineage, LsnRange, OpenReport, Store, WalSync};
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
    /// end, or lacks frames that the ledger rests on; [`Error::Ledger`] where the ledger is damaged.
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
        let mut lock = Store::lock(&*config.storage, path)?;
        let (mut ledger, content) = Ledger::open(&*config.storage, &path.join("ledger"))?;
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
    Ok(Database { sealer, sealing, inner, readings, sync, durability, report, flusher, upkeep: Mutex::new(deletions) })
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
    dispatcher: Dispatcher,
    /// The newest rule set and the stations at that time.
    pub(super) rules: Option<(RuleSetLoaded, Registry)>,
    pub(super) checkpoint: Checkpoint<'static>,
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
        let last_lsn = self.checkpoint.lsn.max(sealed_lsn);
        KnownFrames { commits, last_lsn, sealed_lsn, lost: self.lost.clone() }
    }

    fn take(&mut self, record: &Record, index: u64) -> Result<(), Error> {
        match record.kind() {
            Kind::StationRegistered => {
                let StationRegistered { id, station } = record.body(index)?;
                self.registry.insert_station(id, station);
            }
            Kind::InstrumentRegistered => {
                let InstrumentRegistered { id, station, instrument } = record.body(index)?;
                self.registry.insert_instrument(id, station, instrument);
            }
            Kind::InstrumentChanged => {
                let changed: InstrumentChanged = record.body(index)?;
                self.registry.change_instrument(changed.id, changed.instrument());
            }
            Kind::RuleSetLoaded => self.rules = Some((record.body(index)?, self.registry.clone())),
            Kind::SegmentSealed | Kind::SegmentsReplaced => note_segments(&mut self.lineage, record, index)?,
            Kind::ReadingsDeleted => {
                let ReadingsDeleted { number, instrument, channels, range, until_lsn, .. } =
                    ReadingsDeleted::read(record, index)?;
                let until_lsn = until_lsn.unwrap_or_else(|| self.lineage.sealed_lsn());
                self.deletions.insert(number, Cut { instrument, channels, range, until_lsn });
            }
            Kind::DeletionCompleted => {
                self.deletions.remove(&record.body::<DeletionCompleted>(index)?.number);
            }
            Kind::FramesLost => self.lost.push(record.body::<FramesLost>(index)?.frames),
            Kind::Checkpoint | Kind::Correction | Kind::ReadingsDropped => {}
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
            engine: Engine::new(Vec::new()),
            rules: None,
            dispatcher: Dispatcher::default(),
            subscribers: Vec::new(),
            frame_time: Timestamp::default(),
            position_lsn: 0,
            uncommitted: Uncommitted::default(),
            unseen: None,
            recorded: Recorded::default(),
            host_clock: HostClock::default(),
            refused: Refused::default(),
        }
    }

    /// Stands where the ledger says, and goes on with the frames behind it.
    fn resume(&mut self, remembered: Remembered, report: &mut OpenReport) -> Result<(), Error> {
        let Remembered { registry, machine, dispatcher, rules, checkpoint, lineage, .. } = remembered;
        report.superseded_segments = self.store.settle(&lineage);
        self.store.check_owners(&lineage, &registry)?;
        (self.registry, self.machine, self.dispatcher) = (registry, machine, dispatcher);
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
        if let Some((loaded, registry)) = rules {
            report.rules_note = self.resume_rules(loaded, registry, &checkpoint)?;
        }
        report.frames_replayed += self.catch_up()?;
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

    /// Compiles the rule set that was in force, for the stations of that time, and puts rules and alarms where they were.
    fn resume_rules(
        &mut self,
        loaded: RuleSetLoaded,
        registry: Registry,
        checkpoint: &Checkpoint,
    ) -> Result<Option<String>, Error> {
        let files: Vec<RuleFile> = loaded.files.into_iter().map(|(name, text)| RuleFile { name, text }).collect();
        match compile_for(&files, &registry) {
            Ok(compiled) => {
                let specs = compiled.plans.iter().map(|plan| plan.spec.clone()).collect();
                self.machine.install(specs, RuleSetRef { hash: loaded.hash });
                self.machine.restore(&checkpoint.machine);
                self.engine = Engine::new(compiled.plans);
                let readings = Readings::new(self.store.reader());
                self.engine.warm(&readings, Some(&checkpoint.engine), self.latest())?;
                self.engine.restore_sources(&checkpoint.sources);
                self.engine.restore_late(&checkpoint.late);
                self.rules = Some(LoadedRules { files, registry });
                Ok(None)
            }
            Err(diagnostics) => Ok(Some(format!(
                "the rule set in force no longer compiles with this release; its alarms stay open, no rule runs: {diagnostics}"
            ))),
        }
    }

    /// Puts the frames back that the rules have seen.
    fn put_back_seen(&mut self, until_lsn: u64) -> Result<u64, Error> {
        let mut frames = 0;
        while let Some(Arrival { first_lsn, batch, .. }) = self.store.next_replay(until_lsn)? {
            for frame in batch.frames() {
                self.store.put_back(frame)?;
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
        while let Some(Arrival { first_lsn, batch, arrived }) = self.store.next_replay(u64::MAX)? {
            let now = arrived.unwrap_or_else(|| self.now());
            arrived.into_iter().for_each(|arrived| self.host_clock.note_seen(arrived));
            self.machine.take_history(batch.is_history());
            for (lsn, frame) in (first_lsn..).zip(batch.frames()) {
                let replaced = self.store.put_back(frame)?;
                self.feed((lsn, now), frame, &replaced, BY_FRAME)?;
                if self.has_late() {
                    self.look_at_late(lsn)?;
                }
                if self.is_commit_due() {
                    self.commit_events()?;
                }
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
