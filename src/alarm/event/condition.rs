//! What happens to conditions and alarms through readings and rules.

use super::id::{AlarmId, GroupId};
use crate::base::checksum::Digest;
use crate::model::Timestamp;
use crate::verdict::{Chain, DEADLINE_RULE, Evidence, Place, Priority};
use serde::{Deserialize, Serialize};

/// The relation of an alarm's opening to the host time of its recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Timing {
    /// Recorded as the readings came in.
    #[default]
    OnTime,
    /// Recorded late, while the condition still held. It notifies, and its messages name both times.
    Late,
    /// Recorded as history, because its instant was too old. It notifies nobody unless the condition turns out to hold now.
    History,
    /// Recorded as history, because its readings were appended as history. It notifies nobody unless further readings say that the condition
    /// holds now.
    Backfill,
}

impl Timing {
    /// The word of JSON and of the tool.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnTime => "on-time",
            Self::Late => "late",
            Self::History | Self::Backfill => "history",
        }
    }

    /// Returns whether the alarm is recorded as history.
    #[must_use]
    pub const fn is_history(self) -> bool {
        matches!(self, Self::History | Self::Backfill)
    }
}

/// An alarm opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Number of the alarm.
    pub alarm: AlarmId,
    /// The rule.
    pub rule: String,
    /// The station or, with a quorum, the scope.
    pub scope_key: String,
    /// Title with all placeholders filled in.
    pub title: String,
    /// Priority of the alarm.
    pub priority: Priority,
    /// Event time at which the condition began to hold.
    pub since: Timestamp,
    /// Event time at which it had held long enough.
    pub opened_at: Timestamp,
    /// Host time of the opening; the steps of the chain count from here.
    pub recorded_at: Timestamp,
    /// Escalation chain at the opening; later changes of the rule do not affect it.
    pub chain: Chain,
    /// The channels that the rule looks at.
    pub channels: Vec<String>,
    /// The unit of the evidence's values.
    pub unit: String,
    /// Values that opened the alarm.
    pub evidence: Vec<Evidence>,
    /// Up to where readings were in when that was found; `None` where that is not known.
    pub watermark: Option<Timestamp>,
    /// SHA-256 of the rule set in force.
    pub rule_set: Digest,
    /// Place of the rule in the rule set.
    pub place: Place,
    /// What to do about it, as the rule says: frozen here like the chain. Empty where the rule does not say.
    pub guidance: String,
    /// Why an interpreted closure had no answer, where it opened for want of one; `None` where that is not known.
    pub fault: Option<String>,
    /// Relation of the opening to the time of its recording.
    pub timing: Timing,
    /// Newest evaluated instant when a re-evaluation of late readings found the condition active; `None` where the alarm opened as its
    /// instant was evaluated for the first time.
    pub found_at: Option<Timestamp>,
}

impl Opened {
    /// Whether it is the alarm of an incident whose deadline has passed, which no rule opened.
    #[must_use]
    pub fn is_overdue(&self) -> bool {
        self.rule == DEADLINE_RULE
    }
}

/// An alarm that was recorded as history holds now. It notifies from here on, as one that opened late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BecameCurrent {
    /// Number of the alarm.
    pub alarm: AlarmId,
    /// Rule of the alarm.
    pub rule: String,
    /// Station or scope of the alarm.
    pub scope_key: String,
    /// Event time of the instant at which the condition holds.
    pub at: Timestamp,
    /// Host time, from which the steps of the chain count.
    pub recorded_at: Timestamp,
    /// Event time up to which readings were in.
    pub watermark: Timestamp,
    /// SHA-256 of the rule set in force.
    pub rule_set: Digest,
    /// Place of the rule in its file.
    pub place: Place,
}

/// The reason why an alarm closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CloseReason {
    /// The clear condition held long enough.
    Cleared,
    /// A new rule set has no such rule, or all rules were switched off.
    RuleRemoved,
    /// A new rule set has the rule, but not for this station or scope.
    ScopeRemoved,
    /// The trip condition was false for as long as the rule's `.auto_close` says.
    AutoClosed,
    /// It had cleared, and an operator reset its latch.
    LatchReset,
    /// Its incident was located or closed.
    DeadlineMet,
}

impl CloseReason {
    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cleared => "the clear condition held",
            Self::RuleRemoved => "its rule is no longer in force",
            Self::ScopeRemoved => "its rule no longer covers this scope",
            Self::AutoClosed => "it has not tripped for as long as the rule waits",
            Self::LatchReset => "its latch was reset",
            Self::DeadlineMet => "its incident was located or closed",
        }
    }
}

/// An alarm closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// Number of the alarm.
    pub alarm: AlarmId,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// Event time; host time where it was no reading that closed it.
    pub closed_at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
    /// Why.
    pub reason: CloseReason,
    /// The values at that instant; none where it was no reading that closed it.
    pub evidence: Vec<Evidence>,
    /// Up to where readings were in when that was found; `None` where it was no reading that closed it.
    pub watermark: Option<Timestamp>,
    /// SHA-256 of the rule set in force; `None` where that is not known.
    pub rule_set: Option<Digest>,
    /// Where the rule stands in it; `None` where it has no such rule.
    pub place: Option<Place>,
}

