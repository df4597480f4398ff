//! Stations and alarms as JSON.

use crate::accounts::Right;
use crate::failure::{ApiFailure, Failure};
use crate::pages::stations::{StationRow, Value, station_rows};
use crate::platform::Platform;
use crate::texts::Language;
use crate::visit::Visitor;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;
use vocdb::alarm::AlarmRecord;

/// All stations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stations {
    /// The stations, in the order of their names.
    stations: Vec<Station>,
}

/// A station.
#[derive(Debug, Serialize, ToSchema)]
struct Station {
    /// Name.
    #[schema(example = "park/S1")]
    station: String,
    /// State: `normal`, `no recent readings`, `alarm, acknowledged`, `alarm`, or `alarm, high priority`.
    #[schema(example = "normal")]
    state: Cow<'static, str>,
    /// Number of open alarms.
    open_alarms: usize,
    /// Newest value of each channel.
    newest: Vec<NewestValue>,
}

/// The newest value of a channel.
#[derive(Debug, Serialize, ToSchema)]
struct NewestValue {
    /// Name of the instrument.
    instrument: String,
    /// Name of the channel.
    channel: String,
    /// Unit of the value.
    unit: &'static str,
    /// Time of the value (RFC 3339).
    time: String,
    /// Value; `null` if it is missing.
    value: Option<f64>,
    /// Quality flag; `normal` without one.
    quality: &'static str,
    /// Least number that a rule in force compares a mean of the channel with, in its unit.
    limit: Option<f64>,
    /// Value over limit.
    share: Option<f64>,
    /// Whether newer values are overdue.
    is_stale: bool,
}

impl From<&StationRow> for Station {
    fn from(row: &StationRow) -> Self {
        let newest = row.values.iter().map(NewestValue::from).collect();
        Self {
            station: row.name.clone(),
            state: Language::English.say(row.state.key()),
            open_alarms: row.alarms,
            newest,
        }
    }
}

impl From<&Value> for NewestValue {
    fn from(value: &Value) -> Self {
        Self {
            instrument: value.instrument.clone(),
            channel: value.channel.clone(),
            unit: value.unit,
            time: value.time.to_string(),
            value: value.sample.value,
            quality: value.sample.quality.name(),
            limit: value.limit.as_ref().map(|limit| limit.value),
            share: value.share(),
            is_stale: value.is_stale,
        }
    }
}

/// Returns all stations with the newest value of each channel.
#[utoipa::path(get, path = "/api/stations", responses((status = 200, description = "The stations", body = Stations)))]
pub(crate) async fn stations(State(platform): State<Arc<Platform>>) -> Result<Json<Stations>, ApiFailure> {
    let rows = platform.read(station_rows).await?;
    Ok(Json(Stations { stations: rows.iter().map(Station::from).collect() }))
}

/// The open alarms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenAlarms {
    /// The alarms, by number.
    alarms: Vec<OpenAlarm>,
}

/// An open alarm.
#[derive(Debug, Serialize, ToSchema)]
struct OpenAlarm {
    /// Number.
    alarm: u64,
    /// Name of the rule.
    rule: String,
    /// Scope of the rule that it is about.
    scope: String,
    /// Title.
    title: String,
    /// Priority.
    #[schema(example = "high")]
    priority: &'static str,
    /// States, such as `open` and `unacknowledged`.
    states: Vec<&'static str>,
    /// Stations that it is about.
    stations: Vec<String>,
    /// Time at which it opened (RFC 3339).
    opened_at: String,
    /// Owner, if it was handed over.
    owner: Option<String>,
    /// Person who acknowledged it.
    acknowledged_by: Option<String>,
}

impl From<&AlarmRecord> for OpenAlarm {
    fn from(record: &AlarmRecord) -> Self {
        let opened = &record.alarm.opened;
        Self {
            alarm: opened.alarm.0,
            rule: opened.rule.clone(),
            scope: opened.scope_key.clone(),
            title: opened.title.clone(),
            priority: record.alarm.priority.name(),
            states: record.states(),
            stations: record.stations().into_iter().map(str::to_owned).collect(),
            opened_at: opened.opened_at.to_string(),
            owner: record.alarm.owner.clone(),
            acknowledged_by: record.alarm.acknowledged.as_ref().map(|one| one.by.clone()),
        }
    }
}

/// Returns the open alarms.
#[utoipa::path(
    get, path = "/api/alarms", security(("token" = [])),
    responses(
        (status = 200, description = "The open alarms", body = OpenAlarms),
        (status = 401, description = "No token", body = super::Problem),
        (status = 403, description = "The role may not see alarms", body = super::Problem),
    )
)]
pub(crate) async fn alarms(
    State(platform): State<Arc<Platform>>,
    visitor: Result<Visitor, Failure>,
) -> Result<Json<OpenAlarms>, ApiFailure> {
    visitor?.must(Right::See)?;
    let history = platform.read(Platform::history).await?;
    let alarms = history.records.iter().filter(|record| record.is_open()).map(OpenAlarm::from).collect();
    Ok(Json(OpenAlarms { alarms }))
}
