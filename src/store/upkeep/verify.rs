//! Reading everything to see whether it checks, and whether all is there that the ledger knows. Needs no catalog and no lock.

use super::super::error::StoreError;
use super::super::gaps::{Gaps, KnownFrames, find_logs};
use super::super::recovery::Layout;
use super::super::segment::{self, Lineage, Segment, read_summary};
use super::owners::check_known;
use crate::base::checksum::Digest;
use crate::io::Storage;
use crate::journal::{self, JournalError, LsnRange};
use crate::model::{InstrumentId, Registry, TimeRange};
use crate::store::read::Scan;
use serde::Serialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that does not check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it, and where.
    pub reason: String,
}

/// What reading everything has shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct VerifyReport {
    /// Segments read.
    pub segments: u64,
    /// Rows decoded from them.
    pub rows: u64,
    /// Present values decoded from them.
    pub values: u64,
    /// Frames read from the write-ahead log.
    pub wal_frames: u64,
    /// Bytes at the end of the log that no frame covers: what a crash has torn, and nobody was promised.
    pub wal_torn_bytes: u64,
    /// Records of the ledger.
    pub ledger_records: u64,
    /// Bytes of a torn end of the ledger: what a crash leaves of a commit that nobody was promised.
    pub ledger_torn_bytes: u64,
    /// Segments that must be there and were set aside as `*.quarantined`: their readings are missing until they are restored.
    pub segments_set_aside: Vec<String>,
    /// Everything that does not check, and segments that are not there.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// Whether everything checks.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, path: PathBuf, checked: Result<(), StoreError>) {
        self.findings.extend(checked.err().map(|error| Finding { path, reason: error.to_string() }));
    }
}

/// What the ledger says of a store.
#[derive(Debug, Default)]
pub(crate) struct LedgerView {
    pub(crate) lineage: Lineage,
    pub(crate) registry: Registry,
    pub(crate) frames: KnownFrames,
}

/// What the ledger says now, as often as it is asked; nothing where it cannot be read.
pub(crate) type Telling<'a> = &'a dyn Fn() -> Option<LedgerView>;

