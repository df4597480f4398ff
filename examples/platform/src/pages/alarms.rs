//! Open and recent alarms.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
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
    let content = html! {
        div data-live="alarms" {
            h2 { "Open" }
            @if open.is_empty() { p { "No alarm is open." } } @else { (table(&platform, &open)) }
            h2 { "Recently closed" }
            @if closed.is_empty() { p { "No alarm has closed yet." } } @else {
                (table(&platform, closed.get(..RECENT).unwrap_or(&closed)))
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Alarms, "Alarms"), &content))
}

fn table(platform: &Platform, records: &[&AlarmRecord]) -> Markup {
    html! {
        table {
            thead { tr { th { "Alarm" } th { "State" } th { "Opened" } th { "Owner" } th { "Notified" } } }
            tbody { @for record in records { (row(platform, record)) } }
        }
    }
}

fn row(platform: &Platform, record: &AlarmRecord) -> Markup {
    let opened = &record.alarm.opened;
    let acknowledged = record.alarm.acknowledged.as_ref().map(|by| by.by.as_str());
    html! {
        tr {
            th scope="row" {
                a href=(format!("/alarms/{}", opened.alarm.0)) { (opened.alarm) " " (opened.title) }
                div.soft.small { (opened.rule) ", " (record.alarm.priority) " priority" }
            }
            td data-label="State" { (mark(record)) }
            td.time data-label="Opened" {
                (moment(&platform.zone, opened.opened_at))
                div.soft.small { (ago(platform.now(), opened.opened_at)) }
            }
            td data-label="Owner" { (record.alarm.owner.as_deref().or(acknowledged).unwrap_or("nobody")) }
            td data-label="Notified" {
                @if record.alarm.told.is_empty() { span.soft { "nobody" } }
                @for (contact, routes) in &record.alarm.told { div { (contact.0) span.soft { " (" (routes.join(", ")) ")" } } }
            }
        }
    }
}

/// The state of an alarm as a mark.
pub(crate) fn mark(record: &AlarmRecord) -> Markup {
    let class = if record.is_open() { StationState::of_alarm(record).class() } else { "mark silent" };
    html! { span class=(class) { (record.states().join(", ")) } }
}
