//! Statistics of a period: days within limits, figures of the alarm system, incidents by outcome.

mod days;
mod limit;

use super::station::range_fields;
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Asked, Span, Tab, moment, number, page, query, span};
use crate::visit::Visitor;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use days::{Day, Table, Verdict, days, first_instant, table};
use limit::{Chosen, StatisticsAsked};
use maud::{Markup, html};
use std::sync::Arc;
use vocdb::TimeRange;
use vocdb::alarm::Metrics;
use vocdb::trace::incident::IncidentStatistics;

const DAY_MS: i64 = 86_400_000;
/// A week, unless a period is asked for; two months at most.
const SPAN: Span = Span { usual_ms: 7 * DAY_MS, longest_ms: 62 * DAY_MS };

/// What the page shows.
struct Statistics {
    range: TimeRange,
    days: Vec<Day>,
    /// The limits, and the table of days.
    attainment: Option<(Chosen, Table)>,
    alarms: Metrics,
    incidents: IncidentStatistics,
}

/// `GET /statistics?from=TIME&to=TIME&channel=NAME&average=24h&limit=5&unit=ppb&coverage=75%`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    asked: Result<Query<StatisticsAsked>, QueryRejection>,
) -> Result<Response, Failure> {
    visitor.must(Right::See)?;
    let Query(asked) = asked.map_err(|_| Failure::NotFound)?;
    let sent = asked.clone();
    let found = platform.compute(move |platform| gather(platform, &sent)).await?;
    let content = html! {
        p { (moment(&platform.zone, found.range.from)) " to " (moment(&platform.zone, found.range.to)) }
        form method="get" action="/statistics" {
            div.fields { (range_fields(&platform, (found.range.from, found.range.to))) }
            div.fields { (asked.fields()) button { "Show" } }
        }
        h2 { "Days within limits" }
        (attainment(&found))
        h2 { "Alarms" }
        (alarms(&found.alarms))
        h2 { "Incidents" }
        (incidents(&found.incidents))
    };
    Ok(page(&platform, &visitor, (Tab::Statistics, "Statistics"), &content))
}

fn gather(platform: &Platform, asked: &StatisticsAsked) -> Result<Statistics, Failure> {
    let ends = Asked { from: asked.from.as_deref(), to: asked.to.as_deref() };
    // The last day is over: a day that is not has no verdict.
    let end = first_instant(&platform.zone, platform.now()).unwrap_or_else(|| platform.now());
    let range = ends.range(&platform.zone, end, SPAN)?;
    let mut days = days(&platform.zone, range);
    days.retain(|day| day.range.to <= platform.now());
    let attainment = match asked.limits(platform)? {
        Some(chosen) => {
            let table = table(platform, &chosen.limits, &days)?;
            Some((chosen, table))
        }
        None => None,
    };
    let history = platform.history()?;
    // Alarms and incidents of today count too, unless the reader names an end.
    let counted = TimeRange::new(range.from, if ends.is_empty() { platform.now().plus_ms(1) } else { range.to });
    Ok(Statistics {
        alarms: Metrics::of(&history.events, counted),
        incidents: IncidentStatistics::of(platform.db.incidents().iter(), counted),
        range: counted,
        days,
        attainment,
    })
}

fn attainment(found: &Statistics) -> Markup {
    let Some((chosen, table)) = &found.attainment else {
        return html! {
            p { "Name a channel and a limit above, or start the platform with " code { "--limits FILE" } "." }
        };
    };
    html! {
        p.soft {
            "By " (chosen.origin) ":"
            @for limit in chosen.limits.all() {
                " " (limit.channel) " " (limit.average.name()) " " (number(limit.limit)) " " (limit.unit) "."
            }
            " A day counts with the hours whose samples are complete; coverage is counted in samples and hours. A day that is not over is \
             left out. Numbers are the greatest values of the first limit, in its unit."
        }
        @if found.days.is_empty() { p { "No day begins in this period." } }
        @else if table.stations.is_empty() { p { "No station measures a channel with a limit on these days." } }
        @else { (day_table(found, table)) }
        @if table.left_out > 0 { p { (table.left_out) " further stations are left out." } }
    }
}

