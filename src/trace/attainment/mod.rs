//! Attainment of air-quality limits: days within all limits, period against period. Limits come from a file of the user, with dates; none is
//! built in.

mod days;
mod limits;

pub use days::{Attainment, AttainmentError, LimitDays, attainment};
pub use limits::{Averaging, Limit, Limits, LimitsError};
