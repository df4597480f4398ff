//! What opening finds: segments that check, segments that do not, and the tail of the write-ahead log.

use super::catalog::Catalog;
use super::error::StoreError;
use super::gaps::{FoundLog, Gaps, KnownFrames, find_logs};
use super::segment::{self, Segment, SegmentSummary};
use crate::io::Storage;
use crate::journal::{self, LsnRange, Replay, Wal};
use crate::model::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that was set aside because it does not check, and which readings are missing with it, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// Where it lies now.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// The sequence number of its first frame,
    pub first_lsn: Option<u64>,
    /// and of its last.
    pub last_lsn: Option<u64>,
    /// The earliest time of its rows,
    pub first_time: Option<Timestamp>,
    /// and the latest.
    pub last_time: Option<Timestamp>,
}

impl Quarantined {
    /// A segment that lies at `path`. Its name tells its sequence numbers; its summary, if anybody has that still, its times.
    pub(crate) fn segment(path: PathBuf, reason: String, summary: Option<&SegmentSummary>) -> Self {
        let lsns = path.file_name().and_then(|name| segment::lsns(&name.to_string_lossy()));
        let instruments = || summary.iter().flat_map(|summary| &summary.instruments);
        let first_time = instruments().map(|one| Timestamp::from_ms(one.first_ms)).min();
        let last_time = instruments().map(|one| Timestamp::from_ms(one.last_ms)).max();
        let (first_lsn, last_lsn) = lsns.unzip();
        Self { path, reason, first_lsn, last_lsn, first_time, last_time }
    }
}

/// A log file of which only a part could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SalvagedLog {
    /// The file, which now holds what could be read.
    pub path: PathBuf,
    /// Where the damaged one lies, byte for byte; none where a file is missing altogether.
    pub aside: Option<PathBuf>,
    /// What is wrong with it, and where.
    pub reason: String,
    /// Frames that were kept.
    pub frames_kept: u64,
    /// Frames that are lost. Those that a segment holds are not.
    pub lost: Vec<LsnRange>,
}

/// What opening a store found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct OpenReport {
    /// Segments that were set aside; their readings are missing until they are restored.
    pub quarantined: Vec<Quarantined>,
    /// Log files that were damaged before their end and of which [`Database::repair`](crate::Database::repair) has kept what can be read.
    pub salvaged_logs: Vec<SalvagedLog>,
    /// Frames that the ledger rests on and that no file holds. [`Database::repair`](crate::Database::repair) continues without them and records
    /// the loss; a store opened for reading only names them. Also, with an unknown end, the frames of a log that was removed and may have
    /// held some.
    pub lost_frames: Vec<LsnRange>,
    /// Frames taken from the write-ahead log.
    pub frames_replayed: u64,
    /// Bytes of a torn tail that were cut off the write-ahead log: appends that no one had been promised.
    pub wal_torn_bytes: u64,
    /// Bytes of a torn tail that were cut off the ledger.
    pub ledger_torn_bytes: u64,
    /// Segments whose summary came from their own footer because the catalog did not have it.
    pub summaries_rebuilt: u64,
    /// What became of a catalog that did not open.
    pub catalog_note: Option<String>,
    /// Segments that the ledger knows and that are not there; with the quarantined ones, what is missing of the readings.
    pub missing_segments: Vec<String>,
    /// Segments whose rows others hold as well, left behind by a crash and removed now.
    pub superseded_segments: Vec<String>,
    /// Whether a segment that does not check, or is missing, is an error.
    pub is_strict: bool,
    /// Why deletions that are in the ledger could not be finished now, if they could not. The next deletion, compaction or start tries again.
    pub deletion_note: Option<String>,
}

/// The directories of a store.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) root: PathBuf,
    pub(super) segments: PathBuf,
    pub(super) wal: PathBuf,
    pub(super) catalog: PathBuf,
}

impl Layout {
    pub(super) fn new(root: &Path) -> Self {
        let at = |name| root.join(name);
        Self { root: root.to_owned(), segments: at("segments"), wal: at("wal"), catalog: at("catalog") }
    }

    pub(super) fn create(&self, storage: &dyn Storage) -> Result<(), StoreError> {
        for dir in [&self.root, &self.segments, &self.wal] {
            storage.create_dirs(dir).map_err(StoreError::io("make the directory", dir))?;
        }
        Ok(())
    }
}

