//! Fingerprints: whether the species of an enhancement are those of a site.

mod compare;
mod enhancement;

pub use compare::{Fingerprint, compare_fingerprint};
pub use enhancement::SpeciesEnhancement;
