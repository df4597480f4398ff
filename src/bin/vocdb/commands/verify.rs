//! `vocdb verify`: does every byte of a store check?

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
use vocdb::store::VerifyReport;

/// Read everything in a store and say what does not check
///
/// Reads every segment, the write-ahead log and the ledger, beside a running writer too, and changes nothing. The exit code is 1 where
/// something does not check; `vocdb repair` then sets it aside, and a backup gives it back. A torn end of the log is no damage: it is
/// what a crash leaves of an append that no one was promised.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The store's folder
    store: PathBuf,
}

/// What was read, and whether it checks.
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
            "{} of the files in `{}` do not check: restore them from a backup, or set them aside with `vocdb repair`",
            verification.report.findings.len(),
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
        let _ = writeln!(text, "  segments         {segments:>14} with {rows} rows and {values} values");
        let _ = writeln!(text, "  write-ahead log  {wal_frames:>14} frames, {wal_torn_bytes} bytes torn at its end");
        let _ = writeln!(
            text,
            "  ledger           {ledger_records:>14} records, {ledger_torn_bytes} bytes torn at its end"
        );
        for name in segments_set_aside {
            let _ = writeln!(text, "set aside, and missing: segment {name}");
        }
        for finding in findings {
            let _ = writeln!(text, "does not check: {}: {}", Line(finding.path.display()), Line(&finding.reason));
        }
        if self.is_sound {
            text.push_str("everything checks\n");
        }
        text
    }
}
