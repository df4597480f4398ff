//! Tracing: from positions, sites and run states to named suspects.

mod places;
mod sites;
