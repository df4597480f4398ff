//! What every engine must do. One file for each engine; nothing else names their crates.

mod pco;
mod sqlite;
mod tsink;
mod vocdb;

pub(crate) use pco::bytes_of_bare_integers;

use crate::failure::Failure;
use crate::load::{Row, Shape, Tally};
use std::path::Path;

/// What an answered append promises about power failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On the medium soon: within 200 ms where an engine knows such a promise.
    Interval,
    /// On the medium when the append returns.
    EachAppend,
}

/// How often interval durability syncs, where it can be chosen.
pub(crate) const SYNC_INTERVAL: std::time::Duration = std::time::Duration::from_millis(200);

/// An engine with the settings that suit these loads; each setting has its reason beside it.
pub(crate) trait Engine: Sync {
    /// How figures call it.
    fn name(&self) -> &'static str;

    /// What it cannot do of what is measured here, or does otherwise.
    fn remarks(&self) -> &'static [&'static str];

    /// Opens the store in a folder, or makes it.
    fn open(&self, dir: &Path, shape: &Shape, durability: Durability) -> Result<Box<dyn Store>, Failure>;

    /// As [`Engine::open`] with interval durability, for a log that is to grow so long: an engine that can be told not to fold it in before
    /// is told so.
    fn open_for_log(&self, dir: &Path, shape: &Shape, log_bytes: u64) -> Result<Box<dyn Store>, Failure> {
        let _ = log_bytes;
        self.open(dir, shape, Durability::Interval)
    }

    /// Puts a closed store into the state that it has after a quiet night: logs folded in, files merged.
    fn settle(&self, dir: &Path, shape: &Shape) -> Result<(), Failure>;

    /// Bytes of all files that hold readings.
    fn reading_bytes(&self, dir: &Path) -> Result<u64, Failure>;

    /// Bytes of its write-ahead log.
    fn log_bytes(&self, dir: &Path) -> Result<u64, Failure>;
}

/// An open store. Times are milliseconds since 1970.
pub(crate) trait Store: Send + Sync {
    /// Stores rows of one station; one call is one batch, durable as promised at opening.
    fn append(&self, rows: &[Row<'_>]) -> Result<(), Failure>;

    /// Reads every value as an `f64` and sums them up, on one thread.
    fn scan(&self) -> Result<Tally, Failure>;

    /// The mean of every channel of every station over each hour: how many there are, and their sum. Hours include their end.
    fn hourly_means(&self) -> Result<Tally, Failure>;

    /// Time and value of the newest present sample of a channel. `now_ms` is the asker's clock, for engines that must be told where
    /// to look.
    fn latest(&self, station: usize, channel: usize, now_ms: i64) -> Result<Option<(i64, f64)>, Failure>;

    /// The mean of a channel over `(from_ms, to_ms]`.
    fn mean(&self, station: usize, channel: usize, from_ms: i64, to_ms: i64) -> Result<Option<f64>, Failure>;

    /// Closes in good order: everything is on disk, in sealed form where the engine has one.
    fn close(self: Box<Self>) -> Result<(), Failure>;
}

/// All engines, this project's own first.
pub(crate) const ALL: &[&dyn Engine] = &[&vocdb::Vocdb, &sqlite::Sqlite, &tsink::Tsink];

/// The engine of a name.
pub(crate) fn named(name: &str) -> Result<&'static dyn Engine, Failure> {
    let found = ALL.iter().copied().find(|engine| engine.name() == name);
    found.ok_or_else(|| Failure::says(format!("no engine is named `{name}`")))
}

/// Bytes of all files below a folder whose path, from there, is wanted. Files that vanish meanwhile count nothing.
fn file_bytes(dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<u64, Failure> {
    fn walk(root: &Path, dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> std::io::Result<u64> {
        let mut bytes = 0;
        let Ok(entries) = std::fs::read_dir(dir) else { return Ok(0) };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                bytes += walk(root, &path, wanted)?;
            } else if path.strip_prefix(root).is_ok_and(wanted) {
                bytes += path.metadata().map_or(0, |metadata| metadata.len());
            }
        }
        Ok(bytes)
    }
    walk(dir, dir, wanted).map_err(|e| Failure::new(format!("measure {}", dir.display()), e))
}
