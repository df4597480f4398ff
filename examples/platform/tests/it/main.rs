//! Tests of the platform over real HTTP on the loopback interface.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod accounts;
mod acts;
mod api;
mod attack;
mod browser;
mod client;
mod demo;
mod district;
mod files;
mod gateway;
mod grafana;
mod hostile;
mod limits;
mod login;
mod maintenance;
mod map;
mod notified;
mod odour;
mod park;
mod quality;
mod register;
mod restart;
mod roles;
mod rose;
mod rules;
mod rules_tried;
mod series;
mod stations;
mod statistics;
mod texts;
mod values;
