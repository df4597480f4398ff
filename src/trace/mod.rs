//! From alarms towards a name: what happened when, and from where the wind blew. Reads the ledger and the readings; changes nothing.

mod place;
mod sheet;
mod timeline;
mod wind;

pub use place::{LocalFrame, PlaceError, StationMove, StationPlace, plan_moves};
#[cfg(feature = "csv")]
pub use place::{StationSheet, read_stations};
pub use sheet::SheetError;
pub use timeline::{TimelineEntry, timeline};
pub use wind::{WindChannels, WindMean, mean_wind};
