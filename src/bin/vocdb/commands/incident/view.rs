//! Printed forms of incidents.

use serde::Serialize;
use std::fmt::Write;
use vocdb::AlarmId;
use vocdb::alarm::report::Told;
use vocdb::base::escape::Line;
use vocdb::trace::TimelineEntry;
use vocdb::trace::incident::{Factor, Incident, Outcome, Penalty};

/// An incident and its state.
#[derive(Serialize)]
pub(super) struct IncidentView<'a> {
    incident: u64,
    title: &'a str,
    state: &'static str,
    group: Option<u64>,
    alarms: Vec<u64>,
    stations: &'a [String],
    from: String,
    to: Option<String>,
    opened_at: String,
    opened_by: &'a str,
    reason: &'a str,
    due: String,
    chain: &'a str,
    overdue_alarm: Option<u64>,
    located_at: Option<String>,
    suspects: Vec<SuspectView<'a>>,
    findings: Vec<FindingView<'a>>,
    rectifications: Vec<RectificationView<'a>>,
    outcome: Option<OutcomeView<'a>>,
}

#[derive(Serialize)]
struct SuspectView<'a> {
    site: &'a str,
    probability: Option<f64>,
    factors: &'a [Factor],
    #[serde(flatten)]
    said: SaidView<'a>,
}

#[derive(Serialize)]
struct FindingView<'a> {
    text: &'a str,
    site: Option<&'a str>,
    found_by: Option<&'a str>,
    found_at: Option<String>,
    #[serde(flatten)]
    said: SaidView<'a>,
}

#[derive(Serialize)]
struct RectificationView<'a> {
    text: &'a str,
    rectified_by: &'a str,
    rectified_on: String,
    site: Option<&'a str>,
    #[serde(flatten)]
    said: SaidView<'a>,
}

#[derive(Serialize)]
struct OutcomeView<'a> {
    outcome: &'static str,
    kind: Option<&'a str>,
    site: Option<&'a str>,
    penalty: Option<&'a Penalty>,
    rectified_on: Option<String>,
    #[serde(flatten)]
    said: SaidView<'a>,
}

/// Author, comment and host time of a record.
#[derive(Serialize)]
struct SaidView<'a> {
    by: &'a str,
    comment: &'a str,
    at: String,
}

/// An incident with its timeline.
#[derive(Serialize)]
pub(super) struct HistoryView<'a> {
    #[serde(flatten)]
    pub(super) incident: IncidentView<'a>,
    pub(super) timeline: Vec<EntryView>,
    pub(super) notifications: Vec<NotificationView>,
}

/// A notification about an alarm of an incident, and every attempt to deliver it.
#[derive(Serialize)]
pub(super) struct NotificationView {
    alarm: u64,
    contact: String,
    way: String,
    subject: String,
    written_at: String,
    attempts: Vec<EntryView>,
}

impl NotificationView {
    pub(super) fn of(alarm: AlarmId, told: &Told) -> Self {
        let attempts = told.attempts.iter();
        Self {
            alarm: alarm.0,
            contact: told.contact.clone(),
            way: told.way.clone(),
            subject: told.subject.to_string(),
            written_at: told.written_at.to_string(),
            attempts: attempts.map(|(at, what)| EntryView { at: at.to_string(), what: what.clone() }).collect(),
        }
    }

    /// One line with the newest outcome.
    pub(super) fn line(&self) -> String {
        let Self { alarm, contact, way, subject, .. } = self;
        let how = self
            .attempts
            .last()
            .map_or_else(|| "queued, not sent yet".to_owned(), |EntryView { at, what }| format!("{} {at}", Line(what)));
        format!("  notification of alarm #{alarm} to {} over {} ({subject}): {how}\n", Line(contact), Line(way))
    }
}

#[derive(Serialize)]
pub(super) struct EntryView {
    pub(super) at: String,
    pub(super) what: String,
}

impl EntryView {
    pub(super) fn of(entry: TimelineEntry) -> Self {
        Self { at: entry.at.to_string(), what: entry.what }
    }
}

