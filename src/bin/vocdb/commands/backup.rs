//! `vocdb backup`: copies a store.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::{Line, counted};
use vocdb::store::BackupReport;

/// Copy a store into a new or empty folder
///
/// Files that an interrupted backup left in the folder are removed first. Segments are hard links if the file system allows it, and take no
/// space. Copy the backup to another disk to survive the loss of this one. The store must not be open elsewhere: in the process that has
/// it open, call `Database::backup`.
///
/// The backup is itself a store. Check it with `vocdb verify DIR`, and restore it with `vocdb restore DIR STORE`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Folder of the store
    store: PathBuf,
    /// Folder of the backup; created if missing, otherwise it must be empty
    dir: PathBuf,
}

/// The result of a backup.
#[derive(Serialize)]
struct BackedUp {
    store: String,
    dir: String,
    #[serde(flatten)]
    report: BackupReport,
}

impl Backup {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::open(&self.store)?;
        let bar = progress::bar(output.is_json(), progress::FILES);
        let report = db.backup_watched(&self.dir, progress::on(&bar));
        bar.finish_and_clear();
        let report = report.map_err(Failure::from_error)?;
        let (store, dir) = (self.store.display().to_string(), self.dir.display().to_string());
        let done = BackedUp { store, dir, report };
        output.either(&done, || done.text())
    }
}

impl BackedUp {
    fn text(&self) -> String {
        let BackupReport { segments_linked, segments_copied, bytes_copied, replaced_unfinished } = self.report;
        let first = if replaced_unfinished { "an unfinished backup was removed first\n" } else { "" };
        format!(
            "{first}{} is backed up in {}: {} linked, {segments_copied} copied, {} written\n",
            Line(&self.store),
            Line(&self.dir),
            counted(segments_linked, "segment"),
            counted(bytes_copied, "byte")
        )
    }
}
