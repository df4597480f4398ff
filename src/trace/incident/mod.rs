//! Incidents: cases with a clock, from the first alarm to the outcome.
//!
//! A case is opened by an alarm group or by a person. Everything that happens to it is a record of the ledger with author and host time, and
//! its state follows from these records alone: [`Incidents::remember`] is the only place that changes it, live and after a restart alike.

mod check;
mod error;
mod history;
mod opening;
mod record;
mod state;
mod statistics;

pub use error::IncidentError;
pub use history::history;
pub use opening::Opening;
pub use record::{
    CalendarDate, Factor, Finding, IncidentId, IncidentOpened, IncidentOverdue, IncidentStep, Outcome, Penalty,
    Rectification, Step, Suspect,
};
pub use state::{Clock, Incident, Incidents, Noted};
pub use statistics::{IncidentStatistics, OutcomeCount, PenaltySum};
