//! Retention by bytes: of a store, a station, an instrument, a channel. What goes is the oldest, its space is free, and it is counted.

use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::{
    Batch, Channel, Compaction, Config, Database, Durability, Error, ExportScope, Instrument, InstrumentId, Interval,
    Retention, RetentionAge, RetentionScope, Station, StationId, TimeRange, Timestamp, Unit,
};

const FIRST_MS: i64 = 1_600_000_000_000;
/// Two and a half years of hours.
const HOURS: i64 = 21_900;
const NOW: Timestamp = Timestamp::from_ms(FIRST_MS + 86_400_000 * 1_000);

fn open(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW.as_ms()));
    Database::open(dir, Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap()
}

/// Two stations, of two instruments each, of three channels each: the third takes several times what the others do.
fn fill(db: &Database, hours: i64, seals: i64) -> Vec<(StationId, InstrumentId)> {
    let mut ids = Vec::new();
    for name in ["park/S1", "park/S2"] {
        let station = db.register_station(Station::new(name).unwrap()).unwrap();
        for name in ["gc", "mast"] {
            let channels = ["a", "b", "c"].map(|name| Channel::quantity(name, Unit::Ppb).unwrap());
            let instrument = Instrument::new(name, Interval::HOUR, channels.to_vec()).unwrap();
            ids.push((station, db.register_instrument(station, instrument).unwrap()));
        }
    }
    for part in 0..seals {
        for (_, id) in &ids {
            let mut batch = Batch::new();
            for hour in part * hours / seals..(part + 1) * hours / seals {
                let noise = (hour * 7_919 + i64::from(id.number()) * 104_729) % 10_007;
                let values = [(noise % 3) as f64, (noise % 50) as f64 / 10.0, (noise * noise % 99_991) as f64 / 100.0];
                batch.push_values(*id, Timestamp::from_ms(FIRST_MS + hour * 3_600_000), &values.map(Some));
            }
            assert!(db.append(&batch).unwrap().rejections.is_empty());
        }
        db.seal().unwrap();
    }
    ids
}

/// Bytes of the segment files, as the file system has them.
fn file_bytes(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir.join("segments")).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Bytes of each instrument's pages.
fn page_bytes(db: &Database) -> Vec<u64> {
    let stations = db.stats().unwrap().stations;
    stations.iter().flat_map(|station| &station.instruments).map(|one| one.stored.bytes).collect()
}

fn times(db: &Database, id: InstrumentId) -> Vec<Timestamp> {
    let rows = db.readings().rows(id, &[0], TimeRange::ALL).unwrap();
    rows.samples(0).map(|(time, _)| time).collect()
}

fn valid(db: &Database, id: InstrumentId) -> Vec<u64> {
    let aggregate = db.readings().aggregate(id, &[0, 1, 2], TimeRange::ALL).unwrap();
    aggregate.channels.iter().map(|channel| channel.valid).collect()
}

fn at_most(scope: RetentionScope, bytes_max: u64) -> Retention {
    Retention { scope, age_max: None, bytes_max: Some(bytes_max) }
}

#[test]
fn a_store_keeps_the_newest_readings_that_its_bytes_allow_and_counts_the_rest() {
    for (seals, is_compacted) in [(1, false), (30, false), (30, true)] {
        let dir = crate::support::scratch::dir();
        let db = open(dir.path());
        let ids = fill(&db, HOURS, seals);
        if is_compacted {
            db.compact(Compaction::Everything).unwrap();
        }
        let before = file_bytes(dir.path());
        let bytes_max = before * 2 / 5;
        let report = db.retain(&[at_most(RetentionScope::Store, bytes_max)], NOW).unwrap();
        let after = file_bytes(dir.path());
        let context =
            format!("{seals} seals, compacted {is_compacted}: {before} bytes, {after} of {bytes_max} are left");
        assert!(after <= bytes_max && after * 2 > bytes_max, "{context}");
        let left: Vec<Vec<Timestamp>> = ids.iter().map(|(_, id)| times(&db, *id)).collect();
        assert!(left.iter().all(|times| *times == left[0]), "{context}: all instruments reach back to the same hour");
        let newest = FIRST_MS + (HOURS - 1) * 3_600_000;
        assert_eq!(left[0].last(), Some(&Timestamp::from_ms(newest)), "{context}");
        let rows_dropped = (4 * HOURS) as u64 - 4 * left[0].len() as u64;
        assert_eq!((report.rows_dropped, report.values_dropped), (rows_dropped, 3 * rows_dropped), "{context}");
        let mut ledger = Vec::new();
        db.export_ledger(ExportScope::Everything, &mut ledger).unwrap();
        let ledger = String::from_utf8(ledger).unwrap();
        let dropped = ledger.lines().filter(|line| line.contains("readings_dropped"));
        let of_line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["body"]["rows"].as_u64();
        assert_eq!(dropped.filter_map(of_line).sum::<u64>(), rows_dropped, "{context}");
        assert!(ledger.contains(&format!("kept no more than {bytes_max} bytes")), "{ledger}");
        let again = db.retain(&[at_most(RetentionScope::Store, bytes_max)], NOW).unwrap();
        assert_eq!(again.segments_removed, 0, "{context}: again, nothing is left to do");
    }
}

