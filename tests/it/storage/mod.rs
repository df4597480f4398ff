//! Readings on disk: what is stored, what survives, what is refused.

pub(crate) mod allocations;
pub(crate) mod answers;
pub(crate) mod backfill;
pub(crate) mod catalog;
pub(crate) mod commits;
pub(crate) mod corruption;
pub(crate) mod dump;
pub(crate) mod faults;
pub(crate) mod full_disk;
pub(crate) mod guards;
pub(crate) mod mending;
pub(crate) mod model;
pub(crate) mod outside;
pub(crate) mod owners;
pub(crate) mod pressure;
pub(crate) mod quality_flags;
pub(crate) mod recovery;
pub(crate) mod retention;
pub(crate) mod schema;
pub(crate) mod stations_moved;
pub(crate) mod stats;
pub(crate) mod upkeep;
pub(crate) mod versions;
