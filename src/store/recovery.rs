//! What opening finds: segments that check, segments that do not, and the tail of the write-ahead log.

use super::catalog::Catalog;
use super::error::StoreError;
use super::io::Storage;
use super::segment::{self, Segment, SegmentSummary};
use super::wal::{self, Replay, Wal};
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

/// Frames by their log sequence numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LsnRange {
    /// The first.
    pub first: u64,
    /// The last, if that is known: behind the end of what can be read nobody can tell.
    pub last: Option<u64>,
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
    let names = storage.list(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
    let mut segments = Vec::new();
    for name in &names {
        let path = layout.segments.join(name);
        if name.ends_with(".tmp") {
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

/// Reads the write-ahead log. Frames up to `sealed_lsn` are in segments already.
pub(super) fn read_wal(
    storage: &dyn Storage,
    layout: &Layout,
    sealed_lsn: u64,
    report: &mut OpenReport,
) -> Result<WalTail, StoreError> {
    let files = wal::files(storage, &layout.wal)?;
    let (mut unsealed, mut is_partly_sealed) = (Vec::new(), false);
    let mut next_lsn = first_free_lsn(storage, layout, &files, sealed_lsn)?;
    let (mut newest, mut last_commit) = (None, 0);
    let mut torn: Option<(PathBuf, u64)> = None;
    let (mut end, mut first_unsealed): (Option<u64>, Option<u64>) = (None, None);
    for (index, (begin, path)) in files.iter().enumerate() {
        let span = wal::span(storage, path)?;
        let is_newest = index + 1 == files.len();
        if let Some((path, valid_bytes)) = torn.take().filter(|_| span.frames > 0) {
            let offset = usize::try_from(valid_bytes).unwrap_or(usize::MAX);
            return Err(StoreError::TornInTheMiddle { path, offset });
        }
        if let Some((first_lsn, last_lsn)) = span.gap_before(*begin, end, sealed_lsn) {
            return Err(StoreError::MissingFrames { path: path.clone(), first_lsn, last_lsn });
        }
        end = Some(span.end(*begin).max(end.unwrap_or(0)));
        if span.torn_bytes > 0 {
            torn = Some((path.clone(), span.valid_bytes));
        } else if !span.is_current {
            // Nothing is added to it: what stands in front of other files must be durable.
            Wal::resume(storage, path.clone(), span.valid_bytes)?;
        }
        report.wal_torn_bytes += span.torn_bytes;
        if let Some((first_lsn, behind_lsn)) = span.lsns {
            next_lsn = next_lsn.max(behind_lsn);
            if behind_lsn > sealed_lsn + 1 {
                is_partly_sealed |= first_lsn <= sealed_lsn;
                first_unsealed = first_unsealed.or(Some(first_lsn.max(sealed_lsn + 1)));
                unsealed.push((path.clone(), span.valid_bytes));
            }
        }
        last_commit = span.last_commit.max(last_commit);
        newest = is_newest.then(|| Newest {
            path: path.clone(),
            valid_bytes: span.valid_bytes,
            frames: span.frames,
            is_current: span.is_current,
        });
    }
    if let Some((path, valid_bytes)) = torn.filter(|_| newest.is_some()) {
        Wal::resume(storage, path, valid_bytes)?;
    }
    let replay = Replay::of(unsealed, is_partly_sealed);
    let frames = newest.as_ref().filter(|newest| newest.is_current).map_or(0, |newest| newest.frames);
    let wal = finish_wal(storage, layout, (newest, next_lsn))?;
    let is_done = |path: &PathBuf| path != wal.path() && replay.is_empty();
    let done = files.into_iter().map(|(_, path)| path).filter(is_done).collect();
    Ok(WalTail { done, replay, first_lsn: first_unsealed, wal, next_lsn, frames, last_commit })
}

/// The first sequence number that no file, not even one that was set aside, can have given away.
fn first_free_lsn(
    storage: &dyn Storage,
    layout: &Layout,
    logs: &[(u64, PathBuf)],
    sealed_lsn: u64,
) -> Result<u64, StoreError> {
    let names = storage.list(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
    let last_of = |name: &String| segment::lsns(name).map(|(_, last)| last);
    let by_segments = names.iter().filter_map(last_of).max().map_or(0, |last| last.saturating_add(1));
    let by_wal = logs.iter().map(|(first_lsn, _)| *first_lsn).max().unwrap_or(0);
    Ok(by_segments.max(by_wal).max(sealed_lsn + 1))
}

/// The newest file of the log.
struct Newest {
    path: PathBuf,
    valid_bytes: u64,
    frames: u64,
    /// Whether frames of this release may stand in it.
    is_current: bool,
}

/// Goes on with the newest file, or begins one.
fn finish_wal(
    storage: &dyn Storage,
    layout: &Layout,
    (newest, next_lsn): (Option<Newest>, u64),
) -> Result<Wal, StoreError> {
    let wal = match newest {
        Some(Newest { path, valid_bytes, is_current: true, .. }) if valid_bytes > 0 => {
            Wal::resume(storage, path, valid_bytes)?
        }
        Some(Newest { path, frames: 0, .. }) => {
            storage.remove(&path).map_err(StoreError::io("remove the empty", &path))?;
            Wal::create(storage, &layout.wal, next_lsn)?
        }
        // One of an earlier release stays as it is: that release would not understand what is added.
        Some(_) | None => Wal::create(storage, &layout.wal, next_lsn)?,
    };
    Ok(wal)
}
