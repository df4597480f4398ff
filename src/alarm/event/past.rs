//! Bodies of records that earlier releases wrote, as this release reads them.

use super::condition::{CloseReason, Closed, LatchChange, Opened, Timing};
use super::id::AlarmId;
use crate::base::checksum::Digest;
use crate::ledger::{Kind, LedgerError, Record};
use crate::model::Timestamp;
use crate::verdict::{Chain, Evidence, Place, Priority, TermValue, Truth};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// [`TermValue`] in version 1: without flags.
#[derive(Deserialize)]
struct Term1 {
    label: String,
    value: Option<f64>,
    coverage: f64,
    unit: String,
}

/// [`Evidence`] in version 1.
#[derive(Deserialize)]
struct Evidence1 {
    station: String,
    trip: Truth,
    value: Option<f64>,
    terms: Vec<Term1>,
}

/// [`Opened`] in version 1: without a watermark.
#[derive(Deserialize)]
struct Opened1 {
    alarm: AlarmId,
    rule: String,
    scope_key: String,
    title: String,
    priority: Priority,
    since: Timestamp,
    opened_at: Timestamp,
    recorded_at: Timestamp,
    chain: Chain,
    channels: Vec<String>,
    unit: String,
    evidence: Vec<Evidence1>,
    rule_set: Digest,
    place: Place,
}

/// [`Closed`] in version 1: without a watermark.
#[derive(Deserialize)]
struct Closed1 {
    alarm: AlarmId,
    rule: String,
    scope_key: String,
    closed_at: Timestamp,
    recorded_at: Timestamp,
    reason: CloseReason,
    evidence: Vec<Evidence1>,
}

/// [`LatchChange`] in version 1: without a watermark.
#[derive(Deserialize)]
struct LatchChange1 {
    alarm: AlarmId,
    rule: String,
    scope_key: String,
    is_clear: bool,
    at: Timestamp,
    recorded_at: Timestamp,
    evidence: Vec<Evidence1>,
}

/// The body of a record to whose type this release has at most added fields at the end, which read as nothing where they are missing.
pub(super) fn body<T: DeserializeOwned>(record: &Record, index: u64) -> Result<T, LedgerError> {
    let added = match (record.kind(), record.version()) {
        (Kind::LatchChanged, 3) => 1,
        (Kind::AlarmOpened, 3) | (Kind::AlarmClosed, 2) | (Kind::Notification | Kind::Rerouted, 1) => 2,
        (Kind::AlarmAcknowledged, 1) => 2,
        (Kind::MembershipChanged | Kind::SuppressionChanged, 1) => 3,
        (Kind::AlarmOpened | Kind::LatchChanged, 2) | (Kind::ConditionUnknown | Kind::ConditionKnown, 1) => 4,
        _ => return record.body(index),
    };
    record.body_of_fewer_fields(record.version(), added, index)
}

fn evidence(of: Vec<Evidence1>) -> Vec<Evidence> {
    let term = |Term1 { label, value, coverage, unit }| TermValue { label, value, coverage, unit, flags: Vec::new() };
    let one = |Evidence1 { station, trip, value, terms }: Evidence1| {
        let terms = terms.into_iter().map(term).collect();
        Evidence { station, trip, value, terms }
    };
    of.into_iter().map(one).collect()
}

/// An opening of version 1.
pub(super) fn opened(record: &Record, index: u64) -> Result<Opened, LedgerError> {
    let of: Opened1 = record.body_of_version(1, index)?;
    Ok(Opened {
        alarm: of.alarm,
        rule: of.rule,
        scope_key: of.scope_key,
        title: of.title,
        priority: of.priority,
        since: of.since,
        opened_at: of.opened_at,
        recorded_at: of.recorded_at,
        chain: of.chain,
        channels: of.channels,
        unit: of.unit,
        evidence: evidence(of.evidence),
        watermark: None,
        rule_set: of.rule_set,
        place: of.place,
        guidance: String::new(),
        fault: None,
        timing: Timing::OnTime,
        found_at: None,
    })
}

/// A closing of version 1.
pub(super) fn closed(record: &Record, index: u64) -> Result<Closed, LedgerError> {
    let Closed1 { alarm, rule, scope_key, closed_at, recorded_at, reason, evidence: of } =
        record.body_of_version(1, index)?;
    let (evidence, watermark, rule_set, place) = (evidence(of), None, None, None);
    Ok(Closed { alarm, rule, scope_key, closed_at, recorded_at, reason, evidence, watermark, rule_set, place })
}

/// A change of a latch of version 1.
pub(super) fn latch_change(record: &Record, index: u64) -> Result<LatchChange, LedgerError> {
    let LatchChange1 { alarm, rule, scope_key, is_clear, at, recorded_at, evidence: of } =
        record.body_of_version(1, index)?;
    Ok(LatchChange {
        alarm,
        rule,
        scope_key,
        is_clear,
        at,
        recorded_at,
        evidence: evidence(of),
        watermark: None,
        begins_anew: false,
        rule_set: None,
        place: None,
        timing: Timing::OnTime,
    })
}
