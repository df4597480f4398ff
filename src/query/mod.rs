//! Reading answers out of readings: range scans, windows with coverage, latest values, frames in order of time.

mod accumulator;
mod aggregate;
mod error;
mod everywhere;
mod frames;
mod grid;
mod readings;
mod rows;
mod stream;
mod window;

pub(crate) use accumulator::Accumulator;
pub use aggregate::{Aggregate, Rollup};
pub use error::QueryError;
pub use everywhere::{ChannelRows, Newest};
pub use frames::Frames;
pub(crate) use grid::LocalDays;
pub use readings::Readings;
pub use rows::Rows;
pub use stream::Windows;
pub use window::{Window, WindowFunction, WindowQuery, WindowValue};
