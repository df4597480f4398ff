//! Compaction, deletion, retention and backup.

use crate::base::observe::{self, Work};
use crate::db::core::{Database, Inner};
use crate::db::pending::Deletions;
use crate::db::records::{DeletionCompleted, ReadingsDeleted, ReadingsDropped, SegmentsReplaced};
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{InstrumentId, TimeRange, check_line};
use crate::store::{BackupReport, Cut, Rewrite};
use parking_lot::Mutex;
use serde::Serialize;
use std::path::Path;

/// The extent of a compaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compaction {
    /// Only runs of small segments: cheap enough for every hour.
    Due,
    /// Everything that is not as small as it can be.
    Everything,
}

/// The result of a compaction, deletion or retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct UpkeepReport {
    /// Segments that are gone.
    pub segments_removed: u64,
    /// Segments that stand in their place.
    pub segments_added: u64,
    /// Bytes of the removed segments.
    pub bytes_before: u64,
    /// Bytes of the segments that replaced them.
    pub bytes_after: u64,
    /// Rows that deletion or retention has taken away.
    pub rows_dropped: u64,
    /// Present values that it has taken away, in these rows and in others.
    pub values_dropped: u64,
}

/// A request to delete readings of one instrument for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Instrument whose readings are deleted.
    pub instrument: InstrumentId,
    /// Whole rows, or the values of some channels.
    pub scope: DeletionScope,
    /// Times of the deleted readings.
    pub range: TimeRange,
    /// Name of the person who requests it; one line of text.
    pub by: String,
    /// Reason for the deletion; one line of text.
    pub reason: String,
}

/// What a deletion removes within its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeletionScope {
    /// Whole rows, with all their channels.
    Rows,
    /// The values of these channels, by their places in a frame. At least one; an empty list is an error.
    Channels(Vec<usize>),
}

impl DeletionScope {
    /// The places of the channels as records and segments keep them: none stands for whole rows.
    fn places(&self) -> Vec<usize> {
        match self {
            Self::Rows => Vec::new(),
            Self::Channels(channels) => channels.clone(),
        }
    }
}

impl Database {
    /// Merges small segments into larger ones and packs them as small as they get. Reading and writing go on meanwhile. A deletion that
    /// was cut short is finished first.
    ///
    /// # Errors
    /// [`Error::Store`] where a segment cannot be read or written, or is not the one that the ledger knows; what was there is then still there.
    pub fn compact(&self, compaction: Compaction) -> Result<UpkeepReport, Error> {
        self.compact_watched(compaction, |_, _| {})
    }

