//! `vocdb repair`: repairs a store after a crash or damage.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use crate::values::PrintedZone;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::base::escape::{Line, Lines, counted};
use vocdb::journal::LsnRange;
use vocdb::store::{OpenReport, Quarantined};

/// Repair a store after a crash or damage, and report what was found
///
/// Sets corrupt segments aside as `*.quarantined`, rebuilds a catalog that does not open, cuts off torn ends of the write-ahead log and the
/// ledger, and completes interrupted deletions. If the write-ahead log is corrupt before its end, the readable frames are kept, the lost
/// ones are reported, and the corrupt file is set aside; if you have a backup, restore that file first. Corruption before the end of the
/// ledger is an error that names file and offset: restore the ledger from a backup. To get back readings that are set aside or missing,
/// restore their segments from a backup.
#[derive(Debug, Args)]
pub(crate) struct Repair {
    /// Folder of the store
    store: PathBuf,
    #[command(flatten)]
    zone: PrintedZone,
}

/// The result of a repair.
#[derive(Serialize)]
struct Repaired {
    store: String,
    #[serde(flatten)]
    report: OpenReport,
}

impl Repair {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let bar = progress::bar(output.is_json(), progress::FILES);
        let db = store::repair(&self.store, progress::on(&bar));
        bar.finish_and_clear();
        let db = db?;
        let report = db.open_report().clone();
        db.close().map_err(Failure::from_error)?;
        let repaired = Repaired { store: self.store.display().to_string(), report };
        output.either(&repaired, || repaired.text())
    }
}

/// The rows of a segment, as far as they are known.
fn rows(file: &Quarantined) -> String {
    let lsns = file.first_lsn.map(|first| format!("frames {}", numbers(LsnRange { first, last: file.last_lsn })));
    let times = file.first_time.zip(file.last_time).map(|(first, last)| format!("rows from {first} to {last}"));
    let known: Vec<String> = lsns.into_iter().chain(times).collect();
    if known.is_empty() { "unknown rows".to_owned() } else { known.join(", ") }
}

/// Sequence numbers of frames as text.
fn numbers(LsnRange { first, last }: LsnRange) -> String {
    last.map_or_else(|| format!("from {first} on"), |last| format!("{first} to {last}"))
}

impl Repaired {
    fn text(&self) -> String {
        let report = &self.report;
        let mut lines = String::new();
        for file in &report.quarantined {
            let _ = writeln!(lines, "  set aside as {}: {}", Line(file.path.display()), Line(&file.reason));
            let _ = writeln!(lines, "    missing with it: {}", rows(file));
        }
        for log in &report.salvaged_logs {
            let _ = writeln!(lines, "  {}: {}", Line(log.path.display()), Line(&log.reason));
            let _ = writeln!(lines, "    {} kept", counted(log.frames_kept, "frame"));
            if let Some(aside) = &log.aside {
                let _ = writeln!(lines, "    the original is kept as {}", Line(aside.display()));
            }
            for lost in &log.lost {
                let _ = writeln!(lines, "    lost: frames {}", numbers(*lost));
            }
        }
        for frames in &report.lost_frames {
            let _ = writeln!(lines, "  {frames} are lost: the log was removed, truncated or replaced");
        }
        for name in &report.missing_segments {
            let _ = writeln!(lines, "  segment {name} is missing; restore it from a backup");
        }
        for name in &report.superseded_segments {
            let _ = writeln!(lines, "  segment {name} removed: its rows are in other segments");
        }
        if report.wal_torn_bytes > 0 {
            let _ =
                writeln!(lines, "  {} cut off the end of the write-ahead log", counted(report.wal_torn_bytes, "byte"));
        }
        if report.ledger_torn_bytes > 0 {
            let _ = writeln!(lines, "  {} cut off the end of the ledger", counted(report.ledger_torn_bytes, "byte"));
        }
        if report.frames_replayed > 0 {
            let _ = writeln!(lines, "  {} replayed from the write-ahead log", counted(report.frames_replayed, "frame"));
        }
        if report.summaries_rebuilt > 0 {
            let _ = writeln!(lines, "  {} added to the catalog again", counted(report.summaries_rebuilt, "segment"));
        }
        for note in report.catalog_note.iter().chain(&report.deletion_note) {
            let _ = writeln!(lines, "  {}", Lines(note));
        }
        if lines.is_empty() {
            return format!("{}: nothing to repair\n", Line(&self.store));
        }
        format!("{}: repaired:\n{lines}", Line(&self.store))
    }
}
