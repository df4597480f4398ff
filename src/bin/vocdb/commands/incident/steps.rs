//! Steps of an incident, which open the store for writing.

use super::view::IncidentView;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use vocdb::model::Zone;
use vocdb::trace::incident::{self, CalendarDate, Factor, IncidentId, Outcome, Penalty, Step};
use vocdb::{AlarmId, Interval, Timestamp};

/// The incident of a step.
#[derive(Debug, Args)]
struct Of {
    /// Folder of the store
    store: PathBuf,
    /// Number of the incident
    incident: u64,
    /// Author
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
}

impl Of {
    fn record(&self, step: Step, comment: &str, output: &mut Output) -> Result<(), Failure> {
        let id = IncidentId(self.incident);
        let db = store::open_without_rules(&self.store)?;
        db.step_incident(id, step, &self.by, comment).map_err(Failure::from_error)?;
        let incident = db.incident(id).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let view = IncidentView::of(&incident);
        output.either(&view, || view.text())
    }
}

/// A comment that may be left out.
#[derive(Debug, Args)]
struct Remark {
    /// Comment, recorded with the step
    #[arg(long, aliases = ["reason", "why"], value_name = "TEXT", default_value = "", value_parser = values::remark)]
    comment: String,
}

/// Add an alarm of another alarm group to an open incident
///
/// Alarms that join the alarm group of the incident belong to it by themselves. An alarm belongs to at most one open incident.
#[derive(Debug, Args)]
pub(super) struct AddAlarm {
    #[command(flatten)]
    of: Of,
    /// Number of the alarm
    #[arg(long, value_name = "NUMBER")]
    alarm: u64,
    #[command(flatten)]
    remark: Remark,
}

/// Name a site that may be the source, which meets the deadline
///
/// A suspect of the same name replaces the earlier one; both records stay in the ledger.
#[derive(Debug, Args)]
pub(super) struct Suspect {
    #[command(flatten)]
    of: Of,
    /// Name of the site
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    site: String,
    /// Probability that it is the source, 0 to 1
    #[arg(long, value_name = "SHARE")]
    probability: Option<f64>,
    /// Factor behind the probability: fingerprint=0.97, or fingerprint=0.97:five species; repeat it for several
    #[arg(long = "factor", value_name = "NAME=VALUE[:TEXT]", value_parser = factor)]
    factors: Vec<Factor>,
    #[command(flatten)]
    remark: Remark,
}

/// Parses a factor such as `fingerprint=0.97:five species`, or `evidence=:standby started late`.
fn factor(text: &str) -> Result<Factor, String> {
    let wrong = || "write NAME=VALUE, or NAME=VALUE:TEXT, such as fingerprint=0.97:five species".to_owned();
    let (name, rest) = text.split_once('=').ok_or_else(wrong)?;
    let (value, words) = rest.split_once(':').unwrap_or((rest, ""));
    let value =
        if value.is_empty() { None } else { Some(value.parse().map_err(|_: std::num::ParseFloatError| wrong())?) };
    Ok(Factor { name: values::line(name)?, value, text: words.to_owned() })
}

/// Record a finding; one that names a site meets the deadline
#[derive(Debug, Args)]
pub(super) struct Find {
    #[command(flatten)]
    of: Of,
    /// Description of the finding
    #[arg(long, value_name = "TEXT", value_parser = values::line)]
    text: String,
    /// Site that the finding is about
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    site: Option<String>,
    /// Person who found it [default: the author]
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    found_by: Option<String>,
    /// Time of the finding: RFC 3339, or a date (midnight UTC, or in --zone) [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    found_at: Option<Moment>,
    #[command(flatten)]
    remark: Remark,
}

/// Record that a cause was removed
#[derive(Debug, Args)]
pub(super) struct Rectify {
    #[command(flatten)]
    of: Of,
    /// Description of the work
    #[arg(long, value_name = "TEXT", value_parser = values::line)]
    text: String,
    /// Person or company that did the work
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    rectified_by: String,
    /// Day of the work: 2026-03-15
    #[arg(long, value_name = "DATE", value_parser = date)]
    rectified_on: CalendarDate,
    /// Site of the work
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    site: Option<String>,
    #[command(flatten)]
    remark: Remark,
}

/// Record a comment, also in a closed incident
#[derive(Debug, Args)]
pub(super) struct Comment {
    #[command(flatten)]
    of: Of,
    /// Comment
    #[arg(long, value_name = "TEXT", value_parser = values::line)]
    comment: String,
}

