//! Readings from programs: answered once they are durable.

use crate::accounts::{Right, token_digest};
use crate::failure::{ApiFailure, Failure};
use crate::live::Topic;
use crate::platform::Platform;
use crate::texts::Text;
use crate::visit::Visitor;
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use vocdb::{Batch, Quality, Registry, Sample, Timestamp};

/// Frames of one request.
const FRAMES_MAX: usize = 10_000;
/// Header with the form token, for requests with a session.
const TOKEN_HEADER: &str = "x-csrf-token";

/// The body of a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"frames": [{"station": "park/S1", "instrument": "pid", "time": "2026-03-14T14:40:00Z",
    "values": {"benzene": 3.1, "toluene": null}, "flags": {"benzene": "calibration"}}]}))]
pub(crate) struct Readings {
    /// Frames, at most 10,000.
    frames: Vec<FrameBody>,
}

/// One frame by names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FrameBody {
    /// Name of the station.
    station: String,
    /// Name of the instrument.
    instrument: String,
    /// Time of the frame (RFC 3339).
    time: String,
    /// Values by channel, in the units of the channels. `null`, and a channel without an entry, is a missing value.
    values: BTreeMap<String, Option<f64>>,
    /// Quality flags by channel, by the names that `vocdb query` prints.
    #[serde(default)]
    flags: BTreeMap<String, String>,
}

/// What became of the frames of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stored {
    /// Frames that were accepted, corrections among them.
    accepted: u64,
    /// Frames that repeat what is stored.
    identical: u64,
    /// Frames that lost against an earlier one.
    superseded: u64,
    /// Values that replace stored ones.
    corrected: u64,
    /// Frames that were rejected.
    rejected: Vec<RejectedFrame>,
    /// Alarms that opened.
    alarms_opened: u64,
    /// Whether the frames would survive a power failure.
    is_durable: bool,
    /// Number of the change that live events announce.
    change: u64,
}

/// A frame that was rejected.
#[derive(Debug, Serialize, ToSchema)]
struct RejectedFrame {
    /// Place of the frame in the request, from 0.
    index: usize,
    /// The reason.
    reason: String,
}

/// Stores readings, and answers once they are durable.
#[utoipa::path(
    post, path = "/api/readings", request_body = Readings, security(("token" = [])),
    responses(
        (status = 200, description = "What became of the frames", body = Stored),
        (status = 401, description = "No token", body = super::Problem),
        (status = 403, description = "The role may not send readings", body = super::Problem),
        (status = 413, description = "The request is larger than 2 MiB", body = super::Problem),
        (status = 422, description = "A name is unknown; nothing is stored", body = super::Problem),
    )
)]
pub(crate) async fn append(
    State(platform): State<Arc<Platform>>,
    visitor: Result<Visitor, Failure>,
    request: Request,
) -> Result<Json<Stored>, ApiFailure> {
    let visitor = visitor?;
    visitor.must(Right::SendReadings)?;
    if !visitor.is_program {
        let sent = request.headers().get(TOKEN_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if token_digest(sent) != token_digest(&visitor.form_token) {
            return Err(ApiFailure(Failure::Refused(Text::english(format_args!(
                "The header `{TOKEN_HEADER}` is missing or wrong."
            )))));
        }
    }
    // Only now, so that nobody without the right makes the platform read a body.
    let body = Json::<Readings>::from_request(request, &platform).await;
    let Json(Readings { frames }) = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
        _ => Failure::Invalid(Text::english(rejection.body_text())),
    })?;
    if frames.len() > FRAMES_MAX {
        return Err(ApiFailure(Failure::Invalid(Text::english(format_args!(
            "More than {FRAMES_MAX} frames: send them in several requests."
        )))));
    }
    let store = move |platform: &Platform| {
        let batch = batch_of(&frames, &platform.db.registry())?;
        let receipt = platform.db.append(&batch)?;
        // A page that is read after the answer shows the alarms.
        let topic = if receipt.alarms_opened > 0 { Topic::Alarms } else { Topic::Stations };
        Ok((platform.live.announce(topic), receipt))
    };
    let (change, receipt) = platform.read(store).await?;
    let rejections = receipt.rejections.iter();
    let rejected = rejections.map(|one| RejectedFrame { index: one.index, reason: one.reason.to_string() });
    Ok(Json(Stored {
        accepted: receipt.accepted,
        identical: receipt.identical,
        superseded: receipt.superseded,
        corrected: receipt.corrected,
        rejected: rejected.collect(),
        alarms_opened: receipt.alarms_opened,
        is_durable: receipt.is_durable,
        change,
    }))
}

/// The frames as a batch. Nothing is stored if one of them names what the store does not have.
fn batch_of(frames: &[FrameBody], registry: &Registry) -> Result<Batch, Failure> {
    let mut batch = Batch::new();
    for (index, frame) in frames.iter().enumerate() {
        push(frame, registry, &mut batch)
            .map_err(|cause| Failure::Invalid(Text::english(format_args!("frame {index}: {cause}"))))?;
    }
    Ok(batch)
}

fn push(frame: &FrameBody, registry: &Registry, batch: &mut Batch) -> Result<(), String> {
    let FrameBody { station, instrument, time, values, flags } = frame;
    let at = registry.station_named(station).ok_or_else(|| format!("no station is named `{station}`"))?;
    let id = registry.instrument_named(at, instrument);
    let id = id.ok_or_else(|| format!("station `{station}` has no instrument `{instrument}`"))?;
    let (_, known) = registry.instrument(id).ok_or("the instrument is not registered")?;
    let time: Timestamp = time.parse().map_err(|error: vocdb::model::ModelError| error.to_string())?;
    let mut samples = vec![Sample::MISSING; known.channels().len()];
    let slot_of = |name: &str| {
        known.channel_index(name).ok_or_else(|| format!("instrument `{instrument}` has no channel `{name}`"))
    };
    for (name, value) in values {
        if let Some(slot) = samples.get_mut(slot_of(name)?) {
            slot.value = *value;
        }
    }
    for (name, flag) in flags {
        let quality = Quality::ALL.into_iter().find(|quality| quality.name() == flag);
        let quality = quality.ok_or_else(|| format!("no flag is named `{flag}`"))?;
        if let Some(slot) = samples.get_mut(slot_of(name)?) {
            slot.quality = quality;
        }
    }
    batch.push_samples(id, time, samples);
    Ok(())
}
