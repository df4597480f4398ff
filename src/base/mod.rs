//! The ground floor: clock, limits, checksum, exact sums and byte cursors. Nothing here knows a word of the domain.

pub(crate) mod bytes;
pub mod checksum;
pub mod clock;
mod exact;
pub mod limits;

pub use exact::ExactSum;