/// Reads all segments and the write-ahead log of the store in `dir`, and compares segments with what the ledger tells of them; `progress` is
/// told files done and files in all.
pub(crate) fn verify(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    ledger: Telling<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, StoreError> {
    let layout = Layout::new(dir);
    let logs = journal::files(&**storage, &layout.wal)?;
    let names = storage.list_all(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
    let segments: Vec<&String> = names.iter().filter(|name| name.ends_with(segment::SUFFIX)).collect();
    let known = ledger();
    let total = (segments.len() + logs.len()) as u64;
    let mut report = VerifyReport::default();
    for (done, name) in (0..).zip(&segments) {
        progress(done, total);
        let path = layout.segments.join(name);
        let sha256 = known.as_ref().and_then(|known| known.lineage.sha256(name));
        let registry = known.as_ref().map(|known| &known.registry);
        let checked = verify_segment(storage, &path, (sha256, registry), &mut report);
        match checked {
            Err(StoreError::Foreign { .. }) => report.find(path.clone(), check_again(storage, &path, ledger)),
            // Whether it may be gone, the ledger says below.
            Err(error) if error.is_file_gone() => {}
            checked => report.find(path, checked),
        }
    }
    for (done, (_, path)) in (segments.len() as u64..).zip(&logs) {
        progress(done, total);
        match journal::read(&**storage, path) {
            Ok(content) => {
                report.wal_frames += content.batches.iter().map(|(_, batch)| batch.len() as u64).sum::<u64>();
                report.wal_torn_bytes += content.span.torn_bytes;
            }
            // Its rows have been sealed meanwhile.
            Err(JournalError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            Err(error) => report.find(path.clone(), Err(error.into())),
        }
    }
    find_missing(&**storage, &layout, ledger, &mut report);
    find_lost_frames(&**storage, dir, ledger, &mut report)?;
    progress(total, total);
    Ok(report)
}

/// Segments that must be there and are not. A writer may take some away after the look at the ledger: then another look shows it.
fn find_missing(storage: &dyn Storage, layout: &Layout, ledger: Telling<'_>, report: &mut VerifyReport) {
    let is_there = |path: &Path| storage.length(path).is_ok();
    let Some(LedgerView { lineage: known, .. }) = ledger() else { return };
    let missing = known.missing(|name| is_there(&layout.segments.join(name)));
    if missing.is_empty() {
        return;
    }
    let Some(LedgerView { lineage: still, .. }) = ledger() else { return };
    for name in missing.into_iter().filter(|name| still.is_live(name)) {
        let path = layout.segments.join(&name);
        if is_there(&segment::set_aside(&path)) {
            report.segments_set_aside.push(name);
        } else {
            let reason = "the segment is missing: restore it from a backup".to_owned();
            report.findings.push(Finding { path, reason });
        }
    }
}

/// Frames that the ledger rests on and that no file holds. A damaged log has a finding of its own.
fn find_lost_frames(
    storage: &dyn Storage,
    dir: &Path,
    ledger: Telling<'_>,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let path = Layout::new(dir).wal;
    if report.findings.iter().any(|finding| finding.path.parent() == Some(&path)) {
        return Ok(());
    }
    for frames in missing_frames(storage, dir, || ledger().map(|known| known.frames))? {
        let reason = match frames.last {
            Some(_) => StoreError::LostFrames { path: path.clone(), frames }.to_string(),
            None => format!("the log is missing or older than the ledger: {frames} are lost, if it held any"),
        };
        report.findings.push(Finding { path: path.clone(), reason });
    }
    Ok(())
}

/// How often files and ledger are read again because the writer changed them meanwhile.
const ATTEMPTS: usize = 16;

/// Frames that are missing from the files of a store, or may be, whoever is writing to it; `known` is asked again until the ledger stays
/// as it is.
pub(crate) fn missing_frames(
    storage: &dyn Storage,
    dir: &Path,
    known: impl Fn() -> Option<KnownFrames>,
) -> Result<Vec<LsnRange>, StoreError> {
    let layout = Layout::new(dir);
    let mut before = known();
    for _ in 0..ATTEMPTS {
        let Some(frames) = &before else { break };
        // The log first: what is sealed meanwhile is then among the segments.
        let logs = match find_logs(storage, &layout.wal) {
            Err(error) if error.is_file_gone() => None,
            logs => Some(logs?),
        };
        let names = storage.list_all(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
        let gaps = logs.map(|logs| Gaps::of(frames, &logs, &names).ranges());
        let after = known();
        match gaps {
            Some(gaps) if gaps.is_empty() || after == before => return Ok(gaps),
            _ => before = after,
        }
    }
    Ok(Vec::new())
}

fn verify_segment(
    storage: &Arc<dyn Storage>,
    path: &Path,
    (sha256, registry): (Option<&Digest>, Option<&Registry>),
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let summary = read_summary(&**storage, path)?;
    let segment = Arc::new(Segment::new(path.to_owned(), summary, Arc::clone(storage)));
    report.segments += 1;
    let opened = segment.open()?;
    let of_instrument: Vec<(InstrumentId, usize)> =
        opened.instruments().iter().map(|entry| (entry.id, entry.instrument.channels().len())).collect();
    for (id, channels) in of_instrument {
        let channels: Vec<usize> = (0..channels).collect();
        let mut scan = Scan::of_segments(&[Arc::clone(&segment)], id, &channels, TimeRange::ALL)?;
        while let Some(chunk) = scan.next_rows()? {
            report.rows += chunk.times.len() as u64;
            let present = chunk.columns.iter().flat_map(|column| &column.marks).filter(|mark| mark.is_present());
            report.values += present.count() as u64;
        }
    }
    if let Some(sha256) = sha256 {
        opened.check_sha256(sha256)?;
    }
    registry.map_or(Ok(()), |registry| check_known(&segment, registry))
}

/// A writer may have registered the instruments of a segment after the look at the ledger: then another look shows them.
fn check_again(storage: &Arc<dyn Storage>, path: &Path, ledger: Telling<'_>) -> Result<(), StoreError> {
    let Some(LedgerView { registry, .. }) = ledger() else { return Ok(()) };
    let segment = Segment::new(path.to_owned(), read_summary(&**storage, path)?, Arc::clone(storage));
    check_known(&segment, &registry)
}
