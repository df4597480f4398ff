//! What the machine remembers.

mod active;
mod alarm;
mod condition;
mod error;
mod flood;
mod group;
mod maintenance;
mod priority;
mod silence;
mod stored;

pub(super) use active::Past;
pub use alarm::Alarm;
pub(super) use condition::Phase;
pub use condition::{Condition, ConditionState, RuleSetRef};
pub use error::AlarmError;
pub(super) use flood::{FLOOD_ALARMS, Load};
pub use group::AlarmGroup;
pub(super) use group::Groups;
pub use maintenance::Maintenance;
pub(super) use priority::HeldSteps;
pub use silence::{Shelved, Silence, Standing};
pub use stored::MachineState;
