//! What opening finds: segments that check, segments that do not, and the tail of the write-ahead log.

use super::catalog::Catalog;
use super::error::StoreError;
use super::io::Storage;
use super::segment::{self, Segment, SegmentSummary};
use super::wal::{self, Replay, Wal, WalFrames};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that was set aside because it does not check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// Where it lies now.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// What opening a store found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct OpenReport {
    /// Segments that were set aside; their readings are missing until they are restored.
    pub quarantined: Vec<Quarantined>,
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
    /// Segments whose rows a compacted one holds as well, left behind by a crash and removed now.
    pub superseded_segments: Vec<String>,
    /// Whether a segment that does not check, or is missing, is an error.
    pub is_strict: bool,
    /// Why the rule set that was in force does not run, if it does not.
    pub rules_note: Option<String>,
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

/// Finds the segments in order of arrival; the ones that do not check are set aside.
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
                quarantine(&**storage, &path, &error, report)?
            }
            Err(error) => return Err(error),
        }
    }
    let (segments, superseded) = by_generation(segments);
    report.superseded_segments = superseded.iter().map(|segment| segment.file_name()).collect();
    superseded.iter().for_each(|segment| segment.doom());
    catalog.retain(&|name| segments.iter().any(|segment| segment.path().file_name() == Some(name.as_ref())));
    Ok(segments)
}

/// The segments in order of arrival, but for those that another one of a higher generation stands for, and these.
pub(super) fn by_generation(mut segments: Vec<Arc<Segment>>) -> (Vec<Arc<Segment>>, Vec<Arc<Segment>>) {
    let generation = |segment: &Arc<Segment>| segment::generation(&segment.file_name());
    segments.sort_by_key(|segment| std::cmp::Reverse(generation(segment)));
    let (mut kept, mut superseded): (Vec<Arc<Segment>>, Vec<Arc<Segment>>) = (Vec::new(), Vec::new());
    for segment in segments {
        let of_segment = segment.summary();
        let stands_for = |other: &Arc<Segment>| {
            let of_other = other.summary();
            generation(other) > generation(&segment)
                && of_other.first_lsn <= of_segment.first_lsn
                && of_segment.last_lsn <= of_other.last_lsn
        };
        let place = if kept.iter().any(stands_for) { &mut superseded } else { &mut kept };
        place.push(segment);
    }
    kept.sort_by_key(|segment| segment.summary().last_lsn);
    (kept, superseded)
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

/// Sets a segment aside.
pub(super) fn quarantine(
    storage: &dyn Storage,
    path: &Path,
    error: &StoreError,
    report: &mut OpenReport,
) -> Result<(), StoreError> {
    let aside = path.with_extension("quarantined");
    storage.rename(path, &aside).map_err(StoreError::io("set aside", path))?;
    report.quarantined.push(Quarantined { path: aside, reason: error.to_string() });
    Ok(())
}

/// The write-ahead log as it was found: frames that no segment holds, and the file to go on with.
pub(super) struct WalTail {
    pub(super) replay: Replay,
    pub(super) wal: Wal,
    pub(super) next_lsn: u64,
}

/// Reads the write-ahead log. Frames up to `sealed_lsn` are in segments already; files that hold no others are removed.
pub(super) fn read_wal(
    storage: &dyn Storage,
    layout: &Layout,
    sealed_lsn: u64,
    report: &mut OpenReport,
) -> Result<WalTail, StoreError> {
    let names = storage.list(&layout.wal).map_err(StoreError::io("list", &layout.wal))?;
    let paths: Vec<PathBuf> =
        names.iter().filter(|name| name.ends_with(wal::SUFFIX)).map(|name| layout.wal.join(name)).collect();
    let (mut unsealed, mut is_partly_sealed) = (Vec::new(), false);
    let mut next_lsn = first_free_lsn(storage, layout, &paths, sealed_lsn)?;
    let mut newest = None;
    let mut torn: Option<(PathBuf, u64)> = None;
    for (index, path) in paths.iter().enumerate() {
        let frames = WalFrames::read(storage, path)?;
        let (valid_bytes, torn_bytes) = (frames.valid_bytes, frames.torn_bytes);
        let is_newest = index + 1 == paths.len();
        let (mut begin_lsn, mut behind_lsn) = (u64::MAX, 0);
        for batch in frames {
            let (first_lsn, batch) = batch?;
            begin_lsn = begin_lsn.min(first_lsn);
            behind_lsn = first_lsn + batch.len() as u64;
        }
        if let Some((path, valid_bytes)) = torn.take().filter(|_| behind_lsn > 0) {
            let offset = usize::try_from(valid_bytes).unwrap_or(usize::MAX);
            return Err(StoreError::TornInTheMiddle { path, offset });
        }
        if torn_bytes > 0 {
            torn = Some((path.clone(), valid_bytes));
        }
        report.wal_torn_bytes += torn_bytes;
        next_lsn = next_lsn.max(behind_lsn);
        if behind_lsn > sealed_lsn + 1 {
            is_partly_sealed |= begin_lsn <= sealed_lsn;
            unsealed.push(path.clone());
        }
        newest = is_newest.then_some((path.clone(), valid_bytes));
    }
    if let Some((path, valid_bytes)) = torn.filter(|_| newest.is_some()) {
        Wal::resume(storage, path, valid_bytes)?;
    }
    finish_wal(storage, layout, paths, (newest, next_lsn), Replay::of(unsealed, is_partly_sealed))
}

/// The first sequence number that no file, not even one that was set aside, can have given away.
fn first_free_lsn(
    storage: &dyn Storage,
    layout: &Layout,
    wal_paths: &[PathBuf],
    sealed_lsn: u64,
) -> Result<u64, StoreError> {
    let names = storage.list(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
    let last_of = |name: &String| name.split(['-', '.']).nth(1).and_then(|digits| digits.parse::<u64>().ok());
    let by_segments = names.iter().filter_map(last_of).max().map_or(0, |last| last.saturating_add(1));
    let by_wal = wal_paths.iter().filter_map(|path| wal::first_lsn_of(path)).max().unwrap_or(0);
    Ok(by_segments.max(by_wal).max(sealed_lsn + 1))
}

/// Goes on with the newest file, or begins one; removes those that are all sealed.
fn finish_wal(
    storage: &dyn Storage,
    layout: &Layout,
    paths: Vec<PathBuf>,
    (newest, next_lsn): (Option<(PathBuf, u64)>, u64),
    replay: Replay,
) -> Result<WalTail, StoreError> {
    let wal = match newest {
        Some((path, valid_bytes)) if valid_bytes > 0 => Wal::resume(storage, path, valid_bytes)?,
        Some((path, _)) => {
            storage.remove(&path).map_err(StoreError::io("remove the empty", &path))?;
            Wal::create(storage, &layout.wal, next_lsn)?
        }
        None => Wal::create(storage, &layout.wal, next_lsn)?,
    };
    for path in paths.iter().filter(|path| *path != wal.path() && replay.is_empty()) {
        let _ = storage.remove(path);
    }
    Ok(WalTail { replay, wal, next_lsn })
}
