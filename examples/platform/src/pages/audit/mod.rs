//! The audit trail: what people have done, newest first.

mod loads;

use crate::accounts::{Entry as Administered, Right};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Language;
use crate::view::{Tab, moment, page};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::alarm::event::{MaintenanceChanged, MaintenanceStep, Operated};
use vocdb::trace::incident::{Incident, Step};
use vocdb::{AlarmEvent, ChangeAction, ChangeEntry, ChangeLog, Timestamp};

/// Entries that the page shows.
const LISTED: usize = 500;

/// One act of a person.
struct Entry {
    at: Timestamp,
    by: String,
    what: Markup,
}

/// `GET /audit`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::Audit)?;
    let language = visitor.language;
    let entries = platform.read(move |platform| entries(platform, language)).await?;
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
                            td data-label=(language.say("label-act")) { (entry.what) }
                        }
                    } }
                }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Audit, &language.say("tab-audit")), &content))
}

fn entries(platform: &Platform, language: Language) -> Result<Vec<Entry>, Failure> {
    let mut entries: Vec<Entry> =
        platform.history()?.events.iter().filter_map(|event| of_event(language, event)).collect();
    platform.db.incidents().iter().for_each(|incident| of_incident(language, incident, &mut entries));
    entries.extend(loads::loads(platform)?.into_iter().map(|load| Entry {
        at: load.at,
        what: html! { (language.say("audit-rules")) (after_colon(&load.reason)) },
        by: load.by,
    }));
    let acts = platform.accounts.log().newest()?.into_iter();
    entries.extend(acts.map(|act| Entry { at: act.at, what: language.english(&administered(&act)), by: act.by }));
    ChangeLog::open(&platform.store)?.visit(|change| {
        entries.push(of_change(language, change));
        Ok::<(), vocdb::Error>(())
    })?;
    // Newest first; of one time, the last recorded one.
    entries.reverse();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    Ok(entries)
}

/// An act of the log of administration, with its reason.
fn administered(act: &Administered) -> String {
    if act.reason.is_empty() { act.what.clone() } else { format!("{}: {}", act.what, act.reason) }
}

fn after_colon(text: &str) -> Markup {
    html! { @if !text.is_empty() { ": " (text) } }
}

fn of_event(language: Language, event: &AlarmEvent) -> Option<Entry> {
    let numbered = |key: &str, number: u64| language.fill(key, &[("number", number.into())]);
    let (by, about) = match event {
        AlarmEvent::Acknowledged(one) => (&one.by, numbered("audit-alarm", one.alarm.0)),
        AlarmEvent::Operated(Operated { alarm: Some(alarm), by, .. }) => (by, numbered("audit-alarm", alarm.0)),
        AlarmEvent::Operated(Operated { by, rule, scope_key, .. }) => {
            (by, language.fill("audit-rule", &[("rule", rule.into()), ("scope", scope_key.into())]))
        }
        AlarmEvent::MaintenancePlanned(planned) => (&planned.by, numbered("maintained-number", planned.number)),
        AlarmEvent::MaintenanceChanged(MaintenanceChanged {
            number,
            step: MaintenanceStep::Cancelled { by, .. },
            ..
        }) => (by, numbered("maintained-number", *number)),
        _ => return None,
    };
    let (at, what) = event.sentence()?;
    Some(Entry { at, by: by.clone(), what: html! { (about) ": " (language.english(&what)) } })
}

fn of_incident(language: Language, incident: &Incident, entries: &mut Vec<Entry>) {
    let (number, opened) = (incident.id().0, &incident.opened);
    let about = language.fill("alarm-incident", &[("number", number.into())]);
    let step = language.fill("audit-opened", &[("title", (&opened.title).into())]);
    let what = html! { (about) ": " (step) (after_colon(&opened.reason)) };
    entries.push(Entry { at: opened.at, by: opened.by.clone(), what });
    for one in &incident.steps {
        let step = match &one.step {
            Step::Suspected(suspect) => language.fill("audit-suspected", &[("site", (&suspect.site).into())]),
            Step::Found(finding) => language.fill("audit-found", &[("text", (&finding.text).into())]),
            Step::Rectified(rectified) => language.fill("audit-rectified", &[("text", (&rectified.text).into())]),
            Step::Closed(outcome) => {
                let outcome = language.word("outcome", outcome.name());
                language.fill("audit-closed", &[("outcome", outcome.into())])
            }
            Step::Reopened { .. } => language.say("audit-reopened").into_owned(),
            Step::Commented => language.say("audit-commented").into_owned(),
            Step::AlarmAdded { alarm } => language.fill("audit-added", &[("number", alarm.0.into())]),
            _ => language.say("audit-another").into_owned(),
        };
        let what = html! { (about) ": " (step) (after_colon(&one.comment)) };
        entries.push(Entry { at: one.at, by: one.by.clone(), what });
    }
}

fn of_change(language: Language, change: ChangeEntry) -> Entry {
    let what = match change.action {
        ChangeAction::ValuesReplaced => language.say("audit-replaced"),
        ChangeAction::FlagSet(quality) => {
            language.fill("audit-flag", &[("flag", language.word("flag", quality.name()).into())]).into()
        }
        ChangeAction::ReadingsDeleted => language.say("audit-deleted"),
        ChangeAction::ChannelsChanged => language.say("audit-channels"),
        ChangeAction::StationPlaced => language.say("audit-placed"),
        ChangeAction::StationMoved => language.say("audit-moved"),
    };
    let place = format!("{} {}", change.station, change.channels.join(", "));
    let what = language.fill("audit-change", &[("what", what.into()), ("place", place.into())]);
    let what = html! { (what) (after_colon(&change.reason)) };
    Entry { at: change.at, by: change.by, what }
}
