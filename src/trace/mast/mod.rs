//! The mast: where a station's wind is measured, and which wind belongs to which reading.

mod error;
mod find;
mod join;

pub use error::WindError;
pub use find::{WindSource, find_wind};
pub use join::{WindySample, samples_with_wind};
