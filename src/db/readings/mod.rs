//! Readings in and out: appending, looking from outside, keeping in order.

mod by_name;
mod correct;
mod lineage;
mod quality;
mod read_only;
mod repair;
mod retention;
mod schema;
mod seal;
mod upkeep;
mod write;

pub use correct::ValueCorrection;
pub(super) use lineage::{lineage_of, note_segments};
pub use quality::{ChannelSet, QualityChange, QualityReport};
pub use read_only::ReadOnly;
pub(super) use read_only::registry_of;
pub use retention::{Retention, RetentionAge, RetentionScope};
pub use schema::{InstrumentChange, StationChange, StationPlacement};
pub(super) use seal::sealed_record;
pub(super) use upkeep::finish_deletions;
pub use upkeep::{Compaction, Deletion, DeletionScope, UpkeepReport};
pub use write::{Receipt, Rejection};
