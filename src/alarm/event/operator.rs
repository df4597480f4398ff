//! What people do about alarms.

use super::id::AlarmId;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

/// An acknowledgement of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The alarm.
    pub alarm: AlarmId,
    /// Who.
    pub by: String,
    /// Comment of the operator.
    pub comment: String,
    /// Host time.
    pub at: Timestamp,
    /// Host time at which the acknowledgement expires; `None` where it does not.
    pub expires_at: Option<Timestamp>,
    /// Number of people who must acknowledge before the chain stops; 0 means one.
    pub needed: u32,
}

/// An acknowledgement expired while its alarm was open: unless others are enough, the chain goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgementExpired {
    /// The alarm.
    pub alarm: AlarmId,
    /// Author of the expired acknowledgement.
    pub by: String,
    /// Host time at which it was due.
    pub due: Timestamp,
    /// Host time at which it was noticed; later than due after downtime or a silence.
    pub at: Timestamp,
}

/// The length of a shelving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shelving {
    /// Until a host time.
    Until(Timestamp),
    /// Until its alarm next clears.
    UntilNormal,
}

/// An operator action other than an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperatorAction {
    /// Took the acknowledgement of an alarm back: later steps are taken again.
    Unacknowledge,
    /// Said something about an alarm.
    Comment,
    /// Let go a latching alarm that has cleared.
    ResetLatch,
    /// Gave an alarm to somebody else.
    HandOver {
        /// New owner of the alarm.
        to: String,
    },
    /// Shelved a rule over a scope: its state goes on, nobody is told.
    Shelve(Shelving),
    /// Took it off the shelf.
    Unshelve,
    /// Took a rule over a scope out of service: its state goes on, nobody is told.
    TakeOutOfService,
    /// Put it back into service.
    ReturnToService,
    /// Switched all rules off.
    SwitchRulesOff,
}

/// A recorded operator action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operated {
    /// The alarm, where one is open.
    pub alarm: Option<AlarmId>,
    /// The rule; empty where it is about all of them.
    pub rule: String,
    /// The station or scope; empty where it is about all of them.
    pub scope_key: String,
    /// What.
    pub action: OperatorAction,
    /// Who.
    pub by: String,
    /// Comment of the operator.
    pub comment: String,
    /// Host time.
    pub at: Timestamp,
}

/// The reason why a shelving ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShelvingEnd {
    /// Its time was over.
    TimeOver,
    /// Its alarm has cleared.
    BackToNormal,
}

/// A rule over a scope is no longer shelved, and no operator did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelvingEnded {
    /// The alarm, where one is open.
    pub alarm: Option<AlarmId>,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// Why.
    pub end: ShelvingEnd,
    /// Host time at which it was due.
    pub due: Timestamp,
    /// Host time at which it was noticed; later than due after downtime.
    pub at: Timestamp,
}
