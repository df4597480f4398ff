//! The table of stations, which everybody may see.

use super::map::{drawing, is_on_first_page};
use super::values::share;
use crate::failure::Failure;
use crate::map::scene;
use crate::platform::Platform;
use crate::texts::{Language, verbatim};
use crate::view::{Limit, StationState, Tab, ago, is_overdue, moment, number, open_stations, page, query};
use crate::visit::Visitor;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;
use vocdb::{Quality, Sample, StationId, Timestamp};

/// Values that a row shows.
const VALUES_MAX: usize = 6;

/// A station with its newest values.
pub(crate) struct StationRow {
    /// Name.
    pub(crate) name: String,
    /// State.
    pub(crate) state: StationState,
    /// Number of open alarms.
    pub(crate) alarms: usize,
    /// Newest values, in the order of instruments and channels.
    pub(crate) values: Vec<Value>,
}

/// The newest value of a channel.
pub(crate) struct Value {
    /// Name of the channel.
    pub(crate) channel: String,
    /// Name of the instrument.
    pub(crate) instrument: String,
    /// Symbol of the unit.
    pub(crate) unit: &'static str,
    /// Time.
    pub(crate) time: Timestamp,
    /// Value and quality.
    pub(crate) sample: Sample,
    /// The least limit of the rules in force.
    pub(crate) limit: Option<Limit>,
    /// Whether newer values are overdue.
    pub(crate) is_stale: bool,
}

impl Value {
    /// A valid value over its limit, if the limit is above 0.
    pub(crate) fn share(&self) -> Option<f64> {
        let limit = self.limit.as_ref().filter(|limit| limit.value > 0.0)?;
        self.sample.valid().map(|value| value / limit.value)
    }
}

impl StationRow {
    /// Time of the newest value.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.values.iter().map(|value| value.time).max()
    }
}

/// All stations, in the order of their names.
pub(crate) fn station_rows(platform: &Platform) -> Result<Vec<StationRow>, Failure> {
    let registry = platform.db.registry();
    let mut values: BTreeMap<StationId, Vec<Value>> = BTreeMap::new();
    let mut intervals: BTreeMap<StationId, i64> = BTreeMap::new();
    for (_, station, instrument) in registry.instruments() {
        let longest = intervals.entry(station).or_default();
        *longest = (*longest).max(instrument.interval().as_ms());
    }
    let (limits, now) = (platform.rule_limits(), platform.now());
    for newest in platform.db.newest_samples(None)? {
        let Some((_, instrument)) = registry.instrument(newest.instrument) else { continue };
        let Some(channel) = instrument.channels().get(newest.channel).filter(|channel| !channel.is_retired()) else {
            continue;
        };
        values.entry(newest.station).or_default().push(Value {
            channel: channel.name().to_owned(),
            instrument: instrument.name().to_owned(),
            unit: channel.unit().symbol(),
            time: newest.time,
            sample: newest.sample,
            limit: limits.of_rules(&registry, (newest.station, channel)).into_iter().next(),
            is_stale: is_overdue(now, Some(newest.time), instrument.interval().as_ms()),
        });
    }
    let open = open_stations(platform.db.alarms());
    let mut rows: Vec<StationRow> = Vec::new();
    for (id, station) in registry.stations() {
        let values = values.remove(&id).unwrap_or_default();
        let (alarm, alarms) = open.get(station.name()).copied().unwrap_or((StationState::Normal, 0));
        let mut row = StationRow { name: station.name().to_owned(), state: alarm, alarms, values };
        let interval_ms = intervals.get(&id).copied().unwrap_or_default();
        row.state = alarm.max(StationState::of_readings(now, row.newest(), interval_ms));
        rows.push(row);
    }
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(rows)
}

/// `GET /`
pub(crate) async fn show(State(platform): State<Arc<Platform>>, visitor: Visitor) -> Result<Response, Failure> {
    let has_map = is_on_first_page(&visitor);
    let find = move |platform: &Platform| {
        let rows = station_rows(platform)?;
        let scene = if has_map { Some(scene(platform, &rows)?) } else { None };
        Ok((rows, scene))
    };
    let (rows, scene) = platform.read(find).await?;
    let language = visitor.language;
    let content = html! {
        div data-live="stations" {
            @if let Some(scene) = scene.filter(|scene| !scene.stations.is_empty()) { (drawing(&platform, language, &scene)) }
            @if rows.is_empty() {
                p { (language.frame("stations-none", &[("page", html! { a href="/register" { (language.say("tab-register")) } })])) }
            } @else {
                table {
                    thead { tr {
                        th { (language.say("label-station")) } th { (language.say("label-state")) }
                        th { (language.say("stations-newest")) } th { (language.say("stations-values")) }
                    } }
                    tbody { @for row in &rows { (table_row(&platform, language, row)) } }
                }
            }
        }
    };
    Ok(page(&platform, &visitor, (Tab::Stations, &language.say("tab-stations")), &content))
}

/// The values of a row: those nearest to their limits first, then the others in their order.
fn nearest(row: &StationRow) -> Vec<&Value> {
    let mut values: Vec<&Value> = row.values.iter().collect();
    let share = |value: &Value| value.share().unwrap_or(f64::NEG_INFINITY);
    values.sort_by(|one, other| share(other).total_cmp(&share(one)));
    values.truncate(VALUES_MAX);
    values
}

fn table_row(platform: &Platform, language: Language, row: &StationRow) -> Markup {
    html! {
        tr {
            th scope="row" translate="no" { a href=(format!("/station?name={}", query(&row.name))) { (row.name) } }
            td data-label=(language.say("label-state")) {
                (row.state.mark(language))
                @if row.alarms > 1 {
                    span.soft.small { " " (language.fill("stations-alarms", &[("count", row.alarms.into())])) }
                }
            }
            td.time data-label=(language.say("stations-newest")) {
                @match row.newest() {
                    Some(time) => {
                        time datetime=(time) { (moment(&platform.zone, time)) }
                        br;
                        span.soft.small { (ago(language, platform.now(), time)) }
                    }
                    None => span.soft { (language.say("none")) },
                }
            }
            td {
                div.values {
                    @for value in nearest(row) {
                        span {
                            (verbatim(&value.channel)) " " (shown(language, value.sample, value.unit))
                            @if value.limit.is_some() {
                                span.soft.small { " " (language.frame("stations-share", &[("share", share(language, value))])) }
                            }
                        }
                    }
                    @if row.values.len() > VALUES_MAX {
                        span.soft { (language.fill("stations-more", &[("count", (row.values.len() - VALUES_MAX).into())])) }
                    }
                }
            }
        }
    }
}

/// A value with its unit, and its flag unless it was measured in normal operation.
pub(crate) fn shown(language: Language, sample: Sample, unit: &str) -> Markup {
    html! {
        @match sample.value {
            Some(value) => span translate="no" { b { (number(value)) } " " (unit) },
            None => (language.say("no-value")),
        }
        @if sample.quality != Quality::Normal { " " span.flag { (language.word("flag", sample.quality.name())) } }
    }
}
