//! The location of a source from readings, wind and positions: pure functions, the same answer for the same input.

mod answer;
mod bootstrap;
mod density;
mod enhance;
mod error;
mod fit;
mod grid;
mod model;
mod scene;
mod search;
mod sector;
mod sources;

pub use answer::{LocateOptions, Location, ReleaseRate, Verdict, locate};
pub use enhance::enhancement;
pub use error::LocateError;
pub use model::{Puff, PuffPath, Receptor, Spread, Stability, StabilityMix, WindSeries, WindStep, puff_concentrations};
pub use scene::{Block, Scene};
pub use sector::Sector;
pub use sources::{SeparateSource, separate_sources};
