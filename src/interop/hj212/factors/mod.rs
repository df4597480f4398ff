//! Factor codes: what they measure, in which unit, and which channel they feed.

mod table;

pub use table::{FactorEntry, FactorTable, FactorTableError};
