//! The readings of a channel over a range, as programs and Grafana draw them.

use crate::chart::found;
use crate::failure::{ApiFailure, Failure};
use crate::platform::Platform;
use crate::texts::Text;
use crate::view::{Asked, Span};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vocdb::{Interval, TimeRange, Timestamp};

const DAY_MS: i64 = 86_400_000;
/// A day, unless a range is asked for; 400 days at most.
const SPAN: Span = Span { usual_ms: DAY_MS, longest_ms: 400 * DAY_MS };
/// Points of an answer unless another number is asked for, and at most.
const POINTS: u32 = 2_000;
const POINTS_MAX: u32 = 20_000;
/// Lengths of the windows of more readings, in seconds.
const STEPS_S: [i64; 15] = [1, 5, 10, 30, 60, 300, 600, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800];

/// The query of a series.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesAsked {
    /// Name of the station.
    #[param(example = "park/S1")]
    station: String,
    /// Instrument and channel.
    #[param(example = "pid/benzene")]
    channel: String,
    /// Start, inclusive (RFC 3339, or local time of the platform); a day before the end unless it is named.
    from: Option<String>,
    /// End, exclusive; the newest reading unless it is named. A range has at most 400 days.
    to: Option<String>,
    /// Greatest number of points, 1 to 20,000; 2,000 unless it is named. More readings are averaged.
    points: Option<u32>,
}

/// A channel over a range.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesBody {
    /// Name of the station.
    station: String,
    /// Instrument and channel.
    channel: String,
    /// Unit of the values.
    unit: &'static str,
    /// Start, inclusive.
    from: String,
    /// End, exclusive.
    to: String,
    /// Milliseconds between two readings.
    interval_ms: i64,
    /// Length of the windows over which readings are averaged, in milliseconds; `null` if the points are the readings.
    step_ms: Option<i64>,
    /// Limits.
    limits: Vec<LimitBody>,
    /// Points in order of time.
    points: Vec<Point>,
}

/// A limit of a channel.
#[derive(Debug, Serialize, ToSchema)]
struct LimitBody {
    /// Rule, or `detection limit`.
    name: String,
    /// Value in the unit of the channel.
    value: f64,
}

/// A reading, or the mean of a window.
#[derive(Debug, Serialize, ToSchema)]
struct Point {
    /// Time of the reading, or end of the window (RFC 3339).
    time: String,
    /// Value, or mean of the valid values; `null` without one. A value with a flag that makes it invalid has its flag beside it.
    value: Option<f64>,
    /// Quality flag of the reading; `mean` for a window.
    flag: &'static str,
    /// Least valid value of the window.
    min: Option<f64>,
    /// Greatest valid value of the window.
    max: Option<f64>,
    /// Valid readings of the window over the expected ones.
    coverage: Option<f64>,
}

/// Returns the readings of a channel over a range, or means of windows if there are more readings than points.
#[utoipa::path(
    get, path = "/api/series", params(SeriesAsked),
    responses(
        (status = 200, description = "The series", body = SeriesBody),
        (status = 404, description = "No such station or channel", body = super::Problem),
        (status = 422, description = "A range that cannot be answered", body = super::Problem),
    )
)]
pub(crate) async fn series(
    State(platform): State<Arc<Platform>>,
    asked: Result<Query<SeriesAsked>, QueryRejection>,
) -> Result<Json<SeriesBody>, ApiFailure> {
    let Query(asked) = asked.map_err(|rejection| Failure::Invalid(Text::english(rejection.body_text())))?;
    Ok(Json(platform.compute(move |platform| gather(platform, &asked)).await?))
}

