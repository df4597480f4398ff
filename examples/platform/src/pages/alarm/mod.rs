//! One alarm: why it opened, who was notified, and what people do about it.

pub(crate) mod acts;
pub(crate) mod incident;

use super::alarms::mark;
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Tab, maintained, moment, number, page};
use crate::visit::{Number, Visitor};
use axum::extract::State;
use axum::response::Response;
use incident::Incidents;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::AlarmId;
use vocdb::alarm::{AlarmRecord, Explanation};
use vocdb::verdict::{Evidence, Truth};

/// An alarm with everything that the page shows.
struct Shown {
    record: AlarmRecord,
    explanation: Explanation,
    /// The incidents that it belongs to or may be added to.
    incidents: Incidents,
}

/// `GET /alarms/{number}`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    Number(number): Number,
) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let shown = platform.read(move |platform| find(platform, AlarmId(number))).await?;
    let opened = &shown.record.alarm.opened;
    let title = format!("Alarm {}: {}", opened.alarm, opened.title);
    let content = html! {
        div data-live="alarms" {
            p { (mark(&shown.record)) }
            (maintained(&platform, &visitor, &shown.record.maintenance))
            (facts(&platform, &shown))
            (evidence(&shown))
            (history(&platform, &shown))
            (notified(&platform, &shown))
        }
        @if shown.record.is_open() { (acts::forms(&platform, &visitor, &shown.record)) }
        (shown.incidents.forms(&visitor, shown.record.id()))
    };
    Ok(page(&platform, &visitor, (Tab::Alarms, &title), &content))
}

fn find(platform: &Platform, alarm: AlarmId) -> Result<Shown, Failure> {
    let history = platform.history()?;
    let record = history.records.iter().find(|record| record.id() == alarm).cloned().ok_or(Failure::NotFound)?;
    let explanation = Explanation::of(&history.events, alarm).ok_or(Failure::NotFound)?;
    let incidents = Incidents::of(&record, &platform.db.incidents());
    Ok(Shown { record, explanation, incidents })
}

fn facts(platform: &Platform, shown: &Shown) -> Markup {
    let (alarm, opened) = (&shown.record.alarm, &shown.record.alarm.opened);
    html! {
        dl.card {
            dt { "Rule" } dd { (opened.rule) " at " (opened.scope_key) ", " (opened.place) }
            dt { "Priority" } dd { (alarm.priority) }
            dt { "Holds since" } dd { (moment(&platform.zone, opened.since)) }
            dt { "Opened" } dd { (moment(&platform.zone, opened.opened_at)) }
            @if let Some(closed) = &shown.record.closed {
                dt { "Closed" } dd { (moment(&platform.zone, closed.closed_at)) ": " (closed.reason.words()) }
            }
            @if let Some(owner) = &alarm.owner { dt { "Owner" } dd { (owner) } }
            @if let Some(due) = alarm.next_step_due() { dt { "Next step" } dd { (moment(&platform.zone, due)) } }
            @if let Some(shelved) = shown.record.silence.as_ref().and_then(|silence| silence.shelved.as_ref()) {
                dt { "Shelved" } dd { "by " (shelved.standing.by) ": " (shelved.standing.comment) }
            }
            @if !opened.guidance.is_empty() { dt { "What to do" } dd.text { (opened.guidance) } }
            @if let Some(incident) = shown.incidents.own {
                dt { "Incident" } dd { a href=(format!("/incidents/{incident}")) { "incident " (incident) } }
            }
        }
    }
}

fn evidence(shown: &Shown) -> Markup {
    let opened = &shown.explanation.opened;
    html! {
        h2 { "Why it opened" }
        table {
            thead { tr { th { "Station" } th { "Condition" } th { "Values" } } }
            tbody {
                @for one in &opened.evidence {
                    tr {
                        th scope="row" { (one.station) }
                        td data-label="Condition" { (verdict(one)) }
                        td { @for term in &one.terms {
                            div {
                                (term.label) " = "
                                @match term.value { Some(value) => { b.figure { (number(value)) } " " (term.unit) } None => "no value" }
                                span.soft { ", " (format!("{:.0}", 100.0 * term.coverage)) " % of the samples" }
                            }
                        } }
                    }
                }
            }
        }
    }
}

const fn verdict(evidence: &Evidence) -> &'static str {
    match evidence.trip {
        Truth::True => "holds",
        Truth::False => "does not hold",
        Truth::Unknown => "unknown",
    }
}

fn history(platform: &Platform, shown: &Shown) -> Markup {
    html! {
        h2 { "History" }
        ol.timeline {
            @for one in &shown.explanation.transitions {
                li { time { (moment(&platform.zone, one.at)) } span { (one.what) } }
            }
        }
    }
}

fn notified(platform: &Platform, shown: &Shown) -> Markup {
    html! {
        h2 { "Notifications" }
        @if shown.explanation.told.is_empty() { p { "Nobody was notified." } } @else {
            table {
                thead { tr { th { "Recipient" } th { "Channel" } th { "Written" } th { "Delivery" } } }
                tbody {
                    @for told in &shown.explanation.told {
                        tr {
                            th scope="row" { (told.contact) }
                            td data-label="Channel" { (told.way) " (" (told.subject) ")" }
                            td.time data-label="Written" { (moment(&platform.zone, told.written_at)) }
                            td data-label="Delivery" {
                                @if told.attempts.is_empty() { "queued, not sent yet" }
                                @for (at, how) in &told.attempts { div { (moment(&platform.zone, *at)) " " (how) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
