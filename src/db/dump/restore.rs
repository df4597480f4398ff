//! A store is made of text, or of a backup.

use super::RestoreReport;
use super::error::{DumpError, DumpProblem};
use super::read::{DumpReader, Item};
use crate::base::escape::Line;
use crate::base::limits::DUMP_ARRIVALS_BYTES_MAX;
use crate::db::core::Database;
use crate::db::export::body_of;
use crate::db::readings::{registry_of, sealed_record};
use crate::db::records::{
    Checkpoint, FlagsSet, InstrumentChanged, InstrumentRegistered, StationChanged, StationRegistered,
};
use crate::error::Error;
use crate::io::{FsStorage, Storage};
use crate::ledger::{Kind, Ledger, Record};
use crate::model::{Batch, FrameRef, Instrument, InstrumentId, Mark, ModelError, Registry, Station, Timestamp};
use crate::store::{BackupReport, Expected, Store, check_finished, is_marked, mark, unmark};
use crate::trace::OdourReport;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that are appended at a time.
const ROWS_PER_BATCH: usize = 4_096;
/// Bytes of record bodies that are committed at a time.
const COMMIT_BYTES: usize = 4 << 20;
/// How the folder is called until everything is in it.
const UNFINISHED: &str = "restoring";
/// Calls of `progress` are so many bytes apart.
const PROGRESS_BYTES: u64 = 1 << 20;

impl Database {
    /// Creates a store from a dump (see [`Database::dump`]) in a folder that is missing or empty. The store contains every registration,
    /// reading, flag, correction, rule set and alarm of the dump; a dump of it has the same bytes. Rules continue where the dump stopped,
    /// once the store is opened. The store is built in `DIR.restoring` and renamed when it is complete and durable, so a corrupt dump
    /// leaves nothing. Files of a killed restore are removed first. `progress` receives the number of bytes read. Memory is bounded by the
    /// head of a store.
    ///
    /// # Errors
    /// [`Error::Dump`] names the line, what is wrong with it and what to do; [`Error::Io`], [`Error::Store`] and [`Error::Ledger`] if files
    /// exist already or cannot be written.
    pub fn restore(
        dump: impl BufRead,
        dir: impl AsRef<Path>,
        mut progress: impl FnMut(u64),
    ) -> Result<RestoreReport, Error> {
        let dump = DumpReader::new(dump)?;
        let storage: Arc<dyn Storage> = Arc::new(FsStorage);
        let (report, replaced_unfinished) = make_beside(&storage, dir.as_ref(), |unfinished| {
            let mut target = Target::new(&storage, unfinished)?;
            target.fill(dump, &mut progress)
        })?;
        Ok(RestoreReport { replaced_unfinished, ..report })
    }

    /// Creates a store from a backup (see [`Database::backup`]), or from any store that no process writes to: every segment, the logs and
    /// the ledger, byte for byte. Segments are hard links if the file system allows it. The catalog is not copied; it is rebuilt. The store
    /// is built in `DIR.restoring` and renamed when it is complete and verified. Files of a killed restore are removed first.
    ///
    /// # Errors
    /// [`Error::Store`] if files cannot be read or written, and for an unfinished backup; [`Error::Unsound`] if a file of the backup is
    /// corrupt.
    pub fn restore_backup(
        backup: impl AsRef<Path>,
        dir: impl AsRef<Path>,
        progress: impl FnMut(u64, u64),
    ) -> Result<BackupReport, Error> {
        let storage: Arc<dyn Storage> = Arc::new(FsStorage);
        check_finished(backup.as_ref())?;
        let (report, replaced_unfinished) = make_beside(&storage, dir.as_ref(), |unfinished| {
            let report = crate::store::restore(&storage, backup.as_ref(), unfinished)?;
            let found = Self::verify_files(unfinished, progress)?;
            match found.findings.into_iter().next() {
                None => Ok(report),
                Some(finding) => Err(Error::Unsound { path: finding.path, reason: finding.reason }),
            }
        })?;
        Ok(BackupReport { replaced_unfinished, ..report })
    }
}

