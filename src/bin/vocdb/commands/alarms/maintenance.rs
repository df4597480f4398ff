//! `vocdb alarms maintain`, `maintenance` and `cancel-maintenance`: planned times without notifications.

use super::operate::Said;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment, PrintedZone};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;
use vocdb::AlarmLog;
use vocdb::alarm::Maintenance;
use vocdb::alarm::event::{MaintenanceWindow, Recurrence};
use vocdb::base::escape::Line;
use vocdb::model::Zone;

/// Plan a maintenance window, in which alarms open and close but notify nobody
#[derive(Debug, Args)]
pub(super) struct Maintain {
    /// Folder of the store
    store: PathBuf,
    /// Stations, or the scope of a rule with a quorum: a name or a glob such as 'park/*'
    #[arg(long, value_name = "GLOB", value_parser = values::line)]
    stations: String,
    /// Limit the window to this rule
    #[arg(long)]
    rule: Option<String>,
    /// Start: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    from: Moment,
    /// End: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    to: Moment,
    /// Repeat the window every day or every week at the same local time
    #[arg(long, value_enum)]
    every: Option<Every>,
    /// Time zone of the repeats, of printed times, and of times without an offset: America/Denver [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// End of the repeats: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    until: Option<Moment>,
    /// Author of the plan
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason for the maintenance
    #[arg(long, alias = "why", value_name = "TEXT", value_parser = values::line)]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Every {
    Day,
    Week,
}

/// List maintenance windows that are planned or in progress
#[derive(Debug, Args)]
pub(super) struct List {
    /// Folder of the store
    store: PathBuf,
    #[command(flatten)]
    zone: PrintedZone,
}

/// Cancel a maintenance window and its repeats
#[derive(Debug, Args)]
pub(super) struct Cancel {
    /// Folder of the store
    store: PathBuf,
    /// Number of the window
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
        let zone = self.zone.as_ref();
        let (from, to) = (self.from.resolve(zone)?, self.to.resolve(zone)?);
        let until = self.until.as_ref().map(|until| until.resolve(zone)).transpose()?;
        let (rule, stations) = (self.rule.clone(), self.stations.clone());
        let zone = zone.map_or_else(String::new, ToString::to_string);
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
        if windows.is_empty() && !output.is_json() {
            return output.text("no maintenance is planned or in progress\n");
        }
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
