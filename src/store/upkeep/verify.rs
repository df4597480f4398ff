//! Reading everything to see whether it checks. Needs no catalog, no ledger and no lock.

use super::super::error::StoreError;
use super::super::io::Storage;
use super::super::recovery::Layout;
use super::super::segment::{self, Segment, read_summary};
use super::super::wal;
use crate::model::{InstrumentId, TimeRange};
use crate::store::read::Scan;
use serde::Serialize;
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
    /// Everything that does not check.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// Whether everything checks.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Reads all segments and the write-ahead log of the store in `dir`; `progress` is told files done and files in all.
pub(crate) fn verify(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, StoreError> {
    let layout = Layout::new(dir);
    let list = |dir: &Path| storage.list(dir).map_err(StoreError::io("list", dir));
    let segments: Vec<PathBuf> = list(&layout.segments)?
        .into_iter()
        .filter(|name| name.ends_with(segment::SUFFIX))
        .map(|name| layout.segments.join(name))
        .collect();
    let logs: Vec<PathBuf> = list(&layout.wal)?
        .into_iter()
        .filter(|name| name.ends_with(wal::SUFFIX))
        .map(|name| layout.wal.join(name))
        .collect();
    let total = (segments.len() + logs.len()) as u64;
    let mut report = VerifyReport::default();
    for (done, path) in (0..).zip(&segments) {
        progress(done, total);
        if let Err(error) = verify_segment(storage, path, &mut report) {
            report.findings.push(Finding { path: path.clone(), reason: error.to_string() });
        }
    }
    for (done, path) in (segments.len() as u64..).zip(&logs) {
        progress(done, total);
        match wal::read(&**storage, path) {
            Ok(content) => {
                report.wal_frames += content.batches.iter().map(|(_, batch)| batch.len() as u64).sum::<u64>();
                report.wal_torn_bytes += content.torn_bytes;
            }
            Err(error) => report.findings.push(Finding { path: path.clone(), reason: error.to_string() }),
        }
    }
    progress(total, total);
    Ok(report)
}

fn verify_segment(storage: &Arc<dyn Storage>, path: &Path, report: &mut VerifyReport) -> Result<(), StoreError> {
    let summary = read_summary(&**storage, path)?;
    let segment = Arc::new(Segment::new(path.to_owned(), summary, Arc::clone(storage)));
    report.segments += 1;
    let of_instrument: Vec<(InstrumentId, usize)> =
        segment.open()?.instruments().iter().map(|entry| (entry.id, entry.instrument.channels().len())).collect();
    for (id, channels) in of_instrument {
        let channels: Vec<usize> = (0..channels).collect();
        let mut scan = Scan::of_segments(&[Arc::clone(&segment)], id, &channels, TimeRange::ALL)?;
        while let Some(chunk) = scan.next_rows()? {
            report.rows += chunk.times.len() as u64;
            let present = chunk.columns.iter().flat_map(|column| &column.marks).filter(|mark| mark.is_present());
            report.values += present.count() as u64;
        }
    }
    Ok(())
}
