//! `vocdb rules check`: reports errors in rule files, and forecasts their alarms.

use super::draw;
use super::files::{rules_of, tests_of};
use super::forecast::forecast;
use crate::failure::Failure;
use crate::output::{Output, is_styled};
use crate::store;
use crate::values::PrintedZone;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use vocdb::base::escape::Line;
use vocdb::base::escape::counted;
use vocdb::rules::testing::unknown_contacts;
use vocdb::rules::{Diagnostic, RuleFile, check, check_without_stations, has_unchecked_contacts, trace};
use vocdb::{ReadOnly, Registry, stations_of_tests};

/// Check the rules of a folder
///
/// Rules are checked for the stations of --store. Without --store, they are checked for the stations that the tests in the folder
/// register. If there are no tests either, only the units of channels with the name of a species are checked, and the rest is listed as
/// unchecked. With --store, the command also prints a forecast of openings and pages per day, from a backtest over the last 30 days with
/// readings. The exit code is 1 if a rule has an error; warnings do not count.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Folder of rule files
    dir: PathBuf,
    /// Store with the stations and the history that the rules are for
    #[arg(long)]
    store: Option<PathBuf>,
    #[command(flatten)]
    zone: PrintedZone,
}

/// A finding as JSON.
#[derive(Serialize)]
struct Finding<'a> {
    severity: &'static str,
    file: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
    help: &'a str,
}

impl Check {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let files = rules_of(&self.dir)?;
        let store = self.store.as_deref().map(open).transpose()?;
        let tests = tests_of(&self.dir)?;
        let registry = match &store {
            Some(store) => store.registry().clone(),
            None => stations_of_tests(&tests),
        };
        let is_bound = registry.stations().next().is_some();
        let report = if is_bound { check(&files, &registry) } else { check_without_stations(&files) };
        let of_tests = unknown_contacts(&files, &tests);
        let (errors, warnings) = (report.errors.len() + of_tests.len(), report.warnings.len());
        let found: Vec<Diagnostic> = report.errors.into_iter().chain(of_tests).chain(report.warnings).collect();
        print(&found, &[files.as_slice(), &tests].concat(), output)?;
        if errors > 0 {
            output.flush()?;
            return Err(Failure::Says(format!(
                "rule errors in `{}`: {errors}; correct them as shown above",
                Line(self.dir.display())
            )));
        }
        if trace(&files).0.is_empty() {
            output.flush()?;
            let dir = Line(self.dir.display());
            return Err(Failure::Says(format!("the rule files in `{dir}` contain no `alarm(...)`; check the path")));
        }
        let has_contacts = !has_unchecked_contacts(&files);
        let (files_read, unchecked) = (files.len(), report.unchecked.as_slice());
        print_extent(&Extent { files: files_read, warnings, registry: &registry, unchecked, has_contacts }, output)?;
        store.map_or(Ok(()), |store| forecast(&store, &files, output))
    }
}

/// The extent of a check without errors.
struct Extent<'a> {
    files: usize,
    warnings: usize,
    registry: &'a Registry,
    unchecked: &'a [String],
    /// Whether the names of contacts were checked.
    has_contacts: bool,
}

/// Prints what was checked. Without a known station, some checks are impossible.
fn print_extent(extent: &Extent<'_>, output: &mut Output) -> Result<(), Failure> {
    let Extent { files, warnings, registry, unchecked, has_contacts } = extent;
    let is_whole = registry.stations().next().is_some();
    if output.is_json() {
        if is_whole && *has_contacts {
            return Ok(());
        }
        let of_stations = ["stations", "channels", "windows"].into_iter().filter(|_| !is_whole);
        let missing: Vec<&str> = of_stations.chain((!has_contacts).then_some("contacts")).collect();
        return output.object(&serde_json::json!({ "unchecked": missing, "unchecked_units": unchecked }));
    }
    let mut text = format!(
        "{}, {}{}\n",
        counted(*files, "file"),
        if is_whole { "no errors, " } else { "" },
        counted(*warnings, "warning")
    );
    if !is_whole {
        text.push_str(
            "not checked, because no station is known: names of stations and channels, windows against intervals",
        );
        if !unchecked.is_empty() {
            let _ = write!(text, ", units of `{}`", unchecked.join("`, `"));
        }
        text.push_str("\ncheck them with --store, or with tests in the folder that register stations\n");
    }
    if !has_contacts {
        text.push_str("note: contacts are not checked, because no file exports any\n");
    }
    output.writer().write_all(text.as_bytes()).map_err(Failure::from_output)
}

fn open(path: &Path) -> Result<ReadOnly, Failure> {
    store::check(path)?;
    ReadOnly::open(path).map_err(Failure::from_error)
}

fn print(found: &[Diagnostic], files: &[RuleFile], output: &mut Output) -> Result<(), Failure> {
    if !output.is_json() {
        let drawn = draw::all(found, files, is_styled());
        return output.writer().write_all(drawn.as_bytes()).map_err(Failure::from_output);
    }
    found.iter().try_for_each(|diagnostic| {
        let (place, severity) = (&diagnostic.place, if diagnostic.is_warning { "warning" } else { "error" });
        let (message, help) = (diagnostic.message.as_str(), diagnostic.help.as_str());
        output.object(&Finding { severity, file: &place.file, line: place.line, column: place.column, message, help })
    })
}
