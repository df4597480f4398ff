//! `vocdb repair`: a store put in order, and what was found.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::store::OpenReport;

/// Put a store in order after a crash or damage, and say what was found
///
/// Opens the store and closes it: segments that do not check are set aside as `*.quarantined`, a catalog that does not open is rebuilt,
/// torn ends of the write-ahead log and the ledger are cut off, deletions that a crash has interrupted are finished. Damage before the
/// end of the write-ahead log or the ledger is an error that names file and offset: restore that file from a backup. Readings that are
/// set aside or missing come back with the segments from a backup.
#[derive(Debug, Args)]
pub(crate) struct Repair {
    /// The store's folder
    store: PathBuf,
}

/// What was found and done.
#[derive(Serialize)]
struct Repaired {
    store: String,
    #[serde(flatten)]
    report: OpenReport,
}

impl Repair {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::repair(&self.store)?;
        let report = db.open_report().clone();
        db.close().map_err(Failure::from_error)?;
        let repaired = Repaired { store: self.store.display().to_string(), report };
        output.either(&repaired, || repaired.text())
    }
}

impl Repaired {
    fn text(&self) -> String {
        let report = &self.report;
        let mut lines = String::new();
        for file in &report.quarantined {
            let _ = writeln!(lines, "  set aside as {}: {}", file.path.display(), file.reason);
        }
        for name in &report.missing_segments {
            let _ = writeln!(lines, "  segment {name} was sealed and is not there: restore it from a backup");
        }
        for name in &report.superseded_segments {
            let _ = writeln!(lines, "  segment {name} removed: a compacted one holds its rows");
        }
        if report.wal_torn_bytes > 0 {
            let _ = writeln!(lines, "  {} bytes cut off the end of the write-ahead log", report.wal_torn_bytes);
        }
        if report.ledger_torn_bytes > 0 {
            let _ = writeln!(lines, "  {} bytes cut off the end of the ledger", report.ledger_torn_bytes);
        }
        if report.frames_replayed > 0 {
            let _ = writeln!(lines, "  {} frames taken from the write-ahead log", report.frames_replayed);
        }
        if report.summaries_rebuilt > 0 {
            let _ = writeln!(lines, "  {} segments entered into the catalog again", report.summaries_rebuilt);
        }
        for note in report.catalog_note.iter().chain(&report.rules_note) {
            let _ = writeln!(lines, "  {note}");
        }
        if lines.is_empty() {
            return format!("{}: nothing was out of order\n", self.store);
        }
        format!("{}: in order now; found and done:\n{lines}", self.store)
    }
}
