//! A station: its channels, and the trend of one of them, which is a file too.

use super::stations::{StationRow, shown, station_rows};
use super::values::share;
use crate::accounts::Right;
use crate::chart::{Chart, ChartAsked, Csv, SPANS, chart};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, verbatim};
use crate::view::{Limit, Tab, ago, local, maintained, moment, number, of_station, page, query};
use crate::visit::Visitor;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use std::borrow::Cow;
use std::sync::Arc;

type Answer = Result<Response, Failure>;
type Sent = Result<Query<ChartAsked>, QueryRejection>;

/// `GET /station?name=NAME&channel=INSTRUMENT/CHANNEL&hours=24`, or with `from` and `to` instead of `hours`.
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor, asked: Sent) -> Answer {
    let Query(asked) = asked.map_err(|_| Failure::NotFound)?;
    let span = asked.span();
    let (row, chart) = platform.read(move |platform| find(platform, &asked)).await?;
    let language = visitor.language;
    let content = html! {
        div data-live="stations" {
            p { (row.state.mark(language)) }
            (maintained(&platform, &visitor, &of_station(&platform, &row.name)))
        }
        @if let Some(chart) = &chart { (drawing(&platform, language, (chart, span))) }
        div data-live="stations" {
            @if let Some(chart) = &chart { (counts(language, chart)) }
            (channels(&platform, language, &row))
            @if let Some(chart) = &chart { (chart.newest(&platform, language)) }
        }
        @if let Some(chart) = &chart { (ends(&platform, language, chart)) }
        @if visitor.may(Right::PlanMaintenance) {
            p { a href=(format!("/maintenance?stations={}", query(&row.name))) { (language.say("station-maintenance")) } }
        }
    };
    let title = language.fill("station-title", &[("station", row.name.as_str().into())]);
    Ok(page(&platform, &visitor, (Tab::Stations, &title), &content))
}

/// `GET /station.svg`: the trend as a file of its own.
pub(crate) async fn file(State(platform): State<Arc<Platform>>, visitor: Visitor, asked: Sent) -> Answer {
    let chart = chart_of(&platform, asked).await?;
    Ok(chart.drawing(&platform.zone, visitor.language).file())
}

/// `GET /station.csv`: the values, flags and limits of the trend.
pub(crate) async fn table(State(platform): State<Arc<Platform>>, asked: Sent) -> Answer {
    let chart = chart_of(&platform, asked).await?;
    let value = format!("{} ({})", chart.channel, chart.unit);
    let limits: Vec<String> =
        chart.limits.iter().map(|limit| format!("limit {} ({})", limit.name, chart.unit)).collect();
    let header: Vec<&str> =
        ["time", value.as_str(), "flag"].into_iter().chain(limits.iter().map(String::as_str)).collect();
    let mut csv = Csv::new(&header);
    let values: Vec<String> = chart.limits.iter().map(|limit| limit.value.to_string()).collect();
    for (time, sample) in &chart.samples {
        let number = sample.value.map_or_else(String::new, |value| value.to_string());
        let mut fields = vec![platform.zone.show(*time).to_string(), number, sample.quality.name().to_owned()];
        fields.extend(values.iter().cloned());
        csv.row(&fields);
    }
    Ok(csv.file(&format!("{} {}", chart.station, chart.channel)))
}

async fn chart_of(platform: &Arc<Platform>, asked: Sent) -> Result<Chart, Failure> {
    let Query(asked) = asked.map_err(|_| Failure::NotFound)?;
    platform.read(move |platform| find(platform, &asked)?.1.ok_or(Failure::NotFound)).await
}

fn find(platform: &Platform, asked: &ChartAsked) -> Result<(StationRow, Option<Chart>), Failure> {
    let row = station_rows(platform)?.into_iter().find(|row| row.name == asked.name).ok_or(Failure::NotFound)?;
    let first = || row.values.first().map(|value| format!("{}/{}", value.instrument, value.channel));
    let Some(channel) = asked.channel.clone().or_else(first) else { return Ok((row, None)) };
    let chart = chart(platform, asked, &channel)?;
    Ok((row, Some(chart)))
}

/// The query that a chart has in links.
fn address(platform: &Platform, chart: &Chart, span: Option<u16>) -> String {
    let names = format!("name={}&channel={}", query(&chart.station), query(&chart.channel));
    match span {
        Some(hours) => format!("{names}&hours={hours}"),
        None => {
            let time = |time| query(&platform.zone.show(time).to_string());
            format!("{names}&from={}&to={}", time(chart.range.from), time(chart.range.to))
        }
    }
}

