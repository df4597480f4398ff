//! The rule set in force: the stations that it is bound to, whether it runs, and what it has not seen.

mod binding;
mod history;
mod suspended;
mod view;

pub(super) use binding::Binding;
pub(super) use history::HistoryRuns;
pub(super) use suspended::{Suspended, Unseen};
pub use view::RuleSetInForce;
