//! The words of the field: timestamp, interval, unit, species, station, instrument, channel, quality, frame, batch.

mod batch;
mod channel;
mod error;
mod frame;
pub(crate) mod glob;
mod instrument;
mod interval;
mod quality;
mod registry;
pub mod species;
mod station;
mod timestamp;
mod unit;

pub use batch::Batch;
pub use channel::Channel;
pub(crate) use channel::DIRECTIONS_DEG;
#[cfg(feature = "csv")]
pub(crate) use channel::turned_direction;
pub use error::ModelError;
pub use frame::{Frame, FrameRef, Mark, Sample};
pub use instrument::{ChannelChange, DuplicatePolicy, Instrument, InstrumentId};
pub use interval::Interval;
pub(crate) use interval::write_length;
pub use quality::Quality;
pub(crate) use registry::HandFlags;
pub use registry::Registry;
pub use station::{Position, Station, StationId};
pub(crate) use station::{check_length, check_line, check_words};
pub use timestamp::{LocalHours, TimeRange, Timestamp, Zone};
pub(crate) use timestamp::{find_zone, replace_times};
pub(crate) use unit::Line;
pub use unit::{Dimension, ReferenceState, Unit};
