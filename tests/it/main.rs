//! The one integration binary: a module per behaviour.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bad_csv;
mod golden;
mod killed;
mod metec;
mod rule_mistakes;
mod tidy;
