//! Maintenance windows: planned, under way and past.

pub(crate) mod acts;
mod past;

use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
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
    let content = html! {
        p { "During maintenance, alarms of the stations open and close, but notify nobody. Windows begin and end by themselves." }
        div data-live="alarms" {
            h2 { "Under way" }
            @if running.is_empty() { p { "No maintenance is under way." } } @else { (table(&platform, &running)) }
            h2 { "Planned" }
            @if planned.is_empty() { p { "No maintenance is planned." } } @else { (table(&platform, &planned)) }
        }
        @if may_plan && !shown.windows.is_empty() { (cancelling(&visitor, &shown.windows)) }
        @if may_plan { (planning(&platform, &visitor, &shown, &asked)) }
        h2 { "Past" }
        @if shown.past.is_empty() { p { "There was no maintenance yet." } } @else { (past_table(&platform, &shown.past)) }
    };
    Ok(page(&platform, &visitor, (Tab::Maintenance, "Maintenance"), &content))
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

fn table(platform: &Platform, windows: &[&Maintenance]) -> Markup {
    html! {
        table {
            thead { tr { th { "Number" } th { "Stations" } th { "From" } th { "To" } th { "Repeats" } th { "Reason" } } }
            tbody { @for one in windows {
                @let (from, to) = next_of(one);
                tr {
                    th scope="row" { (one.planned.number) }
                    td data-label="Stations" { (covered(&one.planned.window)) }
                    td.time data-label="From" { (moment(&platform.zone, from)) }
                    td.time data-label="To" { (moment(&platform.zone, to)) }
                    td data-label="Repeats" { (repeats(platform, &one.planned.window)) }
                    td data-label="Reason" { (one.planned.reason) span.soft { ", " (one.planned.by) } }
                }
            } }
        }
    }
}

fn covered(window: &MaintenanceWindow) -> Markup {
    html! { (window.stations) @if let Some(rule) = &window.rule { div.soft.small { "rule " (rule) " only" } } }
}

fn repeats(platform: &Platform, window: &MaintenanceWindow) -> Markup {
    html! {
        @match window.recurrence {
            None => "no",
            Some(Recurrence::Daily) => "every day",
            Some(Recurrence::Weekly) => "every week",
        }
        @if let Some(until) = window.until { ", last before " (moment(&platform.zone, until)) }
    }
}

fn past_table(platform: &Platform, past: &[Past]) -> Markup {
    html! {
        table {
            thead { tr { th { "Number" } th { "Stations" } th { "From" } th { "To" } th { "Took place" } th { "Reason" } th { "End" } } }
            tbody { @for one in past {
                @let window = &one.planned.window;
                tr {
                    th scope="row" { (one.planned.number) }
                    td data-label="Stations" { (covered(window)) }
                    td.time data-label="From" { (moment(&platform.zone, window.from)) }
                    td.time data-label="To" { (moment(&platform.zone, window.to)) }
                    td data-label="Took place" { @if one.begun == 1 { "once" } @else { (one.begun) " times" } }
                    td data-label="Reason" { (one.planned.reason) span.soft { ", " (one.planned.by) } }
                    td data-label="End" {
                        (moment(&platform.zone, one.ended_at))
                        @if let Some((by, comment)) = &one.cancelled { div { "cancelled by " (by) ": " (comment) } }
                    }
                }
            } }
        }
    }
}

fn cancelling(visitor: &Visitor, windows: &[Maintenance]) -> Markup {
    let fields = html! {
        label { "Maintenance" select name="number" required {
            @for one in windows {
                option value=(one.planned.number) { (one.planned.number) " " (one.planned.window.stations) ": " (one.planned.reason) }
            }
        } }
        label { "Reason" input name="comment" maxlength="200" required; }
    };
    html! {
        h2 { "Cancel" }
        div.card.narrow {
            p { "A window that is under way ends at once. Its repeats are cancelled too." }
            (Form { action: "/maintenance/cancel", button: "Cancel the maintenance", fields }.of(visitor))
        }
    }
}

fn planning(platform: &Platform, visitor: &Visitor, shown: &Shown, asked: &str) -> Markup {
    let time = |name: &str, words: &str, value: Option<String>| {
        html! {
            label { (words) " (" (platform.zone_name) ")"
                input name=(name) type="datetime-local" value=[value.as_ref()] required[value.is_some()]; }
        }
    };
    let (now, zone) = (platform.now(), &platform.zone);
    let fields = html! {
        label { "Stations: a name, or a glob such as park/*"
            input name="stations" list="stations" maxlength="200" value=(asked) required; }
        datalist id="stations" { @for station in &shown.stations { option value=(station) {} } }
        label { "Rule" select name="rule" {
            option value="" { "every rule" }
            @for rule in &shown.rules { option value=(rule) { (rule) } }
        } }
        (time("from", "From", Some(local(zone, now))))
        (time("to", "To", Some(local(zone, now.plus_ms(USUAL_MS)))))
        label { "Repeats" select name="recurrence" {
            option value="once" { "no" }
            option value="daily" { "every day at the same time" }
            option value="weekly" { "every week at the same time" }
        } }
        (time("until", "No repeats from", None))
        label { "Reason" input name="reason" maxlength="200" required; }
    };
    html! {
        h2 { "Plan maintenance" }
        div.card.narrow { (Form { action: "/maintenance/plan", button: "Plan", fields }.of(visitor)) }
    }
}