/// Finds the segments in order of arrival; the ones that do not check are set aside. Which of them others stand for, the ledger knows.
pub(super) fn find_segments(
    storage: &Arc<dyn Storage>,
    layout: &Layout,
    catalog: &dyn Catalog,
    report: &mut OpenReport,
) -> Result<Vec<Arc<Segment>>, StoreError> {
    let names = storage.list_all(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
    let mut segments = Vec::new();
    for name in &names {
        let path = layout.segments.join(name);
        if name.ends_with(".tmp") && storage.length(&path).is_ok() {
            storage.remove(&path).map_err(StoreError::io("remove the unfinished", &path))?;
            continue;
        }
        if !name.ends_with(segment::SUFFIX) {
            continue;
        }
        match summary_of(&**storage, &path, name, catalog, report) {
            Ok(summary) => segments.push(Arc::new(Segment::new(path, summary, Arc::clone(storage)))),
            Err(error @ StoreError::Corrupt { .. }) if !report.is_strict => {
                let summary = known_summary(&**storage, &path, name, catalog);
                quarantine(&**storage, &path, (&error, summary.as_ref()), report)?
            }
            Err(error) => return Err(error),
        }
    }
    segment::sort_by_arrival(&mut segments);
    catalog.retain(&|name| segments.iter().any(|segment| segment.path().file_name() == Some(name.as_ref())));
    Ok(segments)
}

fn summary_of(
    storage: &dyn Storage,
    path: &Path,
    name: &str,
    catalog: &dyn Catalog,
    report: &mut OpenReport,
) -> Result<SegmentSummary, StoreError> {
    let length = storage.length(path).map_err(StoreError::io("measure", path))?;
    if let Some(summary) = catalog.get(name).filter(|summary| summary.file_bytes == length) {
        return Ok(summary);
    }
    let summary = segment::read_summary(storage, path)?;
    report.summaries_rebuilt += 1;
    catalog.put(name, &summary);
    Ok(summary)
}

/// What is known of a segment that does not check: the catalog may know it, or its footer is whole.
fn known_summary(storage: &dyn Storage, path: &Path, name: &str, catalog: &dyn Catalog) -> Option<SegmentSummary> {
    catalog.get(name).or_else(|| segment::read_summary(storage, path).ok())
}

/// Sets aside a segment of which a page does not check.
pub(crate) fn set_segment_aside(storage: &dyn Storage, path: &Path, reason: String) -> Result<Quarantined, StoreError> {
    let summary = segment::read_summary(storage, path).ok();
    let aside = segment::set_aside(path);
    storage.rename(path, &aside).map_err(StoreError::io("set aside", path))?;
    Ok(Quarantined::segment(aside, reason, summary.as_ref()))
}

/// Sets a segment aside.
pub(super) fn quarantine(
    storage: &dyn Storage,
    path: &Path,
    (error, summary): (&StoreError, Option<&SegmentSummary>),
    report: &mut OpenReport,
) -> Result<(), StoreError> {
    let aside = segment::set_aside(path);
    storage.rename(path, &aside).map_err(StoreError::io("set aside", path))?;
    report.quarantined.push(Quarantined::segment(aside, error.to_string(), summary));
    Ok(())
}

/// The write-ahead log as it was found: frames that no segment holds, and the file to go on with.
pub(super) struct WalTail {
    pub(super) replay: Replay,
    /// The first frame that no segment holds, where there is one.
    pub(super) first_lsn: Option<u64>,
    pub(super) wal: Wal,
    pub(super) next_lsn: u64,
    /// Files of which every row is in segments.
    pub(super) done: Vec<PathBuf>,
    /// Frames in the file to go on with.
    pub(super) frames: u64,
    /// The number of the last commit of the ledger that it holds; 0 for none.
    pub(super) last_commit: u64,
}

/// What opening may do about frames that are missing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    /// What the ledger knows of them.
    pub(crate) known: KnownFrames,
    /// Refuses a segment that does not check, and a log that is not there.
    pub(crate) is_strict: bool,
    /// Opens without frames that are missing, and reports them.
    pub(crate) accepts_loss: bool,
}

