//! Alarms as annotations of charts.

use crate::accounts::Right;
use crate::failure::{ApiFailure, Failure};
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::{Asked, Span};
use crate::visit::Visitor;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vocdb::TimeRange;
use vocdb::alarm::AlarmRecord;

const DAY_MS: i64 = 86_400_000;
/// A day, unless a range is asked for; 400 days at most.
const SPAN: Span = Span { usual_ms: DAY_MS, longest_ms: 400 * DAY_MS };
/// Annotations of an answer; the newest ones of more.
const ANNOTATIONS_MAX: usize = 1_000;

/// The query of annotations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AnnotationsAsked {
    /// Start, inclusive (RFC 3339, or local time of the platform); a day before the end unless it is named.
    from: Option<String>,
    /// End, exclusive; now unless it is named. A range has at most 400 days.
    to: Option<String>,
    /// Name of the station whose alarms count; all unless it is named.
    #[param(example = "park/S1")]
    station: Option<String>,
}

/// Alarms that were open in a range.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Annotations {
    /// The annotations, oldest first, at most the newest 1,000.
    annotations: Vec<Annotation>,
}

/// An alarm as an annotation. The names are those that Grafana reads.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Annotation {
    /// Time since which its condition held (RFC 3339).
    time: String,
    /// Time at which it closed; that of the end of the range while it is open.
    time_end: String,
    /// Number and title.
    title: String,
    /// Rule, priority and stations.
    text: String,
    /// Priority and state, with a comma between them.
    #[schema(example = "high,open")]
    tags: String,
    /// Number of the alarm.
    alarm: u64,
}

/// Returns the alarms that were open in a range, as annotations.
#[utoipa::path(
    get, path = "/api/annotations", params(AnnotationsAsked), security(("token" = [])),
    responses(
        (status = 200, description = "The annotations", body = Annotations),
        (status = 401, description = "No token", body = super::Problem),
        (status = 403, description = "The role may not see alarms", body = super::Problem),
        (status = 422, description = "A range that cannot be answered", body = super::Problem),
    )
)]
pub(crate) async fn annotations(
    State(platform): State<Arc<Platform>>,
    visitor: Result<Visitor, Failure>,
    asked: Result<Query<AnnotationsAsked>, QueryRejection>,
) -> Result<Json<Annotations>, ApiFailure> {
    visitor?.must(Right::See)?;
    let Query(asked) = asked.map_err(|rejection| Failure::Invalid(Text::english(rejection.body_text())))?;
    let ends = Asked { from: asked.from.as_deref(), to: asked.to.as_deref() };
    let range = ends.range(&platform.zone, platform.now().plus_ms(1), SPAN)?;
    let history = platform.read(Platform::history).await?;
    let station = asked.station.as_deref().filter(|station| !station.is_empty());
    let meets = |record: &&AlarmRecord| {
        let ended = record.closed.as_ref().map_or(range.to, |closed| closed.closed_at);
        range.meets(record.alarm.opened.since, ended)
            && station.is_none_or(|station| record.stations().contains(&station))
    };
    let mut annotations: Vec<Annotation> =
        history.records.iter().rev().filter(meets).take(ANNOTATIONS_MAX).map(|record| of(record, range)).collect();
    annotations.reverse();
    Ok(Json(Annotations { annotations }))
}

fn of(record: &AlarmRecord, range: TimeRange) -> Annotation {
    let opened = &record.alarm.opened;
    let ended = record.closed.as_ref().map_or(range.to, |closed| closed.closed_at);
    Annotation {
        time: opened.since.to_string(),
        time_end: ended.to_string(),
        title: format!("{} {}", opened.alarm, opened.title),
        text: format!("{}, {} priority, {}", opened.rule, opened.priority, record.stations().join(", ")),
        tags: format!("{},{}", opened.priority.name(), if record.is_open() { "open" } else { "closed" }),
        alarm: opened.alarm.0,
    }
}