fn day_table(found: &Statistics, table: &Table) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Days within limits" {
            table {
                thead { tr {
                    th { "Station" } th.number { "Kept" } th.number { "Exceeded" } th.number { "Incomplete" } th.number { "Share" }
                    @for day in &found.days { th { (day.date) } }
                } }
                tbody { @for station in &table.stations {
                    tr {
                        th scope="row" { a href=(format!("/station?name={}", query(&station.name))) { (station.name) } }
                        td.number { (station.sum.good) }
                        td.number { (station.sum.exceeded) }
                        td.number { (station.sum.incomplete) }
                        td.number { @match station.sum.good_share() { Some(share) => (format!("{:.0} %", 100.0 * share)), None => "–" } }
                        @for (verdict, greatest) in &station.days {
                            td {
                                span class=(class(*verdict)) { (verdict.words()) }
                                @if let Some(value) = greatest { div.soft.small { (number(*value)) } }
                            }
                        }
                    }
                } }
            }
        }
    }
}

const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "mark normal",
        Verdict::Exceeded => "mark urgent",
        Verdict::Incomplete => "mark silent",
        Verdict::None => "soft",
    }
}

fn alarms(metrics: &Metrics) -> Markup {
    let (acknowledged, mean_ms) = metrics.acknowledged;
    html! {
        dl {
            dt { "Openings" } dd { (metrics.openings) }
            dt { "Per ten minutes" } dd { (format!("{:.2}", metrics.rate_mean)) " on average, " (metrics.rate_max) " at most" }
            dt { "In flood" } dd { (format!("{:.1} %", 100.0 * metrics.flood_share)) " of the time (ten openings or more in ten minutes)" }
            dt { "By priority" } dd {
                @if metrics.by_priority.is_empty() { "none" }
                @for (priority, count) in metrics.by_priority.iter().rev() { (priority) ": " (count) " " }
            }
            dt { "Acknowledged" } dd {
                (acknowledged)
                @if acknowledged > 0 { ", after " (span(mean_ms)) " on average" }
            }
            dt { "Open for over a day" } dd { (metrics.stale.len()) }
            dt { "Late steps" } dd { (metrics.steps_late) " steps of escalations 5 seconds or more after they were due" }
            dt { "Recorded as history" } dd { (metrics.history) }
        }
        @let offenders = metrics.offenders();
        @if !offenders.is_empty() {
            h3 { "Rules that opened most often" }
            table {
                thead { tr { th { "Rule and scope" } th.number { "Openings" } th.number { "Share" } th.number { "Chattering" } th.number { "Fleeting" } } }
                tbody { @for (key, openings, share) in offenders {
                    @let one = metrics.by_key.get(key).cloned().unwrap_or_default();
                    tr {
                        th scope="row" { (key.rule) span.soft.small { " " (key.scope_key) } }
                        td.number data-label="Openings" { (openings) }
                        td.number data-label="Share" { (format!("{:.0} %", 100.0 * share)) }
                        td.number data-label="Chattering" { (one.chattering) }
                        td.number data-label="Fleeting" { (one.fleeting) }
                    }
                } }
            }
        }
        p.soft.small {
            "Figures of ISA-18.2. Chattering: opened for the third time or more within a minute. Fleeting: closed within a minute."
        }
    }
}

fn incidents(figures: &IncidentStatistics) -> Markup {
    let median = |ms: Option<i64>| ms.map_or_else(|| "none".to_owned(), span);
    html! {
        dl {
            dt { "Opened" } dd { (figures.opened) ", of which " (figures.open) " are open" }
            dt { "Located" } dd { (figures.located) ", " (figures.located_within_24h) " within 24 hours" }
            dt { "Overdue" } dd { (figures.overdue) }
            dt { "Median to a site" } dd { (median(figures.locate_ms_median)) }
            dt { "Median to closing" } dd { (median(figures.close_ms_median)) }
        }
        table {
            thead { tr { th { "Outcome" } th.number { "Incidents" } } }
            tbody {
                @for outcome in &figures.outcomes {
                    tr { th scope="row" { (outcome.name) } td.number data-label="Incidents" { (outcome.incidents) } }
                }
            }
        }
        @if !figures.violations.is_empty() {
            h3 { "Violations by kind" }
            ul { @for kind in &figures.violations { li { (kind.name) ": " (kind.incidents) } } }
        }
        @for penalty in &figures.penalties {
            p { "Penalties in " (penalty.currency) ": " (penalty.penalties) ", " (number(penalty.amount)) " in all" }
        }
    }
}