fn drawing(platform: &Platform, language: Language, (chart, span): (&Chart, Option<u16>)) -> Markup {
    let Chart { station, channel, unit, .. } = chart;
    let address = address(platform, chart, span);
    html! {
        h2 { (language.frame("station-channel", &[("channel", verbatim(channel)), ("unit", html! { span.soft translate="no" { (unit) } })])) }
        p.small.links {
            @for (hours, key) in SPANS {
                @if Some(hours) == span { b { (language.say(key)) } } @else {
                    a href=(format!("/station?name={}&channel={}&hours={hours}", query(station), query(channel))) { (language.say(key)) }
                }
            }
        }
        (chart.figure(platform, language, span))
        p.small.links {
            a href=(format!("/station.svg?{address}")) { (language.say("station-svg")) }
            a href=(format!("/station.csv?{address}")) { (language.say("station-csv")) }
            a href=(format!("/rose?station={}&channel={}", query(station), query(channel))) { (language.say("station-rose")) }
        }
    }
}

/// What the chart shows, in numbers.
fn counts(language: Language, chart: &Chart) -> Markup {
    let Chart { unit, samples, limits, .. } = chart;
    let values = [("count", samples.len().into()), ("flagged", chart.flagged().into())];
    html! {
        p.small.soft {
            (language.fill("station-readings", &values))
            @if limits.is_empty() { " " (language.say("station-no-limit")) }
            @for limit in limits { " " (limit_words(language, limit, unit)) }
        }
    }
}

/// What a dashed line shows.
fn limit_words(language: Language, limit: &Limit, unit: &str) -> String {
    let value = format!("{} {unit}", number(limit.value));
    language.fill("station-dashed", &[("limit", limit.words(language).into()), ("value", value.into())])
}

/// The form for a range with ends.
fn ends(platform: &Platform, language: Language, chart: &Chart) -> Markup {
    html! {
        h2 { (language.say("station-range")) }
        form.fields method="get" action="/station" {
            input type="hidden" name="name" value=(chart.station);
            input type="hidden" name="channel" value=(chart.channel);
            (range_fields(platform, language, (chart.range.from, chart.range.to)))
            button { (language.say("show")) }
        }
    }
}

/// The fields of a range, in local time.
pub(crate) fn range_fields(
    platform: &Platform,
    language: Language,
    (from, to): (vocdb::Timestamp, vocdb::Timestamp),
) -> Markup {
    let field = |name: &str, words: Cow<'_, str>, time| {
        html! {
            label { (words) " (" (platform.zone_name) ")"
                input name=(name) type="datetime-local" value=(local(&platform.zone, time)); }
        }
    };
    html! { (field("from", language.say("label-from"), from)) (field("to", language.say("label-to"), to)) }
}

fn channels(platform: &Platform, language: Language, row: &StationRow) -> Markup {
    html! {
        h2 { (language.say("station-channels")) }
        table {
            thead { tr {
                th { (language.say("label-channel")) } th { (language.say("label-instrument")) } th { (language.say("station-newest")) }
                th { (language.say("label-limit")) } th { (language.say("label-time")) }
            } }
            tbody {
                @for value in &row.values {
                    @let channel = format!("{}/{}", value.instrument, value.channel);
                    tr {
                        th scope="row" translate="no" {
                            a href=(format!("/station?name={}&channel={}", query(&row.name), query(&channel))) { (value.channel) }
                        }
                        td data-label=(language.say("label-instrument")) translate="no" { (value.instrument) }
                        td.figure data-label=(language.say("station-newest")) { (shown(language, value.sample, value.unit)) }
                        td.figure data-label=(language.say("label-limit")) {
                            @match &value.limit {
                                Some(limit) => { span translate="no" { (number(limit.value)) " " (value.unit) } ", " (share(language, value)) }
                                None => span.soft { (language.say("none")) },
                            }
                        }
                        td.time data-label=(language.say("label-time")) {
                            (moment(&platform.zone, value.time)) span.soft { ", " (ago(language, platform.now(), value.time)) }
                            @if value.is_stale { " " span.flag { (language.say("stale")) } }
                        }
                    }
                }
            }
        }
    }
}
