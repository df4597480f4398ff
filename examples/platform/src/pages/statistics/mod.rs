//! Statistics of a period: days within limits, figures of the alarm system, incidents by outcome.

mod days;
mod limit;

use super::station::range_fields;
use crate::accounts::Right;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::Language;
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
    let language = visitor.language;
    let content = html! {
        p { (moment(&platform.zone, found.range.from)) " – " (moment(&platform.zone, found.range.to)) }
        form method="get" action="/statistics" {
            div.fields { (range_fields(&platform, language, (found.range.from, found.range.to))) }
            div.fields { (asked.fields(language)) button { (language.say("show")) } }
        }
        h2 { (language.say("days-title")) }
        (attainment(language, &found))
        h2 { (language.say("tab-alarms")) }
        (alarms(language, &found.alarms))
        h2 { (language.say("tab-incidents")) }
        (incidents(language, &found.incidents))
    };
    Ok(page(&platform, &visitor, (Tab::Statistics, &language.say("tab-statistics")), &content))
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

fn attainment(language: Language, found: &Statistics) -> Markup {
    let Some((chosen, table)) = &found.attainment else {
        let option = html! { code translate="no" { "--limits FILE" } };
        return html! { p { (language.frame("days-no-limit", &[("option", option)])) } };
    };
    html! {
        p.soft {
            (language.say(chosen.origin))
            @for limit in chosen.limits.all() {
                " " span translate="no" { (limit.channel) " " (limit.average.name()) " " (number(limit.limit)) " " (limit.unit) "." }
            }
            " " (language.say("days-meaning"))
        }
        @if found.days.is_empty() { p { (language.say("days-none")) } }
        @else if table.stations.is_empty() { p { (language.say("days-no-station")) } }
        @else { (day_table(language, found, table)) }
        @if table.left_out > 0 { p { (language.fill("days-left-out", &[("count", table.left_out.into())])) } }
    }
}

fn day_table(language: Language, found: &Statistics, table: &Table) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(language.say("days-title")) {
            table {
                thead { tr {
                    th { (language.say("label-station")) } th.number { (language.say("days-kept")) }
                    th.number { (language.say("days-exceeded")) } th.number { (language.say("days-incomplete")) }
                    th.number { (language.say("label-share")) }
                    @for day in &found.days { th { (day.date) } }
                } }
                tbody { @for station in &table.stations {
                    tr {
                        th scope="row" translate="no" { a href=(format!("/station?name={}", query(&station.name))) { (station.name) } }
                        td.number { (station.sum.good) }
                        td.number { (station.sum.exceeded) }
                        td.number { (station.sum.incomplete) }
                        td.number { @match station.sum.good_share() { Some(share) => (format!("{:.0} %", 100.0 * share)), None => "–" } }
                        @for (verdict, greatest) in &station.days {
                            td {
                                span class=(class(*verdict)) { (language.say(verdict.key())) }
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

fn alarms(language: Language, metrics: &Metrics) -> Markup {
    let (acknowledged, mean_ms) = metrics.acknowledged;
    let rate = [("mean", format!("{:.2}", metrics.rate_mean).into()), ("most", metrics.rate_max.into())];
    let flood = [("share", format!("{:.1} %", 100.0 * metrics.flood_share).into())];
    html! {
        dl {
            dt { (language.say("metrics-openings")) } dd { (metrics.openings) }
            dt { (language.say("metrics-rate")) } dd { (language.fill("metrics-rate-words", &rate)) }
            dt { (language.say("metrics-flood")) } dd { (language.fill("metrics-flood-words", &flood)) }
            dt { (language.say("metrics-priorities")) } dd {
                @if metrics.by_priority.is_empty() { (language.say("none")) }
                @for (priority, count) in metrics.by_priority.iter().rev() { (language.word("priority", priority.name())) ": " (count) " " }
            }
            dt { (language.say("metrics-acknowledged")) } dd {
                (acknowledged)
                @if acknowledged > 0 { (language.fill("metrics-acknowledged-after", &[("span", span(language, mean_ms).into())])) }
            }
            dt { (language.say("metrics-stale")) } dd { (metrics.stale.len()) }
            dt { (language.say("metrics-late")) } dd { (language.fill("metrics-late-words", &[("count", metrics.steps_late.into())])) }
            dt { (language.say("metrics-history")) } dd { (metrics.history) }
        }
        (offenders(language, metrics))
        p.soft.small { (language.say("metrics-meaning")) }
    }
}

fn offenders(language: Language, metrics: &Metrics) -> Markup {
    let offenders = metrics.offenders();
    html! {
        @if !offenders.is_empty() {
            h3 { (language.say("offenders-title")) }
            table {
                thead { tr {
                    th { (language.say("offenders-rule")) } th.number { (language.say("metrics-openings")) }
                    th.number { (language.say("label-share")) } th.number { (language.say("offenders-chattering")) }
                    th.number { (language.say("offenders-fleeting")) }
                } }
                tbody { @for (key, openings, share) in offenders {
                    @let one = metrics.by_key.get(key).cloned().unwrap_or_default();
                    tr {
                        th scope="row" translate="no" { (key.rule) span.soft.small { " " (key.scope_key) } }
                        td.number data-label=(language.say("metrics-openings")) { (openings) }
                        td.number data-label=(language.say("label-share")) { (format!("{:.0} %", 100.0 * share)) }
                        td.number data-label=(language.say("offenders-chattering")) { (one.chattering) }
                        td.number data-label=(language.say("offenders-fleeting")) { (one.fleeting) }
                    }
                } }
            }
        }
    }
}

fn incidents(language: Language, figures: &IncidentStatistics) -> Markup {
    let median = |ms: Option<i64>| ms.map_or_else(|| language.say("none").into_owned(), |ms| span(language, ms));
    let opened = [("count", figures.opened.into()), ("open", figures.open.into())];
    let located = [("count", figures.located.into()), ("soon", figures.located_within_24h.into())];
    html! {
        dl {
            dt { (language.say("figures-opened-title")) } dd { (language.fill("figures-opened", &opened)) }
            dt { (language.say("figures-located")) } dd { (language.fill("figures-located-words", &located)) }
            dt { (language.say("figures-overdue")) } dd { (figures.overdue) }
            dt { (language.say("figures-to-site")) } dd { (median(figures.locate_ms_median)) }
            dt { (language.say("figures-to-closing")) } dd { (median(figures.close_ms_median)) }
        }
        table {
            thead { tr { th { (language.say("label-outcome")) } th.number { (language.say("tab-incidents")) } } }
            tbody {
                @for outcome in &figures.outcomes {
                    tr {
                        th scope="row" { (language.word("outcome", &outcome.name)) }
                        td.number data-label=(language.say("tab-incidents")) { (outcome.incidents) }
                    }
                }
            }
        }
        @if !figures.violations.is_empty() {
            h3 { (language.say("figures-violations")) }
            ul { @for kind in &figures.violations { li translate="no" { (kind.name) ": " (kind.incidents) } } }
        }
        @for penalty in &figures.penalties {
            @let (count, amount) = (penalty.penalties.into(), number(penalty.amount).into());
            @let values = [("count", count), ("amount", amount), ("currency", (&penalty.currency).into())];
            p { (language.fill("figures-penalties", &values)) }
        }
    }
}
