//! `vocdb dump`: writes a store as text.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::{DumpReport, DumpScope, TimeRange, Timestamp};

/// Print a store as text; `vocdb restore` creates the same store from it, bit for bit
///
/// Works while a station is running, and without the catalog. The text contains registrations, readings with their flags, corrections,
/// rules and alarms. With --station, --from or --to it contains readings with their registrations and corrections only. It does not
/// contain the original bytes of the ledger or corrupt files; `vocdb backup` copies the files themselves. The format is described in
/// src/db/dump/FORMAT.md of the sources.
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// Folder of the store
    store: PathBuf,
    /// Dump only this station; repeat it for further stations
    #[arg(long = "station", value_name = "NAME")]
    stations: Vec<String>,
    /// Start, inclusive: RFC 3339, or a date (midnight UTC) [default: the first reading]
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    from: Option<Timestamp>,
    /// End, exclusive: RFC 3339, or a date (midnight UTC) [default: after the last reading]
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    to: Option<Timestamp>,
    /// Write to this file, which must not exist, and print a summary; required with --json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The result of a dump.
#[derive(Serialize)]
struct Dumped {
    store: String,
    file: String,
    #[serde(flatten)]
    report: DumpReport,
}

impl Dump {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let range = TimeRange::new(self.from.unwrap_or(Timestamp::MIN), self.to.unwrap_or(Timestamp::MAX));
        let scope = DumpScope { stations: self.stations.clone(), range };
        let Some(path) = &self.out else {
            if output.is_json() {
                return Err(Failure::Says(
                    "a dump is not JSON; write it to a file with --out, and --json prints a summary".to_owned(),
                ));
            }
            let report = self.write(&scope, output.writer())?;
            return complete(&report);
        };
        let unwritten =
            |error: &dyn std::fmt::Display| Failure::Says(format!("cannot write {}: {error}", Line(path.display())));
        let file = File::create_new(path).map_err(|error| unwritten(&error))?;
        let mut writer = BufWriter::new(&file);
        let report = self.write(&scope, &mut writer).and_then(|report| {
            writer.flush().and_then(|()| file.sync_all()).map_err(|error| unwritten(&error))?;
            Ok(report)
        });
        if report.is_err() {
            // A partial file would make the next attempt fail.
            let _ = std::fs::remove_file(path);
        }
        let report = report?;
        let dumped = Dumped { store: self.store.display().to_string(), file: path.display().to_string(), report };
        output.either(&dumped, || dumped.text())?;
        output.flush()?;
        complete(&dumped.report)
    }

    fn write(&self, scope: &DumpScope, to: &mut dyn Write) -> Result<DumpReport, Failure> {
        let db = store::read(&self.store)?;
        let bar = progress();
        let report = db.dump(scope, to, |at| {
            bar.set_length(at.instruments_total);
            bar.set_position(at.instruments);
            bar.set_message(format!("{} rows", at.rows));
        });
        bar.finish_and_clear();
        report.map_err(|error| match error {
            vocdb::Error::Io { source, .. } => Failure::from_output(source),
            other => Failure::from_error(other),
        })
    }
}

impl Dumped {
    fn text(&self) -> String {
        let DumpReport { records, rows, arrivals, bytes, .. } = &self.report;
        let (store, file) = (Line(&self.store), Line(&self.file));
        let mut text = format!(
            "{store} is dumped in {file}: {}, {}, {bytes} bytes\n",
            counted(*records, "record"),
            counted(rows + arrivals, "row")
        );
        for path in &self.report.segments_left_out {
            text.push_str(&format!("left out, because it is corrupt: {}\n", Line(path.display())));
        }
        text
    }
}

/// A dump without all segments is written all the same, and is a failure.
fn complete(report: &DumpReport) -> Result<(), Failure> {
    let names: Vec<String> = report.segments_left_out.iter().map(|path| Line(path.display()).to_string()).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(Failure::Says(format!(
        "the dump lacks corrupt segments: {}; restore them from a backup, or set them aside with `vocdb repair`",
        names.join(", ")
    )))
}

/// A bar on standard error, by instruments; nothing where that is no terminal.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} instruments {msg}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
