//! Forward models: the concentration at a receptor that a source at any place would cause there, per unit of its rate.

mod cloud;
mod kernel;
mod path;
mod plume;
mod puff;
mod shape;
mod shared;
mod spread;
mod stability;
mod wind;

pub(crate) use plume::Plume;
pub use puff::{Puff, PuffPath, puff_concentrations};
pub(crate) use shape::{PlumeShape, table_height_m};
pub(crate) use shared::{Field, Offsets};
pub use spread::Spread;
pub use stability::{Stability, StabilityMix};
pub(crate) use wind::SPEED_MIN_M_S;
pub use wind::{WindSeries, WindStep};

use super::grid::Grid;
use std::ops::Range;

/// A point where a station samples the air, in local metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Receptor {
    /// Metres east.
    pub east_m: f64,
    /// Metres north.
    pub north_m: f64,
    /// Height of the inlet above ground in metres.
    pub height_m: f64,
}

/// A model of the transport from a source to a receptor.
pub(super) trait Forward {
    /// Adds, for each cell of the grid, the concentration at the receptor in s/m3 (kg/m3 for 1 kg/s released in the cell's middle), as a sum
    /// over the steps of the wind. Returns the number of steps that count: divide by it for the mean.
    fn add(&self, receptor: &Receptor, steps: Range<usize>, grid: &Grid, sums: &mut [f32]) -> usize;
}
