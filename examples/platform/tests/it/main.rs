//! Tests of the platform over real HTTP on the loopback interface.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod acts;
mod api;
mod attack;
mod browser;
mod client;
mod demo;
mod district;
mod gateway;
mod hostile;
mod limits;
mod live;
mod login;
mod notified;
mod odour;
mod restart;
mod roles;
mod rules;
mod stations;
