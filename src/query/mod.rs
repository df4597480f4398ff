//! Reading answers out of readings: range scans, windows with coverage, latest values.

mod error;
mod rows;
mod window;

pub use error::QueryError;
pub use rows::{Rows, rows};
pub use window::{Window, WindowFunction, WindowQuery, WindowValue, window};
