//! The tests of one channel by itself.

mod all;
mod blocks;
mod calibration;
mod information;
mod limits;
mod repeats;
mod steps;

pub(super) use all::ChannelTests;
pub(super) use blocks::{BlockStatistics, block_ms, join};
