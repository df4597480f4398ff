//! From verdicts to people: the alarm machine, escalation, the outbox, delivery.
//!
//! The machine is pure: time comes in as an argument, events come out. What becomes of the events (ledger, subscribers, notifiers) is
//! decided by whoever drives it.

mod delivery;
pub mod event;
mod machine;
pub mod notify;
pub mod report;
mod responder;
mod roster;
mod state;
mod text;

pub use delivery::{DisabledEndpoint, Dispatcher, GatewayReport, LastResort, OutboxRow, RowState};
pub use event::{AlarmEvent, AlarmId, AlarmKey, GroupId, Notification};
pub use machine::{Heartbeat, Machine, NextStep, Overdue, Trial};
pub use notify::{ConsoleNotifier, Notifier, Outcome};
pub use report::{AlarmRecord, Audit, Explanation, Metrics};
pub use responder::{PlannedAcknowledgement, Responder, Scripted};
pub use state::{
    Alarm, AlarmError, AlarmGroup, Condition, ConditionState, MachineState, Maintenance, RuleSetRef, Shelved, Silence,
    Standing,
};
