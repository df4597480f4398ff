//! The sections of the page, in the order in which it has them.

mod case;
mod facilities;
mod history;
mod method;
mod odours;
mod quality;
mod source;
mod summary;

pub(super) use case::case;
pub(super) use facilities::facilities;
pub(super) use history::{alarms, history, notifications};
pub(super) use method::{method, verification};
pub(super) use odours::odours;
pub(super) use quality::quality;
pub(super) use source::{positions, source};
pub(super) use summary::{summary, title};
