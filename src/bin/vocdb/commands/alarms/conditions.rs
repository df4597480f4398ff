//! `vocdb alarms conditions`: every rule over every scope, and what is shelved or out of service.

use super::maintenance::MaintenanceView;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use vocdb::AlarmLog;
use vocdb::alarm::event::Shelving;
use vocdb::alarm::report::ConditionRecord;
use vocdb::alarm::{Shelved, Standing};
use vocdb::base::escape::Line;

/// List every rule over every station or scope: its condition, and whether it is shelved, suppressed or out of service, until when, by whom and
/// why
///
/// Conditions are as of the newest record of them. Rules that are silent are listed without an open alarm too, and where no rule in force
/// covers the scope any more.
#[derive(Debug, Args)]
pub(super) struct Conditions {
    /// The store's folder
    store: PathBuf,
    /// Only those of which nobody is notified
    #[arg(long)]
    silent: bool,
    /// Only those of this rule
    #[arg(long)]
    rule: Option<String>,
    /// Only those of this station, or with this scope
    #[arg(long)]
    scope: Option<String>,
}

#[derive(Serialize)]
struct ConditionView<'a> {
    rule: &'a str,
    scope: &'a str,
    condition: &'static str,
    alarm: Option<u64>,
    priority: Option<&'static str>,
    place: Option<String>,
    shelved: Option<StandingView<'a>>,
    out_of_service: Option<StandingView<'a>>,
    suppressed_by: Option<&'a str>,
    maintenance: Vec<MaintenanceView<'a>>,
}

#[derive(Serialize)]
struct StandingView<'a> {
    until: Option<String>,
    is_until_normal: bool,
    by: &'a str,
    comment: &'a str,
    since: String,
}

impl<'a> StandingView<'a> {
    fn of(Standing { by, comment, at }: &'a Standing) -> Self {
        Self { until: None, is_until_normal: false, by, comment, since: at.to_string() }
    }

    fn of_shelving(Shelved { shelving, standing }: &'a Shelved) -> Self {
        let view = Self::of(standing);
        match shelving {
            Shelving::Until(until) => Self { until: Some(until.to_string()), ..view },
            Shelving::UntilNormal => Self { is_until_normal: true, ..view },
        }
    }
}

impl<'a> ConditionView<'a> {
    fn of(record: &'a ConditionRecord) -> Self {
        let silence = record.silence.as_ref();
        Self {
            rule: &record.key.rule,
            scope: &record.key.scope_key,
            condition: record.condition.name(),
            alarm: record.alarm.map(|alarm| alarm.0),
            priority: record.rule.as_ref().map(|(priority, _)| priority.name()),
            place: record.rule.as_ref().map(|(_, place)| place.to_string()),
            shelved: silence.and_then(|silence| silence.shelved.as_ref()).map(StandingView::of_shelving),
            out_of_service: silence.and_then(|silence| silence.out_of_service.as_ref()).map(StandingView::of),
            suppressed_by: silence.and_then(|silence| silence.suppressed.as_deref()),
            maintenance: record.maintenance.iter().map(MaintenanceView::of).collect(),
        }
    }
}

impl Conditions {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        let (records, note) = AlarmLog::conditions(&self.store).map_err(Failure::from_error)?;
        if let Some(note) = note {
            let _ = writeln!(std::io::stderr().lock(), "warning: {}", Line(note));
        }
        for record in records.iter().filter(|record| self.wants(record)) {
            output.either(&ConditionView::of(record), || format!("{record}\n"))?;
        }
        Ok(())
    }

    fn wants(&self, record: &ConditionRecord) -> bool {
        (!self.silent || record.silence.is_some() || !record.maintenance.is_empty())
            && self.rule.as_ref().is_none_or(|rule| *rule == record.key.rule)
            && self.scope.as_ref().is_none_or(|scope| *scope == record.key.scope_key)
    }
}
