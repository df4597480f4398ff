//! The list of incidents.

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Language;
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
    let language = visitor.language;
    let content = html! {
        div data-live="alarms" {
            @if incidents.is_empty() { p { (language.say("incidents-none")) } } @else {
                table {
                    thead { tr {
                        th { (language.say("label-incident")) } th { (language.say("label-state")) } th { (language.say("label-deadline")) }
                        th { (language.say("tab-stations")) } th { (language.say("label-outcome")) }
                    } }
                    tbody { @for incident in incidents.iter().rev() { (row(&platform, language, incident)) } }
                }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Incidents, &language.say("tab-incidents")), &content))
}

fn row(platform: &Platform, language: Language, incident: &Incident) -> Markup {
    let (number, opened) = (incident.id().0, &incident.opened);
    let outcome = incident.outcome.as_ref().map(|outcome| language.word("outcome", outcome.what.name()));
    html! {
        tr {
            th scope="row" {
                a href=(format!("/incidents/{number}")) translate="no" { (number) " " (opened.title) }
                div.soft.small {
                    @let time = moment(&platform.zone, opened.at);
                    (language.fill("incidents-opened", &[("time", time.into()), ("person", (&opened.by).into())]))
                }
            }
            td data-label=(language.say("label-state")) { (state(language, incident)) }
            td.time data-label=(language.say("label-deadline")) { (deadline(platform, language, incident)) }
            td data-label=(language.say("tab-stations")) translate="no" { (opened.stations.join(", ")) }
            td data-label=(language.say("label-outcome")) { (outcome.unwrap_or_else(|| language.say("incident-state-open"))) }
        }
    }
}

/// The state of an incident as a mark.
pub(super) fn state(language: Language, incident: &Incident) -> Markup {
    let class = match incident.state() {
        "overdue" => "mark urgent",
        "open" => "mark alarm",
        "located" => "mark acknowledged",
        _ => "mark silent",
    };
    html! { span class=(class) { (language.word("incident-state", incident.state())) } }
}

/// The clock of an incident in words.
pub(super) fn deadline(platform: &Platform, language: Language, incident: &Incident) -> Markup {
    let clock = &incident.clock;
    let with_span = |key: &str, ms: i64| language.fill(key, &[("span", span(language, ms).into())]);
    html! {
        (moment(&platform.zone, clock.due))
        div.soft.small {
            @match clock.stopped_at {
                Some(at) if at <= clock.due => (with_span("deadline-met", clock.due.since_ms(at))),
                Some(at) => (with_span("deadline-met-late", at.since_ms(clock.due))),
                None => (ago(language, platform.now(), clock.due)),
            }
        }
    }
}
