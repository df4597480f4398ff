//! Conditions: where each rule stands over each scope, apart from what people have done about it.

use super::priority::HeldSteps;
use crate::alarm::event::AlarmId;
use crate::base::checksum::Digest;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

/// The condition of one rule over one scope, apart from what people have done about it (OPC UA Part 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Condition {
    /// The condition is false.
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

impl Condition {
    /// The condition in a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Clearing => "clearing",
            Self::Unknown => "unknown",
        }
    }
}

/// The state of a rule over a scope.
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
    /// The priority steps that hold.
    pub(crate) steps: HeldSteps,
}

/// Everything of a condition but its alarm.
pub(super) type Parts<'a> = (Phase, Option<Timestamp>, bool, Option<Timestamp>, (&'a [String], &'a HeldSteps));

/// The part of a condition that goes round: normal, pending, active, clearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
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

    /// Everything but its alarm.
    pub(super) fn parts(&self) -> Parts<'_> {
        (self.phase, self.missing_since, self.is_unknown, self.quiet_since, (&self.absent, &self.steps))
    }

    /// The alarm, where the condition is open and nothing else is known of it: that follows from the alarm alone.
    pub(crate) fn only_alarm(&self) -> Option<AlarmId> {
        let Self { phase, missing_since, is_unknown, alarm, quiet_since, absent, steps } = self;
        let is_known = missing_since.is_none() && !is_unknown;
        let is_all = is_known && quiet_since.is_none() && absent.is_empty() && steps.is_empty();
        alarm.filter(|_| is_all && *phase == Phase::Active)
    }

    /// Whether its alarm is open and has not cleared.
    pub(crate) const fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Active | Phase::Clearing { .. })
    }

    /// Whether anything is under way that began before an instant.
    pub(crate) fn began_before(&self, instant: Timestamp) -> bool {
        let of_phase = match self.phase {
            Phase::Pending { since } | Phase::Clearing { since } => Some(since),
            Phase::Normal | Phase::Active => None,
        };
        let times = [of_phase, self.missing_since, self.quiet_since];
        times.into_iter().flatten().chain(self.steps.waits()).any(|since| since < instant)
    }

    /// Evaluation has gone back to an earlier time: nothing has lasted since later than that.
    pub(crate) fn begin_no_later_than(&mut self, instant: Timestamp) {
        if let Phase::Pending { since } | Phase::Clearing { since } = &mut self.phase {
            *since = (*since).min(instant);
        }
        self.missing_since = self.missing_since.map(|since| since.min(instant));
        self.quiet_since = self.quiet_since.map(|since| since.min(instant));
        self.steps.begin_no_later_than(instant);
    }

    /// The open alarm, if there is one.
    #[must_use]
    pub const fn alarm(&self) -> Option<AlarmId> {
        self.alarm
    }
}

/// The rule set in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSetRef {
    /// SHA-256 of its files.
    pub hash: Digest,
}
