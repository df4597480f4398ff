//! Rule scripts: run once, at load, with operators that leave symbols instead of values.
//!
//! Every file has an engine of its own and runs statement by statement; a mistake is put on a list and leaves a value that
//! swallows all that is tried with it, so that one run finds all mistakes of all files.

mod builder;
mod call;
mod draft;
mod engine;
mod error;
mod functions;
mod missing;
mod operators;
mod run;
mod symbol;
mod text;
mod tracer;

use super::diagnostic::Diagnostic;
use super::expr::Rule;
use super::nearest::nearest;
use super::verdict::Place;
use crate::base::limits::{RULE_FILE_BYTES_MAX, RULES_MAX};
use draft::{AlarmDraft, Part};
use run::{Exports, Run};
use std::collections::{BTreeMap, BTreeSet};
use text::Source;
use tracer::mistake;

/// Lines that one rule file may have; Rhai counts no further than 65 535.
const LINES_MAX: usize = 60_000;
/// Characters that one line may have.
const COLUMNS_MAX: usize = 60_000;
/// Files that may import each other in a row.
const IMPORTS_MAX: usize = 50;

/// One file of a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Its name within the rules folder, with `/`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Runs rule files and gives every rule that could be traced and every mistake found, in order of file, line and column.
///
/// The rules are fit to be evaluated only where no mistake is an error.
#[must_use]
pub fn trace(files: &[RuleFile]) -> (Vec<Rule>, Vec<Diagnostic>) {
    let mut trace = Trace { files: BTreeMap::new(), ..Trace::default() };
    for file in files {
        trace.files.insert(&file.name, &file.text);
    }
    for name in trace.files.keys().copied().collect::<Vec<_>>() {
        trace.run(name);
    }
    trace.rules.sort_by(|a, b| a.place.cmp(&b.place));
    trace.diagnostics.sort_by(|a, b| a.place.cmp(&b.place));
    (trace.rules, trace.diagnostics)
}

#[derive(Default)]
struct Trace<'a> {
    files: BTreeMap<&'a str, &'a str>,
    done: BTreeMap<&'a str, Exports>,
    active: Vec<&'a str>,
    names: BTreeMap<String, Place>,
    rules: Vec<Rule>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Trace<'a> {
    /// Runs a file unless that was done already, and gives what it exports.
    fn run(&mut self, name: &'a str) -> Exports {
        if let Some(exports) = self.done.get(name) {
            return exports.clone();
        }
        let text = self.files.get(name).copied().unwrap_or_default();
        if let Some(diagnostic) = too_large(name, text) {
            self.diagnostics.push(diagnostic);
            self.done.insert(name, Exports::new());
            return Exports::new();
        }
        self.active.push(name);
        let mut import = |wanted: &str, place: Place| self.import(name, wanted, place);
        let (tracer, exports, failed) = Run::new(Source::new(name, text), &mut import).finish();
        self.active.pop();
        let (alarms, diagnostics) = tracer.take();
        self.diagnostics.extend(diagnostics);
        for alarm in alarms {
            self.add(&alarm.lock(), &tracer.source, &failed);
        }
        self.done.insert(name, exports.clone());
        exports
    }

    /// What the file exports that `importer` calls `wanted`.
    fn import(&mut self, importer: &str, wanted: &str, place: Place) -> Result<Exports, Diagnostic> {
        let folder = importer.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let candidates = [format!("{folder}{wanted}.rhai"), format!("{folder}{wanted}"), format!("{wanted}.rhai"), wanted.to_owned()];
        let Some(name) = candidates.iter().find_map(|name| self.files.get_key_value(name.as_str()).map(|(name, _)| *name)) else {
            let known = self.files.keys().map(|name| name.strip_suffix(".rhai").unwrap_or(name));
            let help = match nearest(wanted, known) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => format!("put a file {wanted}.rhai into the rules folder"),
            };
            return Err(mistake(place, format!("there is no rule file `{wanted}`"), help));
        };
        if self.active.contains(&name) {
            let message = format!("`{wanted}` is being read already: these files import each other in a circle");
            return Err(mistake(place, message, "move what both need into a file of its own"));
        }
        if self.active.len() >= IMPORTS_MAX {
            let message = format!("more than {IMPORTS_MAX} files import each other in a row");
            return Err(mistake(place, message, "import what is needed directly"));
        }
        Ok(self.run(name))
    }

    /// Adds the rule of an alarm, and what is wrong with it.
    fn add(&mut self, alarm: &AlarmDraft, source: &Source, failed: &BTreeSet<usize>) {
        if let Some(first) = self.names.get(&alarm.name) {
            let message = format!("there is a rule `{}` already, at {first}", alarm.name);
            self.diagnostics.push(mistake(alarm.name_place.clone(), message, "give each rule its own name"));
        } else {
            self.names.insert(alarm.name.clone(), alarm.name_place.clone());
        }
        if !may_be_unfinished(alarm, source, failed) {
            self.check_parts(alarm);
        }
        let Some(rule) = alarm.rule() else { return };
        if self.rules.len() >= RULES_MAX {
            let message = format!("there are more than {RULES_MAX} rules");
            self.diagnostics.push(mistake(alarm.place.clone(), message, "leave out what is not needed"));
            return;
        }
        self.rules.push(rule);
    }

    fn check_parts(&mut self, alarm: &AlarmDraft) {
        if matches!(alarm.when, Part::Missing) {
            let message = format!("the alarm `{}` has no `.when`", alarm.name);
            let help = "write .when(avg(\"benzene\", 10.minutes) > 30.ppb)";
            self.diagnostics.push(mistake(alarm.place.clone(), message, help));
        }
        if matches!(alarm.scope, Part::Missing) {
            let message = format!("the alarm `{}` has no `.scope`", alarm.name);
            self.diagnostics.push(mistake(alarm.place.clone(), message, "write .scope(stations(\"park/*\"))"));
        }
    }
}

/// Whether a mistake elsewhere may be the reason why parts of an alarm are missing.
fn may_be_unfinished(alarm: &AlarmDraft, source: &Source, failed: &BTreeSet<usize>) -> bool {
    let begin = source.statements().get(alarm.statement).map_or("", |statement| source.word(statement.first));
    let is_chain = begin == "alarm";
    failed.contains(&alarm.statement) || (!is_chain && !failed.is_empty())
}

fn too_large(name: &str, text: &str) -> Option<Diagnostic> {
    let place = |line: usize| Place { file: name.into(), line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > RULE_FILE_BYTES_MAX {
        let message = format!("the file is larger than {RULE_FILE_BYTES_MAX} bytes");
        return Some(mistake(place(1), message, "split it into several files"));
    }
    if text.lines().count() > LINES_MAX {
        let message = format!("the file has more than {LINES_MAX} lines");
        return Some(mistake(place(1), message, "split it into several files"));
    }
    let long = text.lines().position(|line| line.len() > COLUMNS_MAX)?;
    let message = format!("the line is longer than {COLUMNS_MAX} bytes");
    Some(mistake(place(long + 1), message, "break it into several lines"))
}
