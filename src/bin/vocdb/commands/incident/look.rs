//! `list` and `show`, which need no lock.

use super::view::{EntryView, HistoryView, IncidentView, NotificationView};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::PrintedZone;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use vocdb::trace::incident::{Incident, IncidentId, history};
use vocdb::{AlarmId, AlarmLog};

/// List incidents
#[derive(Debug, Args)]
pub(super) struct List {
    /// Folder of the store
    store: PathBuf,
    /// List only incidents in this state; `open` includes located and overdue ones
    #[arg(long, value_enum, default_value = "all")]
    state: State,
    #[command(flatten)]
    zone: PrintedZone,
}

/// Show the state and the timeline of an incident: alarms, notifications and their delivery, steps and authors
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Folder of the store
    store: PathBuf,
    /// Number of the incident
    incident: u64,
    #[command(flatten)]
    zone: PrintedZone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Open,
    Located,
    Overdue,
    Closed,
    All,
}

impl State {
    fn holds(self, incident: &Incident) -> bool {
        match self {
            Self::Open => incident.is_open(),
            Self::Located => incident.state() == "located",
            Self::Overdue => incident.state() == "overdue",
            Self::Closed => !incident.is_open(),
            Self::All => true,
        }
    }
}

#[derive(Serialize)]
struct Listed<'a> {
    incidents: Vec<IncidentView<'a>>,
}

pub(super) fn read(path: &Path) -> Result<AlarmLog, Failure> {
    store::check(path)?;
    AlarmLog::open(path).map_err(Failure::from_error)
}

impl List {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let log = read(&self.store)?;
        let wanted = log.incidents().into_iter().filter(|incident| self.state.holds(incident));
        let listed = Listed { incidents: wanted.map(IncidentView::of).collect() };
        output.either(&listed, || {
            let lines: String = listed.incidents.iter().map(IncidentView::line).collect();
            if lines.is_empty() { "no incident matches\n".to_owned() } else { lines }
        })
    }
}

/// Every notification about the alarms of an incident, the alarm of its deadline among them.
fn notifications(log: &AlarmLog, incident: &Incident) -> Vec<NotificationView> {
    let deadlines = incident.overdue.iter().map(|overdue| overdue.alarm);
    let alarms = incident.alarms.iter().copied().chain(deadlines);
    let of_alarm = |alarm: AlarmId| {
        let told = log.explain(alarm).map_or_else(Vec::new, |explanation| explanation.told);
        told.into_iter().map(move |told| NotificationView::of(alarm, &told))
    };
    alarms.flat_map(of_alarm).collect()
}

impl Show {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let log = read(&self.store)?;
        let incident = log.incident(IncidentId(self.incident)).map_err(Failure::from_error)?;
        let timeline = history(incident, log.events()).into_iter().map(EntryView::of).collect();
        let notifications = notifications(&log, incident);
        let view = HistoryView { incident: IncidentView::of(incident), timeline, notifications };
        output.either(&view, || {
            let mut text = view.incident.text();
            for EntryView { at, what } in &view.timeline {
                let _ = writeln!(text, "  {at} {what}");
            }
            text.extend(view.notifications.iter().map(NotificationView::line));
            text
        })
    }
}
