//! Files of any format into rows of many stations: a [`Mapping`] says how a format is written, in a mapping file in TOML, and
//! [`MappedReader`] reads files by it. Profiles for common formats are shipped: [`shipped()`].
//!
//! The [guide](crate::guide::files) has the reference of mapping files. `vocdb import --profile` stores what they read.

mod description;
mod document;
mod error;
mod names;
mod reader;
mod shipped;

#[cfg(test)]
mod tests;

pub use description::Mapping;
pub use error::{MappingError, Problem};
pub use names::is_known_quantity;
pub use reader::{Cell, MappedReader, Row, Rows, Series, SeriesTable, Source};
pub use shipped::{Shipped, shipped};