/// A rule's condition became unknown for want of data, or known again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Knowledge {
    /// The alarm, where one is open.
    pub alarm: Option<AlarmId>,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// Event time.
    pub at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
    /// Event time since when there was no verdict.
    pub since: Timestamp,
    /// Why an interpreted closure has no answer, where that is why; `None` where that is not known.
    pub fault: Option<String>,
    /// Up to where readings were in when that was found; `None` where that is not known.
    pub watermark: Option<Timestamp>,
    /// SHA-256 of the rule set in force; `None` where that is not known.
    pub rule_set: Option<Digest>,
    /// Where the rule stands in it; `None` where that is not known.
    pub place: Option<Place>,
}

/// Stations left or came back to the quorum of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The rule.
    pub rule: String,
    /// The scope.
    pub scope_key: String,
    /// Event time.
    pub at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
    /// Stations that have been without a verdict for longer than the rule waits, and no longer count.
    pub left: Vec<String>,
    /// Stations that have one again, and count.
    pub returned: Vec<String>,
    /// Up to where readings were in when that was found; `None` where that is not known.
    pub watermark: Option<Timestamp>,
    /// SHA-256 of the rule set in force; `None` where that is not known.
    pub rule_set: Option<Digest>,
    /// Where the rule stands in it; `None` where that is not known.
    pub place: Option<Place>,
}

/// A rule began to be suppressed by what its own `.suppress_when` looks at, or is so no longer. Its state goes on; nobody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The alarm, where one is open.
    pub alarm: Option<AlarmId>,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// By what, in the operator's words; `None` where nothing suppresses it any more.
    pub by: Option<String>,
    /// Event time.
    pub at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
    /// Up to where readings were in when that was found; `None` where the rule is gone.
    pub watermark: Option<Timestamp>,
    /// SHA-256 of the rule set in force; `None` where that is not known.
    pub rule_set: Option<Digest>,
    /// Where the rule stands in it; `None` where it has no such rule.
    pub place: Option<Place>,
}

/// A latching alarm cleared and stays until it is reset, or it tripped once more before that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatchChange {
    /// The alarm.
    pub alarm: AlarmId,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// Whether the condition cleared; otherwise it tripped again.
    pub is_clear: bool,
    /// Event time.
    pub at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
    /// The values at that instant.
    pub evidence: Vec<Evidence>,
    /// Up to where readings were in when that was found; `None` where that is not known.
    pub watermark: Option<Timestamp>,
    /// Whether people are told anew: an acknowledgement counts no longer, and the chain begins again at `recorded_at`. So it is whenever the
    /// alarm trips again.
    pub begins_anew: bool,
    /// SHA-256 of the rule set in force; `None` where that is not known.
    pub rule_set: Option<Digest>,
    /// Where the rule stands in it; `None` where that is not known.
    pub place: Option<Place>,
    /// Relation of a new trip to the time of its recording.
    pub timing: Timing,
}

/// The priority of an open alarm changed, because a priority step of its rule holds, or holds no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriorityChange {
    /// The alarm.
    pub alarm: AlarmId,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// Priority before. If a rise recorded as history still holds, the last priority of which recipients were notified.
    pub from: Priority,
    /// Priority from now on.
    pub to: Priority,
    /// Condition of the step, in the operator's words: of the one that holds or, after a fall, of the one that no longer does. Empty where no
    /// step of the rule in force is the reason.
    pub condition: String,
    /// Event time; host time where it was no reading that changed it.
    pub at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
    /// The values at that instant; none where it was no reading that changed it.
    pub evidence: Vec<Evidence>,
    /// Up to where readings were in when that was found; `None` where it was no reading that changed it.
    pub watermark: Option<Timestamp>,
    /// Whether acknowledgements count no longer and those notified so far are notified again: so after every rise but one of history.
    pub notifies: bool,
    /// SHA-256 of the rule set in force.
    pub rule_set: Digest,
    /// Place of the rule in the rule set.
    pub place: Place,
    /// Relation of the change to the time of its recording.
    pub timing: Timing,
}

impl PriorityChange {
    /// Returns whether the priority rose.
    #[must_use]
    pub fn is_rise(&self) -> bool {
        self.to > self.from
    }
}

/// The effect of a new rule set on a condition in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Carry {
    /// The rule is the same: everything goes on.
    Unchanged,
    /// Its times, texts or people have changed, not what it looks at: holds go on under the new times.
    Renewed,
    /// It looks at something else: the alarm stays open, and what had held for a while must hold anew.
    Reevaluated,
}

/// A condition that was under way went over into a new rule set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The alarm, where one is open.
    pub alarm: Option<AlarmId>,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// Host time.
    pub at: Timestamp,
    /// SHA-256 of the rule set that was in force.
    pub from: Digest,
    /// SHA-256 of the new one.
    pub to: Digest,
    /// How.
    pub carry: Carry,
}

/// The reason why two alarms belong to one group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cause {
    /// Both alarms have the same rule.
    SameRule,
    /// Both rules read this channel.
    SharedChannel(String),
}

/// An alarm joined a group that an earlier one had begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The group.
    pub group: GroupId,
    /// The alarm that joined.
    pub alarm: AlarmId,
    /// Why.
    pub cause: Cause,
    /// Event time of the alarm's opening.
    pub at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
}
