//! A year of history that arrives in any order, between live frames: bounded memory, right answers, and order in the end.

use crate::support::faulty::scrambled;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::store::read::Found;
use vocdb::{
    Batch, Channel, Compaction, Config, Database, Durability, Instrument, InstrumentId, Interval, Station, TimeRange,
    Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_000_000;
const HOUR_MS: i64 = 3_600_000;
/// A year.
const HOURS: i64 = 8_760;
const CHANNELS: usize = 3;
/// Its time, and a value and a mark of each channel.
const ROW_BYTES: usize = 8 + 9 * CHANNELS;
const HEAD_BYTES_MAX: usize = 32 << 10;
const FRAMES_PER_BATCH_MAX: usize = 400;

type Model = BTreeMap<Timestamp, Vec<Option<f64>>>;

fn open(dir: &Path) -> (Database, InstrumentId) {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let config =
        Config { durability: Durability::Buffered, clock, head_bytes_max: HEAD_BYTES_MAX, ..Config::default() };
    let db = Database::open(dir, config).unwrap();
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let channels = (0..CHANNELS).map(|n| Channel::quantity(format!("c{n}"), Unit::Ppb).unwrap()).collect();
    let gc = Instrument::new("gc", Interval::HOUR, channels).unwrap();
    let id = db.register_instrument(station, gc).unwrap();
    (db, id)
}

fn values(seed: u64, slot: i64) -> Vec<Option<f64>> {
    let chance = |channel: u64| scrambled(seed ^ (slot.unsigned_abs() * 8 + channel));
    let value = |chance: u64| (!chance.is_multiple_of(9)).then_some((chance >> 32) as f64 % 5_000.0 / 100.0);
    (0..CHANNELS as u64).map(|channel| value(chance(channel).rotate_left(7))).collect()
}

/// The slots of last year in an order that depends on the seed.
fn shuffled(seed: u64) -> Vec<i64> {
    let mut slots: Vec<(u64, i64)> =
        (0..HOURS).map(|slot| (scrambled(seed.wrapping_add(slot as u64 + 1)), slot)).collect();
    slots.sort_unstable();
    slots.into_iter().map(|(_, slot)| slot).collect()
}

fn stored(db: &Database, id: InstrumentId) -> Model {
    let channels: Vec<usize> = (0..CHANNELS).collect();
    let rows = db.readings().rows(id, &channels, TimeRange::ALL).unwrap();
    let mut model = Model::new();
    for channel in channels {
        rows.samples(channel).for_each(|(time, sample)| model.entry(time).or_default().push(sample.value));
    }
    model
}

/// Whether rows come block by block, none of which overlaps another.
fn is_in_order(db: &Database, id: InstrumentId) -> bool {
    let mut scan = db.readings().scan(id, &[0], TimeRange::ALL).unwrap();
    let mut is_whole = true;
    while let Some(found) = scan.find(|_, _| true).unwrap() {
        is_whole &= matches!(found, Found::Block { .. });
    }
    is_whole
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_year_of_history_in_random_order_between_live_frames_is_stored_right_in_bounded_memory(
        seed in any::<u64>(),
        batch_frames in 50_usize..=FRAMES_PER_BATCH_MAX,
        live_ms in prop::sample::select(vec![1_000_i64, 60_000]),
    ) {
        let dir = crate::support::scratch::dir();
        let (db, id) = open(dir.path());
        let (first_ms, live_first_ms) = (NOW_MS - 2 * HOURS * HOUR_MS, NOW_MS - 4 * HOUR_MS);
        let mut model = Model::new();
        let mut late = 0;
        for (live, slots) in (0_i64..).zip(shuffled(seed).chunks(batch_frames)) {
            let mut batch = Batch::new();
            let arrivals = slots.iter().map(|slot| (Timestamp::from_ms(first_ms + slot * HOUR_MS), *slot));
            let now = (Timestamp::from_ms(live_first_ms + live * live_ms), -live);
            for (time, slot) in arrivals.chain([now]) {
                let values = values(seed, slot);
                batch.push_values(id, time, &values);
                model.insert(time, values);
            }
            late += slots.len() as u64;
            prop_assert_eq!(db.append(&batch).unwrap().accepted, batch.len() as u64);
            let stats = db.stats().unwrap();
            let head_bytes = usize::try_from(stats.memory.head_bytes).unwrap();
            prop_assert!(head_bytes <= 2 * (HEAD_BYTES_MAX + (batch_frames + 1) * ROW_BYTES), "{} bytes of rows", head_bytes);
        }
        let counters = db.stats().unwrap().counters;
        prop_assert_eq!(counters.frames_accepted, model.len() as u64);
        // The first batch has no live frame before it.
        prop_assert!(counters.frames_out_of_order >= late - batch_frames as u64);
        prop_assert_eq!(&stored(&db, id), &model);
        drop(db);
        let (db, id) = open(dir.path());
        prop_assert_eq!(&stored(&db, id), &model);
        db.seal().unwrap();
        prop_assert!(db.stats().unwrap().segments.count > 3 && !is_in_order(&db, id));
        db.compact(Compaction::Everything).unwrap();
        let segments = db.stats().unwrap().segments;
        prop_assert_eq!((segments.count, segments.settled), (1, 1));
        prop_assert!(is_in_order(&db, id), "compaction leaves no two blocks that overlap");
        prop_assert_eq!(&stored(&db, id), &model);
        drop(db);
        prop_assert_eq!(&stored(&open(dir.path()).0, id), &model);
    }
}
