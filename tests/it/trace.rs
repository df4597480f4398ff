//! Tracing: from positions, sites and run states to named suspects.

mod cpf;
mod facilities;
mod fingerprints;
mod places;
mod sites;
