//! Rules: what they mean, their limits, and their evaluation over readings.

pub(crate) mod checkpoints;
pub(crate) mod cookbook;
pub(crate) mod firing;
pub(crate) mod in_force;
pub(crate) mod limits;
pub(crate) mod logic;
pub(crate) mod mistakes;
pub(crate) mod reloads;
pub(crate) mod said;
pub(crate) mod shown;
pub(crate) mod windows;
