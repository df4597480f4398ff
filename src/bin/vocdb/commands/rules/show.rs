//! `vocdb rules show`: prints the rule set in force.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::PrintedZone;
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::alarm::event::RulesState;
use vocdb::base::escape::Line;
use vocdb::verdict::Uncovered;
use vocdb::{AlarmLog, RuleSetInForce};

/// Show the rule set in force: its files, author, time of loading, and stations
///
/// Works while a station is running. Nothing is compiled.
#[derive(Debug, Args)]
pub(crate) struct ShowRules {
    /// Folder of the store
    store: PathBuf,
    /// Print the contents of the files too
    #[arg(long, conflicts_with = "zone")]
    text: bool,
    #[command(flatten)]
    zone: PrintedZone,
}

/// The rule set in force.
#[derive(Serialize)]
struct Shown<'a> {
    store: String,
    rule_set: Option<String>,
    state: &'static str,
    since: Option<String>,
    reason: Option<&'a str>,
    loaded_by: Option<&'a str>,
    loaded_why: Option<&'a str>,
    loaded_at: Option<String>,
    files: Vec<FileView<'a>>,
    stations: &'a [String],
    rules_without_station: &'a [String],
    uncovered: &'a [Uncovered],
}

#[derive(Serialize)]
struct FileView<'a> {
    name: &'a str,
    bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl ShowRules {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        let log = AlarmLog::open(&self.store).map_err(Failure::from_error)?;
        let shown = self.shown(log.rule_set());
        output.either(&shown, || shown.as_text())
    }

    fn shown<'a>(&self, rules: Option<&'a RuleSetInForce>) -> Shown<'a> {
        let change = rules.and_then(|rules| rules.state.as_ref());
        let running = if rules.is_some() { RulesState::Running.words() } else { "none" };
        let view = |file: &'a vocdb::rules::RuleFile| FileView {
            name: &file.name,
            bytes: file.text.len(),
            text: self.text.then_some(file.text.as_str()),
        };
        Shown {
            store: self.store.display().to_string(),
            rule_set: rules.map(|rules| rules.hash.to_string()),
            state: change.map_or(running, |change| change.state.words()),
            since: change.map(|change| change.at.to_string()),
            reason: change.map(|change| change.reason.as_str()),
            loaded_by: rules.map(|rules| rules.by.as_str()),
            loaded_why: rules.map(|rules| rules.reason.as_str()),
            loaded_at: rules.map(|rules| rules.loaded_at.to_string()),
            files: rules.map_or_else(Vec::new, |rules| rules.files.iter().map(view).collect()),
            stations: rules.map_or(&[], |rules| &rules.stations),
            rules_without_station: rules.map_or(&[], |rules| &rules.idle),
            uncovered: rules.map_or(&[], |rules| &rules.uncovered),
        }
    }
}

impl Shown<'_> {
    fn as_text(&self) -> String {
        let Some(rule_set) = &self.rule_set else {
            return format!("{}: no rule set is in force\n", Line(&self.store));
        };
        let mut text = format!("{}: rule set {rule_set}, {}", Line(&self.store), self.state);
        if let (Some(since), Some(reason)) = (&self.since, self.reason) {
            let _ = write!(text, " since {since}: {}", Line(reason));
        }
        let by = self.loaded_by.filter(|by| !by.is_empty()).unwrap_or("an unrecorded author");
        let why =
            self.loaded_why.filter(|why| !why.is_empty()).map_or_else(String::new, |why| format!(": {}", Line(why)));
        let _ = writeln!(text, "\n  loaded by {} at {}{why}", Line(by), self.loaded_at.as_deref().unwrap_or_default());
        for file in &self.files {
            let _ = writeln!(text, "  file {}, {} bytes", Line(file.name), file.bytes);
            for line in file.text.into_iter().flat_map(str::lines) {
                let _ = writeln!(text, "    {}", Line(line));
            }
        }
        for station in self.stations {
            let _ = writeln!(text, "  station {}", Line(station));
        }
        for rule in self.rules_without_station {
            let _ = writeln!(text, "  rule `{}` has no station yet", Line(rule));
        }
        for Uncovered { rule, station, reason } in self.uncovered {
            let (rule, station, reason) = (Line(rule), Line(station), Line(reason));
            let _ = writeln!(text, "  rule `{rule}` does not cover {station}: {reason}");
        }
        text
    }
}
