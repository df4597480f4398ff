//! Tests of rules, written in Rhai beside the rules: what they say shall happen, as plain steps. Whoever has an alarm machine runs them.

mod contacts;
mod notation;
mod script;
mod steps;

pub use contacts::unknown_contacts;
pub use notation::{NotationError, parse_series};
pub use script::trace_tests;
pub use steps::{Expected, RuleTest, TestAction, TestStep};
