//! JSON for programs.

pub(crate) mod lists;
pub(crate) mod readings;
