//! Stations and alarms as JSON.

use crate::accounts::Right;
use crate::failure::ApiFailure;
use crate::pages::stations::station_rows;
use crate::platform::Platform;
use crate::visit::Visitor;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /api/stations`
pub(crate) async fn stations(State(platform): State<Arc<Platform>>) -> Result<Json<Value>, ApiFailure> {
    let rows = platform.read(station_rows).await?;
    let stations: Vec<Value> = rows
        .iter()
        .map(|row| {
            let values = row.values.iter().map(|value| {
                json!({
                    "instrument": value.instrument, "channel": value.channel, "unit": value.unit,
                    "time": value.time.to_string(), "value": value.sample.value, "quality": value.sample.quality.name(),
                })
            });
            json!({
                "station": row.name, "state": row.state.words(), "open_alarms": row.alarms,
                "newest": values.collect::<Vec<Value>>(),
            })
        })
        .collect();
    Ok(Json(json!({ "stations": stations })))
}

/// `GET /api/alarms`
pub(crate) async fn alarms(
    State(platform): State<Arc<Platform>>,
    visitor: Result<Visitor, crate::failure::Failure>,
) -> Result<Json<Value>, ApiFailure> {
    visitor?.must(Right::See)?;
    let history = platform.read(Platform::history).await?;
    let alarms = history.records.iter().filter(|record| record.is_open()).map(|record| {
        let opened = &record.alarm.opened;
        json!({
            "alarm": opened.alarm.0, "rule": opened.rule, "scope": opened.scope_key, "title": opened.title,
            "priority": record.alarm.priority.name(), "states": record.states(), "stations": record.stations(),
            "opened_at": opened.opened_at.to_string(), "owner": record.alarm.owner,
            "acknowledged_by": record.alarm.acknowledged.as_ref().map(|one| &one.by),
        })
    });
    Ok(Json(json!({ "alarms": alarms.collect::<Vec<Value>>() })))
}
