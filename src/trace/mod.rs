//! From alarms towards a name: what happened when, and from where the wind blew. Reads the ledger and the readings; changes nothing.

mod locate;
mod timeline;
mod wind;

pub use locate::{
    Block, LocateError, LocateOptions, Location, Puff, PuffPath, Receptor, ReleaseRate, Scene, Sector, Spread,
    Stability, StabilityMix, Verdict, WindSeries, WindStep, enhancement, locate, puff_concentrations,
};
pub use timeline::{TimelineEntry, timeline};
pub use wind::{WindChannels, WindMean, mean_wind};
