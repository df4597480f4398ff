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

impl<'a> Decoded<'a> {
    pub(super) fn new(frame: &Frame<'a>, line: u64) -> Self {
        let segment = &frame.segment;
        let (mut parameters, mut factors) = (Map::new(), Vec::new());
        for item in segment.items() {
            match item {
                Item::Parameter { name, value } => drop(parameters.insert(name.to_owned(), value.into())),
                Item::Factor(factor) => {
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
        format!(
            "line {}, byte {}: ok: CN={}{name}, station {}{time}{factors}{packet}{resent}{forgiven}\n",
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
    forgiven: BTreeMap<&'static str, u64>,
    faults_by_kind: BTreeMap<&'static str, u64>,
}

impl Summary {
    pub(super) fn new(counts: &DeframerCounts, faults_by_kind: BTreeMap<&'static str, u64>) -> Self {
        let DeframerCounts { bytes, frames, faults, skipped_bytes, forgiven } = counts;
        let forgiven = forgiven.iter().map(|(deviation, count)| (deviation.name(), count)).collect();
        Self {
            frames: *frames,
            faults: *faults,
            bytes: *bytes,
            skipped_bytes: *skipped_bytes,
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
        text
    }
}
