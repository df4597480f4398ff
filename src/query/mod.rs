//! Reading answers out of readings: range scans, windows with coverage, latest values.

mod error;
mod readings;
mod rows;
mod window;

pub use error::QueryError;
pub use readings::Readings;
pub use rows::Rows;
pub use window::{Window, WindowFunction, WindowQuery, WindowValue};
