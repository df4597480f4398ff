//! Small CSV tables with named columns, whose mistakes name their line.

mod error;
#[cfg(feature = "csv")]
mod table;

pub use error::SheetError;
#[cfg(feature = "csv")]
pub(super) use table::{Column, Row, Sheet};
