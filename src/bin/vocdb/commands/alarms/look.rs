//! `list`, `show` and `explain`, which need no lock.

use super::view::{AlarmView, ExplanationView, Transitions};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use clap::{Args, ValueEnum};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use vocdb::alarm::AlarmRecord;
use vocdb::base::escape::Line;
use vocdb::rules::verdict::Priority;
use vocdb::{AlarmId, AlarmLog, Timestamp};

/// List alarms; by default, open ones
#[derive(Debug, Args)]
pub(super) struct List {
    /// Folder of the store
    store: PathBuf,
    /// List only alarms with this state; repeat it to require several states
    #[arg(long, value_enum, default_value = "open")]
    state: Vec<State>,
    /// List only alarms of this station or scope
    #[arg(long)]
    station: Option<String>,
    /// List only alarms of this priority or higher: low, medium, high, urgent
    #[arg(long, value_name = "PRIORITY", value_parser = priority)]
    priority: Option<Priority>,
    /// List only alarms that opened at this time or later: RFC 3339, or a date (midnight UTC)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    since: Option<Timestamp>,
}

/// Show the state and the history of an alarm
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Folder of the store
    store: PathBuf,
    /// Number of the alarm
    alarm: u64,
}

/// Explain an alarm: its rule, values, coverage, and who was notified when
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Folder of the store
    store: PathBuf,
    /// Number of the alarm
    alarm: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Open,
    Closed,
    Acknowledged,
    Unacknowledged,
    Latched,
    Shelved,
    Suppressed,
    OutOfService,
    Maintenance,
    Late,
    History,
    All,
}

impl State {
    fn holds(self, record: &AlarmRecord) -> bool {
        self == Self::All || self.to_possible_value().is_some_and(|value| record.states().contains(&value.get_name()))
    }
}

fn priority(text: &str) -> Result<Priority, String> {
    let found = Priority::ALL.into_iter().find(|priority| priority.name() == text);
    found.ok_or_else(|| "write low, medium, high or urgent".to_owned())
}

fn read(path: &Path) -> Result<AlarmLog, Failure> {
    store::check(path)?;
    AlarmLog::open(path).map_err(Failure::from_error)
}

fn none_of(alarm: u64) -> Failure {
    Failure::Says(format!(
        "alarm #{alarm} does not exist in this store; list all alarms with `vocdb alarms list --state all`"
    ))
}

impl List {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let log = read(&self.store)?;
        log.rule_set().and_then(|rules| rules.state.as_ref()).into_iter().for_each(store::warn_of);
        let alarms = log.alarms();
        for record in alarms.iter().filter(|record| self.wants(record)) {
            let view = AlarmView::of(record);
            output.either(&view, || view.line())?;
        }
        Ok(())
    }

    fn wants(&self, record: &AlarmRecord) -> bool {
        let opened = &record.alarm.opened;
        let is_about = |name: &String| opened.scope_key == *name || record.stations().contains(&name.as_str());
        self.state.iter().all(|state| state.holds(record))
            && self.station.as_ref().is_none_or(is_about)
            && self.priority.is_none_or(|priority| opened.priority >= priority)
            && self.since.is_none_or(|since| opened.opened_at >= since)
    }
}

impl Show {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let log = read(&self.store)?;
        let alarms = log.alarms();
        let record = alarms.iter().find(|record| record.id() == AlarmId(self.alarm));
        let record = record.ok_or_else(|| none_of(self.alarm))?;
        let view = Transitions::of(AlarmView::of(record), log.explain(record.id()));
        output.either(&view, || {
            let mut text = view.alarm.text();
            for transition in &view.transitions {
                let _ = writeln!(text, "  {} {}", transition.at, Line(&transition.what));
            }
            text
        })
    }
}

impl Explain {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let explanation = read(&self.store)?.explain(AlarmId(self.alarm)).ok_or_else(|| none_of(self.alarm))?;
        output.either(&ExplanationView::of(&explanation), || explanation.to_string())
    }
}
