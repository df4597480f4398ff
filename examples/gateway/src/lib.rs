//! An HJ 212 gateway on vocdb: stations connect over TCP, and each frame is answered (9014) once it is durable in the store.
//!
//! | module | content |
//! |---|---|
//! | [`config`] | the TOML file: stations, instruments, factors, limits |
//! | [`session`] | bytes of a connection to work for the writer |
//! | [`stations`] | readings of a message, packets of split messages |
//! | [`writer`] | one append for the work of many connections, then the answers |
//! | [`spool`] | packets on disk until their message is complete |
//! | [`archive`] | frames as they were received, in a chain of hashes |
//! | [`patience`], [`admission`] | when a connection is closed, and for whom |
//!
//! What is refused is never answered, so that its station keeps it, and is counted by its reason ([`counters`]).

pub mod admission;
mod alarms;
pub mod archive;
pub mod config;
pub mod counters;
mod gateway;
mod log;
pub mod patience;
mod server;
pub mod session;
pub mod spool;
pub mod stations;
pub mod writer;

pub use config::Config;
pub use gateway::{Gateway, Host};
