//! The list of incidents.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Tab, ago, moment, page, span};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::trace::incident::Incident;

/// `GET /incidents`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let incidents = platform.read(|platform| Ok(platform.db.incidents())).await?;
    let content = html! {
        div data-live="alarms" {
            @if incidents.is_empty() { p { "No incident was opened yet. Open one from the page of an alarm." } } @else {
                table {
                    thead { tr { th { "Incident" } th { "State" } th { "Deadline" } th { "Stations" } th { "Outcome" } } }
                    tbody { @for incident in incidents.iter().rev() { (row(&platform, incident)) } }
                }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Incidents, "Incidents"), &content))
}

fn row(platform: &Platform, incident: &Incident) -> Markup {
    let number = incident.id().0;
    html! {
        tr {
            th scope="row" {
                a href=(format!("/incidents/{number}")) { (number) " " (incident.opened.title) }
                div.soft.small { "opened " (moment(&platform.zone, incident.opened.at)) " by " (incident.opened.by) }
            }
            td data-label="State" { (state(incident)) }
            td.time data-label="Deadline" { (deadline(platform, incident)) }
            td data-label="Stations" { (incident.opened.stations.join(", ")) }
            td data-label="Outcome" { (incident.outcome.as_ref().map_or("open", |outcome| outcome.what.name())) }
        }
    }
}

/// The state of an incident as a mark.
pub(super) fn state(incident: &Incident) -> Markup {
    let class = match incident.state() {
        "overdue" => "mark urgent",
        "open" => "mark alarm",
        "located" => "mark acknowledged",
        _ => "mark silent",
    };
    html! { span class=(class) { (incident.state()) } }
}

/// The clock of an incident in words.
pub(super) fn deadline(platform: &Platform, incident: &Incident) -> Markup {
    let clock = &incident.clock;
    html! {
        (moment(&platform.zone, clock.due))
        div.soft.small {
            @match clock.stopped_at {
                Some(at) if at <= clock.due => { "met, " (span(clock.due.since_ms(at))) " before it" }
                Some(at) => { "met late, by " (span(at.since_ms(clock.due))) }
                None => (ago(platform.now(), clock.due)),
            }
        }
    }
}