#[test]
fn a_station_gives_up_its_own_readings_and_no_others() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let ids = fill(&db, HOURS, 10);
    db.compact(Compaction::Everything).unwrap();
    let (before, files_before) = (page_bytes(&db), file_bytes(dir.path()));
    let bytes_max = (before[2] + before[3]) / 3;
    let rule = at_most(RetentionScope::Station(ids[2].0), bytes_max);
    db.retain(&[rule], NOW).unwrap();
    let after = page_bytes(&db);
    assert!(after[2] + after[3] <= bytes_max, "{after:?} of {bytes_max}");
    assert!(file_bytes(dir.path()) + (before[2] + before[3]) / 2 < files_before, "the space is free");
    assert_eq!(valid(&db, ids[0].1), [HOURS as u64; 3]);
    assert_eq!(times(&db, ids[2].1), times(&db, ids[3].1));
    assert!(times(&db, ids[2].1).len() as i64 > HOURS / 5);
    let unknown = at_most(RetentionScope::Station(StationId::new(77)), 1);
    assert!(matches!(db.retain(&[unknown], NOW), Err(Error::NoStation(_))));
}

#[test]
fn a_channel_gives_up_its_oldest_values_and_the_rows_stay() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let ids = fill(&db, HOURS, 3);
    db.compact(Compaction::Everything).unwrap();
    let (files_before, pages_before) = (file_bytes(dir.path()), page_bytes(&db)[1]);
    let id = ids[1].1;
    // The third channel takes most of what its instrument does.
    let rule = at_most(RetentionScope::Channel { instrument: id, channel: 2 }, pages_before / 4);
    let report = db.retain(&[rule], NOW).unwrap();
    let left = valid(&db, id);
    assert_eq!((left[0], left[1], times(&db, id).len() as i64), (HOURS as u64, HOURS as u64, HOURS));
    assert!(left[2] < HOURS as u64 * 3 / 4 && left[2] > HOURS as u64 / 10, "{left:?}");
    assert_eq!((report.rows_dropped, report.values_dropped), (0, HOURS as u64 - left[2]));
    let freed = files_before - file_bytes(dir.path());
    assert!(freed > pages_before / 4, "{freed} of {pages_before} bytes are free");
    let newest = db.readings().latest(id, 2).unwrap().unwrap().0;
    assert_eq!(newest, Timestamp::from_ms(FIRST_MS + (HOURS - 1) * 3_600_000));
    let nowhere = at_most(RetentionScope::Channel { instrument: id, channel: 9 }, 1);
    assert!(matches!(db.retain(&[nowhere], NOW), Err(Error::NoChannel { channel: 9, .. })));
}

#[test]
fn age_works_for_store_station_and_channel() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let ids = fill(&db, 24 * 40, 4);
    let now = Timestamp::from_ms(FIRST_MS + 40 * 86_400_000);
    let by_age =
        |scope, days: u32| Retention { scope, age_max: Some(RetentionAge::days(days).unwrap()), bytes_max: None };
    let first = |id: InstrumentId| times(&db, id)[0];
    let days_back = |time: Timestamp| now.since_ms(time) / 86_400_000;
    db.retain(&[by_age(RetentionScope::Store, 30), by_age(RetentionScope::Station(ids[0].0), 20)], now).unwrap();
    assert_eq!(ids.iter().map(|(_, id)| days_back(first(*id))).collect::<Vec<_>>(), [20, 20, 30, 30]);
    db.retain(&[by_age(RetentionScope::Channel { instrument: ids[3].1, channel: 1 }, 10)], now).unwrap();
    assert_eq!(db.retain(&[by_age(RetentionScope::Store, 36_525)], now).unwrap().rows_dropped, 0, "a century");
    let left = valid(&db, ids[3].1);
    assert!(left[0] == left[2] && left[0] > 30 * 24 && left[1] >= 10 * 24 && left[1] < 11 * 24, "{left:?}");
}
