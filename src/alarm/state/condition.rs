//! Conditions: where each rule stands over each scope, apart from what people have done about it.

use crate::alarm::event::AlarmId;
use crate::base::checksum::Digest;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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
    pub(crate) phase: Phase,
    /// Since when verdicts have been unknown.
    pub(crate) missing_since: Option<Timestamp>,
    /// Whether that has been recorded.
    pub(crate) is_unknown: bool,
    pub(crate) alarm: Option<AlarmId>,
    /// Since when the trip condition of an open alarm has been false.
    pub(crate) quiet_since: Option<Timestamp>,
    /// Stations that no longer count towards the quorum.
    pub(crate) absent: Vec<String>,
}

/// The part of a condition that goes round: normal, pending, active, clearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Phase {
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

    /// Evaluation has gone back to an earlier time: nothing has lasted since later than that.
    pub(crate) fn begin_no_later_than(&mut self, instant: Timestamp) {
        if let Phase::Pending { since } | Phase::Clearing { since } = &mut self.phase {
            *since = (*since).min(instant);
        }
        self.missing_since = self.missing_since.map(|since| since.min(instant));
        self.quiet_since = self.quiet_since.map(|since| since.min(instant));
    }

    /// The open alarm, if there is one.
    #[must_use]
    pub const fn alarm(&self) -> Option<AlarmId> {
        self.alarm
    }
}

/// What of the machine is not in its events: the conditions that are not plainly normal, by rule and scope.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MachineState<'a> {
    pub(crate) conditions: Vec<(Cow<'a, str>, Cow<'a, str>, Cow<'a, ConditionState>)>,
}

impl MachineState<'_> {
    /// The same, for as long as it is wanted.
    #[must_use]
    pub fn into_owned(self) -> MachineState<'static> {
        let owned = |(rule, scope_key, state): (Cow<'_, str>, Cow<'_, str>, Cow<'_, ConditionState>)| {
            (Cow::Owned(rule.into_owned()), Cow::Owned(scope_key.into_owned()), Cow::Owned(state.into_owned()))
        };
        MachineState { conditions: self.conditions.into_iter().map(owned).collect() }
    }
}

/// The rule set in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSetRef {
    /// SHA-256 of its files.
    pub hash: Digest,
}
