//! Open and recent alarms.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, verbatim};
use crate::view::{StationState, Tab, ago, moment, page};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::alarm::AlarmRecord;

/// Closed alarms that the page shows.
const RECENT: usize = 50;

/// `GET /alarms`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let history = platform.read(Platform::history).await?;
    let (open, closed): (Vec<_>, Vec<_>) = history.records.iter().rev().partition(|record| record.is_open());
    let language = visitor.language;
    let content = html! {
        div data-live="alarms" {
            h2 { (language.say("alarms-open")) }
            @if open.is_empty() { p { (language.say("alarms-none-open")) } } @else { (table(&platform, language, &open)) }
            h2 { (language.say("alarms-closed")) }
            @if closed.is_empty() { p { (language.say("alarms-none-closed")) } } @else {
                (table(&platform, language, closed.get(..RECENT).unwrap_or(&closed)))
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Alarms, &language.say("tab-alarms")), &content))
}

fn table(platform: &Platform, language: Language, records: &[&AlarmRecord]) -> Markup {
    html! {
        table {
            thead { tr {
                th { (language.say("label-alarm")) } th { (language.say("label-state")) } th { (language.say("label-opened")) }
                th { (language.say("label-owner")) } th { (language.say("label-notified")) }
            } }
            tbody { @for record in records { (row(platform, language, record)) } }
        }
    }
}

fn row(platform: &Platform, language: Language, record: &AlarmRecord) -> Markup {
    let opened = &record.alarm.opened;
    let acknowledged = record.alarm.acknowledged.as_ref().map(|by| by.by.as_str());
    let owner = record.alarm.owner.as_deref().or(acknowledged);
    html! {
        tr {
            th scope="row" {
                a href=(format!("/alarms/{}", opened.alarm.0)) translate="no" { (opened.alarm) " " (opened.title) }
                div.soft.small {
                    @let priority = language.word("priority", record.alarm.priority.name());
                    (language.fill("alarms-rule", &[("priority", priority.into()), ("rule", (&opened.rule).into())]))
                }
            }
            td data-label=(language.say("label-state")) { (mark(language, record)) }
            td.time data-label=(language.say("label-opened")) {
                (moment(&platform.zone, opened.opened_at))
                div.soft.small { (ago(language, platform.now(), opened.opened_at)) }
            }
            td data-label=(language.say("label-owner")) {
                @match owner { Some(owner) => (verbatim(owner)), None => (language.say("nobody")) }
            }
            td data-label=(language.say("label-notified")) {
                @if record.alarm.told.is_empty() { span.soft { (language.say("nobody")) } }
                @for (contact, routes) in &record.alarm.told { div { span translate="no" { (contact.0) } span.soft { " (" (route_words(language, routes)) ")" } } }
            }
        }
    }
}

/// Notification channels in words.
fn route_words(language: Language, routes: &[String]) -> String {
    let words: Vec<_> = routes.iter().map(|route| language.word("route", route)).collect();
    words.join(&language.say("list-separator"))
}

/// The state of an alarm as a mark.
pub(crate) fn mark(language: Language, record: &AlarmRecord) -> Markup {
    let class = if record.is_open() { StationState::of_alarm(record).class() } else { "mark silent" };
    let states: Vec<_> = record.states().into_iter().map(|state| language.word("alarm-state", state)).collect();
    html! { span class=(class) { (states.join(&language.say("list-separator"))) } }
}
