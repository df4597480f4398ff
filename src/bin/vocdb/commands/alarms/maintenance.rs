//! `vocdb alarms maintain`, `maintenance` and `cancel-maintenance`: planned times in which nobody is notified.

use super::operate::Said;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;
use vocdb::alarm::Maintenance;
use vocdb::alarm::event::{MaintenanceWindow, Recurrence};
use vocdb::base::escape::Line;
use vocdb::{AlarmLog, Timestamp};

/// Plan a maintenance window: alarms keep their state, nobody is notified
#[derive(Debug, Args)]
pub(super) struct Maintain {
    /// The store's folder
    store: PathBuf,
    /// The stations, or the scope of a rule with a quorum: a name or a glob such as 'park/*'
    #[arg(long, value_name = "GLOB", value_parser = values::line)]
    stations: String,
    /// Only of this rule
    #[arg(long)]
    rule: Option<String>,
    /// The begin: RFC 3339, or a date (midnight, UTC)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    from: Timestamp,
    /// The end: RFC 3339, or a date (midnight, UTC)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    to: Timestamp,
    /// Again every day, or every week, at the same local times
    #[arg(long, value_enum)]
    every: Option<Every>,
    /// The time zone of these: America/Denver [default: UTC]
    #[arg(long, default_value = "", hide_default_value = true)]
    zone: String,
    /// Not again from here on: RFC 3339, or a date (midnight, UTC)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    until: Option<Timestamp>,
    /// Who plans it
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = values::line)]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Every {
    Day,
    Week,
}

/// List the maintenance windows that are planned or under way
#[derive(Debug, Args)]
pub(super) struct List {
    /// The store's folder
    store: PathBuf,
}

/// End a maintenance window for good
#[derive(Debug, Args)]
pub(super) struct Cancel {
    /// The store's folder
    store: PathBuf,
    /// The window's number
    number: u64,
    #[command(flatten)]
    said: Said,
}

#[derive(Serialize)]
pub(super) struct MaintenanceView<'a> {
    number: u64,
    is_on: bool,
    rule: Option<&'a str>,
    stations: &'a str,
    from: String,
    to: String,
    every: Option<&'static str>,
    zone: &'a str,
    until: Option<String>,
    by: &'a str,
    reason: &'a str,
}

impl<'a> MaintenanceView<'a> {
    pub(super) fn of(one: &'a Maintenance) -> Self {
        let window = &one.planned.window;
        let (from, to) = window.span(one.occurrence).unwrap_or((window.from, window.to));
        let every = window.recurrence.map(|recurrence| match recurrence {
            Recurrence::Daily => "day",
            Recurrence::Weekly => "week",
        });
        Self {
            number: one.planned.number,
            is_on: one.is_on,
            rule: window.rule.as_deref(),
            stations: &window.stations,
            from: from.to_string(),
            to: to.to_string(),
            every,
            zone: if window.zone.is_empty() { "UTC" } else { &window.zone },
            until: window.until.map(|until| until.to_string()),
            by: &one.planned.by,
            reason: &one.planned.reason,
        }
    }
}

impl Maintain {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let recurrence = self.every.map(|every| match every {
            Every::Day => Recurrence::Daily,
            Every::Week => Recurrence::Weekly,
        });
        let (rule, stations, zone) = (self.rule.clone(), self.stations.clone(), self.zone.clone());
        let (from, to, until) = (self.from, self.to, self.until);
        let window = MaintenanceWindow { rule, stations, from, to, recurrence, zone, until };
        let db = store::open_at_host_time(&self.store)?;
        let number = db.plan_maintenance(window, &self.by, &self.reason).map_err(Failure::from_error)?;
        let planned = db.maintenance();
        db.close().map_err(Failure::from_error)?;
        let one = planned.iter().find(|one| one.planned.number == number);
        one.map_or(Ok(()), |one| output.either(&MaintenanceView::of(one), || format!("{one}\n")))
    }
}

impl List {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        let windows = AlarmLog::open(&self.store).map_err(Failure::from_error)?.maintenance();
        windows.iter().try_for_each(|one| output.either(&MaintenanceView::of(one), || format!("{one}\n")))
    }
}

impl Cancel {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let Said { by, comment } = &self.said;
        let db = store::open_at_host_time(&self.store)?;
        db.cancel_maintenance(self.number, by, comment).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let object = serde_json::json!({ "done": "cancelled", "number": self.number, "by": by, "comment": comment });
        output.either(&object, || format!("maintenance {} is cancelled by {}\n", self.number, Line(by)))
    }
}
