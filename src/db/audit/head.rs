//! The head of a store's ledger.

use crate::db::alarm_log::read_ledger;
use crate::error::Error;
use crate::io::FsStorage;
use crate::ledger::LedgerHead;
use crate::store::check_finished;
use std::path::Path;

/// Returns the head of the ledger of the store in `path`, of its first `records_max` records if that is given. Takes no lock.
///
/// The head has fewer records than asked for if the ledger has fewer.
///
/// ```
/// use vocdb::{Config, Database, Station, ledger_head};
/// let dir = tempfile::tempdir()?;
/// let db = Database::open(dir.path(), Config::default())?;
/// let before = ledger_head(dir.path(), None)?;
/// db.register_station(Station::new("park/S1")?)?;
/// assert!(ledger_head(dir.path(), None)?.records > before.records);
/// assert_eq!(ledger_head(dir.path(), Some(before.records))?, before);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Ledger`] if the ledger cannot be read or is corrupt; [`Error::Store`] for an unfinished backup or restore.
pub fn ledger_head(path: impl AsRef<Path>, records_max: Option<u64>) -> Result<LedgerHead, Error> {
    check_finished(path.as_ref())?;
    let content = read_ledger(&FsStorage, path.as_ref())?;
    let asked = records_max.and_then(|records| usize::try_from(records).ok()).unwrap_or(usize::MAX);
    Ok(LedgerHead::of(content.records.get(..asked).unwrap_or(&content.records)))
}