    /// Compacts like [`Database::compact`], and reports merged and total segments to `progress`.
    ///
    /// # Errors
    /// As [`Database::compact`].
    pub fn compact_watched(
        &self,
        compaction: Compaction,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<UpkeepReport, Error> {
        let mut deletions = self.upkeep.lock();
        let mut report = finish_deletions(&self.inner, &mut deletions, &mut |_, _| {})?;
        let plans = {
            let inner = self.inner.lock();
            inner.store.check_place()?;
            inner.ledger.check()?;
            inner.store.plan_compaction(compaction == Compaction::Everything)
        };
        report.add(&rewrite(&self.inner, plans, "compaction", &mut progress)?);
        Ok(report)
    }

    /// Deletes readings for good and frees their space. The ledger keeps who wanted it, and why. What is written later into the same range
    /// stays, also where the deletion is only finished after it: by the next deletion or compaction, or when the store is opened again.
    ///
    /// # Errors
    /// [`Error::NoInstrument`], [`Error::NoChannel`], and [`Error::NothingSelected`] if the list of channels is empty; nothing is deleted
    /// then. [`Error::Store`] and [`Error::Ledger`] where files cannot be read or written. Once the request is in the ledger, opening the store again
    /// finishes what was begun.
    pub fn delete(&self, deletion: &Deletion) -> Result<UpkeepReport, Error> {
        self.delete_watched(deletion, |_, _| {})
    }

    /// Deletes like [`Database::delete`], and reports rewritten and total segments to `progress`.
    ///
    /// # Errors
    /// As [`Database::delete`].
    pub fn delete_watched(
        &self,
        deletion: &Deletion,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<UpkeepReport, Error> {
        self.delete_all(std::slice::from_ref(deletion), &mut progress)
    }

    /// Deletes all of these at once: each segment is rewritten no more than once.
    pub(super) fn delete_all(
        &self,
        deletions: &[Deletion],
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<UpkeepReport, Error> {
        for deletion in deletions {
            check_line("name of a person", &deletion.by)?;
            check_line("reason", &deletion.reason)?;
        }
        let mut pending = self.upkeep.lock();
        {
            let turn = self.sealing.turn();
            let mut inner = self.inner.lock();
            inner.seal(&turn)?;
            // Everything that is there is in segments now.
            let until_lsn = inner.store.last_lsn();
            let (mut records, mut numbered) = (Vec::new(), Vec::new());
            for (number, deletion) in (inner.ledger.records() + 1..).zip(deletions) {
                let body = ReadingsDeleted {
                    number,
                    instrument: deletion.instrument,
                    channels: deletion.scope.places(),
                    channel_names: inner.channel_names(deletion)?,
                    range: deletion.range,
                    by: deletion.by.clone(),
                    reason: deletion.reason.clone(),
                    at: inner.now(),
                    until_lsn: Some(until_lsn),
                };
                records.push(Record::new(Kind::ReadingsDeleted, &body)?);
                numbered.push((number, cut_of(deletion, until_lsn)));
            }
            inner.ledger.commit(&records)?;
            pending.extend(numbered);
        }
        finish_deletions(&self.inner, &mut pending, progress)
    }

    /// Copies the store into a new or empty directory while it is in use; writing waits for the logs to be copied. Segments are hard links
    /// where the file system allows it, and cost no space. The copy opens like any store: restoring is opening it, or a copy of it. One that
    /// fails leaves the directory empty. Every segment is read first and compared with the checksum in the ledger.
    ///
    /// # Errors
    /// [`Error::Store`] where files cannot be read or written, for a segment that is not the one that the ledger knows, and for a directory that holds something.
    pub fn backup(&self, dir: impl AsRef<Path>) -> Result<BackupReport, Error> {
        self.backup_watched(dir, |_, _| {})
    }

    /// Backs up like [`Database::backup`], and reports finished and total files to `progress`.
    ///
    /// # Errors
    /// As [`Database::backup`].
    pub fn backup_watched(
        &self,
        dir: impl AsRef<Path>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<BackupReport, Error> {
        // Held, so that no segment is removed while it is read.
        let _upkeep = self.upkeep.lock();
        let inputs = self.inner.lock().store.backup_inputs();
        inputs.check()?;
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        Ok(inner.store.backup(dir.as_ref(), &mut progress)?)
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

fn cut_of(deletion: &Deletion, until_lsn: u64) -> Cut {
    Cut { instrument: deletion.instrument, channels: deletion.scope.places(), range: deletion.range, until_lsn }
}

/// Rewrites what deletions that are in the ledger concern, and notes that they are done, and what has gone. Where it fails they stay as they
/// are: what has been rewritten already is not concerned any more.
pub(in crate::db) fn finish_deletions(
    inner: &Mutex<Inner>,
    deletions: &mut Deletions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<UpkeepReport, Error> {
    if deletions.is_empty() {
        return Ok(UpkeepReport::default());
    }
    let cuts: Vec<Cut> = deletions.values().cloned().collect();
    let plans = inner.lock().store.plan_cuts(&cuts);
    let report = rewrite(inner, plans, "deletion", progress)?;
    let numbers = || deletions.keys().copied();
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
    deletions.clear();
    Ok(report)
}

/// Runs plans one by one: the lock is held only to put a finished segment in use.
fn rewrite(
    inner: &Mutex<Inner>,
    plans: Vec<Rewrite>,
    reason: &str,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<UpkeepReport, Error> {
    let _work = observe::begin(Work::Compaction(plans.len()));
    let target = {
        let inner = inner.lock();
        inner.store.check_place()?;
        inner.store.rewrite_target()
    };
    let mut report = UpkeepReport::default();
    let total = plans.len() as u64;
    for (done, plan) in (0..).zip(plans) {
        progress(done, total);
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
    progress(total, total);
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
        match &deletion.scope {
            DeletionScope::Rows => Ok(Vec::new()),
            DeletionScope::Channels(none) if none.is_empty() => Err(Error::NothingSelected {
                reason: "the list of channels is empty; name channels, or delete whole rows with `DeletionScope::Rows`",
            }),
            DeletionScope::Channels(channels) => channels.iter().map(name_of).collect(),
        }
    }
}
