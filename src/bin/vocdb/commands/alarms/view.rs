//! Printed forms of alarms.

use serde::Serialize;
use std::fmt::Write;
use vocdb::alarm::AlarmRecord;
use vocdb::alarm::event::Acknowledged;
use vocdb::alarm::report::{Explanation, Told, Transition};
use vocdb::base::escape::Line;
use vocdb::verdict::Evidence;

/// An alarm and its state.
#[derive(Serialize)]
pub(super) struct AlarmView {
    alarm: u64,
    rule: String,
    scope: String,
    stations: Vec<String>,
    title: String,
    guidance: String,
    priority: &'static str,
    priority_max: &'static str,
    states: Vec<&'static str>,
    since: String,
    opened_at: String,
    recorded_at: String,
    timing: &'static str,
    closed_at: Option<String>,
    close_reason: Option<&'static str>,
    acknowledged_by: Option<String>,
    acknowledgements: Vec<AcknowledgementView>,
    owner: Option<String>,
    group: Option<u64>,
    next: Option<String>,
}

#[derive(Serialize)]
struct AcknowledgementView {
    by: String,
    comment: String,
    at: String,
    expires_at: Option<String>,
}

/// An alarm and its history.
#[derive(Serialize)]
pub(super) struct Transitions {
    #[serde(flatten)]
    pub(super) alarm: AlarmView,
    pub(super) transitions: Vec<TransitionView>,
}

#[derive(Serialize)]
pub(super) struct TransitionView {
    pub(super) at: String,
    pub(super) what: String,
}

/// The cause and the history of an alarm.
#[derive(Serialize)]
pub(super) struct ExplanationView {
    alarm: u64,
    rule: String,
    scope: String,
    title: String,
    guidance: String,
    priority: &'static str,
    since: String,
    opened_at: String,
    recorded_at: String,
    timing: &'static str,
    is_open: bool,
    rule_set: String,
    place: String,
    unit: String,
    evidence: Vec<Evidence>,
    fault: Option<String>,
    watermark: Option<String>,
    transitions: Vec<TransitionView>,
    told: Vec<ToldView>,
}

#[derive(Serialize)]
struct ToldView {
    contact: String,
    way: String,
    subject: String,
    repeat: u32,
    retrips: u32,
    written_at: String,
    attempts: Vec<TransitionView>,
}

impl AlarmView {
    pub(super) fn of(record: &AlarmRecord) -> Self {
        let (alarm, opened) = (&record.alarm, &record.alarm.opened);
        Self {
            alarm: opened.alarm.0,
            rule: opened.rule.clone(),
            scope: opened.scope_key.clone(),
            stations: record.stations().into_iter().map(str::to_owned).collect(),
            title: opened.title.clone(),
            guidance: opened.guidance.clone(),
            priority: alarm.priority.name(),
            priority_max: alarm.priority_max.name(),
            states: record.states(),
            since: opened.since.to_string(),
            opened_at: opened.opened_at.to_string(),
            recorded_at: opened.recorded_at.to_string(),
            timing: opened.timing.name(),
            closed_at: record.closed.as_ref().map(|closed| closed.closed_at.to_string()),
            close_reason: record.closed.as_ref().map(|closed| closed.reason.words()),
            acknowledged_by: alarm.acknowledged.as_ref().map(|by| by.by.clone()),
            acknowledgements: alarm.acknowledgements.iter().map(AcknowledgementView::of).collect(),
            owner: alarm.owner.clone(),
            group: alarm.group.map(|group| group.0),
            next: record.next.as_ref().map(ToString::to_string),
        }
    }

    /// One line of a list.
    pub(super) fn line(&self) -> String {
        let Self { alarm, opened_at, priority, rule, scope, title, .. } = self;
        let (rule, scope, title, states) = (Line(rule), Line(scope), Line(title), self.states.join(", "));
        format!("#{alarm} {opened_at} {priority} `{rule}` at `{scope}` ({states}): {title}\n")
    }

    /// The whole text about an alarm.
    pub(super) fn text(&self) -> String {
        let mut text = self.line();
        for line in self.guidance.lines() {
            let _ = writeln!(text, "  to do: {}", Line(line));
        }
        for (what, value) in [("acknowledged by", &self.acknowledged_by), ("owner", &self.owner), ("next", &self.next)]
        {
            if let Some(value) = value {
                let _ = writeln!(text, "  {what}: {}", Line(value));
            }
        }
        text
    }
}

impl AcknowledgementView {
    fn of(one: &Acknowledged) -> Self {
        let (by, comment) = (one.by.clone(), one.comment.clone());
        Self { by, comment, at: one.at.to_string(), expires_at: one.expires_at.map(|at| at.to_string()) }
    }
}

impl Transitions {
    pub(super) fn of(alarm: AlarmView, explanation: Option<Explanation>) -> Self {
        let transitions = explanation.map_or_else(Vec::new, |explanation| explanation.transitions);
        Self { alarm, transitions: transitions.iter().map(TransitionView::of).collect() }
    }
}

impl TransitionView {
    fn of(transition: &Transition) -> Self {
        Self { at: transition.at.to_string(), what: transition.what.clone() }
    }
}

impl ExplanationView {
    pub(super) fn of(explanation: &Explanation) -> Self {
        let opened = &explanation.opened;
        Self {
            alarm: opened.alarm.0,
            rule: opened.rule.clone(),
            scope: opened.scope_key.clone(),
            title: opened.title.clone(),
            guidance: opened.guidance.clone(),
            priority: explanation.priority.name(),
            since: opened.since.to_string(),
            opened_at: opened.opened_at.to_string(),
            recorded_at: opened.recorded_at.to_string(),
            timing: opened.timing.name(),
            is_open: explanation.is_open,
            rule_set: opened.rule_set.to_string(),
            place: opened.place.to_string(),
            unit: opened.unit.clone(),
            evidence: opened.evidence.clone(),
            fault: opened.fault.clone(),
            watermark: opened.watermark.map(|watermark| watermark.to_string()),
            transitions: explanation.transitions.iter().map(TransitionView::of).collect(),
            told: explanation.told.iter().map(ToldView::of).collect(),
        }
    }
}

impl ToldView {
    fn of(told: &Told) -> Self {
        let attempt =
            |(at, what): &(vocdb::Timestamp, String)| TransitionView { at: at.to_string(), what: what.clone() };
        Self {
            contact: told.contact.clone(),
            way: told.way.clone(),
            subject: told.subject.to_string(),
            repeat: told.repeat,
            retrips: told.retrips,
            written_at: told.written_at.to_string(),
            attempts: told.attempts.iter().map(attempt).collect(),
        }
    }
}
