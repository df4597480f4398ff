//! Tracing: from alarms, positions, sites and run states to named suspects and closed cases.

mod attainment;
mod cpf;
mod facilities;
mod fingerprints;
mod incidents;
mod located;
mod locations;
mod places;
mod report;
mod sites;
mod story;
