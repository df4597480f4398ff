//! One alarm: why it opened, who was notified, and what people do about it.

pub(crate) mod acts;
pub(crate) mod incident;

use super::alarms::mark;
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Language;
use crate::view::{Tab, maintained, moment, number, page};
use crate::visit::{Number, Visitor};
use axum::extract::State;
use axum::response::Response;
use incident::Incidents;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::AlarmId;
use vocdb::alarm::event::{CloseReason, Subject};
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
    let language = visitor.language;
    let values = [("alarm", opened.alarm.to_string().into()), ("title", opened.title.as_str().into())];
    let title = language.fill("alarm-title", &values);
    let content = html! {
        div data-live="alarms" {
            p { (mark(language, &shown.record)) }
            (maintained(&platform, &visitor, &shown.record.maintenance))
            (facts(&platform, language, &shown))
            (evidence(language, &shown))
            (history(&platform, language, &shown))
            (notified(&platform, language, &shown))
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

fn facts(platform: &Platform, language: Language, shown: &Shown) -> Markup {
    let (alarm, opened) = (&shown.record.alarm, &shown.record.alarm.opened);
    let place = opened.place.to_string();
    let rule = [("rule", &opened.rule), ("scope", &opened.scope_key), ("place", &place)];
    let rule = rule.map(|(name, value)| (name, value.into()));
    html! {
        dl.card {
            dt { (language.say("label-rule")) } dd { (language.fill("alarm-rule", &rule)) }
            dt { (language.say("label-priority")) } dd { (language.word("priority", alarm.priority.name())) }
            dt { (language.say("alarm-since")) } dd { (moment(&platform.zone, opened.since)) }
            dt { (language.say("label-opened")) } dd { (moment(&platform.zone, opened.opened_at)) }
            @if let Some(closed) = &shown.record.closed {
                dt { (language.say("label-closed")) }
                dd { (moment(&platform.zone, closed.closed_at)) ": " (language.say(close_reason(closed.reason))) }
            }
            @if let Some(owner) = &alarm.owner { dt { (language.say("label-owner")) } dd translate="no" { (owner) } }
            @if let Some(due) = alarm.next_step_due() { dt { (language.say("alarm-next-step")) } dd { (moment(&platform.zone, due)) } }
            @if let Some(shelved) = shown.record.silence.as_ref().and_then(|silence| silence.shelved.as_ref()) {
                @let standing = &shelved.standing;
                @let values = [("person", (&standing.by).into()), ("reason", (&standing.comment).into())];
                dt { (language.say("alarm-shelved")) } dd { (language.fill("alarm-shelved-by", &values)) }
            }
            @if !opened.guidance.is_empty() { dt { (language.say("alarm-guidance")) } dd.text translate="no" { (opened.guidance) } }
            @if let Some(incident) = shown.incidents.own {
                dt { (language.say("label-incident")) }
                dd { a href=(format!("/incidents/{incident}")) { (language.fill("alarm-incident", &[("number", incident.into())])) } }
            }
        }
    }
}

/// Key of the words for the reason why an alarm closed.
const fn close_reason(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Cleared => "closed-cleared",
        CloseReason::RuleRemoved => "closed-rule-removed",
        CloseReason::ScopeRemoved => "closed-scope-removed",
        CloseReason::AutoClosed => "closed-by-itself",
        CloseReason::LatchReset => "closed-latch-reset",
        CloseReason::DeadlineMet => "closed-deadline-met",
    }
}

fn evidence(language: Language, shown: &Shown) -> Markup {
    let opened = &shown.explanation.opened;
    html! {
        h2 { (language.say("alarm-why")) }
        table {
            thead { tr {
                th { (language.say("label-station")) } th { (language.say("alarm-condition")) } th { (language.say("alarm-values")) }
            } }
            tbody {
                @for one in &opened.evidence {
                    tr {
                        th scope="row" translate="no" { (one.station) }
                        td data-label=(language.say("alarm-condition")) { (language.say(verdict(one))) }
                        td { @for term in &one.terms {
                            div {
                                span translate="no" {
                                    (term.label) " = "
                                    @if let Some(value) = term.value { b.figure { (number(value)) } " " (term.unit) }
                                }
                                @if term.value.is_none() { (language.say("no-value")) }
                                @let coverage = format!("{:.0} %", 100.0 * term.coverage);
                                span.soft { (language.fill("alarm-coverage", &[("share", coverage.into())])) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

/// Key of the words for a condition.
const fn verdict(evidence: &Evidence) -> &'static str {
    match evidence.trip {
        Truth::True => "condition-holds",
        Truth::False => "condition-fails",
        Truth::Unknown => "condition-unknown",
    }
}

fn history(platform: &Platform, language: Language, shown: &Shown) -> Markup {
    html! {
        h2 { (language.say("history-title")) }
        ol.timeline {
            @for one in &shown.explanation.transitions {
                li { time { (moment(&platform.zone, one.at)) } span lang="en" { (one.what) } }
            }
        }
    }
}

fn notified(platform: &Platform, language: Language, shown: &Shown) -> Markup {
    html! {
        h2 { (language.say("notified-title")) }
        @if shown.explanation.told.is_empty() { p { (language.say("notified-nobody")) } } @else {
            table {
                thead { tr {
                    th { (language.say("label-recipient")) } th { (language.say("label-route")) } th { (language.say("notified-written")) }
                    th { (language.say("notified-delivery")) }
                } }
                tbody {
                    @for told in &shown.explanation.told {
                        tr {
                            th scope="row" translate="no" { (told.contact) }
                            td data-label=(language.say("label-route")) { (language.word("route", &told.way)) " (" (subject(language, told.subject)) ")" }
                            td.time data-label=(language.say("notified-written")) { (moment(&platform.zone, told.written_at)) }
                            td data-label=(language.say("notified-delivery")) {
                                @if told.attempts.is_empty() { (language.say("notified-queued")) }
                                @for (at, how) in &told.attempts { div { (moment(&platform.zone, *at)) " " (attempt(language, how)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a notification is about.
fn subject(language: Language, subject: Subject) -> String {
    let (key, number) = match subject {
        Subject::Step(index) => ("subject-step", u64::from(index) + 1),
        Subject::Closed => return language.say("alarm-state-closed").into_owned(),
        Subject::RollUp(number) => ("subject-roll-up", number),
        Subject::Heartbeat(number) => ("subject-heartbeat", number),
        Subject::Late(number) => ("subject-late", number),
        Subject::Expired(number) => ("subject-expired", u64::from(number)),
        Subject::System(number) => ("subject-system", number),
        Subject::Raised(number) => ("subject-raised", u64::from(number)),
    };
    language.fill(key, &[("number", number.into())])
}

/// How an attempt to deliver went. The engine gives reasons of receivers in its own words.
fn attempt(language: Language, how: &str) -> Markup {
    html! { @if how == "delivered" { (language.say("notified-delivered")) } @else { (language.english(how)) } }
}
