//! What readings that came late would have changed: said beside the record, which stays as it is.

use super::id::AlarmId;
use crate::base::checksum::Digest;
use crate::model::Timestamp;
use crate::verdict::{Evidence, Place};
use serde::{Deserialize, Serialize};

/// A time in which a condition was active: from the opening of its alarm until that cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveSpan {
    /// The alarm; `None` for one that never opened, because the readings came too late.
    pub alarm: Option<AlarmId>,
    /// Event time of the opening.
    pub begin: Timestamp,
    /// Event time of the clearing; `None` where it had not come yet at the end of what was looked at.
    pub end: Option<Timestamp>,
}

impl ActiveSpan {
    /// Returns whether the condition was active at a time.
    #[must_use]
    pub fn holds_at(&self, instant: Timestamp) -> bool {
        self.begin <= instant && self.end.is_none_or(|end| instant < end)
    }

    /// Returns whether both were active at a common time.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.end.is_none_or(|end| other.begin < end) && other.end.is_none_or(|end| self.begin < end)
    }
}

/// Readings came after the instants that they reach had been evaluated, and the rule would have said something else with them. What it
/// did say, and who was told, stays on record as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    /// Number of the amendment in the store, from 1.
    pub number: u64,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// The first instant that was evaluated again.
    pub from: Timestamp,
    /// The last one.
    pub to: Timestamp,
    /// Times at which the condition was active, by the record and earlier amendments.
    pub recorded: Vec<ActiveSpan>,
    /// Times at which it would have been active.
    pub would_be: Vec<ActiveSpan>,
    /// Title of the first alarm that was missed; empty if none was.
    pub title: String,
    /// The values behind its opening.
    pub evidence: Vec<Evidence>,
    /// Host time.
    pub recorded_at: Timestamp,
    /// SHA-256 of the rule set in force.
    pub rule_set: Digest,
    /// Place of the rule in the rule set.
    pub place: Place,
}

impl Amendment {
    /// The times in which an alarm would have been open of which the record knows nothing.
    pub fn missed(&self) -> impl Iterator<Item = &ActiveSpan> {
        self.would_be.iter().filter(|span| !self.recorded.iter().any(|recorded| recorded.meets(span)))
    }

    /// The times in which an alarm was open that would not have been at all.
    pub fn unfounded(&self) -> impl Iterator<Item = &ActiveSpan> {
        self.recorded.iter().filter(|recorded| !self.would_be.iter().any(|span| span.meets(recorded)))
    }

    /// The alarms whose times would have been others, each once.
    pub fn alarms(&self) -> impl Iterator<Item = AlarmId> {
        let is_other = |span: &&ActiveSpan| !self.would_be.contains(span);
        let mut alarms: Vec<AlarmId> = self.recorded.iter().filter(is_other).filter_map(|span| span.alarm).collect();
        alarms.dedup();
        alarms.into_iter()
    }

    /// Returns the difference as text: `would have opened 2024-06-01T09:12:00Z and cleared 2024-06-01T09:40:00Z`.
    #[must_use]
    pub fn words(&self) -> String {
        let cleared = |span: &ActiveSpan| {
            span.end.map_or_else(|| format!("still been active {}", self.to), |end| format!("cleared {end}"))
        };
        let mut parts: Vec<String> = Vec::new();
        for span in self.would_be.iter().filter(|span| !self.recorded.contains(span)) {
            let is_same = |recorded: &&ActiveSpan| recorded.alarm == span.alarm && recorded.meets(span);
            let stood = self.recorded.iter().find(is_same);
            parts.push(match stood.map(|stood| (stood, stood.begin == span.begin)) {
                None => format!("would have opened {} and {}", span.begin, cleared(span)),
                Some((stood, true)) => format!("{}would have {}", named(stood), cleared(span)),
                Some((stood, false)) if stood.end == span.end => {
                    format!("{}would have opened {}", named(stood), span.begin)
                }
                Some((stood, false)) => {
                    format!("{}would have opened {} and {}", named(stood), span.begin, cleared(span))
                }
            });
        }
        parts.extend(self.unfounded().map(|span| format!("{}would not have opened {}", named(span), span.begin)));
        parts.join("; ")
    }
}

fn named(span: &ActiveSpan) -> String {
    span.alarm.map_or_else(String::new, |alarm| format!("{alarm} "))
}
