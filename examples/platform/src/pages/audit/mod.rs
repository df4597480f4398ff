//! The audit trail: what people have done, newest first.

mod loads;

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Tab, moment, page};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::html;
use std::sync::Arc;
use vocdb::alarm::event::Operated;
use vocdb::trace::incident::{Incident, Step};
use vocdb::{AlarmEvent, ChangeAction, ChangeEntry, ChangeLog, Timestamp};

/// Entries that the page shows.
const LISTED: usize = 500;

/// One act of a person.
struct Entry {
    at: Timestamp,
    by: String,
    what: String,
}

/// `GET /audit`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::Audit)?;
    let entries = platform.read(entries).await?;
    let language = visitor.language;
    let content = html! {
        div data-live="alarms" {
            p.soft { (language.say("audit-meaning")) }
            @if entries.is_empty() { p { (language.say("audit-none")) } } @else {
                table {
                    thead { tr {
                        th { (language.say("label-time")) } th { (language.say("label-person")) } th { (language.say("label-act")) }
                    } }
                    tbody { @for entry in entries.iter().take(LISTED) {
                        tr {
                            td.time data-label=(language.say("label-time")) { (moment(&platform.zone, entry.at)) }
                            td data-label=(language.say("label-person")) translate="no" { (entry.by) }
                            td data-label=(language.say("label-act")) lang="en" { (entry.what) }
                        }
                    } }
                }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Audit, &language.say("tab-audit")), &content))
}

fn entries(platform: &Platform) -> Result<Vec<Entry>, Failure> {
    let mut entries: Vec<Entry> = platform.history()?.events.iter().filter_map(of_event).collect();
    platform.db.incidents().iter().for_each(|incident| of_incident(incident, &mut entries));
    entries.extend(loads::loads(platform)?.into_iter().map(|load| Entry {
        at: load.at,
        what: format!("loaded rules{}", after_colon(&load.reason)),
        by: load.by,
    }));
    ChangeLog::open(&platform.store)?.visit(|change| {
        entries.extend(of_change(change));
        Ok::<(), vocdb::Error>(())
    })?;
    // Newest first; of one time, the last recorded one.
    entries.reverse();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    Ok(entries)
}

fn after_colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn of_event(event: &AlarmEvent) -> Option<Entry> {
    let (by, about) = match event {
        AlarmEvent::Acknowledged(one) => (&one.by, format!("alarm {}", one.alarm)),
        AlarmEvent::Operated(Operated { alarm: Some(alarm), by, .. }) => (by, format!("alarm {alarm}")),
        AlarmEvent::Operated(Operated { by, rule, scope_key, .. }) => (by, format!("rule {rule} at {scope_key}")),
        AlarmEvent::MaintenancePlanned(planned) => (&planned.by, format!("maintenance {}", planned.number)),
        _ => return None,
    };
    let (at, what) = event.sentence()?;
    Some(Entry { at, by: by.clone(), what: format!("{about}: {what}") })
}

fn of_incident(incident: &Incident, entries: &mut Vec<Entry>) {
    let (number, opened) = (incident.id().0, &incident.opened);
    let what = format!("incident {number}: opened, {}{}", opened.title, after_colon(&opened.reason));
    entries.push(Entry { at: opened.at, by: opened.by.clone(), what });
    for one in &incident.steps {
        let step = match &one.step {
            Step::Suspected(suspect) => format!("suspects {}", suspect.site),
            Step::Found(finding) => format!("found: {}", finding.text),
            Step::Rectified(rectified) => format!("rectified: {}", rectified.text),
            Step::Closed(outcome) => format!("closed, {}", outcome.name()),
            Step::Reopened { .. } => "reopened".to_owned(),
            Step::Commented => "commented".to_owned(),
            Step::AlarmAdded { alarm } => format!("alarm {alarm} added"),
            _ => "another step".to_owned(),
        };
        let what = format!("incident {number}: {step}{}", after_colon(&one.comment));
        entries.push(Entry { at: one.at, by: one.by.clone(), what });
    }
}

fn of_change(change: ChangeEntry) -> Option<Entry> {
    let what = match change.action {
        ChangeAction::ValuesReplaced => "values replaced".to_owned(),
        ChangeAction::FlagSet(quality) => format!("flag {} set", quality.name()),
        ChangeAction::ReadingsDeleted => "readings deleted".to_owned(),
        ChangeAction::ChannelsChanged => "channels changed".to_owned(),
        ChangeAction::StationPlaced => "station placed".to_owned(),
        ChangeAction::StationMoved => "station moved".to_owned(),
    };
    let what = format!("{what} at {} {}{}", change.station, change.channels.join(", "), after_colon(&change.reason));
    Some(Entry { at: change.at?, by: change.by, what })
}
