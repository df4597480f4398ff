//! Tests of channels against each other, and of frames against the clock of the receiver.

mod group;
mod hours;
mod pairs;
mod receipt;

pub(super) use group::{Group, groups};
pub(super) use hours::{HourMeans, Hours};
pub(super) use pairs::{Pairs, find_pairs};
pub(super) use receipt::Receipts;
