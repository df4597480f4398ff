//! What is printed of a frame.

use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use vocdb::base::escape::{Line, counted};
use vocdb::interop::hj212::{Command, DeframerCounts, Fault, Frame, Item};

/// A decoded frame.
#[derive(Serialize)]
pub(super) struct Decoded<'a> {
    line: u64,
    offset: u64,
    bytes: usize,
    verdict: &'static str,
    forgiven: Vec<&'static str>,
    /// Values that must be a number and are not: they are stored as missing.
    bad_numbers: Vec<BadNumber<'a>>,
    station: &'a str,
    system: &'a str,
    command: u16,
    command_name: Option<&'static str>,
    qn: &'a str,
    flag: u8,
    packet: Option<(u16, u16)>,
    is_resent: bool,
    parameters: Map<String, Value>,
    factors: Vec<Value>,
}

/// A value of a factor that must be a number and is not.
#[derive(Serialize)]
struct BadNumber<'a> {
    factor: &'a str,
    sub_item: &'static str,
    value: &'a str,
}

impl<'a> Decoded<'a> {
    pub(super) fn new(frame: &Frame<'a>, line: u64) -> Self {
        let segment = &frame.segment;
        let (mut parameters, mut factors, mut bad_numbers) = (Map::new(), Vec::new(), Vec::new());
        for item in segment.items() {
            match item {
                Item::Parameter { name, value } => drop(parameters.insert(name.to_owned(), value.into())),
                Item::Factor(factor) => {
                    let bad = factor.bad_numbers();
                    bad_numbers.extend(bad.map(|(sub_item, value)| BadNumber {
                        factor: factor.code(),
                        sub_item: sub_item.name(),
                        value,
                    }));
                    let sub_items: Map<String, Value> =
                        factor.sub_items().map(|(name, value)| (name.to_owned(), value.into())).collect();
                    let quality = factor.quality().map(|quality| quality.name());
                    factors.push(json!({ "factor": factor.code(), "quality": quality, "values": sub_items }));
                }
            }
        }
        Self {
            line,
            offset: frame.offset,
            bytes: frame.raw.len(),
            verdict: "ok",
            forgiven: frame.forgiven.iter().map(|deviation| deviation.name()).collect(),
            bad_numbers,
            station: segment.station(),
            system: segment.system(),
            command: segment.command(),
            command_name: Command::from_number(segment.command()).map(Command::name),
            qn: segment.qn_text(),
            flag: segment.flag().number(),
            packet: segment.packet().map(|packet| (packet.number, packet.count)),
            is_resent: segment.is_resent(),
            parameters,
            factors,
        }
    }

    /// Number of values that must be a number and are not.
    pub(super) fn bad_numbers(&self) -> u64 {
        self.bad_numbers.len() as u64
    }

    pub(super) fn text(&self) -> String {
        let name = self.command_name.map(|name| format!(" {name}")).unwrap_or_default();
        let packet = self.packet.map(|(number, count)| format!(", packet {number} of {count}")).unwrap_or_default();
        let time = self.parameters.get("DataTime").and_then(Value::as_str);
        let time = time.map(|time| format!(", DataTime {}", Line(time))).unwrap_or_default();
        let factors = if self.factors.is_empty() {
            String::new()
        } else {
            format!(", {}", counted(self.factors.len(), "factor"))
        };
        let resent = if self.is_resent { ", repeated" } else { "" };
        let forgiven =
            if self.forgiven.is_empty() { String::new() } else { format!("; forgiven: {}", self.forgiven.join(", ")) };
        let bad = self.bad_numbers.iter().map(|bad| format!("{}-{}={}", bad.factor, bad.sub_item, bad.value));
        let bad = bad.collect::<Vec<_>>().join(", ");
        let bad = if bad.is_empty() { bad } else { format!("; not a number, stored as missing: {}", Line(bad)) };
        format!(
            "line {}, byte {}: ok: CN={}{name}, station {}{time}{factors}{packet}{resent}{forgiven}{bad}\n",
            self.line,
            self.offset,
            self.command,
            Line(self.station)
        )
    }
}

/// A frame that cannot be used.
#[derive(Serialize)]
pub(super) struct Faulty {
    line: u64,
    offset: u64,
    bytes: u64,
    verdict: &'static str,
    reason: String,
}

impl Faulty {
    pub(super) fn new(fault: &Fault, line: u64) -> Self {
        let Fault { offset, bytes, kind } = fault;
        Self { line, offset: *offset, bytes: *bytes, verdict: kind.name(), reason: kind.to_string() }
    }

    pub(super) fn text(&self) -> String {
        let Self { line, offset, verdict, reason, .. } = self;
        format!("line {line}, byte {offset}: {verdict}: {reason}\n")
    }
}

/// What a file holds in all.
#[derive(Serialize)]
pub(super) struct Summary {
    frames: u64,
    faults: u64,
    bytes: u64,
    skipped_bytes: u64,
    bad_numbers: u64,
    forgiven: BTreeMap<&'static str, u64>,
    faults_by_kind: BTreeMap<&'static str, u64>,
}

impl Summary {
    pub(super) fn new(counts: &DeframerCounts, bad_numbers: u64, faults_by_kind: BTreeMap<&'static str, u64>) -> Self {
        let DeframerCounts { bytes, frames, faults, skipped_bytes, forgiven } = counts;
        let forgiven = forgiven.iter().map(|(deviation, count)| (deviation.name(), count)).collect();
        Self {
            frames: *frames,
            faults: *faults,
            bytes: *bytes,
            skipped_bytes: *skipped_bytes,
            bad_numbers,
            forgiven,
            faults_by_kind,
        }
    }

    pub(super) fn text(&self) -> String {
        let Self { frames, faults, bytes, skipped_bytes, .. } = self;
        let mut text = format!(
            "{}, {}; {} of {} belong to no good frame\n",
            counted(*frames, "good frame"),
            counted(*faults, "fault"),
            counted(*skipped_bytes, "byte"),
            counted(*bytes, "byte")
        );
        for (title, counts) in [("faults", &self.faults_by_kind), ("forgiven", &self.forgiven)] {
            if !counts.is_empty() {
                let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
                text += &format!("{title}: {}\n", counts.join(", "));
            }
        }
        if self.bad_numbers > 0 {
            let values = counted(self.bad_numbers, "value");
            text += &format!("{values} not a number: correct the sender; the store gets a missing value\n");
        }
        text
    }
}
