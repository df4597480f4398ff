//! The location of a source from readings, wind and positions: pure functions, the same answer for the same input.

mod answer;
mod bootstrap;
mod density;
mod error;
mod fit;
mod grid;
mod model;
mod options;
mod scene;
mod search;
mod sector;
mod sources;

pub use answer::{Location, ReleaseRate, Verdict, locate};
pub use error::LocateError;
pub use model::{Puff, PuffPath, Receptor, Spread, Stability, StabilityMix, WindSeries, WindStep, puff_concentrations};
pub use options::LocateOptions;
pub use scene::{Block, Scene};
pub use sector::Sector;
pub use sources::{SeparateSource, separate_sources};
