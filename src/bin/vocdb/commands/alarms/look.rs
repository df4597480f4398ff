//! `list`, `show` and `explain`, which need no lock.

use super::view::{AlarmView, ExplanationView, Transitions};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment, PrintedZone};
use clap::{Args, ValueEnum};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use vocdb::alarm::AlarmRecord;
use vocdb::alarm::report::Explanation;
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::verdict::Priority;
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
    /// List only alarms that opened at this time or later: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    since: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
}

/// Show the state and the history of an alarm
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Folder of the store
    store: PathBuf,
    /// Number of the alarm
    alarm: u64,
    #[command(flatten)]
    zone: PrintedZone,
}

/// Explain an alarm: its rule, values, coverage, and who was notified when
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Folder of the store
    store: PathBuf,
    /// Number of the alarm
    alarm: u64,
    #[command(flatten)]
    zone: PrintedZone,
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

fn none_of(alarm: u64, store: &Path) -> Failure {
    let store = Line(store.display());
    Failure::Says(format!(
        "alarm #{alarm} does not exist in this store; list all alarms with `vocdb alarms list {store} --state all`"
    ))
}

impl List {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let log = read(&self.store)?;
        log.rule_set().and_then(|rules| rules.state.as_ref()).into_iter().for_each(store::warn_of);
        let since = self.since.as_ref().map(|since| since.resolve(self.zone.as_ref())).transpose()?;
        let alarms = log.alarms();
        let mut is_empty = true;
        for record in alarms.iter().filter(|record| self.wants(record, since)) {
            let view = AlarmView::of(record);
            output.either(&view, || view.line())?;
            is_empty = false;
        }
        if !is_empty {
            return Ok(());
        }
        self.check_station(&alarms)?;
        let is_default = self.state == [State::Open] && self.station.is_none() && self.priority.is_none();
        let none = if is_default && since.is_none() { "no open alarms\n" } else { "no alarm matches\n" };
        if output.is_json() { Ok(()) } else { output.text(none) }
    }

    /// Returns an error for a name that is neither a station nor the scope of an alarm.
    fn check_station(&self, alarms: &[AlarmRecord]) -> Result<(), Failure> {
        let Some(name) = &self.station else { return Ok(()) };
        let db = store::read(&self.store)?;
        let scopes = alarms.iter().map(|record| record.alarm.opened.scope_key.as_str());
        let known: Vec<&str> = db.registry().stations().map(|(_, station)| station.name()).chain(scopes).collect();
        if known.contains(&name.as_str()) {
            return Ok(());
        }
        let nearest = vocdb::rules::closest(name, known.iter().copied());
        let nearest = nearest.map_or_else(String::new, |nearest| format!("; the nearest is `{}`", Line(nearest)));
        Err(Failure::Says(format!("no station or scope is named `{}`{nearest}", Line(name))))
    }

    fn wants(&self, record: &AlarmRecord, since: Option<Timestamp>) -> bool {
        let opened = &record.alarm.opened;
        let is_about = |name: &String| opened.scope_key == *name || record.stations().contains(&name.as_str());
        self.state.iter().all(|state| state.holds(record))
            && self.station.as_ref().is_none_or(is_about)
            && self.priority.is_none_or(|priority| record.alarm.priority >= priority)
            && since.is_none_or(|since| opened.opened_at >= since)
    }
}

impl Show {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let log = read(&self.store)?;
        let alarms = log.alarms();
        let record = alarms.iter().find(|record| record.id() == AlarmId(self.alarm));
        let record = record.ok_or_else(|| none_of(self.alarm, &self.store))?;
        let explanation = log.explain(record.id());
        let notifications = explanation.as_ref().map_or_else(String::new, notifications);
        let view = Transitions::of(AlarmView::of(record), explanation);
        output.either(&view, || {
            let mut text = view.alarm.text();
            for transition in &view.transitions {
                let _ = writeln!(text, "  {} {}", transition.at, Line(&transition.what));
            }
            text + notifications.as_str()
        })
    }
}

/// One line for each notification with its newest outcome.
fn notifications(explanation: &Explanation) -> String {
    let mut text = String::new();
    for told in &explanation.told {
        let (contact, way, subject) = (Line(&told.contact), Line(&told.way), told.subject);
        let _ = match told.attempts.last() {
            Some((at, how)) => writeln!(text, "  notification to {contact} over {way} ({subject}): {} {at}", Line(how)),
            None => writeln!(text, "  notification to {contact} over {way} ({subject}): queued, not sent yet"),
        };
    }
    text
}

impl Explain {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let explanation =
            read(&self.store)?.explain(AlarmId(self.alarm)).ok_or_else(|| none_of(self.alarm, &self.store))?;
        output.either(&ExplanationView::of(&explanation), || explanation.to_string())
    }
}
