//! From alarms to a named source: incidents, odour reports, attainment.

mod attainment;
mod incidents;
