//! Steps of a case that make no sense.

use super::record::IncidentId;
use crate::alarm::event::AlarmId;
use crate::base::escape::Line;
use crate::model::{ModelError, Timestamp};

/// A step that a case refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IncidentError {
    /// No case has this number.
    #[error("{0} does not exist in this store: list incidents with `vocdb incident list`")]
    Unknown(IncidentId),
    /// The case is closed.
    #[error("{incident} is closed since {closed_at} ({outcome}): reopen it with `vocdb incident reopen`")]
    Closed {
        /// The incident.
        incident: IncidentId,
        /// Host time of the closing.
        closed_at: Timestamp,
        /// Name of its outcome.
        outcome: &'static str,
    },
    /// The case is open.
    #[error("{0} is open, so it cannot be reopened")]
    Open(IncidentId),
    /// An alarm that does not exist.
    #[error("alarm {0} does not exist in this store: list alarms with `vocdb alarms list --state all`")]
    NoAlarm(AlarmId),
    /// An alarm that belongs to a case already.
    #[error(
        "alarm {alarm} belongs to {incident} already: add other alarms to it with `vocdb incident add-alarm`, or close it first"
    )]
    AlarmTaken {
        /// The alarm.
        alarm: AlarmId,
        /// The open case that it belongs to.
        incident: IncidentId,
    },
    /// A chain that no rule in force has.
    #[error(
        "no rule in force has an escalation chain named `{}`{}",
        Line(name),
        if known.is_empty() { String::new() } else { format!("; known are: {}", Line(known)) }
    )]
    NoChain {
        /// The name.
        name: String,
        /// The chains of the rules in force.
        known: String,
    },
    /// A name, comment or date that the ledger does not keep.
    #[error(transparent)]
    Words(#[from] ModelError),
    /// Something else that makes no sense.
    #[error("{what} {problem}")]
    Wrong {
        /// Field.
        what: &'static str,
        /// Problem, and what to write instead.
        problem: &'static str,
    },
}
