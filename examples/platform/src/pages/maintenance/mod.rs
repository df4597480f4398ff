//! Maintenance windows: planned, under way and past.

pub(crate) mod acts;
mod past;

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, verbatim};
use crate::view::{Form, Tab, local, moment, page};
use crate::visit::Visitor;
use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use past::{Past, past};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use vocdb::alarm::Maintenance;
use vocdb::alarm::event::{MaintenanceWindow, Recurrence};

/// Length of the window that the form proposes.
const USUAL_MS: i64 = 2 * 3_600_000;
/// Characters of stations in the address.
const STATIONS_CHARS_MAX: usize = 200;

/// The stations that the form proposes.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    stations: String,
}

/// Everything that the page shows.
struct Shown {
    /// Under way or planned, the next one first.
    windows: Vec<Maintenance>,
    past: Vec<Past>,
    stations: Vec<String>,
    rules: BTreeSet<String>,
}

/// `GET /maintenance?stations=GLOB`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let shown = platform.read(gather).await?;
    let may_plan = visitor.may(Right::PlanMaintenance);
    let (running, planned): (Vec<_>, Vec<_>) = shown.windows.iter().partition(|one| one.is_on);
    let asked: String = asked.stations.chars().take(STATIONS_CHARS_MAX).collect();
    let language = visitor.language;
    let content = html! {
        p { (language.say("maintenance-meaning")) }
        div data-live="alarms" {
            h2 { (language.say("maintenance-running")) }
            @if running.is_empty() { p { (language.say("maintenance-none-running")) } } @else { (table(&platform, language, &running)) }
            h2 { (language.say("maintenance-planned")) }
            @if planned.is_empty() { p { (language.say("maintenance-none-planned")) } } @else { (table(&platform, language, &planned)) }
        }
        @if may_plan && !shown.windows.is_empty() { (cancelling(&visitor, &shown.windows)) }
        @if may_plan { (planning(&platform, &visitor, &shown, &asked)) }
        h2 { (language.say("maintenance-past")) }
        @if shown.past.is_empty() { p { (language.say("maintenance-none-past")) } } @else {
            (past_table(&platform, language, &shown.past))
        }
    };
    Ok(page(&platform, &visitor, (Tab::Maintenance, &language.say("tab-maintenance")), &content))
}

fn gather(platform: &Platform) -> Result<Shown, Failure> {
    let mut windows = platform.db.maintenance();
    windows.sort_by_key(|one| next_of(one).0);
    let past = past(&platform.history()?.events, &windows);
    let registry = platform.db.registry();
    let stations = registry.stations().map(|(_, station)| station.name().to_owned()).collect();
    let rules = platform.db.conditions().into_iter().map(|(rule, ..)| rule).collect();
    Ok(Shown { windows, past, stations, rules })
}

/// Begin and end of the occurrence that is under way or comes next.
fn next_of(one: &Maintenance) -> (vocdb::Timestamp, vocdb::Timestamp) {
    let window = &one.planned.window;
    window.span(one.occurrence).unwrap_or((window.from, window.to))
}

fn table(platform: &Platform, language: Language, windows: &[&Maintenance]) -> Markup {
    html! {
        table {
            thead { tr {
                th { (language.say("maintenance-number")) } th { (language.say("tab-stations")) } th { (language.say("label-from")) }
                th { (language.say("label-to")) } th { (language.say("maintenance-repeats")) } th { (language.say("label-reason")) }
            } }
            tbody { @for one in windows {
                @let (from, to) = next_of(one);
                tr {
                    th scope="row" { (one.planned.number) }
                    td data-label=(language.say("tab-stations")) { (covered(language, &one.planned.window)) }
                    td.time data-label=(language.say("label-from")) { (moment(&platform.zone, from)) }
                    td.time data-label=(language.say("label-to")) { (moment(&platform.zone, to)) }
                    td data-label=(language.say("maintenance-repeats")) { (repeats(platform, language, &one.planned.window)) }
                    td data-label=(language.say("label-reason")) translate="no" { (one.planned.reason) span.soft { ", " (one.planned.by) } }
                }
            } }
        }
    }
}

fn covered(language: Language, window: &MaintenanceWindow) -> Markup {
    html! {
        (verbatim(&window.stations))
        @if let Some(rule) = &window.rule {
            div.soft.small { (language.fill("maintenance-rule-only", &[("rule", rule.into())])) }
        }
    }
}

