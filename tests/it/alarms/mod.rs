//! Alarms: the state machine, and the whole way from readings to people.

pub(crate) mod machine;
pub(crate) mod shift;
pub(crate) mod versions;
