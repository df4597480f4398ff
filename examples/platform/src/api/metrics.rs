//! Figures of the process for Prometheus, in its text format.

use crate::accounts::Right;
use crate::connections::Counts;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::visit::Visitor;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, FORWARDED};
use axum::response::{IntoResponse, Response};
use std::fmt::Write;
use std::sync::Arc;
use vocdb::Stats;

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Header that a proxy sets.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// `GET /metrics`: for programs on the same machine, and for accounts that may see alarms. A proxy on the same machine is none of the former.
pub(crate) async fn show(
    State(platform): State<Arc<Platform>>,
    visitor: Result<Visitor, Failure>,
    headers: HeaderMap,
) -> Result<Response, crate::failure::ApiFailure> {
    let visitor = visitor?;
    let is_forwarded = platform.is_https || headers.contains_key(FORWARDED) || headers.contains_key(FORWARDED_FOR);
    let is_local = visitor.address.ip().to_canonical().is_loopback() && !is_forwarded;
    if !is_local {
        visitor.must(Right::See)?;
    }
    let gather = |platform: &Platform| {
        let stats = platform.db.stats()?;
        let incidents = platform.db.incidents().iter().filter(|incident| incident.is_open()).count();
        Ok((stats, incidents))
    };
    let (stats, incidents) = platform.compute(gather).await?;
    let mut text = Text::default();
    write_store(&mut text, &stats);
    text.one("vocdb_platform_incidents_open", "gauge", "Incidents that are open.", incidents as u64);
    text.one("vocdb_platform_sessions", "gauge", "Sessions of people.", platform.sessions.count() as u64);
    text.one("vocdb_platform_live_pages", "gauge", "Pages that receive events.", platform.live.readers() as u64);
    write_connections(&mut text, &platform.places.counts());
    Ok(([(CONTENT_TYPE, FORMAT)], text.0).into_response())
}

/// Metrics in the text format.
#[derive(Debug, Default)]
struct Text(String);

impl Text {
    fn one(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn of_station(&mut self, name: &str, station: &str, value: f64) {
        let _ = writeln!(self.0, "{name}{{station=\"{}\"}} {value}", label(station));
    }
}

/// A value of a label: backslashes, quotes and ends of lines are escaped.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn write_connections(text: &mut Text, counts: &Counts) {
    for (name, kind, help, value) in [
        ("vocdb_platform_connections", "gauge", "Connections that are open.", counts.taken as u64),
        ("vocdb_platform_connections_most", "gauge", "Most connections at a time.", counts.taken_most as u64),
        ("vocdb_platform_connections_total", "counter", "Connections that got a place.", counts.admitted),
        (
            "vocdb_platform_connections_refused_total",
            "counter",
            "Connections closed for want of a place.",
            counts.refused,
        ),
        (
            "vocdb_platform_connections_displaced_total",
            "counter",
            "Idle connections closed for another one.",
            counts.displaced,
        ),
        ("vocdb_platform_requests_total", "counter", "Requests.", counts.requests),
    ] {
        text.one(name, kind, help, value);
    }
}

fn write_store(text: &mut Text, stats: &Stats) {
    let counters = &stats.counters;
    for (name, help, value) in [
        ("vocdb_frames_accepted_total", "Frames that were accepted.", counters.frames_accepted),
        ("vocdb_values_accepted_total", "Present values in accepted frames.", counters.values_accepted),
        ("vocdb_frames_identical_total", "Frames that repeat what is stored.", counters.frames_identical),
        ("vocdb_frames_superseded_total", "Frames that lost against an earlier one.", counters.frames_superseded),
        ("vocdb_values_corrected_total", "Values that a later frame replaced.", counters.values_corrected),
        ("vocdb_frames_out_of_order_total", "Frames older than the newest.", counters.frames_out_of_order),
        ("vocdb_frames_rejected_total", "Frames that were rejected.", counters.frames_rejected()),
        ("vocdb_seals_failed_total", "Attempts to seal that failed.", counters.seals_failed),
    ] {
        text.one(name, "counter", help, value);
    }
    for (name, help, value) in [
        ("vocdb_alarms_open", "Alarms that are open.", stats.alarms_open as u64),
        ("vocdb_outbox_notifications", "Notifications that wait.", stats.outbox as u64),
        (
            "vocdb_rules_lag_frames",
            "Frames that the rules have not seen.",
            stats.last_lsn.saturating_sub(stats.rules_lsn),
        ),
        (
            "vocdb_durable_lag_frames",
            "Frames that a power failure would take.",
            stats.last_lsn.saturating_sub(stats.durable_lsn),
        ),
        ("vocdb_ledger_records", "Records in the ledger.", stats.ledger_records),
        ("vocdb_segments", "Sealed segments.", stats.segments.count),
        ("vocdb_segments_quarantined", "Segments set aside at opening.", stats.segments_quarantined),
        ("vocdb_segment_bytes", "Bytes of segments.", stats.bytes.segments),
        ("vocdb_wal_bytes", "Bytes of the write-ahead log.", stats.bytes.wal),
        ("vocdb_catalog_bytes", "Bytes of the catalog.", stats.bytes.catalog),
        ("vocdb_ledger_bytes", "Bytes of the ledger.", stats.bytes.ledger),
    ] {
        text.one(name, "gauge", help, value);
    }
    let name = "vocdb_station_lag_seconds";
    text.head(name, "gauge", "Age of the newest row of a station.");
    for station in &stats.stations {
        if let Some(lag_ms) = station.lag_ms {
            text.of_station(name, &station.station, lag_ms as f64 / 1_000.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
        let mut text = Text::default();
        text.of_station("x", "park/S1", 1.5);
        assert_eq!(text.0, "x{station=\"park/S1\"} 1.5\n");
    }
}
