//! Operator actions `ack`, `shelve` and `unshelve`, which open the store for writing.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::{ArgGroup, Args};
use serde::Serialize;
use std::path::PathBuf;
use vocdb::alarm::AlarmKey;
use vocdb::alarm::event::Shelving;
use vocdb::base::clock::{Clock, SystemClock};
use vocdb::base::escape::Line;
use vocdb::model::Zone;
use vocdb::{AlarmId, Interval, Timestamp};

/// The author and the comment of an action.
#[derive(Debug, Args)]
pub(super) struct Said {
    /// Author of the action
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    pub(super) by: String,
    /// Comment, recorded with the action
    #[arg(long, aliases = ["reason", "why"], value_name = "TEXT", default_value = "", value_parser = values::remark)]
    pub(super) comment: String,
}

/// Acknowledge an open alarm, which stops the later steps of its chain
#[derive(Debug, Args)]
pub(super) struct Ack {
    /// Folder of the store
    store: PathBuf,
    /// Number of the alarm
    alarm: u64,
    /// Length of the acknowledgement; if the alarm is still open afterwards, it becomes unacknowledged
    #[arg(long = "for", value_name = "LENGTH", value_parser = values::interval)]
    length: Option<Interval>,
    #[command(flatten)]
    said: Said,
}

/// Shelve a rule at a station or scope: it is still evaluated, but notifies nobody
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("how_long").required(true))]
pub(super) struct Shelve {
    /// Folder of the store
    store: PathBuf,
    /// Name of the rule
    #[arg(long)]
    rule: String,
    /// Station, or the scope of a rule with a quorum
    #[arg(long)]
    scope: String,
    /// Length of the shelving: 30m, 8h, 2d
    #[arg(long = "for", value_name = "LENGTH", value_parser = values::interval, group = "how_long")]
    length: Option<Interval>,
    /// End of the shelving: RFC 3339, or a date (midnight UTC, or in --zone)
    #[arg(long, value_name = "TIME", value_parser = values::moment, group = "how_long")]
    until: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Shelve until the alarm next clears
    #[arg(long, group = "how_long")]
    until_normal: bool,
    #[command(flatten)]
    said: Said,
}

/// End a shelving early
#[derive(Debug, Args)]
pub(super) struct Unshelve {
    /// Folder of the store
    store: PathBuf,
    /// Name of the rule
    #[arg(long)]
    rule: String,
    /// Station, or the scope of a rule with a quorum
    #[arg(long)]
    scope: String,
    #[command(flatten)]
    said: Said,
}

/// The result of an action.
#[derive(Serialize)]
struct Operated {
    done: &'static str,
    alarm: Option<u64>,
    rule: Option<String>,
    scope: Option<String>,
    by: String,
    comment: String,
}

impl Ack {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let Said { by, comment } = &self.said;
        let db = store::open_without_rules(&self.store)?;
        let acknowledged = match self.length {
            Some(length) => db.acknowledge_for(AlarmId(self.alarm), length, by, comment),
            None => db.acknowledge(AlarmId(self.alarm), by, comment),
        };
        acknowledged.map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let done = Operated {
            done: "acknowledged",
            alarm: Some(self.alarm),
            rule: None,
            scope: None,
            by: by.clone(),
            comment: comment.clone(),
        };
        output.either(&done, || format!("alarm #{} is acknowledged by {}\n", self.alarm, Line(by)))
    }
}

impl Shelve {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let Said { by, comment } = &self.said;
        let from_now = self.length.map(|length| Timestamp::from_ms(SystemClock.now_ms()).plus_ms(length.as_ms()));
        let until = self.until.as_ref().map(|until| until.resolve(self.zone.as_ref())).transpose()?;
        let shelving = until.or(from_now).map_or(Shelving::UntilNormal, Shelving::Until);
        let key = AlarmKey::new(self.rule.as_str(), self.scope.as_str());
        let db = store::open_at_host_time(&self.store)?;
        db.shelve(&key, shelving, by, comment).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let until = match shelving {
            Shelving::Until(until) => until.to_string(),
            Shelving::UntilNormal => "normal".to_owned(),
        };
        output.either(&Operated::of("shelved", &key, &self.said), || {
            format!("{key} is shelved by {} until {until}\n", Line(by))
        })
    }
}

impl Unshelve {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let Said { by, comment } = &self.said;
        let key = AlarmKey::new(self.rule.as_str(), self.scope.as_str());
        let db = store::open_without_rules(&self.store)?;
        db.unshelve(&key, by, comment).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        output.either(&Operated::of("unshelved", &key, &self.said), || format!("{key} is unshelved by {}\n", Line(by)))
    }
}

impl Operated {
    fn of(done: &'static str, key: &AlarmKey, said: &Said) -> Self {
        let (rule, scope) = (Some(key.rule.clone()), Some(key.scope_key.clone()));
        Self { done, alarm: None, rule, scope, by: said.by.clone(), comment: said.comment.clone() }
    }
}
