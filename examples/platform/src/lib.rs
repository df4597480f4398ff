//! A command platform on vocdb: the stations, alarms, incidents and rules of a district as web pages, on the store itself.
//!
//! | module | content |
//! |---|---|
//! | [`server`] | start and stop, routes, security headers |
//! | [`platform`] | the store and everything that requests share |
//! | [`accounts`] | people, their roles and rights, password hashes |
//! | `visit` | sessions, form tokens, limits of attempts |
//! | `pages` | one module for each page |
//! | `api` | JSON for programs |
//! | `chart` | a channel over a range, CSV files |
//! | [`register`] | files of sites and limits |
//! | `live` | server-sent events |
//! | `map` | maps of stations, sites and sources |
//! | `connections` | places for connections, deadlines for slow clients |
//! | `view` | layout, times, drawings |
//! | [`texts`] | texts of the pages in each language, and the language of a reader |
//! | [`phones`] | phones that are played, for a demo |
//! | [`demo`] | a night of a made park in accelerated time |
//!
//! Every page is readable without script. Every change is made by the library with the name of the person, so the ledger has it.

pub mod accounts;
mod api;
mod assets;
mod chart;
mod connections;
pub mod demo;
mod failure;
mod files;
mod headers;
mod live;
mod map;
mod pages;
pub mod phones;
pub mod platform;
pub mod register;
pub mod server;
pub mod texts;
mod view;
mod visit;

pub use server::{Options, Server};