fn gather(platform: &Platform, asked: &SeriesAsked) -> Result<SeriesBody, Failure> {
    let points_max = asked.points.unwrap_or(POINTS);
    if !(1..=POINTS_MAX).contains(&points_max) {
        return Err(Failure::Invalid(Text::english(format_args!("`points` must be 1 to {POINTS_MAX}."))));
    }
    let chart = found(platform, &asked.station, &asked.channel)?;
    let ends = Asked { from: asked.from.as_deref(), to: asked.to.as_deref() };
    let range = ends.range(&platform.zone, chart.range.to, SPAN)?;
    let step = step(range, chart.interval_ms, i64::from(points_max))?;
    let points = match step {
        None => readings(platform, chart.source, range)?,
        Some(step) => means(platform, chart.source, range, (step, chart.interval_ms))?,
    };
    let limits = chart.limits.into_iter().map(|limit| LimitBody { name: limit.name, value: limit.value });
    Ok(SeriesBody {
        station: chart.station,
        channel: chart.channel,
        unit: chart.unit,
        from: range.from.to_string(),
        to: range.to.to_string(),
        interval_ms: chart.interval_ms,
        step_ms: step.map(Interval::as_ms),
        limits: limits.collect(),
        points,
    })
}

/// The shortest window that keeps the number of points; none if the readings are few enough.
fn step(range: TimeRange, interval_ms: i64, points_max: i64) -> Result<Option<Interval>, Failure> {
    let length_ms = range.to.since_ms(range.from);
    if length_ms / interval_ms.max(1) <= points_max {
        return Ok(None);
    }
    let fits = |step_ms: &i64| *step_ms > interval_ms && length_ms / step_ms < points_max;
    let step_ms = STEPS_S.iter().map(|seconds| seconds * 1_000).find(fits).unwrap_or(length_ms);
    Interval::from_ms(step_ms).map(Some).map_err(|error| Failure::Invalid(Text::english(error)))
}

type Source = (vocdb::InstrumentId, usize);

fn readings(platform: &Platform, (instrument, place): Source, range: TimeRange) -> Result<Vec<Point>, Failure> {
    let rows = platform.db.readings().rows(instrument, &[place], range).map_err(vocdb::Error::from)?;
    let point = |(time, sample): (Timestamp, vocdb::Sample)| Point {
        time: time.to_string(),
        value: sample.value,
        flag: sample.quality.name(),
        min: None,
        max: None,
        coverage: None,
    };
    Ok(rows.samples(0).map(point).collect())
}

fn means(
    platform: &Platform,
    (instrument, place): Source,
    range: TimeRange,
    (step, interval_ms): (Interval, i64),
) -> Result<Vec<Point>, Failure> {
    let interval = Interval::from_ms(interval_ms).map_err(|error| Failure::Internal(error.to_string()))?;
    let readings = platform.db.readings();
    // Windows lie within the range, and the last one ends behind it if nothing newer is stored.
    let is_last = readings.newest(instrument).is_none_or(|newest| newest < range.to);
    let to = if is_last { range.to.plus_ms(step.as_ms()) } else { range.to.plus_ms(1) };
    let ends = TimeRange::new(range.from.plus_ms(step.as_ms()), to);
    let windows = readings.rollups(instrument, &[place], step, ends).map_err(vocdb::Error::from)?;
    let points = windows.iter().filter_map(|window| {
        let channel = window.channels.first()?;
        Some(Point {
            time: window.end.to_string(),
            value: channel.mean(),
            flag: "mean",
            min: channel.min,
            max: channel.max,
            coverage: Some(channel.coverage(step, interval)),
        })
    });
    Ok(points.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_the_number_of_points_and_few_readings_stay_as_they_are() {
        let of = |length_ms: i64, interval_ms: i64, points: i64| {
            let range = TimeRange::new(Timestamp::from_ms(0), Timestamp::from_ms(length_ms));
            step(range, interval_ms, points).unwrap().map(Interval::as_ms)
        };
        assert_eq!(of(DAY_MS, 60_000, 2_000), None);
        assert_eq!(of(DAY_MS, 1_000, 2_000), Some(60_000));
        assert_eq!(of(400 * DAY_MS, 1_000, 20_000), Some(1_800_000));
        for length in [DAY_MS, 30 * DAY_MS, 400 * DAY_MS] {
            for points in [2, 7, 500, 20_000] {
                if let Some(step) = of(length, 1_000, points) {
                    assert!(length / step <= points, "{length} {points} {step}");
                }
            }
        }
        assert_eq!(of(DAY_MS, 1_000, 1), Some(DAY_MS * 7));
    }
}
