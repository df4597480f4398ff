//! `vocdb alarms amendments`: what late data would have changed.

use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::PrintedZone;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::alarm::event::{ActiveSpan, Amendment};
use vocdb::base::escape::Line;
use vocdb::verdict::Evidence;
use vocdb::{AlarmEvent, AlarmLog};

/// List amendments: what late data would have changed, such as alarms that were missed or would have been shorter or longer
#[derive(Debug, Args)]
pub(super) struct Amendments {
    /// Folder of the store
    store: PathBuf,
    /// List only amendments of this rule
    #[arg(long)]
    rule: Option<String>,
    #[command(flatten)]
    zone: PrintedZone,
}

/// An amendment, with times as text.
#[derive(Debug, Serialize)]
struct AmendmentView<'a> {
    amendment: u64,
    recorded_at: String,
    rule: &'a str,
    scope: &'a str,
    what: String,
    from: String,
    to: String,
    recorded: Vec<SpanView>,
    would_be: Vec<SpanView>,
    title: &'a str,
    evidence: &'a [Evidence],
    rule_set: String,
    place: String,
}

#[derive(Debug, Serialize)]
struct SpanView {
    alarm: Option<u64>,
    begin: String,
    end: Option<String>,
}

impl SpanView {
    fn of(span: &ActiveSpan) -> Self {
        let ActiveSpan { alarm, begin, end } = span;
        Self { alarm: alarm.map(|alarm| alarm.0), begin: begin.to_string(), end: end.map(|end| end.to_string()) }
    }
}

impl<'a> AmendmentView<'a> {
    fn of(amendment: &'a Amendment) -> Self {
        Self {
            amendment: amendment.number,
            recorded_at: amendment.recorded_at.to_string(),
            rule: &amendment.rule,
            scope: &amendment.scope_key,
            what: amendment.words(),
            from: amendment.from.to_string(),
            to: amendment.to.to_string(),
            recorded: amendment.recorded.iter().map(SpanView::of).collect(),
            would_be: amendment.would_be.iter().map(SpanView::of).collect(),
            title: &amendment.title,
            evidence: &amendment.evidence,
            rule_set: amendment.rule_set.to_string(),
            place: amendment.place.to_string(),
        }
    }

    fn line(&self) -> String {
        let Self { amendment, recorded_at, rule, scope, what, title, .. } = self;
        let title = if title.is_empty() { String::new() } else { format!(": {}", Line(title)) };
        let (rule, scope) = (Line(rule), Line(scope));
        format!("{amendment} {recorded_at} `{rule}` at `{scope}` {what}{title}\n")
    }
}

impl Amendments {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        store::check(&self.store)?;
        let log = AlarmLog::open(&self.store).map_err(Failure::from_error)?;
        let mut is_empty = true;
        for event in log.events() {
            let AlarmEvent::Amended(amendment) = event else { continue };
            if self.rule.as_ref().is_none_or(|rule| *rule == amendment.rule) {
                let view = AmendmentView::of(amendment);
                output.either(&view, || view.line())?;
                is_empty = false;
            }
        }
        let none = if self.rule.is_some() { "no amendment matches\n" } else { "no amendments are recorded\n" };
        if is_empty && !output.is_json() { output.text(none) } else { Ok(()) }
    }
}
