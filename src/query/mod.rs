//! Reading answers out of readings: range scans, windows with coverage, latest values.

mod aggregate;
mod error;
mod readings;
mod rows;
mod window;

pub use aggregate::{Aggregate, Rollup};
pub use error::QueryError;
pub use readings::Readings;
pub use rows::Rows;
pub use window::{Window, WindowFunction, WindowQuery, WindowValue};
