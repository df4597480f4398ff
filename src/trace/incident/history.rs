//! The timeline of a case: its alarms, who was notified and how that went, and what people did.

use super::record::{Finding, IncidentStep, Outcome, Rectification, Step, Suspect};
use super::state::Incident;
use crate::alarm::event::{AlarmEvent, AlarmId};
use crate::base::escape::Line;
use crate::trace::timeline::{TimelineEntry, timeline};

/// Everything that happened to a case, oldest first: openings, notifications and their delivery, acknowledgements and closings of its alarms,
/// and the steps of the case. Events of alarms have event time where something was measured, and host time otherwise. Entries of one time
/// are in the order alarm, deadline, step.
#[must_use]
pub fn history(incident: &Incident, events: &[AlarmEvent]) -> Vec<TimelineEntry> {
    let deadlines = incident.overdue.iter().map(|overdue| overdue.alarm);
    let alarms = incident.alarms.iter().copied().chain(deadlines);
    let mut entries: Vec<TimelineEntry> = alarms.flat_map(|alarm| of_alarm(alarm, events)).collect();
    let opened = &incident.opened;
    let reason = remark(&opened.reason);
    let how = match opened.group {
        Some(_) => "opened from its alarms",
        None => "opened",
    };
    let what = format!("incident {how} by {}{reason}; deadline {}", opened.by, opened.due);
    entries.push(TimelineEntry { at: opened.at, what: Line(what).to_string() });
    for overdue in &incident.overdue {
        let what = format!("deadline of {} passed without a named site: alarm {} opened", overdue.due, overdue.alarm);
        entries.push(TimelineEntry { at: overdue.at, what });
    }
    entries.extend(incident.steps.iter().map(entry));
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn of_alarm(alarm: AlarmId, events: &[AlarmEvent]) -> impl Iterator<Item = TimelineEntry> {
    let entries = timeline(events, alarm).into_iter();
    entries.map(move |entry| TimelineEntry { at: entry.at, what: format!("alarm {alarm} {}", entry.what) })
}

fn entry(record: &IncidentStep) -> TimelineEntry {
    let IncidentStep { step, by, comment, at, .. } = record;
    let what = format!("{} by {by}{}", words(step), remark(comment));
    TimelineEntry { at: *at, what: Line(what).to_string() }
}

fn remark(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn at_site(site: Option<&String>) -> String {
    site.map_or_else(String::new, |site| format!(" at {site}"))
}

fn words(step: &Step) -> String {
    match step {
        Step::Suspected(Suspect { site, probability, .. }) => {
            let share = probability.map_or_else(String::new, |share| {
                // Thousandths are more than such a share is good for.
                format!(" (probability {})", (share * 1_000.0).round() / 1_000.0)
            });
            format!("{site}{share} suspected")
        }
        Step::Found(Finding { text, site, found_by, .. }) => {
            let finder = found_by.as_ref().map_or_else(String::new, |finder| format!(" by {finder}"));
            format!("finding{}{finder} \"{text}\" recorded", at_site(site.as_ref()))
        }
        Step::Rectified(Rectification { text, rectified_by, rectified_on, site }) => {
            let at = at_site(site.as_ref());
            format!("rectification{at} on {rectified_on} by {rectified_by} \"{text}\" recorded")
        }
        Step::Closed(outcome) => format!("closed ({})", outcome_words(outcome)),
        Step::Reopened { .. } => "reopened".to_owned(),
        Step::Commented => "comment".to_owned(),
        Step::AlarmAdded { alarm } => format!("alarm {alarm} added to the case"),
    }
}

/// The outcome in words, for a line.
fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Violation { kind, site, penalty, rectified_on } => {
            let penalty = penalty.as_ref().map_or_else(String::new, |penalty| format!(", penalty {penalty}"));
            let on = rectified_on.as_ref().map_or_else(String::new, |date| format!(", rectified on {date}"));
            format!("violation: {kind}{}{penalty}{on}", at_site(site.as_ref()))
        }
        Outcome::NoViolation => "no violation".to_owned(),
        Outcome::SourceNotFound => "source not found".to_owned(),
    }
}
