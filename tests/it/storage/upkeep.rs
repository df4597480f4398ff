//! Compaction, deletion and retention: what goes frees its space, what stays is what it was, and a reader sees one state throughout.

use crate::support::oracle::scope_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use vocdb::base::ExactSum;
use vocdb::base::clock::ManualClock;
use vocdb::query::Readings;
use vocdb::{
    Batch, Channel, Compaction, Config, Database, Deletion, Durability, Instrument, InstrumentId, Interval, ReadOnly,
    Retention, RetentionAge, RetentionScope, Station, TimeRange, Timestamp, Unit,
};

const FIRST_MS: i64 = 1_700_000_000_000;
const CHANNELS: [usize; 2] = [0, 1];

fn open(dir: &std::path::Path) -> (Database, InstrumentId) {
    // Far behind every row: a slow machine lets the writer of one test go through many rounds, and none is from the future.
    let clock = Arc::new(ManualClock::new(FIRST_MS + 86_400_000 * 10_000));
    let db = Database::open(dir, Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap();
    let channels = ["a", "b"].map(|name| Channel::quantity(name, Unit::Ppb).unwrap());
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let instrument = Instrument::new("pid", Interval::MINUTE, channels.to_vec()).unwrap();
    let id = db.register_instrument(station, instrument).unwrap();
    (db, id)
}

/// Minute `minute` holds its own number in both channels.
fn append(db: &Database, id: InstrumentId, minutes: std::ops::Range<i64>) {
    let mut batch = Batch::new();
    for minute in minutes {
        let value = Some(minute as f64 / 10.0);
        batch.push_values(id, Timestamp::from_ms(FIRST_MS + minute * 60_000), &[value, value]);
    }
    db.append(&batch).unwrap().all_accepted().unwrap();
}

fn minutes(from: i64, to: i64) -> TimeRange {
    let at = |minute: i64| Timestamp::from_ms(FIRST_MS + minute * 60_000);
    TimeRange::new(at(from), at(to))
}

fn delete(db: &Database, id: InstrumentId, channels: &[usize], range: TimeRange) -> u64 {
    let (by, reason) = ("data office".to_owned(), "a leak in the inlet".to_owned());
    let deletion = Deletion { instrument: id, scope: scope_of(channels), range, by, reason };
    db.delete(&deletion).unwrap().bytes_after
}

fn segment_bytes(db: &Database) -> u64 {
    db.stats().unwrap().bytes.segments
}

#[test]
fn an_open_scan_sees_one_state_through_compaction_and_deletion() {
    let dir = crate::support::scratch::dir();
    let (db, id) = open(dir.path());
    for day in 0..12 {
        append(&db, id, day * 1_440..(day + 1) * 1_440);
        db.seal().unwrap();
    }
    let mut scan = db.readings().scan(id, &CHANNELS, TimeRange::ALL).unwrap();
    let mut rows = scan.next_rows().unwrap().unwrap().times.len();
    assert_eq!(db.compact(Compaction::Due).unwrap().segments_added, 1);
    delete(&db, id, &[], minutes(0, 1_440 * 6));
    delete(&db, id, &[1], minutes(0, 1_440 * 12));
    while let Some(chunk) = scan.next_rows().unwrap() {
        assert!(chunk.columns.iter().all(|column| column.marks.iter().all(|mark| mark.is_present())));
        rows += chunk.times.len();
    }
    assert_eq!(rows, 12 * 1_440);
    drop(scan);
    assert_eq!(db.readings().rows(id, &CHANNELS, TimeRange::ALL).unwrap().len(), 6 * 1_440);
    assert_eq!(std::fs::read_dir(dir.path().join("segments")).unwrap().count(), 1, "files that nobody reads are gone");
}

/// Rows as one reader sees them: whole batches, each minute with its number in both channels. Gives the newest minute.
fn look_at_rows(readings: &Readings, id: InstrumentId) -> i64 {
    let rows = readings.rows(id, &CHANNELS, TimeRange::ALL).unwrap();
    let minute = |time: Timestamp| time.since_ms(Timestamp::from_ms(FIRST_MS)) / 60_000;
    let seen: Vec<i64> = rows.samples(0).map(|(time, _)| minute(time)).collect();
    assert_eq!(seen.len() % 50, 0, "a batch of 50 rows was seen in part");
    assert!(seen.windows(2).all(|pair| pair[1] == pair[0] + 1), "rows in the middle are missing");
    for channel in CHANNELS {
        for (time, sample) in rows.samples(channel) {
            assert_eq!(sample.value, Some(minute(time) as f64 / 10.0), "channel {channel}");
        }
    }
    seen.last().copied().unwrap_or(-1)
}

/// The same, told by statistics: as many values as lie between the least and the greatest, and their sum.
#[expect(clippy::cast_possible_truncation, reason = "values are tenths of minutes, of which there are some thousands")]
fn look_at_sums(readings: &Readings, id: InstrumentId) -> i64 {
    let all = readings.aggregate(id, &CHANNELS, TimeRange::ALL).unwrap();
    let [a, b] = all.channels[..] else { panic!("{all:?}") };
    assert_eq!(a, b);
    let (Some(least), Some(greatest)) = (a.min, a.max) else { return -1 };
    let minutes = [least, greatest].map(|value| (value * 10.0).round() as i64);
    let count = minutes[1] - minutes[0] + 1;
    assert_eq!((a.valid, count % 50), (count.unsigned_abs(), 0), "{a:?}");
    let mut sum = ExactSum::ZERO;
    sum.add_decimals((minutes[0] + minutes[1]) * count / 2, 1);
    assert_eq!((a.sum, a.first, a.last), (sum, Some(least), Some(greatest)));
    minutes[1]
}

#[test]
fn readers_see_whole_batches_while_rows_are_sealed_compacted_and_deleted() {
    let dir = crate::support::scratch::dir();
    let (db, id) = open(dir.path());
    let looks: [AtomicU64; 4] = Default::default();
    let is_done = AtomicBool::new(false);
    let watch = |reader: usize, look: &dyn Fn() -> i64| {
        let mut newest = -1;
        while !is_done.load(Ordering::Acquire) {
            let seen = look();
            assert!(seen >= newest, "rows that were there are gone: minute {seen} after {newest}");
            newest = seen;
            looks[reader].fetch_add(1, Ordering::AcqRel);
        }
    };
    let readings = db.readings();
    let beside = || ReadOnly::open(dir.path()).unwrap().readings();
    std::thread::scope(|scope| {
        let readers = [
            scope.spawn(|| watch(0, &|| look_at_rows(&readings, id))),
            scope.spawn(|| watch(1, &|| look_at_sums(&readings, id))),
            scope.spawn(|| watch(2, &|| look_at_rows(&beside(), id))),
            scope.spawn(|| watch(3, &|| look_at_sums(&beside(), id))),
        ];
        let mut round = 0;
        // Until each reader has looked often: a reader that has ended has failed.
        let is_enough = || looks.iter().all(|looks| looks.load(Ordering::Acquire) >= 40);
        while round < 120 || !(is_enough() || readers.iter().any(|reader| reader.is_finished())) {
            append(&db, id, round * 50..(round + 1) * 50);
            match round % 12 {
                3 | 7 => db.seal().unwrap(),
                9 => drop(db.compact(Compaction::Everything).unwrap()),
                11 => drop(delete(&db, id, &[], minutes(0, (round - 9) * 50))),
                _ => {}
            }
            round += 1;
        }
        is_done.store(true, Ordering::Release);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

#[test]
fn deletion_frees_space_and_says_in_the_ledger_who_wanted_it() {
    let dir = crate::support::scratch::dir();
    let (db, id) = open(dir.path());
    append(&db, id, 0..20_000);
    db.seal().unwrap();
    let before = segment_bytes(&db);
    delete(&db, id, &[], minutes(0, 15_000));
    let after = segment_bytes(&db);
    assert!(after * 3 < before, "{after} of {before} bytes are left of a quarter of the rows");
    let mut history = Vec::new();
    db.export_ledger(vocdb::ExportScope::History, &mut history).unwrap();
    let history = String::from_utf8(history).unwrap();
    assert!(history.contains("readings_deleted") && history.contains("a leak in the inlet"), "{history}");
}

#[test]
fn retention_keeps_whole_days_and_no_more_bytes_than_allowed() {
    let dir = crate::support::scratch::dir();
    let (db, id) = open(dir.path());
    for day in 0..10 {
        append(&db, id, day * 1_440..(day + 1) * 1_440);
        db.seal().unwrap();
    }
    let now = Timestamp::from_ms(FIRST_MS + 10 * 86_400_000);
    let rule = Retention {
        scope: RetentionScope::Instrument(id),
        age_max: Some(RetentionAge::days(4).unwrap()),
        bytes_max: None,
    };
    db.retain(&[rule], now).unwrap();
    let rows = db.readings().rows(id, &CHANNELS, TimeRange::ALL).unwrap();
    let first = rows.samples(0).next().unwrap().0;
    assert!(first.as_ms() % 86_400_000 < 60_000, "the day in which 96 hours ago falls is kept whole");
    assert!(now.since_ms(first) >= 96 * 3_600_000 && now.since_ms(first) < 120 * 3_600_000);
    let scope = RetentionScope::Channel { instrument: id, channel: 1 };
    let of_channel = Retention { scope, age_max: Some(RetentionAge::days(2).unwrap()), ..rule };
    db.retain(&[of_channel], now).unwrap();
    let range = TimeRange::new(first, first.plus_ms(86_400_000));
    let aggregate = db.readings().aggregate(id, &CHANNELS, range).unwrap();
    assert_eq!((aggregate.channels[0].valid, aggregate.channels[1].valid), (1_440, 0));
    let bytes_max = segment_bytes(&db) / 2;
    let by_bytes = Retention { age_max: None, bytes_max: Some(bytes_max), ..rule };
    db.retain(&[by_bytes], now).unwrap();
    assert!(segment_bytes(&db) <= bytes_max + 1_000, "{} of {bytes_max} bytes", segment_bytes(&db));
    assert!(!db.readings().rows(id, &CHANNELS, TimeRange::ALL).unwrap().is_empty());
    assert_eq!(db.retain(&[rule, of_channel], now).unwrap().segments_removed, 0, "again, nothing is left to do");
}
