//! What can still be read of a write-ahead log that is damaged before its end. Asked for explicitly, never done by opening: it gives up what
//! was promised, says so, and keeps the damaged file.

use super::super::engine::Store;
use super::super::error::StoreError;
use super::super::recovery::{Layout, SalvagedLog};
use super::super::segment;
use crate::io::Storage;
use crate::io::log::{LogError, frames_anywhere};
use crate::journal::{self, JournalError, LsnRange};
use std::path::{Path, PathBuf};

/// Rewrites log files that are damaged before their end with the frames that check, and keeps the damaged ones beside. The frames of
/// `known_lost` are lost by the ledger.
pub(crate) fn salvage_logs(
    storage: &dyn Storage,
    dir: &Path,
    known_lost: &[LsnRange],
) -> Result<Vec<SalvagedLog>, StoreError> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let layout = Layout::new(dir);
    let _lock = Store::lock(storage, dir)?;
    layout.create(storage)?;
    let files = journal::files(storage, &layout.wal)?;
    let sealed_lsn = sealed_lsn(storage, &layout)?;
    let mut salvaged = Vec::new();
    let mut next: Option<u64> = None;
    let mut is_followed = false;
    for (first_lsn, path) in files.iter().rev() {
        let reason = match journal::read(storage, path) {
            Ok(content) => {
                let is_torn = is_followed && content.span.torn_bytes > 0;
                is_followed |= content.span.frames > 0;
                is_torn.then(|| {
                    format!("{} bytes at its end are no frame, but newer files follow", content.span.torn_bytes)
                })
            }
            Err(JournalError::Log {
                source: source @ (LogError::Header { .. } | LogError::Damaged { .. }), ..
            }) => Some(source.to_string()),
            Err(JournalError::Corrupt { offset, reason, .. }) => Some(format!("at offset {offset}: {reason}")),
            Err(other) => return Err(other.into()),
        };
        if let Some(reason) = reason {
            let damaged = Damaged { path, first_lsn: *first_lsn, next, sealed_lsn };
            let one = damaged.salvage(storage, reason)?;
            is_followed |= journal::span(storage, path)?.frames > 0;
            salvaged.push(one);
        }
        next = Some(*first_lsn);
    }
    salvaged.reverse();
    close_gaps(storage, &layout, (sealed_lsn, known_lost), &mut salvaged)?;
    Ok(salvaged)
}

/// Where frames are missing between two files, the later one is given the name that the missing frames would have had: what is missing is
/// then known to be lost, and told.
fn close_gaps(
    storage: &dyn Storage,
    layout: &Layout,
    (sealed_lsn, known_lost): (u64, &[LsnRange]),
    salvaged: &mut Vec<SalvagedLog>,
) -> Result<(), StoreError> {
    let mut end = None;
    for (begin, path) in journal::files(storage, &layout.wal)? {
        let content = journal::read(storage, &path)?;
        let is_known = |(first, last): &(u64, u64)| {
            known_lost.iter().any(|lost| lost.first <= *first && lost.last.is_some_and(|end| *last <= end))
        };
        let gap = content.span.gap_before(begin, end, sealed_lsn).filter(|gap| !is_known(gap));
        if let Some((first, last)) = gap {
            let renamed = layout.wal.join(journal::file_name(first));
            let bytes = storage.read(&path).map_err(StoreError::io("read", &path))?;
            storage.publish(&renamed, &bytes).map_err(StoreError::io("write", &renamed))?;
            storage.remove(&path).map_err(StoreError::io("remove", &path))?;
            let is_told = salvaged.iter().flat_map(|log| &log.lost).any(|lost| lost.last == Some(last));
            if !is_told {
                let frames_kept = content.batches.iter().map(|(_, batch)| batch.len() as u64).sum();
                let reason = "frames are missing before it: a file is missing or truncated".to_owned();
                let lost = vec![LsnRange { first, last: Some(last) }];
                salvaged.push(SalvagedLog { path: renamed, aside: None, reason, frames_kept, lost });
            }
        }
        end = Some(content.span.end(begin).max(end.unwrap_or(0)));
    }
    Ok(())
}

/// The last frame that the segments hold, by their names.
fn sealed_lsn(storage: &dyn Storage, layout: &Layout) -> Result<u64, StoreError> {
    let names = storage.list(&layout.segments).map_err(StoreError::io("list", &layout.segments))?;
    let segments = names.iter().filter(|name| name.ends_with(segment::SUFFIX));
    Ok(segments.filter_map(|name| segment::lsns(name)).map(|(_, last)| last).max().unwrap_or(0))
}

/// One damaged file.
struct Damaged<'a> {
    path: &'a Path,
    first_lsn: u64,
    /// The first frame of the next file.
    next: Option<u64>,
    sealed_lsn: u64,
}

impl Damaged<'_> {
    fn salvage(&self, storage: &dyn Storage, reason: String) -> Result<SalvagedLog, StoreError> {
        let bytes = storage.read(self.path).map_err(StoreError::io("read", self.path))?;
        let mut whole = journal::header();
        let (mut frames_kept, mut end, mut expected, mut lost) = (0, 0, self.first_lsn, Vec::new());
        for frame in frames_anywhere(&bytes) {
            let Some(entry) = journal::entry_of(frame.payload) else { continue };
            let begin = entry.begin(frame.sequence);
            if begin < expected {
                continue;
            }
            self.lose(expected, Some(begin), &mut lost);
            (expected, end) = (begin + entry.rows(), frame.end());
            frames_kept += entry.rows();
            whole.extend_from_slice(bytes.get(frame.offset..end).unwrap_or_default());
        }
        if self.next.is_some() || end < bytes.len() {
            self.lose(expected, self.next, &mut lost);
        }
        // The damaged file is kept before the other takes its name: a crash in between leaves both, and nothing is lost twice.
        let aside = self.keep(storage, &bytes)?;
        storage.publish(self.path, &whole).map_err(StoreError::io("write", self.path))?;
        Ok(SalvagedLog { path: self.path.to_owned(), aside: Some(aside), reason, frames_kept, lost })
    }

    /// Takes down that the frames from one up to another, not included, are lost, but for those that are sealed.
    fn lose(&self, first: u64, end: Option<u64>, lost: &mut Vec<LsnRange>) {
        let first = first.max(self.sealed_lsn + 1);
        if end.is_none_or(|end| first < end) {
            lost.push(LsnRange { first, last: end.map(|end| end - 1) });
        }
    }

    /// Copies the damaged file to a name that nothing else has.
    fn keep(&self, storage: &dyn Storage, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let mut number = 0_u64;
        loop {
            number += 1;
            let suffix = if number == 1 { String::new() } else { format!(".{number}") };
            let aside = self.path.with_file_name(format!("{name}{suffix}{}", segment::SET_ASIDE));
            match storage.read(&aside) {
                Ok(there) if there == bytes => return Ok(aside),
                Ok(_) => {}
                Err(_) => {
                    storage.publish(&aside, bytes).map_err(StoreError::io("keep", &aside))?;
                    return Ok(aside);
                }
            }
        }
    }
}
