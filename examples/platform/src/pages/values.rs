//! The newest value of each channel against its limit.

use super::stations::{Value, shown, station_rows};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::view::{Tab, ago, number, page, query};
use crate::visit::Visitor;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Rows of the table.
const ROWS_MAX: usize = 500;
/// Characters of a filter.
const FILTER_CHARS_MAX: usize = 200;

/// The query of the page.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    station: Option<String>,
    channel: Option<String>,
    only: Option<String>,
}

/// Which values are shown.
const CHOICES: [(&str, &str); 3] = [("", "all values"), ("limited", "values with a limit"), ("stale", "stale values")];

impl Asked {
    fn shows(&self, station: &str, value: &Value) -> bool {
        let holds = |filter: &Option<String>, text: &str| {
            filter.as_deref().is_none_or(|filter| text.to_lowercase().contains(&filter.trim().to_lowercase()))
        };
        let is_chosen = match self.only.as_deref() {
            Some("limited") => value.limit.is_some(),
            Some("stale") => value.is_stale,
            _ => true,
        };
        is_chosen && holds(&self.station, station) && holds(&self.channel, &value.channel)
    }
}

/// `GET /values?station=TEXT&channel=TEXT&only=limited`
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Visitor,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(asked) = asked.map_err(|_| Failure::NotFound)?;
    let texts = [&asked.station, &asked.channel];
    if texts.into_iter().flatten().any(|text| text.chars().count() > FILTER_CHARS_MAX) {
        return Err(Failure::Invalid(format!("A filter has at most {FILTER_CHARS_MAX} characters.")));
    }
    let rows = platform.read(station_rows).await?;
    let values = rows.iter().flat_map(|row| row.values.iter().map(|value| (row.name.as_str(), value)));
    let mut values: Vec<(&str, &Value)> = values.filter(|(station, value)| asked.shows(station, value)).collect();
    // Those nearest to their limits first; the order of stations and channels otherwise.
    let share = |value: &Value| value.share().unwrap_or(f64::NEG_INFINITY);
    values.sort_by(|one, other| share(other.1).total_cmp(&share(one.1)));
    let content = html! {
        (filter(&asked))
        div data-live="stations" {
            p.soft {
                (values.len()) " values, those nearest to their limits first."
                @if values.len() > ROWS_MAX { " The first " (ROWS_MAX) " are shown: filter them." }
                " A limit is the least number that a rule in force compares a mean of the channel with; the share is that of the newest value."
            }
            @if !values.is_empty() { (table(&platform, values.get(..ROWS_MAX).unwrap_or(&values))) }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Values, "Values against limits"), &content))
}

fn filter(asked: &Asked) -> Markup {
    let chosen = asked.only.as_deref().unwrap_or_default();
    html! {
        form.fields method="get" action="/values" {
            label { "Station" input name="station" value=(asked.station.as_deref().unwrap_or_default()) maxlength="200"; }
            label { "Channel" input name="channel" value=(asked.channel.as_deref().unwrap_or_default()) maxlength="200"; }
            label { "Show" select name="only" {
                @for (value, words) in CHOICES { option value=(value) selected[value == chosen] { (words) } }
            } }
            button { "Show" }
        }
    }
}

fn table(platform: &Platform, values: &[(&str, &Value)]) -> Markup {
    html! {
        table {
            thead { tr {
                th { "Station" } th { "Channel" } th.number { "Value" } th.number { "Limit" } th.number { "Share" } th { "Age" }
            } }
            tbody { @for (station, value) in values { (row(platform, station, value)) } }
        }
    }
}

fn row(platform: &Platform, station: &str, value: &Value) -> Markup {
    let channel = format!("{}/{}", value.instrument, value.channel);
    html! {
        tr {
            th scope="row" { a href=(format!("/station?name={}&channel={}", query(station), query(&channel))) { (station) } }
            td data-label="Channel" { (value.channel) span.soft.small { " " (value.instrument) } }
            td.number data-label="Value" { (shown(value.sample, value.unit)) }
            td.number data-label="Limit" {
                @match &value.limit {
                    Some(limit) => { (number(limit.value)) " " (value.unit) div.soft.small { (limit.name) } }
                    None => span.soft { "none" },
                }
            }
            td.number data-label="Share" { (share(value)) }
            td data-label="Age" {
                (ago(platform.now(), value.time))
                @if value.is_stale { " " span.flag { "stale" } }
            }
        }
    }
}

/// The share of the limit in words; over the limit it is marked.
pub(crate) fn share(value: &Value) -> Markup {
    html! {
        @match value.share() {
            Some(share) if share > 1.0 => span.over { (format!("{:.0} %", 100.0 * share)) " over" },
            Some(share) => (format!("{:.0} %", 100.0 * share)),
            None => span.soft { "–" },
        }
    }
}
