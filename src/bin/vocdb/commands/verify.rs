//! `vocdb verify`: checks every byte of a store.

use crate::failure::Failure;
use crate::output::Output;
use crate::progress;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::Database;
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::store::VerifyReport;

/// Read every file of a store and report corruption
///
/// Reads every segment, the write-ahead log and the ledger, and changes nothing. Works while a station is running. The exit code is 1 if
/// anything is corrupt: restore the file from a backup, or set it aside with `vocdb repair`. An incomplete last entry is not corruption:
/// a crash interrupted an append that had not been confirmed.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Folder of the store
    store: PathBuf,
}

/// The result of a verification.
#[derive(Serialize)]
struct Verification {
    store: String,
    is_sound: bool,
    #[serde(flatten)]
    report: VerifyReport,
}

impl Verify {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        let bar = progress::bar(output.is_json(), progress::FILES);
        let report = Database::verify(&self.store, progress::on(&bar));
        bar.finish_and_clear();
        let report = report.map_err(Failure::from_error)?;
        let verification =
            Verification { store: self.store.display().to_string(), is_sound: report.is_sound(), report };
        output.either(&verification, || verification.text())?;
        output.flush()?;
        if verification.is_sound {
            return Ok(());
        }
        Err(Failure::Says(format!(
            "{} corrupt or missing in `{}`: restore from a backup, or run `vocdb repair`",
            counted(verification.report.findings.len(), "file"),
            verification.store
        )))
    }
}

impl Verification {
    fn text(&self) -> String {
        let VerifyReport { segments, rows, values, wal_frames, wal_torn_bytes, .. } = &self.report;
        let VerifyReport { ledger_records, ledger_torn_bytes, segments_set_aside, findings, .. } = &self.report;
        let mut text = String::new();
        let _ = writeln!(text, "{}", Line(&self.store));
        let _ = writeln!(
            text,
            "  segments         {segments:>14} with {} and {}",
            counted(*rows, "row"),
            counted(*values, "value")
        );
        let _ = writeln!(text, "  write-ahead log  {wal_frames:>14} frames, {wal_torn_bytes} bytes torn at its end");
        let _ = writeln!(
            text,
            "  ledger           {ledger_records:>14} records, {ledger_torn_bytes} bytes torn at its end"
        );
        for name in segments_set_aside {
            let _ = writeln!(text, "set aside: segment {name}");
        }
        for finding in findings {
            let _ = writeln!(text, "corrupt or missing: {}: {}", Line(finding.path.display()), Line(&finding.reason));
        }
        if self.is_sound {
            text.push_str("no corruption found\n");
        }
        text
    }
}
