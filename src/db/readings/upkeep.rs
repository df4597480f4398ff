//! Compaction, deletion, retention, backup and verification.

use crate::base::observe::{self, Work};
use crate::config::Config;
use crate::db::core::{Database, Inner};
use crate::db::records::{DeletionCompleted, ReadingsDeleted, ReadingsDropped, SegmentsReplaced};
use crate::error::Error;
use crate::ledger::{Kind, Ledger, Record};
use crate::model::{InstrumentId, TimeRange};
use crate::store::io::{FsStorage, Storage};
use crate::store::{BackupReport, Cut, Finding, Quarantined, Rewrite, VerifyReport};
use parking_lot::Mutex;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// How much compaction takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compaction {
    /// Only long rows of small segments: cheap enough to ask for after every hour.
    Due,
    /// Everything that is not as small as it can be.
    Everything,
}

/// What compaction, deletion or retention has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct UpkeepReport {
    /// Segments that are gone.
    pub segments_removed: u64,
    /// Segments that stand in their place.
    pub segments_added: u64,
    /// Their bytes before.
    pub bytes_before: u64,
    /// And after.
    pub bytes_after: u64,
    /// Rows that deletion or retention has taken away.
    pub rows_dropped: u64,
    /// Present values that it has taken away, in these rows and in others.
    pub values_dropped: u64,
}

/// Readings that are to go for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Which channels, by their places in a frame. With none named, whole rows go.
    pub channels: Vec<usize>,
    /// Which times.
    pub range: TimeRange,
    /// Who wants it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Database {
    /// Merges small segments into larger ones and packs them as small as they get. Reading and writing go on meanwhile.
    ///
    /// # Errors
    /// [`Error::Store`] where a segment cannot be read or written; what was there is then still there.
    pub fn compact(&self, compaction: Compaction) -> Result<UpkeepReport, Error> {
        let _one_at_a_time = self.upkeep.lock();
        let plans = {
            let inner = self.inner.lock();
            inner.store.check()?;
            inner.ledger.check()?;
            inner.store.plan_compaction(compaction == Compaction::Everything)
        };
        rewrite(&self.inner, plans, "compaction")
    }

    /// Deletes readings for good and frees their space. The ledger keeps who wanted it, and why. What is written later into the same range
    /// stays.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where files cannot be read or written. Once the wish is in the ledger, opening the store again
    /// finishes what was begun.
    pub fn delete(&self, deletion: &Deletion) -> Result<UpkeepReport, Error> {
        self.delete_all(std::slice::from_ref(deletion))
    }

    /// Deletes all of these at once: each segment is rewritten no more than once.
    pub(super) fn delete_all(&self, deletions: &[Deletion]) -> Result<UpkeepReport, Error> {
        let _one_at_a_time = self.upkeep.lock();
        let numbered = {
            let turn = self.sealing.turn();
            let mut inner = self.inner.lock();
            inner.seal(&turn)?;
            let (mut records, mut numbered) = (Vec::new(), Vec::new());
            for (number, deletion) in (inner.ledger.records() + 1..).zip(deletions) {
                let body = ReadingsDeleted {
                    number,
                    instrument: deletion.instrument,
                    channels: deletion.channels.clone(),
                    channel_names: inner.channel_names(deletion)?,
                    range: deletion.range,
                    by: deletion.by.clone(),
                    reason: deletion.reason.clone(),
                    at: inner.now(),
                };
                records.push(Record::new(Kind::ReadingsDeleted, &body)?);
                numbered.push((number, cut_of(deletion)));
            }
            inner.ledger.commit(&records)?;
            numbered
        };
        finish_deletions(&self.inner, &numbered)
    }

    /// Copies the store into a new or empty directory while it is in use; writing waits for the logs to be copied. Segments are hard links
    /// where the file system allows it, and cost no space. The copy opens like any store: restoring is opening it, or a copy of it.
    ///
    /// # Errors
    /// [`Error::Store`] where files cannot be read or written, and for a directory that holds something.
    pub fn backup(&self, dir: impl AsRef<Path>) -> Result<BackupReport, Error> {
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        Ok(inner.store.backup(dir.as_ref())?)
    }

    /// Reads every file of a store, in use or not, and reports what does not check. Neither catalog nor lock is needed, and nothing is changed.
    /// `progress` is told how many files are done, and of how many.
    ///
    /// # Errors
    /// [`Error::Store`] where the directories cannot be listed.
    pub fn verify(dir: impl AsRef<Path>, mut progress: impl FnMut(u64, u64)) -> Result<VerifyReport, Error> {
        let storage: Arc<dyn Storage> = Arc::new(FsStorage);
        let mut report = crate::store::verify(&storage, dir.as_ref(), &mut progress)?;
        let path = dir.as_ref().join("ledger");
        match Ledger::read(&*storage, &path) {
            Ok(content) => report.ledger_records = content.records.len() as u64,
            Err(error) => report.findings.push(Finding { path, reason: error.to_string() }),
        }
        Ok(report)
    }
}

