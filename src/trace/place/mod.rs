//! Positions: metres around a reference point, and files that say where stations stand.

mod error;
mod frame;
mod moves;
mod network;
#[cfg(feature = "csv")]
mod stations;
mod swapped;

pub use error::PlaceError;
pub use frame::LocalFrame;
pub use moves::{StationMove, StationPlace, plan_moves};
pub use network::{FarPosition, NetworkExtent, far_positions};
#[cfg(feature = "csv")]
pub use stations::{StationSheet, read_stations};
#[cfg(any(feature = "csv", feature = "geojson"))]
pub(in crate::trace) use swapped::find_swapped;
