//! `vocdb restore`: creates a store from a dump or a backup.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::store::BackupReport;
use vocdb::{Database, RestoreReport};

/// Create a new store from a dump or a backup
///
/// The store is written to the folder STORE.restoring, and renamed when it is complete and durable. A corrupt dump leaves no store. Two
/// stores with the same open alarms notify the same people: run only one of them as a station.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Dump file, - for standard input, or the folder of a backup
    source: PathBuf,
    /// Folder of the new store; it must be missing or empty
    store: PathBuf,
}

/// The result of a restore.
#[derive(Serialize)]
struct Restored<T> {
    source: String,
    store: String,
    #[serde(flatten)]
    report: T,
}

impl Restore {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let (source, store) = (self.source.display().to_string(), self.store.display().to_string());
        if self.source.is_dir() {
            let report = self.backup(output.is_json())?;
            let restored = Restored { source, store, report };
            return output.either(&restored, || restored.text());
        }
        let report = self.dump(output.is_json())?;
        let restored = Restored { source, store, report };
        output.either(&restored, || restored.text())
    }

    fn backup(&self, is_hidden: bool) -> Result<BackupReport, Failure> {
        store::check(&self.source)?;
        let bar = progress::bar(is_hidden, progress::FILES);
        let report = Database::restore_backup(&self.source, &self.store, progress::on(&bar));
        bar.finish_and_clear();
        report.map_err(Failure::from_error)
    }

    fn dump(&self, is_hidden: bool) -> Result<RestoreReport, Failure> {
        let bar = progress::bar(is_hidden, "{bar:40} {bytes}/{total_bytes} {eta}");
        let read = |bytes| bar.set_position(bytes);
        let report = if self.source == Path::new("-") {
            Database::restore(BufReader::new(io::stdin().lock()), &self.store, read)
        } else {
            let unread = |error| Failure::from_read(&self.source, &error);
            let file = File::open(&self.source).map_err(unread)?;
            bar.set_length(file.metadata().map_or(0, |metadata| metadata.len()));
            Database::restore(BufReader::new(file), &self.store, read)
        };
        bar.finish_and_clear();
        report.map_err(Failure::from_error)
    }
}

/// A line for what a killed restore had left.
const fn note(replaced_unfinished: bool) -> &'static str {
    if replaced_unfinished { "an unfinished restore was removed first\n" } else { "" }
}

impl Restored<RestoreReport> {
    fn text(&self) -> String {
        let RestoreReport { records, rows, arrivals, replaced_unfinished, .. } = self.report;
        let first = note(replaced_unfinished);
        let (store, source) = (Line(&self.store), Line(&self.source));
        format!(
            "{first}{store} is restored from {source}: {}, {}\n",
            counted(records, "record"),
            counted(rows + arrivals, "row")
        )
    }
}

impl Restored<BackupReport> {
    fn text(&self) -> String {
        let BackupReport { segments_linked, segments_copied, replaced_unfinished, .. } = self.report;
        let first = note(replaced_unfinished);
        format!(
            "{first}{} is restored from {}: {} linked, {segments_copied} copied, all files verified\n",
            Line(&self.store),
            Line(&self.source),
            counted(segments_linked, "segment")
        )
    }
}
