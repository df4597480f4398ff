//! Tests of the gateway over real connections on the loopback interface.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod archive;
mod hostile;
mod packets;
mod park;
mod silent;
mod simulated;
mod stored;
