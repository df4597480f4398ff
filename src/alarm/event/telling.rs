//! Who is told what over which way, and what becomes of it.

use super::id::AlarmId;
use crate::model::Timestamp;
use crate::verdict::{Contact, Party, Priority};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A step of the chain was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// The alarm.
    pub alarm: AlarmId,
    /// Index of the step, from 0. Text and JSON count from 1.
    #[serde(with = "step_number")]
    pub step: u32,
    /// Host time at which it was due.
    pub due: Timestamp,
    /// Host time at which it was taken; later than due after downtime.
    pub at: Timestamp,
    /// Contact named by the chain.
    pub contact: Contact,
    /// Recipients at this hour: the contact, or the people on duty in its roster.
    pub parties: Vec<Party>,
    /// Notification channels used.
    pub ways: Vec<String>,
}

/// A step or reminder counts as late from so many milliseconds behind its time: hosts let time pass every second or so.
pub(in crate::alarm) const LATE_MS: i64 = 5_000;

impl Escalated {
    /// Returns whether the step was late by 5 seconds or more.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.at.since_ms(self.due) >= LATE_MS
    }
}

/// Everybody told of an alarm so far is told again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// The alarm.
    pub alarm: AlarmId,
    /// Number of the reminder, from 1.
    pub repeat: u32,
    /// Host time at which it was due.
    pub due: Timestamp,
    /// Host time at which it was sent; later than due after downtime, when those in between are left out.
    pub at: Timestamp,
}

/// One message to one person over one way: a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The same for every attempt and after every restart, so that a receiver can drop repeats: SHA-256, hexadecimal, of alarm,
    /// subject, repeat, recipient and way.
    pub id: String,
    /// The alarm; `None` for a roll-up, a heartbeat, an amendment and a system alarm.
    pub alarm: Option<AlarmId>,
    /// Subject of the notification.
    pub subject: Subject,
    /// Number of the reminder; 0 for what is said the first time.
    pub repeat: u32,
    /// Priority of the notification.
    pub priority: Priority,
    /// Recipient of the notification.
    pub contact: Contact,
    /// Over which way: `app`, `sms`, `email`, `phone`.
    pub way: String,
    /// Further ways to the contact, should this one be dead.
    pub fallback: Vec<String>,
    /// Text of the notification.
    pub text: String,
    /// Host time at which it was written.
    pub created_at: Timestamp,
    /// What to do about the alarm, as its rule says: it stands in the text of a step too. Empty where the rule does not say, in what is said
    /// of a closing, a roll-up and a heartbeat.
    pub guidance: String,
    /// How often the latched alarm had tripped again when it was written.
    pub retrips: u32,
}

/// Numbers of steps: from 1 for people, from 0 in binary records.
mod step_number {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes an index: from 1 in formats for people.
    pub(super) fn serialize<S: Serializer>(index: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        let from = u32::from(serializer.is_human_readable());
        serializer.serialize_u32(index.saturating_add(from))
    }

    /// Reads an index: from 1 in formats for people.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let is_readable = deserializer.is_human_readable();
        let number = u32::deserialize(deserializer)?;
        Ok(if is_readable { number.saturating_sub(1) } else { number })
    }
}

/// The subject of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A step of the chain: the alarm is open. The index counts from 0; text and JSON count from 1.
    Step(#[serde(with = "step_number")] u32),
    /// The alarm has closed.
    Closed,
    /// Many alarms at once, in one message: its number for this contact, from 1.
    RollUp(u64),
    /// All is well and the station is alive: its number.
    Heartbeat(u64),
    /// An alarm would have opened, as readings that came late say: the number of the amendment.
    Late(u64),
    /// The alarm is open still, and nobody takes care of it any more, because an acknowledgement has expired: how often that has happened.
    Expired(u32),
    /// A system alarm was raised or cleared: the number of the change.
    System(u64),
    /// The priority of the open alarm rose: the number of the rise.
    Raised(u32),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(index) => write!(f, "step {}", index.saturating_add(1)),
            Self::Closed => f.write_str("closed"),
            Self::RollUp(number) => write!(f, "roll-up {number}"),
            Self::Heartbeat(number) => write!(f, "heartbeat {number}"),
            Self::Late(number) => write!(f, "amendment {number}"),
            Self::Expired(number) => write!(f, "acknowledgement expired {number}"),
            Self::System(number) => write!(f, "system alarm {number}"),
            Self::Raised(number) => write!(f, "priority raised {number}"),
        }
    }
}

/// The result of one attempt to deliver a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// [`Notification::id`].
    pub notification: String,
    /// Number of the attempt, from 1; 0 if none was made.
    pub attempt: u32,
    /// Host time.
    pub at: Timestamp,
    /// Result of the attempt.
    pub result: DeliveryResult,
}

/// The result of a delivery attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryResult {
    /// The gateway took it.
    Delivered,
    /// It failed for now and is tried again at a host time.
    Retry {
        /// When.
        at: Timestamp,
        /// Reason of the failure.
        reason: String,
    },
    /// The gateway refuses it for good: a dead letter.
    Refused {
        /// Why.
        reason: String,
    },
    /// It had not been delivered yet when a later message about the same alarm took its place.
    Superseded {
        /// The later message's [`Notification::id`].
        by: String,
    },
}

/// An endpoint said that it is gone, and nothing is sent there any more; or it is named anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointChange {
    /// The way that leads there.
    pub way: String,
    /// Name of the endpoint given by its notifier, without secrets.
    pub endpoint: String,
    /// Whether the endpoint is disabled now.
    pub is_disabled: bool,
    /// Why.
    pub reason: String,
    /// The notification that it refused, where one is why.
    pub notification: Option<String>,
    /// Host time.
    pub at: Timestamp,
}

/// A message that a flood holds back for the next roll-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    /// The alarm.
    pub alarm: AlarmId,
    /// Subject of the notification.
    pub subject: Subject,
    /// Priority of the notification.
    pub priority: Priority,
    /// Recipient of the message that was held back.
    pub party: Party,
    /// Notification channels of the message.
    pub ways: Vec<String>,
    /// what.
    pub text: String,
    /// Host time.
    pub at: Timestamp,
}

/// A flood of alarms to one contact began or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flood {
    /// Contact that the alarms are sent to.
    pub contact: Contact,
    /// Whether the flood began; otherwise it ended.
    pub is_on: bool,
    /// Number of alarms sent to the contact in the ten minutes before.
    pub alarms: u32,
    /// Host time.
    pub at: Timestamp,
}

/// Something is wrong with telling people itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemAlarm {
    /// The alarm that somebody should have heard of, where it is about one.
    pub alarm: Option<AlarmId>,
    /// The notification that does not get through.
    pub notification: String,
    /// Whom it does not reach.
    pub contact: Contact,
    /// Notification channel that failed.
    pub way: String,
    /// The way that is tried next; `None` where there is no further one.
    pub next_way: Option<String>,
    /// Reason of the failure.
    pub reason: String,
    /// Host time.
    pub at: Timestamp,
}
