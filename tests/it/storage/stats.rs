//! Figures of a small store, every one of them known beforehand.

use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::{
    Batch, Channel, Compaction, Config, Database, DuplicatePolicy, Durability, Instrument, InstrumentId, Interval,
    Station, TimeRange, Timestamp, Unit,
};

const T0: i64 = 1_700_000_000_000;

fn open(dir: &std::path::Path) -> Database {
    let clock = Arc::new(ManualClock::new(T0 + 100_000));
    Database::open(dir, Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap()
}

fn register(db: &Database, station: &str) -> InstrumentId {
    let station = db.register_station(Station::new(station).unwrap()).unwrap();
    let channels = ["benzene", "toluene"].map(|name| Channel::species(name, Unit::Ppb).unwrap());
    let gc = Instrument::new("gc", Interval::SECOND, channels.to_vec()).unwrap();
    db.register_instrument(station, gc.with_duplicates(DuplicatePolicy::KeepFirst)).unwrap()
}

/// Rows at these seconds; the second channel is missing at every even one.
fn append(db: &Database, instrument: InstrumentId, seconds: std::ops::Range<i64>) {
    let mut batch = Batch::new();
    for second in seconds {
        let toluene = (second % 2 != 0).then_some(0.25);
        batch.push_values(instrument, Timestamp::from_ms(T0 + second * 1_000), &[Some(second as f64), toluene]);
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
}

#[test]
fn rows_and_values_of_head_and_segments_are_counted_by_instrument() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let (first, second) = (register(&db, "park/S1"), register(&db, "park/S2"));
    append(&db, first, 0..10);
    append(&db, second, 0..4);
    db.seal().unwrap();
    db.compact(Compaction::Everything).unwrap();
    append(&db, first, 10..16);
    db.seal().unwrap();
    append(&db, first, 16..20);
    let stats = db.stats().unwrap();
    let of = |station: usize| &stats.stations[station];
    let stored = |station: usize| of(station).instruments[0].stored;
    assert_eq!((stored(0).rows, stored(0).values), (20, 30));
    assert_eq!((stored(1).rows, stored(1).values), (4, 6));
    assert_eq!((of(0).station.as_str(), of(0).instruments[0].instrument.as_str()), ("park/S1", "gc"));
    assert_eq!((of(0).newest_ms, of(0).lag_ms), (Some(T0 + 19_000), Some(81_000)));
    assert_eq!((of(1).newest_ms, of(1).lag_ms), (Some(T0 + 3_000), Some(97_000)));
    assert_eq!((stats.segments.count, stats.segments.settled, stats.segments.unreadable), (2, 1, 0));
    assert_eq!(stats.segments.bytes_fresh + stats.segments.bytes_settled, stats.bytes.segments);
    assert!(stats.segments.bytes_fresh > 0 && stats.segments.bytes_settled > 0, "{stats:?}");
    assert_eq!((stats.memory.head_rows, stats.memory.kept_bytes), (4, 0), "counting keeps nothing");
    assert!(stats.memory.head_bytes >= 4 * (8 + 2 * 9), "a time, and two values with marks, a row: {stats:?}");
    let reads = db.readings().aggregate(first, &[0], TimeRange::ALL).unwrap();
    assert_eq!(reads.rows, 20);
    let kept_bytes = db.stats().unwrap().memory.kept_bytes;
    assert!(0 < kept_bytes && kept_bytes < stats.bytes.segments, "{kept_bytes} bytes of pages that were read");
}

#[test]
fn what_is_durable_and_what_rules_have_seen_is_told_beside_what_is_written() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let gc = register(&db, "park/S1");
    append(&db, gc, 0..7);
    let stats = db.stats().unwrap();
    assert_eq!((stats.last_lsn, stats.durable_lsn, stats.rules_lsn), (7, 0, 7));
    db.wait_durable(7).unwrap();
    assert_eq!(db.stats().unwrap().durable_lsn, 7);
}

#[test]
fn every_frame_that_was_not_stored_is_in_the_counters() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let gc = register(&db, "park/S1");
    append(&db, gc, 0..2);
    append(&db, gc, 0..2);
    let at = |second: i64| Timestamp::from_ms(T0 + second * 1_000);
    let mut batch = Batch::new();
    batch.push_values(gc, at(1), &[Some(99.0), None]);
    batch.push_values(gc, at(2), &[Some(1.0)]);
    batch.push_values(gc, at(86_400), &[Some(1.0), None]);
    batch.push_values(InstrumentId::new(77), at(2), &[Some(1.0)]);
    let _ = db.append(&batch).unwrap();
    let counters = db.stats().unwrap().counters;
    assert_eq!((counters.frames_accepted, counters.values_accepted), (2, 3));
    assert_eq!((counters.frames_identical, counters.frames_superseded), (2, 1));
    assert_eq!((counters.rejected_channel_count, counters.rejected_future), (1, 1));
    assert_eq!((counters.rejected_unknown_instrument, counters.frames_rejected()), (1, 3));
}

#[test]
fn a_segment_with_a_damaged_page_is_told_and_the_rest_is_counted() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let gc = register(&db, "park/S1");
    append(&db, gc, 0..50);
    db.seal().unwrap();
    append(&db, gc, 50..60);
    let segments = std::fs::read_dir(dir.path().join("segments")).unwrap();
    let path = segments.map(|file| file.unwrap().path()).next().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40] ^= 0xFF;
    std::fs::write(&path, bytes).unwrap();
    let stats = db.stats().unwrap();
    assert_eq!((stats.segments.count, stats.segments.unreadable), (1, 1));
    assert_eq!(
        (stats.stations[0].instruments[0].stored.rows, stats.stations[0].instruments[0].stored.values),
        (60, 15)
    );
}
