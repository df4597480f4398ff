//! vocdb
pub mod base;
pub mod codec;
pub mod model;
pub mod store;
pub mod ledger;
pub mod query;
pub use model::{
    Batch, Channel, DuplicatePolicy, Frame, Instrument, InstrumentId, Interval, Position, Quality, ReferenceState, Registry,
    Sample, Station, StationId, TimeRange, Timestamp, Unit,
};
