//! Readings in and out: appending, looking from outside, keeping in order.

mod read_only;
mod seal;
mod upkeep;
mod write;

pub use read_only::ReadOnly;
pub(super) use read_only::registry_of;
pub(super) use seal::sealed_record;
pub(super) use upkeep::finish_deletion;
pub use upkeep::{Compaction, Deletion, Retention, UpkeepReport};
pub use write::{Receipt, Rejection};
