//! Everything that can happen to an alarm, as it goes into the ledger and to subscribers.

use crate::base::checksum::Digest;
use crate::ledger::{Kind, LedgerError, Record};
use crate::model::Timestamp;
use crate::rules::verdict::{Chain, Contact, Evidence, Place, Priority};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of an alarm in its store: one for each opening, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlarmId(pub u64);

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// An alarm opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Its number.
    pub alarm: AlarmId,
    /// The rule.
    pub rule: String,
    /// The station or, with a quorum, the scope.
    pub scope_key: String,
    /// What people read, filled in.
    pub title: String,
    /// How urgent.
    pub priority: Priority,
    /// Event time at which the condition began to hold.
    pub since: Timestamp,
    /// Event time at which it had held long enough.
    pub opened_at: Timestamp,
    /// Host time of the opening; the steps of the chain count from here.
    pub recorded_at: Timestamp,
    /// Who is told when: frozen here, whatever becomes of the rule.
    pub chain: Chain,
    /// The unit of the evidence's values.
    pub unit: String,
    /// Why it opened: the values behind it.
    pub evidence: Vec<Evidence>,
    /// SHA-256 of the rule set in force.
    pub rule_set: Digest,
    /// Where the rule stands in it.
    pub place: Place,
}

/// Why an alarm closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// The clear condition held long enough.
    Cleared,
    /// A new rule set has no such rule, or no such scope.
    RuleRemoved,
}

/// An alarm closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// Its number.
    pub alarm: AlarmId,
    /// The rule.
    pub rule: String,
    /// The station or scope.
    pub scope_key: String,
    /// Event time.
    pub closed_at: Timestamp,
    /// Host time.
    pub recorded_at: Timestamp,
    /// Why.
    pub reason: CloseReason,
    /// The values at that instant.
    pub evidence: Vec<Evidence>,
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
}

/// Somebody has taken notice and takes care.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The alarm.
    pub alarm: AlarmId,
    /// Who.
    pub by: String,
    /// What they say.
    pub comment: String,
    /// Host time.
    pub at: Timestamp,
}

/// A step of the chain was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Escalated {
    /// The alarm.
    pub alarm: AlarmId,
    /// Index of the step, from 0.
    pub step: u32,
    /// Host time at which it was due.
    pub due: Timestamp,
    /// Host time at which it was taken; later than due after downtime.
    pub at: Timestamp,
    /// Who is told.
    pub contact: Contact,
    /// Over which ways.
    pub ways: Vec<String>,
}

/// One message to one person over one way: a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The same for every attempt and after every restart, so that a receiver can drop repeats: SHA-256, hexadecimal, of alarm,
    /// subject, recipient and way.
    pub id: String,
    /// The alarm.
    pub alarm: AlarmId,
    /// What it is about.
    pub subject: Subject,
    /// How urgent.
    pub priority: Priority,
    /// Who is told.
    pub contact: Contact,
    /// Over which way: `app`, `sms`, `email`, `phone`.
    pub way: String,
    /// What they read.
    pub text: String,
    /// Host time at which it was written.
    pub created_at: Timestamp,
}

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A step of the chain: the alarm is open.
    Step(u32),
    /// The alarm has closed.
    Closed,
}

/// What became of one attempt to deliver a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// [`Notification::id`].
    pub notification: String,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Host time.
    pub at: Timestamp,
    /// How it went.
    pub result: DeliveryResult,
}

/// How an attempt went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryResult {
    /// The gateway took it.
    Delivered,
    /// It failed for now and is tried again at a host time.
    Retry {
        /// When.
        at: Timestamp,
        /// Why it failed.
        reason: String,
    },
    /// The gateway refuses it for good.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Anything that happens to alarms. The variants are the kinds of ledger records.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AlarmEvent {
    /// An alarm opened.
    Opened(Box<Opened>),
    /// An alarm closed.
    Closed(Box<Closed>),
    /// A condition became unknown.
    BecameUnknown(Knowledge),
    /// A condition became known again.
    BecameKnown(Knowledge),
    /// Stations left a quorum or came back.
    MembershipChanged(Membership),
    /// An alarm was acknowledged.
    Acknowledged(Acknowledged),
    /// A step was taken.
    Escalated(Escalated),
    /// Somebody is to be told.
    Notification(Notification),
    /// An attempt to tell somebody went one way or the other.
    Delivery(Delivery),
}

impl AlarmEvent {
    /// The event as a ledger record.
    ///
    /// # Errors
    /// [`LedgerError::Body`] where it is over the size limit.
    pub fn to_record(&self) -> Result<Record, LedgerError> {
        match self {
            Self::Opened(body) => Record::new(Kind::AlarmOpened, body),
            Self::Closed(body) => Record::new(Kind::AlarmClosed, body),
            Self::BecameUnknown(body) => Record::new(Kind::ConditionUnknown, body),
            Self::BecameKnown(body) => Record::new(Kind::ConditionKnown, body),
            Self::MembershipChanged(body) => Record::new(Kind::MembershipChanged, body),
            Self::Acknowledged(body) => Record::new(Kind::AlarmAcknowledged, body),
            Self::Escalated(body) => Record::new(Kind::EscalationStep, body),
            Self::Notification(body) => Record::new(Kind::Notification, body),
            Self::Delivery(body) => Record::new(Kind::Delivery, body),
        }
    }

    /// The event of a ledger record; `None` for a record of another kind.
    ///
    /// # Errors
    /// [`LedgerError::Body`] where the body does not match its kind.
    pub fn from_record(record: &Record, index: u64) -> Result<Option<Self>, LedgerError> {
        Ok(Some(match record.kind() {
            Kind::AlarmOpened => Self::Opened(record.body(index)?),
            Kind::AlarmClosed => Self::Closed(record.body(index)?),
            Kind::ConditionUnknown => Self::BecameUnknown(record.body(index)?),
            Kind::ConditionKnown => Self::BecameKnown(record.body(index)?),
            Kind::MembershipChanged => Self::MembershipChanged(record.body(index)?),
            Kind::AlarmAcknowledged => Self::Acknowledged(record.body(index)?),
            Kind::EscalationStep => Self::Escalated(record.body(index)?),
            Kind::Notification => Self::Notification(record.body(index)?),
            Kind::Delivery => Self::Delivery(record.body(index)?),
            _ => return Ok(None),
        }))
    }

    /// The alarm that the event is about, where it is about one.
    #[must_use]
    pub const fn alarm(&self) -> Option<AlarmId> {
        match self {
            Self::Opened(event) => Some(event.alarm),
            Self::Closed(event) => Some(event.alarm),
            Self::BecameUnknown(event) | Self::BecameKnown(event) => event.alarm,
            Self::Acknowledged(event) => Some(event.alarm),
            Self::Escalated(event) => Some(event.alarm),
            Self::Notification(event) => Some(event.alarm),
            Self::MembershipChanged(_) | Self::Delivery(_) => None,
        }
    }
}
