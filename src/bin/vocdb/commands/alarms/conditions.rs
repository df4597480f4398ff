//! `vocdb alarms conditions`: lists every rule over every scope, and what is shelved or out of service.

use super::maintenance::MaintenanceView;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::PrintedZone;
use crate::zoned::localized;
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use vocdb::AlarmLog;
use vocdb::alarm::event::Shelving;
use vocdb::alarm::report::ConditionRecord;
use vocdb::alarm::{Shelved, Standing};
use vocdb::base::escape::Line;

/// List the condition of every rule at every station or scope, and what is shelved, suppressed or out of service
///
/// For each silence, prints the end, the author and the comment. Conditions are those of the newest record. Silenced rules are listed
/// even without an open alarm, and even if no rule in force covers their scope any more.
#[derive(Debug, Args)]
pub(super) struct Conditions {
    /// Folder of the store
    store: PathBuf,
    /// List only silenced conditions, which notify nobody
    #[arg(long)]
    silent: bool,
    /// List only conditions of this rule
    #[arg(long)]
    rule: Option<String>,
    /// List only conditions of this station or scope
    #[arg(long)]
    scope: Option<String>,
    #[command(flatten)]
    zone: PrintedZone,
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
            let _ = writeln!(std::io::stderr().lock(), "warning: {}", Line(localized(&note)));
        }
        let mut is_empty = true;
        for record in records.iter().filter(|record| self.wants(record)) {
            output.either(&ConditionView::of(record), || format!("{record}\n"))?;
            is_empty = false;
        }
        let none = match records.is_empty() {
            true => "no rule is in force, and nothing is silenced\n",
            false => "no condition matches\n",
        };
        if is_empty && !output.is_json() { output.text(none) } else { Ok(()) }
    }

    fn wants(&self, record: &ConditionRecord) -> bool {
        (!self.silent || record.silence.is_some() || !record.maintenance.is_empty())
            && self.rule.as_ref().is_none_or(|rule| *rule == record.key.rule)
            && self.scope.as_ref().is_none_or(|scope| *scope == record.key.scope_key)
    }
}
