//! What came of a demo.

use super::says;
use super::scenario::TRUTH;
use std::fmt;
use vocdb::{Database, ExportScope};

/// Records of the ledger that depend on the machine: how readings were packed, and checkpoints.
const OF_MACHINE: [&str; 6] =
    ["segment_sealed", "checkpoint", "segments_replaced", "deletion_completed", "readings_dropped", "frames_unseen"];

/// What came of a demo.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Frames that were stored.
    pub rows: u64,
    /// Values in them.
    pub values: u64,
    /// Alarms that opened.
    pub alarms: usize,
    /// Incidents that were opened.
    pub incidents: usize,
    /// Notifications that were delivered.
    pub delivered: usize,
    /// Suspects of the incident with their probabilities, the most probable first.
    pub suspects: Vec<(String, f64)>,
    /// Wall time in seconds.
    pub seconds: f64,
}

impl Outcome {
    /// Whether the two sites at fault are the first two suspects.
    #[must_use]
    pub fn is_truth(&self) -> bool {
        let mut first: Vec<&str> = self.suspects.iter().take(TRUTH.len()).map(|(site, _)| site.as_str()).collect();
        first.sort_unstable();
        let mut truth = TRUTH;
        truth.sort_unstable();
        first == truth
    }

    /// Distance between the second and the third suspect.
    #[must_use]
    pub fn gap(&self) -> f64 {
        let share = |place: usize| self.suspects.get(place).map_or(0.0, |(_, share)| *share);
        share(1) - share(2)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, values, alarms, incidents, delivered, seconds, .. } = self;
        let suspect = |place: usize| match self.suspects.get(place) {
            Some((site, share)) => format!("\"{site}\" ({share:.2})"),
            None => "none".to_owned(),
        };
        let truth = if self.is_truth() { "right" } else { "wrong" };
        write!(f, "demo: rows={rows} values={values} alarms={alarms} incidents={incidents} delivered={delivered} ")?;
        let (first, second, gap) = (suspect(0), suspect(1), self.gap());
        write!(f, "first={first} second={second} gap={gap:.2} truth={truth} seconds={seconds:.1}")
    }
}

/// The history of a store: every record of its ledger that does not depend on the machine, deliveries among them, one JSON object a line.
pub(super) fn history(db: &Database) -> Result<String, String> {
    let mut bytes = Vec::new();
    db.export_ledger(ExportScope::Everything, &mut bytes).map_err(says)?;
    let mut history = String::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let record: serde_json::Value = serde_json::from_slice(line).map_err(says)?;
        let (kind, body) = (record.get("kind").and_then(serde_json::Value::as_str), record.get("body"));
        let (Some(kind), Some(body)) = (kind, body) else {
            return Err("the export has a line without a record".to_owned());
        };
        if !OF_MACHINE.contains(&kind) {
            history.push_str(&format!("{kind} {body}\n"));
        }
    }
    Ok(history)
}