impl<'a> IncidentView<'a> {
    pub(super) fn of(incident: &'a Incident) -> Self {
        let opened = &incident.opened;
        Self {
            incident: incident.id().0,
            title: &opened.title,
            state: incident.state(),
            group: opened.group.map(|group| group.0),
            alarms: incident.alarms.iter().map(|alarm| alarm.0).collect(),
            stations: &opened.stations,
            from: opened.from.to_string(),
            to: opened.to.map(|to| to.to_string()),
            opened_at: opened.at.to_string(),
            opened_by: &opened.by,
            reason: &opened.reason,
            due: incident.clock.due.to_string(),
            chain: &opened.chain.name,
            overdue_alarm: incident.clock.alarm.map(|alarm| alarm.0),
            located_at: incident.located_at.map(|at| at.to_string()),
            suspects: suspects(incident),
            findings: findings(incident),
            rectifications: rectifications(incident),
            outcome: incident.outcome.as_ref().map(|noted| {
                let said = said((&noted.by, &noted.comment), noted.at);
                OutcomeView { said, ..OutcomeView::of(&noted.what) }
            }),
        }
    }

    /// One line of a list.
    pub(super) fn line(&self) -> String {
        let Self { incident, opened_at, state, title, due, .. } = self;
        let deadline = if *state == "open" { format!(", deadline {due}") } else { String::new() };
        format!("incident {incident} {opened_at} ({state}{deadline}): {}\n", Line(title))
    }

    /// The whole text about an incident, without its timeline.
    pub(super) fn text(&self) -> String {
        let mut text = self.line();
        let to = self.to.as_ref().map_or_else(|| "now".to_owned(), Clone::clone);
        let _ = writeln!(text, "  time span: {} to {to}", self.from);
        if !self.stations.is_empty() {
            let _ = writeln!(text, "  stations: {}", Line(self.stations.join(", ")));
        }
        if !self.alarms.is_empty() {
            let alarms: Vec<String> = self.alarms.iter().map(|alarm| format!("#{alarm}")).collect();
            let _ = writeln!(text, "  alarms: {}", alarms.join(", "));
        }
        for suspect in &self.suspects {
            let share = suspect.probability.map_or_else(String::new, |share| format!(", probability {share}"));
            let _ = writeln!(text, "  suspect: {}{share}", Line(suspect.site));
            for factor in suspect.factors {
                let value = factor.value.map_or_else(String::new, |value| format!(" {value}"));
                let _ = writeln!(text, "    {}{value} {}", Line(&factor.name), Line(&factor.text));
            }
        }
        if let Some(outcome) = &self.outcome {
            let kind = outcome.kind.map_or_else(String::new, |kind| format!(": {}", Line(kind)));
            let _ = writeln!(text, "  outcome: {}{kind}", outcome.outcome);
        }
        text
    }
}

fn said<'a>((by, comment): (&'a str, &'a str), at: vocdb::Timestamp) -> SaidView<'a> {
    SaidView { by, comment, at: at.to_string() }
}

fn suspects(incident: &Incident) -> Vec<SuspectView<'_>> {
    let view = incident.suspects.iter().map(|noted| SuspectView {
        site: &noted.what.site,
        probability: noted.what.probability,
        factors: &noted.what.factors,
        said: said((&noted.by, &noted.comment), noted.at),
    });
    view.collect()
}

fn findings(incident: &Incident) -> Vec<FindingView<'_>> {
    let view = incident.findings.iter().map(|noted| FindingView {
        text: &noted.what.text,
        site: noted.what.site.as_deref(),
        found_by: noted.what.found_by.as_deref(),
        found_at: noted.what.found_at.map(|at| at.to_string()),
        said: said((&noted.by, &noted.comment), noted.at),
    });
    view.collect()
}

fn rectifications(incident: &Incident) -> Vec<RectificationView<'_>> {
    let view = incident.rectifications.iter().map(|noted| RectificationView {
        text: &noted.what.text,
        rectified_by: &noted.what.rectified_by,
        rectified_on: noted.what.rectified_on.to_string(),
        site: noted.what.site.as_deref(),
        said: said((&noted.by, &noted.comment), noted.at),
    });
    view.collect()
}

impl<'a> OutcomeView<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let said = said(("", ""), vocdb::Timestamp::default());
        let plain = Self { outcome: outcome.name(), kind: None, site: None, penalty: None, rectified_on: None, said };
        match outcome {
            Outcome::Violation { kind, site, penalty, rectified_on } => Self {
                kind: Some(kind),
                site: site.as_deref(),
                penalty: penalty.as_ref(),
                rectified_on: rectified_on.as_ref().map(ToString::to_string),
                ..plain
            },
            _ => plain,
        }
    }
}
