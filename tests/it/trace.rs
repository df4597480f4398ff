//! Tracing: from positions, sites and run states to named suspects.

mod cpf;
mod places;
mod sites;
