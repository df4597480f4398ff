//! From alarms towards a name: what happened when, and from where the wind blew. Reads the ledger and the readings; changes nothing.

pub mod attainment;
pub mod incident;
mod odour;
mod timeline;
mod wind;

pub use odour::{OdourIntensity, OdourReport};
pub use timeline::{TimelineEntry, timeline};
pub use wind::{WindChannels, WindMean, mean_wind};
