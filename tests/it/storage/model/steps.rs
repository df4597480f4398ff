//! What may be done to a store, at random.

use super::{FIRST_MS, NOW_MS};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use vocdb::{Compaction, Quality, Sample};

/// What is done to a store.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Append(Vec<Arrival>),
    /// A run of regular frames, long enough for several blocks.
    Run {
        instrument: u32,
        from_slot: i64,
        frames: i64,
    },
    Seal,
    /// Values that somebody corrects.
    Correct {
        instrument: u32,
        channel: Index,
        samples: Vec<(i64, Sample)>,
    },
    /// Another channel, one less, one back, or more decimals.
    Change {
        instrument: u32,
        kind: u8,
        channel: Index,
        decimals: u8,
    },
    Compact(Compaction),
    Delete {
        instrument: u32,
        channels: Vec<Index>,
        from_slot: i64,
        slots: i64,
    },
    Rollup {
        instrument: u32,
        channel: Index,
        seconds: i64,
        from_slot: i64,
        slots: i64,
    },
    /// By age in hours, and by bytes.
    Retain {
        scope: u8,
        channel: Index,
        age_hours: Option<u32>,
        bytes_max: Option<u64>,
    },
    Close,
    /// As a killed process would leave it: nothing is sealed, nothing said goodbye to.
    Drop,
    /// Closed, or left as a killed process would, and mended, though nothing is broken.
    Repair {
        is_closed: bool,
    },
    /// As text and back.
    Dump,
    /// Goes on in what a backup restores.
    Move,
    Scan {
        instrument: u32,
        channels: Vec<Index>,
        from_ms: i64,
        to_ms: i64,
    },
}

/// A frame before it is fitted to its instrument.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) instrument: u32,
    pub(super) time_ms: i64,
    pub(super) samples: [Sample; 3],
    /// One channel too many.
    pub(super) is_too_wide: bool,
}

fn sample() -> impl Strategy<Value = Sample> {
    let usable = select(vec![0.01, 0.1 + 0.2, -0.0, 0.0, 42.5, 1e15, -1e15, f64::MIN_POSITIVE, 123.456]);
    let wrong = select(vec![f64::NAN, f64::INFINITY, -1e300, 1.1e15]);
    let value = prop_oneof![60 => usable.prop_map(Some), 20 => Just(None), 1 => wrong.prop_map(Some)];
    let quality = prop_oneof![3 => Just(Quality::Normal), 1 => select(Quality::ALL.to_vec())];
    (value, quality).prop_map(|(value, quality)| Sample { value, quality })
}

fn time_ms() -> impl Strategy<Value = i64> {
    let extreme = select(vec![
        i64::MIN,
        i64::MIN + 1,
        -1,
        0,
        NOW_MS + 600_000,
        NOW_MS + 600_001,
        NOW_MS + 86_400_000 * 25_000,
        i64::MAX,
    ]);
    prop_oneof![40 => (0_i64..14).prop_map(|slot| FIRST_MS + slot * 1_000), 1 => extreme]
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let instrument = prop_oneof![40 => 1_u32..=3, 1 => Just(99_u32), 1 => Just(0_u32)];
    (instrument, time_ms(), [sample(), sample(), sample()], prop::bool::weighted(0.02))
        .prop_map(|(instrument, time_ms, samples, is_too_wide)| Arrival { instrument, time_ms, samples, is_too_wide })
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let run = (1_u32..=3, prop_oneof![3 => 0_i64..3_000, 1 => 5_000_i64..6_400], 900_i64..2_200);
    let edge_ms = || prop_oneof![9 => (-2_i64..16).prop_map(|slot| FIRST_MS + slot * 1_000 + 1), 1 => any::<i64>()];
    let scan = (1_u32..=3, prop::collection::vec(any::<Index>(), 0..4), edge_ms(), edge_ms());
    let compaction = select(vec![Compaction::Due, Compaction::Everything]);
    let delete = (1_u32..=3, prop::collection::vec(any::<Index>(), 0..2), -2_i64..16, 0_i64..2_000);
    // Midnight is at slot 6,400.
    let widths = select(vec![(1_i64, 1_i64), (7, 1), (60, 1), (600, 1), (3_600, 1), (86_400, 40)]);
    let rollup = (1_u32..=3, any::<Index>(), widths, -2_i64..2_000, 0_i64..5_000);
    let correct = (1_u32..=4, any::<Index>(), prop::collection::vec((time_ms(), sample()), 0..4));
    let change = (1_u32..=3, 0_u8..5, any::<Index>(), 0_u8..14);
    let bytes_max = prop_oneof![3 => 400_u64..6_000, 1 => Just(0_u64)];
    let retain = (0_u8..6, any::<Index>(), prop::option::of(1_u32..60), prop::option::of(bytes_max));
    prop_oneof![
        2 => compaction.prop_map(Step::Compact),
        1 => delete.prop_map(|(instrument, channels, from_slot, slots)| Step::Delete { instrument, channels, from_slot, slots }),
        3 => rollup.prop_map(|(instrument, channel, (seconds, scale), from_slot, slots)| Step::Rollup { instrument, channel, seconds, from_slot: from_slot * scale, slots: slots * scale }),
        12 => prop::collection::vec(arrival(), 0..10).prop_map(Step::Append),
        1 => run.prop_map(|(instrument, from_slot, frames)| Step::Run { instrument, from_slot, frames }),
        3 => Just(Step::Seal),
        2 => change.prop_map(|(instrument, kind, channel, decimals)| Step::Change { instrument, kind, channel, decimals }),
        2 => retain.prop_map(|(scope, channel, age_hours, bytes_max)| Step::Retain { scope, channel, age_hours, bytes_max }),
        3 => correct.prop_map(|(instrument, channel, samples)| Step::Correct { instrument, channel, samples }),
        1 => any::<bool>().prop_map(|is_closed| Step::Repair { is_closed }),
        1 => Just(Step::Dump),
        1 => Just(Step::Move),
        1 => Just(Step::Close),
        1 => Just(Step::Drop),
        4 => scan.prop_map(|(instrument, channels, from_ms, to_ms)| Step::Scan { instrument, channels, from_ms, to_ms }),
    ]
}
