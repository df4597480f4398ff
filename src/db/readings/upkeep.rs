//! Compaction, deletion, retention, backup and verification.

use crate::base::observe::{self, Work};
use crate::config::Config;
use crate::db::core::{Database, Inner};
use crate::db::records::{DeletionCompleted, ReadingsDeleted, SegmentsReplaced};
use crate::error::Error;
use crate::ledger::{Kind, Ledger, Record};
use crate::model::{InstrumentId, Interval, TimeRange, Timestamp};
use crate::query::QueryError;
use crate::store::io::{FsStorage, Storage};
use crate::store::read::Column;
use crate::store::{BackupReport, Cut, Finding, Quarantined, Rewrite, VerifyReport};
use parking_lot::Mutex;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

const DAY_MS: i64 = 86_400_000;

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

/// How long readings of an instrument are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Of which channel, by its place in a frame; of all where none is named.
    pub channel: Option<usize>,
    /// Older readings go, by whole days of UTC.
    pub age_max: Option<Interval>,
    /// The oldest segments' rows go until no more bytes are left. Counts whole rows: with a channel named, it says nothing.
    pub bytes_max: Option<u64>,
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
        let _one_at_a_time = self.upkeep.lock();
        let number = {
            let turn = self.sealing.turn();
            let mut inner = self.inner.lock();
            inner.seal(&turn)?;
            let channel_names = inner.channel_names(deletion)?;
            let number = inner.ledger.records() + 1;
            let body = ReadingsDeleted {
                number,
                instrument: deletion.instrument,
                channels: deletion.channels.clone(),
                channel_names,
                range: deletion.range,
                by: deletion.by.clone(),
                reason: deletion.reason.clone(),
                at: inner.now(),
            };
            inner.ledger.commit(&[Record::new(Kind::ReadingsDeleted, &body)?])?;
            number
        };
        finish_deletion(&self.inner, number, &cut_of(deletion))
    }

    /// Applies rules of retention as of `now`: what is older or more than they allow goes for good, and its space is free.
    ///
    /// # Errors
    /// As [`Database::delete`].
    pub fn retain(&self, rules: &[Retention], now: Timestamp) -> Result<UpkeepReport, Error> {
        let mut report = UpkeepReport::default();
        // Late rows in memory can be older than any segment's.
        self.seal()?;
        for rule in rules {
            let Some(until) = self.retention_end(rule, now) else { continue };
            let range = TimeRange::new(Timestamp::MIN, until);
            if self
                .inner
                .lock()
                .store
                .plan_cuts(&[Cut { instrument: rule.instrument, channels: Vec::new(), range }])
                .is_empty()
            {
                continue;
            }
            if let Some(channel) = rule.channel
                && !self.has_values(rule.instrument, channel, range)?
            {
                continue;
            }
            let deletion = Deletion {
                instrument: rule.instrument,
                channels: rule.channel.into_iter().collect(),
                range,
                by: "retention".to_owned(),
                reason: format!("kept no longer than {until}"),
            };
            report.add(&self.delete(&deletion)?);
        }
        Ok(report)
    }

    fn has_values(&self, instrument: InstrumentId, channel: usize, range: TimeRange) -> Result<bool, Error> {
        let mut scan = self.readings.scan(instrument, &[channel], range)?;
        let mut is_any = false;
        let mut look = |_: usize, _: &[Timestamp], column: &Column| {
            is_any |= column.marks.iter().any(|mark| mark.is_present());
        };
        while scan.visit(&mut look).map_err(QueryError::from)? {}
        Ok(is_any)
    }

    /// Up to when a rule lets readings go.
    fn retention_end(&self, rule: &Retention, now: Timestamp) -> Option<Timestamp> {
        let by_age = rule.age_max.map(|age| {
            let end = now.plus_ms(-age.as_ms());
            let next = end.ceil_to(DAY_MS);
            if next == end { end } else { next.plus_ms(-DAY_MS) }
        });
        let by_bytes = rule
            .bytes_max
            .filter(|_| rule.channel.is_none())
            .and_then(|bytes_max| self.inner.lock().store.end_of_surplus(rule.instrument, bytes_max));
        by_age.max(by_bytes)
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
    fn add(&mut self, other: &Self) {
        self.segments_removed += other.segments_removed;
        self.segments_added += other.segments_added;
        self.bytes_before += other.bytes_before;
        self.bytes_after += other.bytes_after;
    }
}

fn cut_of(deletion: &Deletion) -> Cut {
    Cut { instrument: deletion.instrument, channels: deletion.channels.clone(), range: deletion.range }
}

/// Rewrites what a deletion that is in the ledger concerns, and notes that it is done.
pub(in crate::db) fn finish_deletion(inner: &Mutex<Inner>, number: u64, cut: &Cut) -> Result<UpkeepReport, Error> {
    let plans = inner.lock().store.plan_cuts(std::slice::from_ref(cut));
    let report = rewrite(inner, plans, "deletion")?;
    let record = Record::new(Kind::DeletionCompleted, &DeletionCompleted { number })?;
    inner.lock().ledger.commit(&[record])?;
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
