//! `vocdb repair`: a store put in order, and what was found.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::base::escape::{Line, Lines};
use vocdb::store::{LsnRange, OpenReport, Quarantined};

/// Put a store in order after a crash or damage, and say what was found
///
/// Opens the store and closes it: segments that do not check are set aside as `*.quarantined`, a catalog that does not open is rebuilt,
/// torn ends of the write-ahead log and the ledger are cut off, deletions that a crash has interrupted are finished. Of a write-ahead log
/// that is damaged before its end what can be read is kept; what is lost is said, and the damaged file stays beside: put the file of a
/// backup in its place first, if there is one. Damage before the end of the ledger is an error that names file and offset: restore it
/// from a backup. Readings that are set aside or missing come back with the segments from a backup.
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

/// Which rows a segment held, as far as that is known.
fn rows(file: &Quarantined) -> String {
    let lsns = file.first_lsn.map(|first| format!("frames {}", numbers(LsnRange { first, last: file.last_lsn })));
    let times = file.first_time.zip(file.last_time).map(|(first, last)| format!("rows from {first} to {last}"));
    let known: Vec<String> = lsns.into_iter().chain(times).collect();
    if known.is_empty() { "nobody knows which rows".to_owned() } else { known.join(", ") }
}

/// Sequence numbers of frames in words.
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
            let _ = writeln!(lines, "    {} frames kept", log.frames_kept);
            if let Some(aside) = &log.aside {
                let _ = writeln!(lines, "    as it was, it lies in {}", Line(aside.display()));
            }
            for lost in &log.lost {
                let _ = writeln!(lines, "    lost: frames {}", numbers(*lost));
            }
        }
        for frames in &report.lost_frames {
            let _ = writeln!(lines, "  {frames} are in no file and lost: the log was removed, cut short or replaced");
        }
        for name in &report.missing_segments {
            let _ = writeln!(lines, "  segment {name} was sealed and is not there: restore it from a backup");
        }
        for name in &report.superseded_segments {
            let _ = writeln!(lines, "  segment {name} removed: others hold its rows");
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
        for note in report.catalog_note.iter().chain(&report.deletion_note) {
            let _ = writeln!(lines, "  {}", Lines(note));
        }
        if lines.is_empty() {
            return format!("{}: nothing was out of order\n", Line(&self.store));
        }
        format!("{}: in order now; found and done:\n{lines}", Line(&self.store))
    }
}
