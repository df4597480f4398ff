//! Facilities: treatment units, when they ran, and what was not treated meanwhile.

mod channel;
mod outages;
mod states;

pub use channel::{FacilityError, StateChannel, find_state_channel};
pub use outages::{Outage, OutageOptions, outages};
pub use states::{RunState, StateSpan, run_states, state_spans};
