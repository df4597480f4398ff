//! From alarms to a named source: incidents, odour reports, attainment.

mod incidents;