fn repeats(platform: &Platform, language: Language, window: &MaintenanceWindow) -> Markup {
    html! {
        @match window.recurrence {
            None => (language.say("recurrence-none")),
            Some(Recurrence::Daily) => (language.say("recurrence-daily")),
            Some(Recurrence::Weekly) => (language.say("recurrence-weekly")),
        }
        @if let Some(until) = window.until {
            (language.fill("recurrence-until", &[("time", moment(&platform.zone, until).into())]))
        }
    }
}

fn past_table(platform: &Platform, language: Language, past: &[Past]) -> Markup {
    html! {
        table {
            thead { tr {
                th { (language.say("maintenance-number")) } th { (language.say("tab-stations")) } th { (language.say("label-from")) }
                th { (language.say("label-to")) } th { (language.say("maintenance-begun")) } th { (language.say("label-reason")) }
                th { (language.say("maintenance-end")) }
            } }
            tbody { @for one in past {
                @let window = &one.planned.window;
                tr {
                    th scope="row" { (one.planned.number) }
                    td data-label=(language.say("tab-stations")) { (covered(language, window)) }
                    td.time data-label=(language.say("label-from")) { (moment(&platform.zone, window.from)) }
                    td.time data-label=(language.say("label-to")) { (moment(&platform.zone, window.to)) }
                    td data-label=(language.say("maintenance-begun")) { (language.fill("maintenance-times", &[("count", one.begun.into())])) }
                    td data-label=(language.say("label-reason")) translate="no" { (one.planned.reason) span.soft { ", " (one.planned.by) } }
                    td data-label=(language.say("maintenance-end")) {
                        (moment(&platform.zone, one.ended_at))
                        @if let Some((by, comment)) = &one.cancelled {
                            @let values = [("person", by.into()), ("reason", comment.into())];
                            div { (language.fill("maintenance-cancelled", &values)) }
                        }
                    }
                }
            } }
        }
    }
}

fn cancelling(visitor: &Visitor, windows: &[Maintenance]) -> Markup {
    let language = visitor.language;
    let fields = html! {
        label { (language.say("tab-maintenance")) select name="number" translate="no" required {
            @for one in windows {
                option value=(one.planned.number) { (one.planned.number) " " (one.planned.window.stations) ": " (one.planned.reason) }
            }
        } }
        label { (language.say("label-reason")) input name="comment" maxlength="200" required; }
    };
    html! {
        h2 { (language.say("maintenance-cancel-title")) }
        div.card.narrow {
            p { (language.say("maintenance-cancel-meaning")) }
            (Form { action: "/maintenance/cancel", button: &language.say("maintenance-cancel"), fields }.of(visitor))
        }
    }
}

fn planning(platform: &Platform, visitor: &Visitor, shown: &Shown, asked: &str) -> Markup {
    let language = visitor.language;
    let time = |name: &str, key: &str, value: Option<String>| {
        html! {
            label { (language.say(key)) " (" (platform.zone_name) ")"
                input name=(name) type="datetime-local" value=[value.as_ref()] required[value.is_some()]; }
        }
    };
    let (now, zone) = (platform.now(), &platform.zone);
    let fields = html! {
        label { (language.say("maintenance-stations"))
            input translate="no" name="stations" list="stations" maxlength="200" value=(asked) required; }
        datalist id="stations" { @for station in &shown.stations { option value=(station) {} } }
        label { (language.say("label-rule")) select name="rule" {
            option value="" { (language.say("maintenance-every-rule")) }
            @for rule in &shown.rules { option value=(rule) translate="no" { (rule) } }
        } }
        (time("from", "label-from", Some(local(zone, now))))
        (time("to", "label-to", Some(local(zone, now.plus_ms(USUAL_MS)))))
        label { (language.say("maintenance-repeats")) select name="recurrence" {
            option value="once" { (language.say("recurrence-none")) }
            option value="daily" { (language.say("recurrence-daily-choice")) }
            option value="weekly" { (language.say("recurrence-weekly-choice")) }
        } }
        (time("until", "maintenance-until", None))
        label { (language.say("label-reason")) input name="reason" maxlength="200" required; }
    };
    html! {
        h2 { (language.say("maintenance-plan-title")) }
        div.card.narrow { (Form { action: "/maintenance/plan", button: &language.say("maintenance-plan"), fields }.of(visitor)) }
    }
}
