//! Readings in and out: appending, looking from outside, keeping in order.

mod read_only;
mod schema;
mod seal;
mod upkeep;
mod write;

pub use read_only::ReadOnly;
pub use schema::InstrumentChange;
pub(super) use upkeep::finish_deletion;
pub use upkeep::{Compaction, Deletion, Retention, UpkeepReport};
pub use write::{Receipt, Rejection};
