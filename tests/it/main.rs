//! The one integration binary: a module per behaviour.

mod golden;
mod killed;
mod metec;
mod tidy;
