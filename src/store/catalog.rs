//! An index over the segment files, kept in sled. It holds nothing that the files do not hold: an entry that is missing or does not
//! check is read from the file again, and a catalog that does not open is set aside and begun anew.

use super::segment::SegmentSummary;
use crate::base::checksum::crc32c;
use bincode::Options;
use std::fs::{OpenOptions, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

const TREE: &str = "segments";
/// The file that sled locks.
const SLED_FILE: &str = "db";
const VERSION: u8 = 1;
const ENTRY_BYTES_MAX: u64 = 1 << 20;
const CACHE_BYTES: u64 = 1 << 20;
/// How long to wait for a lock to go, in milliseconds, one pause after another.
const LOCK_PAUSES_MS: [u64; 6] = [1, 4, 16, 32, 64, 128];

/// The index over segment files.
pub(super) trait Catalog: Send + Sync + std::fmt::Debug {
    /// The summary of a file, if there is one and it checks.
    fn get(&self, file_name: &str) -> Option<SegmentSummary>;
    /// Remembers a summary. A failure costs time at the next start, and nothing else.
    fn put(&self, file_name: &str, summary: &SegmentSummary);
    /// Forgets files that are no longer there.
    fn retain(&self, is_there: &dyn Fn(&str) -> bool);
    /// Writes everything out.
    fn flush(&self);
}

/// Opens the catalog in `dir`; if it cannot be opened, sets it aside, begins anew and says so. One that another process holds is left alone.
pub(super) fn open(dir: &Path) -> (Box<dyn Catalog>, Option<String>) {
    match open_patiently(dir) {
        Ok(catalog) => (Box::new(catalog), None),
        Err(_) if is_held(dir) => {
            let note = "the catalog is held by another process: the store works without it until it is opened again";
            (Box::new(NoCatalog), Some(note.to_owned()))
        }
        Err(reason) => {
            let aside = set_aside(dir);
            let note =
                format!("the catalog did not open ({reason}); it was set aside as {} and rebuilt", aside.display());
            match open_sled(dir) {
                Ok(catalog) => (Box::new(catalog), Some(note)),
                Err(again) => (Box::new(NoCatalog), Some(format!("{note}; opening a new one failed as well: {again}"))),
            }
        }
    }
}

/// Moves the directory out of the way, replacing what an earlier failure left there.
fn set_aside(dir: &Path) -> PathBuf {
    let aside = dir.with_extension("aside");
    let _ = std::fs::remove_dir_all(&aside);
    if std::fs::rename(dir, &aside).is_err() {
        let _ = std::fs::remove_dir_all(dir);
    }
    aside
}

/// Opens sled, patiently: the store's own lock is held, so a lock on sled's files can only be a copy that a child process, being started
/// by another thread just now, has not closed yet.
fn open_patiently(dir: &Path) -> Result<SledCatalog, String> {
    for pause_ms in LOCK_PAUSES_MS {
        match open_sled(dir) {
            Err(_) if is_held(dir) => std::thread::sleep(Duration::from_millis(pause_ms)),
            opened => return opened,
        }
    }
    open_sled(dir)
}

/// Whether somebody else has locked sled's file: whatever sled says then, it says nothing of what is in the file.
fn is_held(dir: &Path) -> bool {
    let file = OpenOptions::new().read(true).write(true).open(dir.join(SLED_FILE));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Sled reports damage by errors and by panics: both end here as a reason.
fn open_sled(dir: &Path) -> Result<SledCatalog, String> {
    let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let db = config.open()?;
        let tree = db.open_tree(TREE)?;
        tree.iter().keys().try_for_each(|key| key.map(|_| ()))?;
        Ok::<_, sled::Error>(SledCatalog { sled: Some(Sled { db, tree }) })
    }));
    match opened {
        Ok(Ok(catalog)) => Ok(catalog),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("sled panicked on its files".to_owned()),
    }
}

#[derive(Debug)]
struct SledCatalog {
    /// There until it is dropped.
    sled: Option<Sled>,
}

#[derive(Debug)]
struct Sled {
    db: sled::Db,
    tree: sled::Tree,
}

impl Drop for SledCatalog {
    /// Sled panics where it cannot write its files while it closes them.
    fn drop(&mut self) {
        let sled = self.sled.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(sled)));
    }
}

impl SledCatalog {
    /// Runs an operation of sled; an error or a panic gives nothing.
    fn guarded<T>(&self, operation: impl FnOnce(&Sled) -> sled::Result<T>) -> Option<T> {
        let sled = self.sled.as_ref()?;
        catch_unwind(AssertUnwindSafe(|| operation(sled))).ok().and_then(Result::ok)
    }
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(ENTRY_BYTES_MAX).with_varint_encoding()
}

/// Version, checksum, body.
fn encode(summary: &SegmentSummary) -> Option<Vec<u8>> {
    let body = options().serialize(summary).ok()?;
    let mut entry = vec![VERSION];
    entry.extend_from_slice(&crc32c(&body).to_le_bytes());
    entry.extend_from_slice(&body);
    Some(entry)
}

fn decode(entry: &[u8]) -> Option<SegmentSummary> {
    let (version, rest) = entry.split_first()?;
    let (crc, body) = rest.split_first_chunk::<4>()?;
    let checks = *version == VERSION && u32::from_le_bytes(*crc) == crc32c(body);
    checks.then(|| options().deserialize(body).ok()).flatten()
}

impl Catalog for SledCatalog {
    fn get(&self, file_name: &str) -> Option<SegmentSummary> {
        self.guarded(|sled| sled.tree.get(file_name))?.and_then(|entry| decode(&entry))
    }

    fn put(&self, file_name: &str, summary: &SegmentSummary) {
        if let Some(entry) = encode(summary) {
            let _ = self.guarded(|sled| sled.tree.insert(file_name, entry));
        }
    }

    fn retain(&self, is_there: &dyn Fn(&str) -> bool) {
        let keys = self.guarded(|sled| sled.tree.iter().keys().collect::<sled::Result<Vec<_>>>()).unwrap_or_default();
        for key in keys.iter().filter(|key| !std::str::from_utf8(key).is_ok_and(is_there)) {
            let _ = self.guarded(|sled| sled.tree.remove(key));
        }
    }

    fn flush(&self) {
        let _ = self.guarded(|sled| sled.db.flush());
    }
}

/// Stands in where sled cannot be had at all.
#[derive(Debug)]
struct NoCatalog;

impl Catalog for NoCatalog {
    fn get(&self, _: &str) -> Option<SegmentSummary> {
        None
    }

    fn put(&self, _: &str, _: &SegmentSummary) {}

    fn retain(&self, _: &dyn Fn(&str) -> bool) {}

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_with_any_byte_changed_is_not_believed() {
        let summary =
            SegmentSummary { file_bytes: 7, first_lsn: 1, last_lsn: 9, is_settled: true, instruments: Vec::new() };
        let entry = encode(&summary).unwrap();
        assert_eq!(decode(&entry), Some(summary));
        for at in 0..entry.len() {
            let mut changed = entry.clone();
            changed[at] ^= 0x10;
            assert_eq!(decode(&changed), None, "byte {at}");
        }
    }
}
