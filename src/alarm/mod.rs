//! From verdicts to people: the alarm machine, escalation, the outbox, delivery.
//!
//! The machine is pure: time comes in as an argument, events come out. What becomes of the events (ledger, subscribers, notifiers) is
//! decided by whoever drives it.

mod dispatch;
pub mod event;
mod machine;
pub mod notify;
mod responder;
mod state;
mod text;

pub use dispatch::{DeliveryOutcome, Dispatcher};
pub use event::{AlarmEvent, AlarmId};
pub use machine::Machine;
pub use notify::{ConsoleNotifier, Notifier, Outcome};
pub use responder::{PlannedAcknowledgement, Responder};
pub use state::{Alarm, AlarmError, Condition, ConditionState, MachineState, RuleSetRef};
