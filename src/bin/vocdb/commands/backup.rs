//! `vocdb backup`: a copy of a store.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::store::BackupReport;

/// Copy a store into a new or empty folder
///
/// What a killed backup has left in the folder is removed first. Segments are hard links where the file system allows it, and cost no
/// space; a copy on another medium is what outlives the medium.
/// The store must not be open elsewhere: a process that holds it open calls `Database::backup` itself.
///
/// To restore, open the copy, or a copy of it, as a store: it is one. `vocdb verify DIR` says whether it checks.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The store's folder
    store: PathBuf,
    /// Where the copy goes; it is made where there is none, and must be empty
    dir: PathBuf,
}

/// What was copied.
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
            "{first}{} is backed up in {}: {segments_linked} segments linked, {segments_copied} copied, {bytes_copied} bytes written\n",
            Line(&self.store),
            Line(&self.dir)
        )
    }
}