/// Reads the write-ahead log. Frames up to `sealed_lsn` are in segments already. Where frames are missing that must be there, nothing is
/// changed.
pub(super) fn read_wal(
    storage: &dyn Storage,
    layout: &Layout,
    (expected, sealed_lsn): (&Expected, u64),
    report: &mut OpenReport,
) -> Result<WalTail, StoreError> {
    let logs = find_logs(storage, &layout.wal)?;
    check_ends(&logs)?;
    let names = storage.list_all(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
    report.lost_frames = expected.check(layout, &logs, &names)?;
    let mut next_lsn = first_free_lsn(&logs, &names, sealed_lsn).max(expected.known.last_lsn + 1);
    let (mut unsealed, mut is_partly_sealed, mut first_unsealed) = (Vec::new(), false, None);
    for FoundLog { path, span, .. } in &logs {
        if span.torn_bytes > 0 {
            Wal::resume(storage, path.clone(), span.valid_bytes)?;
        }
        report.wal_torn_bytes += span.torn_bytes;
        let Some((first_lsn, behind_lsn)) = span.lsns else { continue };
        next_lsn = next_lsn.max(behind_lsn);
        if behind_lsn > sealed_lsn + 1 {
            is_partly_sealed |= first_lsn <= sealed_lsn;
            first_unsealed = first_unsealed.or(Some(first_lsn.max(sealed_lsn + 1)));
            unsealed.push((path.clone(), span.valid_bytes));
        }
    }
    let last_commit = logs.iter().map(|log| log.span.last_commit).max().unwrap_or(0);
    let replay = Replay::of(unsealed, is_partly_sealed);
    let (wal, frames) = finish_wal(storage, layout, (logs.last(), next_lsn))?;
    let is_done = |path: &PathBuf| path != wal.path() && replay.is_empty();
    let done = logs.into_iter().map(|log| log.path).filter(is_done).collect();
    Ok(WalTail { done, replay, first_lsn: first_unsealed, wal, next_lsn, frames, last_commit })
}

/// Refuses a file that ends in the middle of a frame while a newer one holds frames: no crash leaves that.
fn check_ends(logs: &[FoundLog]) -> Result<(), StoreError> {
    for (index, log) in logs.iter().enumerate() {
        let is_followed = || logs.iter().skip(index + 1).any(|newer| newer.span.frames > 0);
        if log.span.torn_bytes > 0 && is_followed() {
            let offset = usize::try_from(log.span.valid_bytes).unwrap_or(usize::MAX);
            return Err(StoreError::TornInTheMiddle { path: log.path.clone(), offset });
        }
    }
    Ok(())
}

impl Expected {
    /// The frames that are missing, where opening may go on without them.
    fn check(&self, layout: &Layout, logs: &[FoundLog], names: &[String]) -> Result<Vec<LsnRange>, StoreError> {
        let gaps = Gaps::of(&self.known, logs, names);
        if self.accepts_loss {
            return Ok(gaps.ranges());
        }
        if let Some(error) = gaps.error(&layout.wal, logs) {
            return Err(error);
        }
        match gaps.missing_log.filter(|_| self.is_strict) {
            Some(first) => {
                Err(StoreError::LostFrames { path: layout.wal.clone(), frames: LsnRange { first, last: None } })
            }
            None => Ok(gaps.ranges()),
        }
    }
}

/// The first sequence number that no file, not even one that was set aside, can have given away.
fn first_free_lsn(logs: &[FoundLog], names: &[String], sealed_lsn: u64) -> u64 {
    let last_of = |name: &String| segment::lsns(name).map(|(_, last)| last);
    let by_segments = names.iter().filter_map(last_of).max().map_or(0, |last| last.saturating_add(1));
    let by_wal = logs.iter().map(|log| log.begin).max().unwrap_or(0);
    by_segments.max(by_wal).max(sealed_lsn + 1)
}

/// Goes on with the newest file, or begins one. Gives it with the frames that it has.
fn finish_wal(
    storage: &dyn Storage,
    layout: &Layout,
    (newest, next_lsn): (Option<&FoundLog>, u64),
) -> Result<(Wal, u64), StoreError> {
    let Some(FoundLog { path, span, .. }) = newest else {
        return Ok((Wal::create(storage, &layout.wal, next_lsn)?, 0));
    };
    let is_in_use = span.valid_bytes > 0 && newest.is_some_and(|newest| newest.end() >= next_lsn);
    if is_in_use {
        return Ok((Wal::resume(storage, path.clone(), span.valid_bytes)?, span.frames));
    }
    let wal =
        if span.frames == 0 && journal::file_name(next_lsn) == path.file_name().unwrap_or_default().to_string_lossy() {
            Wal::begin_again(storage, path)?
        } else {
            Wal::create(storage, &layout.wal, next_lsn)?
        };
    if span.frames == 0 && wal.path() != path {
        storage.remove(path).map_err(StoreError::io("remove the empty", path))?;
    }
    Ok((wal, 0))
}