impl Database {
    /// Opens a store, reads every segment, sets aside those that do not check (as `*.quarantined`), and opens it without them.
    /// [`Database::open_report`] then says what was found, also by the first opening. `progress` is told files done and files in all.
    ///
    /// # Errors
    /// As [`Database::open`]; a damaged log or ledger is an error that names the file: restore it from a backup.
    pub fn repair(dir: impl AsRef<Path>, config: Config, mut progress: impl FnMut(u64, u64)) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let first = Self::open(dir, config.clone())?;
        let found = crate::store::verify(&config.storage, dir, &mut progress)?;
        let mut report = first.report.clone();
        drop(first);
        for Finding { path, reason } in
            found.findings.into_iter().filter(|of| of.path.parent() == Some(&dir.join("segments")))
        {
            let aside = path.with_extension("quarantined");
            let renamed = config.storage.rename(&path, &aside);
            renamed.map_err(|source| Error::Io { action: "set a segment aside", source })?;
            report.quarantined.push(Quarantined { path: aside, reason });
        }
        let mut again = Self::open(dir, config)?;
        report.missing_segments.clone_from(&again.report.missing_segments);
        again.report = report;
        Ok(again)
    }
}

impl UpkeepReport {
    pub(super) const fn add(&mut self, other: &Self) {
        self.segments_removed += other.segments_removed;
        self.segments_added += other.segments_added;
        self.bytes_before += other.bytes_before;
        self.bytes_after += other.bytes_after;
        self.rows_dropped += other.rows_dropped;
        self.values_dropped += other.values_dropped;
    }
}

fn cut_of(deletion: &Deletion) -> Cut {
    Cut { instrument: deletion.instrument, channels: deletion.channels.clone(), range: deletion.range }
}

/// Rewrites what deletions that are in the ledger concern, and notes that they are done, and what has gone.
pub(in crate::db) fn finish_deletions(inner: &Mutex<Inner>, deletions: &[(u64, Cut)]) -> Result<UpkeepReport, Error> {
    let cuts: Vec<Cut> = deletions.iter().map(|(_, cut)| cut.clone()).collect();
    let plans = inner.lock().store.plan_cuts(&cuts);
    let report = rewrite(inner, plans, "deletion")?;
    let numbers = || deletions.iter().map(|(number, _)| *number);
    let mut records = Vec::with_capacity(deletions.len() + 1);
    if report.segments_removed > 0 {
        let body = ReadingsDropped {
            deletions: numbers().collect(),
            rows: report.rows_dropped,
            values: report.values_dropped,
            bytes_before: report.bytes_before,
            bytes_after: report.bytes_after,
        };
        records.push(Record::new(Kind::ReadingsDropped, &body)?);
    }
    for number in numbers() {
        records.push(Record::new(Kind::DeletionCompleted, &DeletionCompleted { number })?);
    }
    inner.lock().ledger.commit(&records)?;
    Ok(report)
}

/// Runs plans one by one: the lock is held only to put a finished segment in use.
fn rewrite(inner: &Mutex<Inner>, plans: Vec<Rewrite>, reason: &str) -> Result<UpkeepReport, Error> {
    let _work = observe::begin(Work::Compaction(plans.len()));
    let target = inner.lock().store.rewrite_target();
    let mut report = UpkeepReport::default();
    for plan in plans {
        let rewritten = plan.run(&target)?;
        let mut inner = inner.lock();
        let added = rewritten.added();
        let body = SegmentsReplaced {
            removed: rewritten.removed(),
            added: added.map(|sealed| (sealed.file_name.clone(), sealed.sha256)),
            reason: reason.to_owned(),
        };
        report.segments_removed += body.removed.len() as u64;
        report.bytes_before += rewritten.bytes_before();
        report.rows_dropped += rewritten.cut().rows;
        report.values_dropped += rewritten.cut().values;
        report.segments_added += u64::from(added.is_some());
        report.bytes_after += added.map_or(0, |sealed| sealed.summary.file_bytes);
        if let Err(error) = inner.ledger.commit(&[Record::new(Kind::SegmentsReplaced, &body)?]) {
            // Where the record may stand all the same, its segment must stand too: opening the store again sorts it out.
            if inner.ledger.check().is_ok() {
                inner.store.discard(&rewritten);
            }
            return Err(error.into());
        }
        inner.store.install(rewritten);
    }
    Ok(report)
}

impl Inner {
    /// The names of a deletion's channels, which must all be there.
    fn channel_names(&self, deletion: &Deletion) -> Result<Vec<String>, Error> {
        let Some((_, instrument)) = self.registry.instrument(deletion.instrument) else {
            return Err(Error::NoInstrument(deletion.instrument));
        };
        let name_of = |channel: &usize| {
            let found = instrument.channels().get(*channel).map(|channel| channel.name().to_owned());
            found.ok_or(Error::NoChannel { instrument: deletion.instrument, channel: *channel })
        };
        deletion.channels.iter().map(name_of).collect()
    }
}