/// Close an incident with its outcome
#[derive(Debug, Args)]
pub(super) struct Close {
    #[command(flatten)]
    of: Of,
    /// Outcome of the incident
    #[arg(long, value_enum)]
    outcome: Ending,
    /// Kind of the violation
    #[arg(long, value_name = "TEXT", value_parser = values::line, required_if_eq("outcome", "violation"))]
    kind: Option<String>,
    /// Site of the violation
    #[arg(long, value_name = "NAME", value_parser = values::line)]
    site: Option<String>,
    /// Penalty, an amount and a currency: '50000 CNY'
    #[arg(long, value_name = "AMOUNT", value_parser = penalty)]
    penalty: Option<Penalty>,
    /// Day on which the cause was removed: 2026-03-15
    #[arg(long, value_name = "DATE", value_parser = date)]
    rectified_on: Option<CalendarDate>,
    #[command(flatten)]
    remark: Remark,
}

/// Open a closed incident again, with a new deadline
#[derive(Debug, Args)]
pub(super) struct Reopen {
    #[command(flatten)]
    of: Of,
    /// Time until the new deadline: 24h, 2d
    #[arg(long, value_name = "LENGTH", value_parser = values::interval, default_value = "24h")]
    deadline: Interval,
    /// Reason for the reopening
    #[arg(long, aliases = ["comment", "why"], value_name = "TEXT", value_parser = values::line)]
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ending {
    Violation,
    NoViolation,
    SourceNotFound,
}

fn date(text: &str) -> Result<CalendarDate, String> {
    text.parse().map_err(|_: vocdb::model::ModelError| format!("`{text}` is not a date; write 2026-03-15"))
}

/// Parses an amount such as `50000 CNY`.
fn penalty(text: &str) -> Result<Penalty, String> {
    let wrong = || "write an amount and a currency, such as '50000 CNY'".to_owned();
    let (amount, currency) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let amount = amount.parse().map_err(|_: std::num::ParseFloatError| wrong())?;
    Ok(Penalty { amount, currency: currency.trim().to_owned() })
}

impl AddAlarm {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let alarm = AlarmId(self.alarm);
        self.of.record(Step::AlarmAdded { alarm }, &self.remark.comment, output)
    }
}

impl Suspect {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let (site, probability, factors) = (self.site.clone(), self.probability, self.factors.clone());
        let suspect = incident::Suspect { site, probability, factors };
        self.of.record(Step::Suspected(suspect), &self.remark.comment, output)
    }
}

impl Find {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let found_at: Option<Timestamp> =
            self.found_at.as_ref().map(|moment| moment.resolve(self.of.zone.as_ref())).transpose()?;
        let (text, site, found_by) = (self.text.clone(), self.site.clone(), self.found_by.clone());
        let finding = incident::Finding { text, site, found_by, found_at };
        self.of.record(Step::Found(finding), &self.remark.comment, output)
    }
}

impl Rectify {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let rectification = incident::Rectification {
            text: self.text.clone(),
            rectified_by: self.rectified_by.clone(),
            rectified_on: self.rectified_on.clone(),
            site: self.site.clone(),
        };
        self.of.record(Step::Rectified(rectification), &self.remark.comment, output)
    }
}

impl Comment {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        self.of.record(Step::Commented, &self.comment, output)
    }
}

impl Close {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        self.of.record(Step::Closed(self.outcome()?), &self.remark.comment, output)
    }

    fn outcome(&self) -> Result<Outcome, Failure> {
        let has_more =
            self.kind.is_some() || self.site.is_some() || self.penalty.is_some() || self.rectified_on.is_some();
        if self.outcome != Ending::Violation && has_more {
            let text = "--kind, --site, --penalty and --rectified-on are only for --outcome violation; leave them out";
            return Err(Failure::Says(text.to_owned()));
        }
        Ok(match self.outcome {
            Ending::NoViolation => Outcome::NoViolation,
            Ending::SourceNotFound => Outcome::SourceNotFound,
            Ending::Violation => Outcome::Violation {
                kind: self.kind.clone().unwrap_or_default(),
                site: self.site.clone(),
                penalty: self.penalty.clone(),
                rectified_on: self.rectified_on.clone(),
            },
        })
    }
}

impl Reopen {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        self.of.record(Step::Reopened { allowed_ms: self.deadline.as_ms() }, &self.reason, output)
    }
}
