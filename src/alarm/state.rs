//! What the machine remembers.

use super::event::{Acknowledged, AlarmId, Opened, Subject};
use crate::base::checksum::Digest;
use crate::model::Timestamp;
use crate::rules::verdict::Contact;
use serde::{Deserialize, Serialize};

/// The condition of one rule over one scope, apart from what people have done about it (OPC UA Part 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Condition {
    /// Nothing is wrong.
    #[default]
    Normal,
    /// The trip condition holds, but not yet for long enough.
    Pending,
    /// The alarm is open.
    Active,
    /// The alarm is open; the clear condition holds, but not yet for long enough.
    Clearing,
    /// There has been no verdict for longer than the rule allows.
    Unknown,
}

/// Where one rule over one scope stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConditionState {
    pub(super) phase: Phase,
    /// Since when verdicts have been unknown.
    pub(super) missing_since: Option<Timestamp>,
    /// Whether that has been recorded.
    pub(super) is_unknown: bool,
    pub(super) alarm: Option<AlarmId>,
    /// Stations that no longer count towards the quorum.
    pub(super) absent: Vec<String>,
}

/// The part of a condition that goes round: normal, pending, active, clearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Phase {
    #[default]
    Normal,
    Pending {
        since: Timestamp,
    },
    Active,
    Clearing {
        since: Timestamp,
    },
}

impl ConditionState {
    /// The condition as people see it.
    #[must_use]
    pub const fn condition(&self) -> Condition {
        if self.is_unknown {
            return Condition::Unknown;
        }
        match self.phase {
            Phase::Normal => Condition::Normal,
            Phase::Pending { .. } => Condition::Pending,
            Phase::Active => Condition::Active,
            Phase::Clearing { .. } => Condition::Clearing,
        }
    }

    /// The open alarm, if there is one.
    #[must_use]
    pub const fn alarm(&self) -> Option<AlarmId> {
        self.alarm
    }
}

/// What of the machine is not in its events: the conditions that are not plainly normal, by rule and scope.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MachineState {
    pub(super) conditions: Vec<(String, String, ConditionState)>,
}

/// The rule set in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSetRef {
    /// SHA-256 of its files.
    pub hash: Digest,
}

/// An open alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// How it opened: rule, scope, values, chain.
    pub opened: Opened,
    /// Who acknowledged it, once somebody has.
    pub acknowledged: Option<Acknowledged>,
    /// How many steps of its chain have been taken.
    pub steps_taken: usize,
    /// Who has been told, and over which ways.
    pub told: Vec<(Contact, Vec<String>)>,
}

impl Alarm {
    pub(super) const fn new(opened: Opened) -> Self {
        Self { opened, acknowledged: None, steps_taken: 0, told: Vec::new() }
    }

    /// Host time at which the next step is due; `None` once it is acknowledged or the chain has run out.
    #[must_use]
    pub fn next_step_due(&self) -> Option<Timestamp> {
        let step = self.opened.chain.steps.get(self.steps_taken).filter(|_| self.acknowledged.is_none())?;
        Some(self.opened.recorded_at.plus_ms(step.after_ms))
    }

    /// What its newest message is about.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        self.steps_taken.checked_sub(1).and_then(|step| u32::try_from(step).ok()).map(Subject::Step)
    }
}

/// An operator's action that makes no sense now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlarmError {
    /// No such alarm is open.
    #[error("alarm {0} is not open: it has closed, or there never was one of this number")]
    NotOpen(AlarmId),
    /// Somebody was faster.
    #[error("alarm {alarm} was acknowledged by {by} at {at} already")]
    AlreadyAcknowledged {
        /// The alarm.
        alarm: AlarmId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
}
