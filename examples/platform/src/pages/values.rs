//! The newest value of each channel against its limit.

use super::stations::{Value, shown, station_rows};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
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

/// Which values are shown, and the key of the words for it.
const CHOICES: [(&str, &str); 3] = [("", "values-all"), ("limited", "values-limited"), ("stale", "values-stale")];

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
        return Err(Failure::Invalid(Text::new("values-filter-too-long").with("count", FILTER_CHARS_MAX)));
    }
    let rows = platform.read(station_rows).await?;
    let values = rows.iter().flat_map(|row| row.values.iter().map(|value| (row.name.as_str(), value)));
    let mut values: Vec<(&str, &Value)> = values.filter(|(station, value)| asked.shows(station, value)).collect();
    // Those nearest to their limits first; the order of stations and channels otherwise.
    let share = |value: &Value| value.share().unwrap_or(f64::NEG_INFINITY);
    values.sort_by(|one, other| share(other.1).total_cmp(&share(one.1)));
    let language = visitor.language;
    let content = html! {
        (filter(language, &asked))
        div data-live="stations" {
            p.soft {
                (language.fill("values-count", &[("count", values.len().into())]))
                @if values.len() > ROWS_MAX { " " (language.fill("values-first", &[("count", ROWS_MAX.into())])) }
                " " (language.say("values-meaning"))
            }
            @if !values.is_empty() { (table(&platform, language, values.get(..ROWS_MAX).unwrap_or(&values))) }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Values, &language.say("values-title")), &content))
}

fn filter(language: Language, asked: &Asked) -> Markup {
    let chosen = asked.only.as_deref().unwrap_or_default();
    html! {
        form.fields method="get" action="/values" {
            label { (language.say("label-station")) input name="station" value=(asked.station.as_deref().unwrap_or_default()) maxlength="200"; }
            label { (language.say("label-channel")) input name="channel" value=(asked.channel.as_deref().unwrap_or_default()) maxlength="200"; }
            label { (language.say("show")) select name="only" {
                @for (value, key) in CHOICES { option value=(value) selected[value == chosen] { (language.say(key)) } }
            } }
            button { (language.say("show")) }
        }
    }
}

fn table(platform: &Platform, language: Language, values: &[(&str, &Value)]) -> Markup {
    html! {
        table {
            thead { tr {
                th { (language.say("label-station")) } th { (language.say("label-channel")) }
                th.number { (language.say("label-value")) } th.number { (language.say("label-limit")) }
                th.number { (language.say("label-share")) } th { (language.say("label-age")) }
            } }
            tbody { @for (station, value) in values { (row(platform, language, station, value)) } }
        }
    }
}

fn row(platform: &Platform, language: Language, station: &str, value: &Value) -> Markup {
    let channel = format!("{}/{}", value.instrument, value.channel);
    html! {
        tr {
            th scope="row" translate="no" { a href=(format!("/station?name={}&channel={}", query(station), query(&channel))) { (station) } }
            td data-label=(language.say("label-channel")) translate="no" { (value.channel) span.soft.small { " " (value.instrument) } }
            td.number data-label=(language.say("label-value")) { (shown(language, value.sample, value.unit)) }
            td.number data-label=(language.say("label-limit")) {
                @match &value.limit {
                    Some(limit) => span translate="no" { (number(limit.value)) " " (value.unit) div.soft.small { (limit.name) } },
                    None => span.soft { (language.say("none")) },
                }
            }
            td.number data-label=(language.say("label-share")) { (share(language, value)) }
            td data-label=(language.say("label-age")) {
                (ago(language, platform.now(), value.time))
                @if value.is_stale { " " span.flag { (language.say("stale")) } }
            }
        }
    }
}

/// The share of the limit in words; over the limit it is marked.
pub(crate) fn share(language: Language, value: &Value) -> Markup {
    html! {
        @match value.share() {
            Some(share) if share > 1.0 => span.over { (language.fill("share-over", &[("share", format!("{:.0} %", 100.0 * share).into())])) },
            Some(share) => (format!("{:.0} %", 100.0 * share)),
            None => span.soft { "–" },
        }
    }
}
