//! A station: its channels, and the trend of one of them.

use super::stations::{StationRow, shown, station_rows};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Limit, Tab, Trend, ago, limits_of, moment, number, page, query, trend};
use crate::visit::Visitor;
use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use vocdb::{Sample, TimeRange, Timestamp};

/// Spans that a reader may choose: hours and words.
const SPANS: [(u16, &str); 4] = [(1, "1 hour"), (6, "6 hours"), (24, "1 day"), (168, "1 week")];
/// Span of a trend unless the reader chooses another one.
const HOURS: u16 = 24;
const HOUR_MS: i64 = 3_600_000;

/// The query of a station's page.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    name: String,
    channel: Option<String>,
    hours: Option<u16>,
}

/// A channel over a range.
struct Chart {
    channel: String,
    unit: &'static str,
    samples: Vec<(Timestamp, Sample)>,
    range: TimeRange,
    interval_ms: i64,
    limits: Vec<Limit>,
}

/// `GET /station?name=NAME&channel=INSTRUMENT/CHANNEL&hours=24`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = asked.map_err(|_| Failure::NotFound)?;
    let hours = asked.hours.filter(|hours| SPANS.iter().any(|(span, _)| span == hours)).unwrap_or(HOURS);
    let (row, chart) = platform.read(move |platform| find(platform, &asked, hours)).await?;
    let content = html! {
        div data-live="stations" {
            p { span class=(row.state.class()) { (row.state.words()) } }
            @if let Some(chart) = &chart { (drawing(&platform, &row, chart, hours)) }
            (channels(&platform, &row))
        }
    };
    let title = format!("Station {}", row.name);
    Ok(page(&platform, &visitor, (Tab::Stations, &title), &content))
}

fn find(platform: &Platform, asked: &Asked, hours: u16) -> Result<(StationRow, Option<Chart>), Failure> {
    let row = station_rows(platform)?.into_iter().find(|row| row.name == asked.name).ok_or(Failure::NotFound)?;
    let first = || row.values.first().map(|value| format!("{}/{}", value.instrument, value.channel));
    let Some(channel) = asked.channel.clone().or_else(first) else { return Ok((row, None)) };
    let registry = platform.db.registry();
    let (id, place) = platform.db.channel(&row.name, &channel).map_err(|_| Failure::NotFound)?;
    let (station, instrument) = registry.instrument(id).ok_or(Failure::NotFound)?;
    let known = instrument.channels().get(place).ok_or(Failure::NotFound)?;
    let newest = platform.db.readings().newest(id).unwrap_or_else(|| platform.now());
    let range = TimeRange::new(newest.plus_ms(-i64::from(hours) * HOUR_MS), newest.plus_ms(1));
    let rows = platform.db.readings().rows(id, &[place], range).map_err(vocdb::Error::from)?;
    let files = platform.db.rule_set().map(|set| set.files).unwrap_or_default();
    let chart = Chart {
        unit: known.unit().symbol(),
        samples: rows.samples(0).collect(),
        range,
        interval_ms: instrument.interval().as_ms(),
        limits: limits_of(&files, &registry, (station, known)),
        channel,
    };
    Ok((row, Some(chart)))
}

fn drawing(platform: &Platform, row: &StationRow, chart: &Chart, hours: u16) -> Markup {
    let Chart { channel, unit, samples, range, interval_ms, limits } = chart;
    let title = format!("{channel} at {} in {unit}", row.name);
    let flagged = samples.iter().filter(|(_, sample)| sample.quality != vocdb::Quality::Normal).count();
    let drawn = Trend { title: &title, unit, samples, range: *range, interval_ms: *interval_ms, limits };
    html! {
        h2 { (channel) span.soft { " in " (unit) } }
        p.small {
            @for (span, words) in SPANS {
                @if span == hours { b { (words) } " " } @else {
                    a href=(format!("/station?name={}&channel={}&hours={span}", query(&row.name), query(channel))) { (words) } " "
                }
            }
        }
        (trend(&drawn, &platform.zone))
        p.small.soft {
            (samples.len()) " readings, " (flagged) " with a flag (circles)."
            @if limits.is_empty() { " No rule in force compares this channel with a number." }
            @for limit in limits { " Dashed: " (limit.name) ", " (number(limit.value)) " " (unit) "." }
        }
    }
}

fn channels(platform: &Platform, row: &StationRow) -> Markup {
    html! {
        h2 { "Channels" }
        table {
            thead { tr { th { "Channel" } th { "Instrument" } th { "Newest value" } th { "Time" } } }
            tbody {
                @for value in &row.values {
                    @let channel = format!("{}/{}", value.instrument, value.channel);
                    tr {
                        th scope="row" {
                            a href=(format!("/station?name={}&channel={}", query(&row.name), query(&channel))) { (value.channel) }
                        }
                        td data-label="Instrument" { (value.instrument) }
                        td.figure data-label="Newest value" { (shown(value.sample, value.unit)) }
                        td.time data-label="Time" {
                            (moment(&platform.zone, value.time)) span.soft { ", " (ago(platform.now(), value.time)) }
                        }
                    }
                }
            }
        }
    }
}