/// Has a folder filled under another name, and gives it its own where that has gone well. Says whether what a killed process has left under the
/// other name was removed first.
fn make_beside<T>(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    fill: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<(T, bool), Error> {
    let beside: PathBuf = match dir.file_name() {
        Some(name) => dir.with_file_name(format!("{}.{UNFINISHED}", name.to_string_lossy())),
        None => return Err(taken(io::ErrorKind::InvalidInput, "the path has no last part: name a new folder")),
    };
    if std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file() {
        let reason = format!("`{}` is not empty: name a new folder", Line(dir.display()));
        return Err(taken(io::ErrorKind::AlreadyExists, &reason));
    }
    let replaced_unfinished = remove_left(storage, &beside)?;
    storage.create_dirs(&beside).map_err(|source| Error::Io { action: "make the folder for the store", source })?;
    let filled = mark(&**storage, &beside).map_err(Error::from).and_then(|()| fill(&beside)).and_then(|filled| {
        unmark(&**storage, &beside)?;
        let named = storage.rename(&beside, dir);
        named.map(|()| filled).map_err(|source| Error::Io { action: "give the restored store its name", source })
    });
    if filled.is_err() {
        // The folder is this call's own, and of no use to anybody.
        let _ = std::fs::remove_dir_all(&beside);
    }
    filled.map(|filled| (filled, replaced_unfinished))
}

/// Removes a folder that a killed restore has left. One without its mark may be somebody's store.
fn remove_left(storage: &Arc<dyn Storage>, beside: &Path) -> Result<bool, Error> {
    if !beside.exists() {
        return Ok(false);
    }
    if is_marked(&**storage, beside) {
        let removed = std::fs::remove_dir_all(beside);
        removed.map_err(|source| Error::Io { action: "remove what an unfinished restore has left", source })?;
        return Ok(true);
    }
    let path = beside.display();
    let reason = format!("`{path}` is there, and not marked as unfinished: rename it if it is a store, or remove it");
    Err(taken(io::ErrorKind::AlreadyExists, &reason))
}

fn taken(kind: io::ErrorKind, reason: &str) -> Error {
    Error::Io { action: "restore into the folder", source: io::Error::new(kind, reason) }
}

/// The store that is being made.
struct Target {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    store: Store,
    ledger: Ledger,
    registry: Registry,
    /// The same instruments while they still measured channels that are retired by now: their rows are in the dump.
    as_measured: Registry,
    /// The records of the checkpoint.
    checkpoint: Vec<Record>,
    /// Frames that suspended rules have not evaluated.
    unseen: Option<Record>,
    records: Vec<Record>,
    record_bytes: usize,
    rows: Batch,
    /// Where the rows at hand stand in the dump.
    row_lines: Vec<u64>,
    /// Bytes of the row that was taken last.
    row_bytes: usize,
    arrival_bytes: usize,
    report: RestoreReport,
}

impl Target {
    fn new(storage: &Arc<dyn Storage>, path: &Path) -> Result<Self, Error> {
        let lock = Store::lock(&**storage, path)?;
        let expected = Expected { is_strict: true, ..Expected::default() };
        let (store, _) = Store::open(Arc::clone(storage), (path, lock), &expected)?;
        let (ledger, _) = Ledger::open_unlocked(&**storage, &path.join("ledger"))?;
        Ok(Self {
            storage: Arc::clone(storage),
            path: path.to_owned(),
            store,
            ledger,
            registry: Registry::default(),
            as_measured: Registry::default(),
            checkpoint: Vec::new(),
            unseen: None,
            records: Vec::new(),
            record_bytes: 0,
            rows: Batch::new(),
            row_lines: Vec::new(),
            row_bytes: 0,
            arrival_bytes: 0,
            report: RestoreReport::default(),
        })
    }

    fn fill(
        &mut self,
        mut dump: DumpReader<impl BufRead>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<RestoreReport, Error> {
        let (mut is_in_rows, mut is_in_arrivals, mut told) = (false, false, 0);
        while let Some(item) = dump.read()? {
            if !is_in_rows && !matches!(item, Item::Record(_)) {
                is_in_rows = true;
                self.finish_records()?;
            }
            if !is_in_arrivals && matches!(item, Item::Arrival(..)) {
                is_in_arrivals = true;
                self.finish_rows()?;
            }
            match item {
                Item::Record(record) => self.take_record(record).map_err(|problem| dump.wrong(problem))?,
                Item::Row(instrument, time) => {
                    self.take_row(instrument, time, &dump);
                    self.report.rows += 1;
                }
                Item::Arrival(instrument, time) => {
                    self.take_row(instrument, time, &dump);
                    self.take_arrival().map_err(|problem| dump.wrong(problem))?;
                }
            }
            if self.rows.len() >= ROWS_PER_BATCH {
                self.append()?;
            }
            if self.record_bytes >= COMMIT_BYTES {
                self.commit_records()?;
            }
            if is_in_rows && !is_in_arrivals && self.store.is_head_full() {
                self.seal()?;
            }
            if dump.bytes() >= told + PROGRESS_BYTES {
                told = dump.bytes();
                progress(told);
            }
        }
        if !is_in_rows {
            self.finish_records()?;
        }
        if is_in_arrivals {
            self.append()?;
            self.store.sync().sync_written()?;
        } else {
            self.finish_rows()?;
        }
        self.store.flush_catalog();
        self.report.lines = dump.number();
        Ok(self.report)
    }

    fn take_record(&mut self, record: Record) -> Result<(), DumpProblem> {
        let index = self.report.records;
        let wrong = |error: &dyn std::fmt::Display| DumpProblem::Record(error.to_string());
        body_of(&record, index).map_err(|error| wrong(&error))?;
        match record.kind() {
            Kind::StationRegistered => {
                let StationRegistered { station, .. } = record.body(index).map_err(|error| wrong(&error))?;
                Station::new(station.name()).map_err(|error| wrong(&error))?;
            }
            Kind::FlagsSet => drop(record.body::<FlagsSet>(index).map_err(|error| wrong(&error))?),
            Kind::StationChanged => {
                let StationChanged { after, .. } = record.body(index).map_err(|error| wrong(&error))?;
                after.position().check().map_err(|error| wrong(&error))?;
            }
            Kind::InstrumentRegistered => {
                let InstrumentRegistered { instrument, .. } = record.body(index).map_err(|error| wrong(&error))?;
                check_instrument(&instrument).map_err(|error| wrong(&error))?;
            }
            Kind::InstrumentChanged => {
                let changed: InstrumentChanged = record.body(index).map_err(|error| wrong(&error))?;
                check_instrument(&changed.instrument()).map_err(|error| wrong(&error))?;
            }
            Kind::OdourReported => {
                let report: OdourReport = record.body(index).map_err(|error| wrong(&error))?;
                report.check().map_err(|error| wrong(&error))?;
            }
            Kind::SegmentSealed | Kind::SegmentsReplaced | Kind::FramesLost => {
                return Err(DumpProblem::Line("no dump holds a record of files"));
            }
            _ => {}
        }
        self.report.records += 1;
        if record.kind() == Kind::Checkpoint {
            if record.part(index).map_err(|error| wrong(&error))?.1 == 0 {
                self.checkpoint.clear();
            }
            self.checkpoint.push(record);
            return Ok(());
        }
        if record.kind() == Kind::FramesUnseen {
            self.unseen = Some(record);
            return Ok(());
        }
        self.record_bytes += record.body_bytes();
        self.records.push(record);
        Ok(())
    }

    fn commit_records(&mut self) -> Result<(), Error> {
        self.record_bytes = 0;
        Ok(self.ledger.commit(&std::mem::take(&mut self.records))?)
    }

    /// Every registration is in the ledger: rows can come.
    fn finish_records(&mut self) -> Result<(), Error> {
        self.commit_records()?;
        self.registry = registry_of(&Ledger::read(&*self.storage, &self.path.join("ledger"))?.records)?;
        // Rows of the dump have the flags and values that they ended with.
        self.registry.forget_changes_by_hand();
        self.as_measured = self.registry.clone();
        for (id, _, instrument) in self.registry.instruments().filter(|(.., instrument)| instrument.has_retired()) {
            self.as_measured.change_instrument(id, instrument.clone().with_retired_places(&[]));
        }
        Ok(())
    }

    /// All rows are in segments, and the rules have seen them.
    fn finish_rows(&mut self) -> Result<(), Error> {
        self.append()?;
        self.seal()?;
        let Some(checkpoint) = Checkpoint::newest(&std::mem::take(&mut self.checkpoint))? else { return Ok(()) };
        // Frames that suspended rules have not evaluated are evaluated when they run again, in the restored store too.
        let lsn = if self.unseen.is_some() { 0 } else { self.store.last_lsn() };
        let mut records = Checkpoint { lsn, ..checkpoint }.records()?;
        records.extend(self.unseen.take());
        Ok(self.ledger.commit(&records)?)
    }

    fn take_row(&mut self, instrument: InstrumentId, time: Timestamp, dump: &DumpReader<impl BufRead>) {
        self.rows.push_samples(instrument, time, dump.samples().iter().copied());
        self.row_lines.push(dump.number());
        self.row_bytes = 16 + dump.samples().len() * (size_of::<f64>() + size_of::<Mark>());
    }

    fn take_arrival(&mut self) -> Result<(), DumpProblem> {
        self.report.arrivals += 1;
        self.arrival_bytes += self.row_bytes;
        if self.arrival_bytes > DUMP_ARRIVALS_BYTES_MAX { Err(DumpProblem::TooManyArrivals) } else { Ok(()) }
    }

    /// Stores the rows at hand. Each must be taken as it is.
    fn append(&mut self) -> Result<(), Error> {
        // The host's clock says nothing about readings that a store has taken already.
        let staged = self.store.stage(&self.as_measured, &self.rows, None)?;
        let at = |index: usize, problem| {
            Error::from(DumpError { line: self.row_lines.get(index).copied().unwrap_or_default(), problem })
        };
        if let Some((index, reason)) = staged.rejections.first() {
            return Err(at(*index, DumpProblem::Row(reason.clone())));
        }
        let place = |frame: FrameRef<'_>| (frame.instrument, frame.time);
        let is_other = |index: &usize| staged.batch.frame(*index).map(place) != self.rows.frame(*index).map(place);
        if let Some(index) = (0..self.rows.len()).find(is_other) {
            return Err(at(index, DumpProblem::Repeated));
        }
        self.store.write(&staged)?;
        self.rows.clear();
        self.row_lines.clear();
        Ok(())
    }

    fn seal(&mut self) -> Result<(), Error> {
        self.store.freeze()?;
        let Some(pending) = self.store.pending_seal() else { return Ok(()) };
        let built = pending.build(&self.registry)?;
        pending.publish(&built)?;
        let sealed = self.store.finish_seal(pending, built)?;
        self.store.sealed_logs().remove()?;
        Ok(self.ledger.commit(&[sealed_record(sealed)?])?)
    }
}

/// An instrument as a dump says it is must be one that could be registered.
fn check_instrument(instrument: &Instrument) -> Result<(), ModelError> {
    Instrument::new(instrument.name(), instrument.interval(), instrument.channels().to_vec()).map(|_| ())
}
