//! Verification and repair.

use super::lineage::{known_frames, lineage_of};
use super::read_only::registry_of;
use crate::config::Config;
use crate::db::alarm_log::read_ledger;
use crate::db::core::Database;
use crate::db::open::open;
use crate::error::Error;
use crate::io::{FsStorage, Storage};
use crate::ledger::{Ledger, LedgerContent, behind};
use crate::store::{
    Finding, LedgerView, OpenReport, StoreError, VerifyReport, check_finished, ledger_commits, refuse_unfinished,
};
use std::path::Path;
use std::sync::Arc;

impl Database {
    /// Reads every file of a store, in use or not, and reports what does not check, and which segments are not there or not those that
    /// the ledger knows. Neither catalog nor lock is needed, and nothing is changed. `progress` is told how many files are done, and of how
    /// many.
    ///
    /// # Errors
    /// [`Error::Store`] where the directories cannot be listed, and for an unfinished backup or restore.
    pub fn verify(dir: impl AsRef<Path>, progress: impl FnMut(u64, u64)) -> Result<VerifyReport, Error> {
        check_finished(dir.as_ref())?;
        Self::verify_files(dir.as_ref(), progress)
    }

    /// As [`Database::verify`], also for a store that is being restored.
    pub(in crate::db) fn verify_files(dir: &Path, mut progress: impl FnMut(u64, u64)) -> Result<VerifyReport, Error> {
        let (dir, storage): (&Path, Arc<dyn Storage>) = (dir, Arc::new(FsStorage));
        let ledger = || known(&*storage, dir).ok();
        let mut report = crate::store::verify(&storage, dir, &ledger, &mut progress)?;
        let path = dir.join("ledger");
        match Ledger::read(&*storage, &path) {
            Ok(content) => {
                report.ledger_records = content.records.len() as u64;
                report.ledger_torn_bytes = content.torn_bytes;
                if let Some(reason) = missing_commits(&*storage, dir, content.commits)? {
                    report.findings.push(Finding { path, reason });
                }
            }
            Err(error) => report.findings.push(Finding { path, reason: error.to_string() }),
        }
        Ok(report)
    }

    /// Opens a store, reads every segment, sets aside those that do not check (as `*.quarantined`), and opens it without them.
    /// [`Database::open_report`] then says what was found, also by the first opening. `progress` is told files done and files in all.
    ///
    /// Of a write-ahead log that is damaged before its end, which opening refuses, the frames that check are kept. The damaged file is kept
    /// beside (as `*.quarantined`), and [`OpenReport::salvaged_logs`](crate::store::OpenReport) says which frames are lost. A backup of that file,
    /// if there is one, is better: put it in its place first.
    ///
    /// A store whose log was removed, cut short or replaced by an older copy, so that frames are missing that the ledger rests on, continues
    /// without them. [`OpenReport::lost_frames`](crate::store::OpenReport) names them, and the ledger records the loss.
    ///
    /// A segment that holds readings of other instruments than the ledger knows by their numbers, which opening refuses too, is set aside. Where
    /// that is because the ledger was removed or cut short, put the ledger of a backup in its place first.
    ///
    /// # Errors
    /// As [`Database::open`]; a damaged ledger is an error that names the file: restore it from a backup.
    pub fn repair(dir: impl AsRef<Path>, config: Config, mut progress: impl FnMut(u64, u64)) -> Result<Self, Error> {
        let dir = dir.as_ref();
        refuse_unfinished(&*config.storage, dir)?;
        let known_lost = known(&*config.storage, dir).map_or_else(|_| Vec::new(), |known| known.frames.lost);
        let salvaged = crate::store::salvage_logs(&*config.storage, dir, &known_lost)?;
        let mut foreign = Vec::new();
        let first = loop {
            match open(dir, config.clone(), true) {
                Err(Error::Store(StoreError::Foreign { path, reason })) => {
                    foreign.push(crate::store::set_segment_aside(&*config.storage, &path, reason)?);
                }
                opened => break opened?,
            }
        };
        let ledger = || known(&*config.storage, dir).ok();
        let found = crate::store::verify(&config.storage, dir, &ledger, &mut progress)?;
        let mut report = OpenReport { salvaged_logs: salvaged, ..first.report.clone() };
        report.quarantined.splice(0..0, foreign);
        drop(first);
        for Finding { path, reason } in found.findings {
            if path.parent() != Some(&dir.join("segments")) || config.storage.length(&path).is_err() {
                continue;
            }
            let aside = crate::store::set_segment_aside(&*config.storage, &path, reason);
            report.quarantined.push(aside?);
        }
        let mut again = Self::open(dir, config)?;
        report.missing_segments.clone_from(&again.report.missing_segments);
        report.deletion_note.clone_from(&again.report.deletion_note);
        again.report = report;
        Ok(again)
    }
}

/// What the ledger says now.
fn known(storage: &dyn Storage, dir: &Path) -> Result<LedgerView, Error> {
    let content = Ledger::read(storage, &dir.join("ledger"))?;
    let lineage = lineage_of(&content.records)?;
    let frames = known_frames(&content, &lineage)?;
    Ok(LedgerView { lineage, registry: registry_of(&content.records)?, frames })
}

/// Why a ledger of so many commits is not whole, if it is not: the log knows later ones, and does not hold them. A writer may have gone on since
/// the look at the ledger: then another look shows it.
fn missing_commits(storage: &dyn Storage, dir: &Path, commits: u64) -> Result<Option<String>, Error> {
    let known = ledger_commits(storage, dir, commits).iter().map(|commit| commit.number).max().unwrap_or(0);
    let behind_of = |content: LedgerContent| (known > content.commits).then(|| behind(content.commits, known));
    if known <= commits { Ok(None) } else { Ok(behind_of(read_ledger(storage, dir)?)) }
}
