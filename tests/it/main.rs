//! The one integration binary: a module per behaviour.

mod bad_csv;
mod golden;
mod killed;
mod metec;
mod rule_mistakes;
mod tidy;
