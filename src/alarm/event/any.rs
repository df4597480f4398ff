//! All events as one type, and as ledger records.

use super::amendment::Amendment;
use super::condition::{
    BecameCurrent, Carried, Closed, Joined, Knowledge, LatchChange, Membership, Opened, PriorityChange, Suppression,
};
use super::id::AlarmId;
use super::maintenance::{MaintenanceChanged, MaintenancePlanned};
use super::operator::{Acknowledged, AcknowledgementExpired, Operated, ShelvingEnded};
use super::rules::RulesStateChange;
use super::system::SystemCondition;
use super::telling::{Delivery, EndpointChange, Escalated, Flood, HeldBack, Notification, Reminded, SystemAlarm};
use crate::ledger::{Kind, LedgerError, Record};
use std::sync::Arc;

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident($body:ty) = $kind:ident;)+) => {
        /// Anything that happens to alarms. The variants are the kinds of ledger records.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum AlarmEvent {
            $($(#[doc = $doc])+ $name($body),)+
        }

        impl AlarmEvent {
            /// The event as a ledger record.
            ///
            /// # Errors
            /// [`LedgerError::Body`] where it is over the size limit.
            pub fn to_record(&self) -> Result<Record, LedgerError> {
                match self {
                    $(Self::$name(body) => Record::new(Kind::$kind, body),)+
                }
            }

            /// The event of a ledger record; `None` for a record of another kind.
            ///
            /// # Errors
            /// [`LedgerError::Body`] where the body does not match its kind.
            pub fn from_record(record: &Record, index: u64) -> Result<Option<Self>, LedgerError> {
                Ok(Some(match record.kind() {
                    $(Kind::$kind => Self::$name(record.body(index)?),)+
                    _ => return Ok(None),
                }))
            }

            /// The event's body as JSON: times are RFC 3339, UTC.
            ///
            /// # Errors
            /// What the serializer says; none is known.
            pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self {
                    $(Self::$name(body) => serde_json::to_value(body),)+
                }
            }
        }
    };
}

events! {
    /// An alarm opened.
    Opened(Arc<Opened>) = AlarmOpened;
    /// An alarm that was recorded as history holds now, and notifies.
    BecameCurrent(BecameCurrent) = AlarmBecameCurrent;
    /// An alarm closed.
    Closed(Box<Closed>) = AlarmClosed;
    /// A condition became unknown.
    BecameUnknown(Knowledge) = ConditionUnknown;
    /// A condition became known again.
    BecameKnown(Knowledge) = ConditionKnown;
    /// Stations left a quorum or came back.
    MembershipChanged(Membership) = MembershipChanged;
    /// An alarm was acknowledged.
    Acknowledged(Acknowledged) = AlarmAcknowledged;
    /// An operator did something else.
    Operated(Operated) = OperatorAction;
    /// A shelving ended by itself.
    ShelvingEnded(ShelvingEnded) = ShelvingEnded;
    /// A rule began or ceased to be suppressed.
    SuppressionChanged(Suppression) = SuppressionChanged;
    /// A latching alarm cleared, or tripped again.
    LatchChanged(Box<LatchChange>) = LatchChanged;
    /// The priority of an open alarm rose or fell.
    PriorityChanged(Box<PriorityChange>) = AlarmPriorityChanged;
    /// A condition went over into a new rule set.
    Carried(Carried) = ConditionCarried;
    /// An alarm joined an alarm group.
    Joined(Joined) = IncidentJoined;
    /// Readings that came late change what a rule would have said of the past.
    Amended(Box<Amendment>) = Amendment;
    /// A step was taken.
    Escalated(Escalated) = EscalationStep;
    /// A reminder was sent.
    Reminded(Reminded) = Reminder;
    /// A flood began or ended.
    FloodChanged(Flood) = FloodChanged;
    /// A message waits for the next roll-up.
    HeldBack(HeldBack) = HeldBack;
    /// A notification was created.
    Notification(Notification) = Notification;
    /// An attempt to tell somebody went one way or the other.
    Delivery(Delivery) = Delivery;
    /// A notification was created for the next channel, because one failed.
    Rerouted(Notification) = Rerouted;
    /// Telling people does not work.
    SystemAlarm(SystemAlarm) = SystemAlarm;
    /// An endpoint is gone, or named anew.
    EndpointChanged(EndpointChange) = EndpointChanged;
    /// An acknowledgement expired.
    AcknowledgementExpired(AcknowledgementExpired) = AcknowledgementExpired;
    /// A maintenance window was planned.
    MaintenancePlanned(MaintenancePlanned) = MaintenancePlanned;
    /// A maintenance window began, ended or was cancelled.
    MaintenanceChanged(MaintenanceChanged) = MaintenanceChanged;
    /// A system alarm was raised or cleared.
    SystemConditionChanged(SystemCondition) = SystemCondition;
    /// The rules in force were suspended, run again, or do not cover a station.
    RulesStateChanged(Box<RulesStateChange>) = RulesStateChanged;
}

impl AlarmEvent {
    /// The alarm that the event is about, where it is about one.
    #[must_use]
    pub fn alarm(&self) -> Option<AlarmId> {
        match self {
            Self::Opened(event) => Some(event.alarm),
            Self::BecameCurrent(event) => Some(event.alarm),
            Self::Closed(event) => Some(event.alarm),
            Self::BecameUnknown(event) | Self::BecameKnown(event) => event.alarm,
            Self::Acknowledged(event) => Some(event.alarm),
            Self::AcknowledgementExpired(event) => Some(event.alarm),
            Self::Operated(event) => event.alarm,
            Self::ShelvingEnded(event) => event.alarm,
            Self::SuppressionChanged(event) => event.alarm,
            Self::LatchChanged(event) => Some(event.alarm),
            Self::PriorityChanged(event) => Some(event.alarm),
            Self::Carried(event) => event.alarm,
            Self::Joined(event) => Some(event.alarm),
            Self::Escalated(event) => Some(event.alarm),
            Self::Reminded(event) => Some(event.alarm),
            Self::HeldBack(event) => Some(event.alarm),
            Self::Notification(event) | Self::Rerouted(event) => event.alarm,
            Self::SystemAlarm(event) => event.alarm,
            Self::Amended(event) => event.alarms().next(),
            Self::MaintenancePlanned(_)
            | Self::MaintenanceChanged(_)
            | Self::MembershipChanged(_)
            | Self::FloodChanged(_)
            | Self::Delivery(_)
            | Self::EndpointChanged(_)
            | Self::RulesStateChanged(_)
            | Self::SystemConditionChanged(_) => None,
        }
    }
}
