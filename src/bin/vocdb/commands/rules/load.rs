//! `vocdb rules load`: puts the rules of a folder in force.

use super::files::{failed, rules_of};
use crate::failure::Failure;
use crate::output::Output;
use crate::{store, values};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use vocdb::base::escape::counted;
use vocdb::base::escape::{Line, Lines};
use vocdb::rules::Diagnostics;
use vocdb::{Database, RuleSetInForce};

/// Put the rules of a folder in force in a store
///
/// If the rules have errors, all of them are printed and nothing changes. Open alarms of rules and stations that both rule sets have are
/// carried over; the others close. The new rules evaluate readings that arrive from now on; if rules were suspended, also the readings
/// stored meanwhile. The previous rule set does not run during this command. The store must not be open elsewhere: in the process that has
/// it open, call `Database::load_rule_set`.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Folder of the store
    store: PathBuf,
    /// Folder of rule files
    dir: PathBuf,
    /// Author of the change
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    by: String,
    /// Reason for the change
    #[arg(long = "reason", alias = "why", value_name = "WHY", value_parser = values::line)]
    why: String,
}

/// The rule set in force after loading.
#[derive(Serialize)]
struct Loaded {
    store: String,
    rule_set: String,
    files: usize,
    stations: Vec<String>,
    rules_without_station: Vec<String>,
    warnings: Vec<String>,
    by: String,
    why: String,
}

impl Load {
    pub(crate) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let files = rules_of(&self.dir)?;
        let db = store::open_without_rules(&self.store)?;
        let warnings = db.load_rule_set(files.clone(), &self.by, &self.why).map_err(|error| match error {
            vocdb::Error::NoRules => Failure::Says(format!("{error}; nothing has changed")),
            other => failed(other, &files),
        })?;
        let loaded = self.loaded(&db, &warnings);
        db.close().map_err(Failure::from_error)?;
        output.either(&loaded, || loaded.text())
    }

    fn loaded(&self, db: &Database, warnings: &Diagnostics) -> Loaded {
        let rule_set = db.rule_set();
        let of = |take: fn(&RuleSetInForce) -> Vec<String>| rule_set.as_ref().map(take).unwrap_or_default();
        Loaded {
            store: self.store.display().to_string(),
            rule_set: rule_set.as_ref().map_or_else(String::new, |rules| rules.hash.to_string()),
            files: rule_set.as_ref().map_or(0, |rules| rules.files.len()),
            stations: of(|rules| rules.stations.clone()),
            rules_without_station: of(|rules| rules.idle.clone()),
            warnings: warnings.0.iter().map(ToString::to_string).collect(),
            by: rule_set.as_ref().map_or_else(String::new, |rules| rules.by.clone()),
            why: rule_set.as_ref().map_or_else(String::new, |rules| rules.reason.clone()),
        }
    }
}

impl Loaded {
    fn text(&self) -> String {
        let mut text = String::new();
        for warning in &self.warnings {
            let _ = writeln!(text, "{}", Lines(warning));
        }
        let _ = writeln!(
            text,
            "{}: rule set {} is in force: {}, {}",
            Line(&self.store),
            self.rule_set,
            counted(self.files, "file"),
            counted(self.stations.len(), "station")
        );
        text
    }
}
