//! The air of the park: wind, background and plumes. Written apart from the models that locate sources.

mod background;
mod puffs;
mod random;
mod weather;

pub(super) use background::{Background, Shape};
pub(super) use puffs::{INLET_HEIGHT_M, Place, Plumes, Source};
pub(super) use random::{Random, Wander};
pub(super) use weather::Weather;

/// Seconds of one step of the wind and the plumes.
pub(super) const STEP_S: i64 = 10;
