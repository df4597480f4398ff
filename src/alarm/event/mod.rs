//! Everything that can happen to an alarm, as it goes into the ledger and to subscribers.

mod amendment;
mod any;
mod condition;
mod id;
mod maintenance;
mod operator;
mod rules;
mod system;
mod telling;
mod words;

pub use amendment::{ActiveSpan, Amendment};
pub use any::AlarmEvent;
pub use condition::{
    BecameCurrent, Carried, Carry, Cause, CloseReason, Closed, Joined, Knowledge, LatchChange, Membership, Opened,
    PriorityChange, Suppression, Timing,
};
pub use id::{AlarmId, AlarmKey, GroupId};
pub use maintenance::{MaintenanceChanged, MaintenancePlanned, MaintenanceStep, MaintenanceWindow, Recurrence};
pub use operator::{
    Acknowledged, AcknowledgementExpired, Operated, OperatorAction, Shelving, ShelvingEnd, ShelvingEnded,
};
pub use rules::{RulesState, RulesStateChange};
pub use system::{SystemCondition, SystemKind};
pub use telling::{
    Delivery, DeliveryResult, EndpointChange, Escalated, Flood, HeldBack, Notification, Reminded, Subject, SystemAlarm,
};
