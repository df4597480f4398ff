//! The ground floor: clock, limits, checksum, exact sums, exact means of directions, sorted values, byte cursors and checked lines, escapes, edits between names, runs of integers, the processor's best instructions, work in the
//! background. Nothing here knows a word of the domain.

pub(crate) mod background;
pub(crate) mod bytes;
pub mod checksum;
pub mod clock;
pub(crate) mod edits;
pub mod escape;
mod exact;
pub mod limits;
pub(crate) mod lines;
pub(crate) mod observe;
pub(crate) mod processor;
pub(crate) mod sorted;

pub use exact::{ExactDirection, ExactMoments, ExactSum};
