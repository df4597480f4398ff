//! Questions to all stations at once, corrections by hand, and waiting for frames that were never written.

use crate::support::oracle::{Bits, Oracle, STATION, bits, instrument, rows};
use allocation_counter::measure;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::journal::JournalError;
use vocdb::store::StoreError;
use vocdb::{
    Batch, Channel, Compaction, Config, Database, Deletion, DeletionScope, DuplicatePolicy, Durability, Error,
    ExportScope, Frame, Instrument, InstrumentId, Interval, Quality, ReadOnly, Sample, Station, TimeRange, Timestamp,
    Unit, ValueCorrection,
};

const NOW_MS: i64 = 1_700_000_000_000;

fn open(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Database::open(dir, Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap()
}

fn at(row: i64) -> Timestamp {
    Timestamp::from_ms(NOW_MS - 100_000_000 + row * 1_000)
}

/// Two stations with an instrument each; the second has another channel first.
fn register(db: &Database) -> [InstrumentId; 2] {
    [("park/S1", &["benzene", "toluene"][..]), ("park/S2", &["ozone", "benzene"])].map(|(name, channels)| {
        let station = db.register_station(Station::new(name).unwrap()).unwrap();
        let channels = channels.iter().map(|name| Channel::quantity(*name, Unit::Ppb).unwrap()).collect();
        let gc = Instrument::new("gc", Interval::SECOND, channels).unwrap();
        db.register_instrument(station, gc.with_duplicates(DuplicatePolicy::KeepFirst)).unwrap()
    })
}

fn append(db: &Database, id: InstrumentId, rows: std::ops::Range<i64>, values: impl Fn(i64) -> [Option<f64>; 2]) {
    let frames = rows.map(|row| Frame::new(id, at(row), &values(row)));
    assert!(db.append(&Batch::from_iter(frames)).unwrap().rejections.is_empty());
}

/// The newest sample of every channel, found by reading everything.
fn newest_by_hand(db: &Database) -> Vec<(InstrumentId, usize, Timestamp, Bits)> {
    let registry = db.registry();
    let mut newest = Vec::new();
    for (id, _, known) in registry.instruments() {
        for channel in 0..known.channels().len() {
            let all = rows(db, id, &[channel], TimeRange::ALL);
            let last = all.iter().rev().find(|(_, cells)| cells[0].0.is_some());
            newest.extend(last.map(|(time, cells)| (id, channel, *time, cells[0])));
        }
    }
    newest
}

fn assert_newest(db: &Database, context: &str) {
    let found = db.newest_samples(None).unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.instrument, one.channel, one.time, bits(&one.sample))).collect();
    assert_eq!(found, newest_by_hand(db), "{context}");
}

#[test]
fn the_newest_of_every_channel_is_what_reading_everything_finds_through_seals_compaction_and_deletion() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let [first, second] = register(&db);
    assert_newest(&db, "empty");
    // Toluene falls silent early, ozone was never measured.
    append(&db, first, 0..3_000, |row| [Some(row as f64), (row < 100).then_some(0.5)]);
    append(&db, second, 0..50, |row| [None, Some(row as f64)]);
    assert_newest(&db, "in memory");
    db.seal().unwrap();
    assert_newest(&db, "sealed");
    append(&db, first, 3_000..3_100, |row| [(row < 3_050).then_some(1.0), None]);
    append(&db, second, -100..-50, |_| [None, Some(7.0)]);
    assert_newest(&db, "a late segment's worth");
    db.seal().unwrap();
    drop(db);
    let db = open(dir.path());
    assert_newest(&db, "opened");
    db.compact(Compaction::Everything).unwrap();
    assert_newest(&db, "compacted");
    let (by, reason) = ("data office".to_owned(), "a leak".to_owned());
    let range = TimeRange::new(at(50), at(3_090));
    db.delete(&Deletion { instrument: first, scope: DeletionScope::Channels(vec![0]), range, by, reason }).unwrap();
    assert_newest(&db, "deleted");
    let of_second = db.newest_samples(Some("park/S2")).unwrap();
    assert!(of_second.len() == 1 && of_second[0].instrument == second, "{of_second:?}");
    assert!(matches!(db.newest_samples(Some("park/S3")), Err(Error::UnknownStation { .. })));
    let beside = ReadOnly::open(dir.path()).unwrap();
    assert_eq!(beside.newest_samples(None).unwrap(), db.newest_samples(None).unwrap());
}

#[test]
fn one_channel_of_all_stations_comes_with_the_rows_of_each() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let ids = register(&db);
    append(&db, ids[0], 0..10, |row| [Some(row as f64), None]);
    append(&db, ids[1], 5..20, |row| [None, Some(row as f64)]);
    db.seal().unwrap();
    let range = TimeRange::new(at(3), at(12));
    let everywhere = db.channel_everywhere("benzene", range).unwrap();
    let found: Vec<_> = everywhere.iter().map(|one| (one.instrument, one.channel)).collect();
    assert_eq!(found, [(ids[0], 0), (ids[1], 1)]);
    for one in &everywhere {
        let alone = db.readings().rows(one.instrument, &[one.channel], range).unwrap();
        assert_eq!(one.rows, alone);
        assert_eq!(one.rows.len(), 7);
    }
    assert_eq!(db.channel_everywhere("radon", range).unwrap(), []);
}

/// The bodies of the ledger's records of corrections, without the host time that each has.
fn corrections(db: &Database) -> Vec<Value> {
    let mut text = Vec::new();
    db.export_ledger(ExportScope::History, &mut text).unwrap();
    let lines = std::str::from_utf8(&text).unwrap().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let bodies = lines.filter(|line| line["kind"] == "correction").map(|line| line["body"].clone());
    bodies
        .inspect(|body| assert!(body["at"].is_string(), "{body}"))
        .map(|mut body| {
            body.as_object_mut().unwrap().remove("at");
            body
        })
        .collect()
}

fn correction(id: InstrumentId, samples: Vec<(Timestamp, Sample)>) -> ValueCorrection {
    let (by, reason) = ("laboratory".to_owned(), "a factor of ten".to_owned());
    ValueCorrection { instrument: id, channel: 0, samples, by, reason }
}

#[test]
fn a_correction_by_hand_stands_against_any_policy_and_says_who_and_why_for_good() {
    for is_sealed in [false, true] {
        let dir = crate::support::scratch::dir();
        let db = open(dir.path());
        let [id, _] = register(&db);
        append(&db, id, 0..10, |row| [Some(row as f64), Some(0.5)]);
        if is_sealed {
            db.seal().unwrap();
        }
        let suspect = Sample { value: Some(4.5), quality: Quality::Suspect };
        let asked = correction(id, vec![(at(4), suspect), (at(3), Sample::normal(3.0)), (at(9), Sample::normal(0.9))]);
        assert_eq!(db.correct(&asked).unwrap(), 2, "one of three is what it was");
        assert_eq!(db.correct(&asked).unwrap(), 0, "again changes nothing");
        let wanted = |row: i64, old: Sample, new: Sample| {
            json!({
                "instrument": id, "channel": "benzene", "time": at(row), "old": old, "new": new,
                "by": "laboratory", "reason": "a factor of ten",
            })
        };
        let wanted = [wanted(4, Sample::normal(4.0), suspect), wanted(9, Sample::normal(9.0), Sample::normal(0.9))];
        let assert_stands = |db: &Database| {
            let cells = rows(db, id, &[0, 1], TimeRange::new(at(4), at(5)));
            assert_eq!(cells, [(at(4), vec![bits(&suspect), bits(&Sample::normal(0.5))])]);
            assert_eq!(db.latest("park/S1", "benzene").unwrap(), Some((at(9), Sample::normal(0.9))));
            assert_eq!(corrections(db), wanted);
        };
        assert_stands(&db);
        drop(db);
        let db = open(dir.path());
        assert_stands(&db);
        db.seal().unwrap();
        db.compact(Compaction::Everything).unwrap();
        assert_stands(&db);
    }
}

#[test]
fn a_correction_of_what_is_not_there_or_into_nothing_is_refused_whole() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let [id, _] = register(&db);
    append(&db, id, 0..10, |row| [Some(row as f64), None]);
    let before = rows(&db, id, &[0, 1], TimeRange::ALL);
    for (time, sample, says) in [
        (at(11), Sample::normal(1.0), "no row is stored"),
        (at(5), Sample::MISSING, "a deletion takes values away"),
        (at(5), Sample::normal(f64::NAN), "a finite value"),
    ] {
        let error = db.correct(&correction(id, vec![(at(2), Sample::normal(9.0)), (time, sample)])).unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::NotCorrectable { .. })), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let elsewhere = ValueCorrection { channel: 7, ..correction(id, Vec::new()) };
    assert!(matches!(db.correct(&elsewhere), Err(Error::NoChannel { .. })));
    assert!(matches!(db.correct(&correction(InstrumentId::new(9), Vec::new())), Err(Error::NoInstrument(_))));
    assert_eq!(rows(&db, id, &[0, 1], TimeRange::ALL), before);
    assert_eq!(corrections(&db), Vec::<Value>::new());
}

#[test]
fn a_corrected_value_survives_frames_that_are_sent_again_under_any_policy_and_after_a_restart() {
    for policy in [DuplicatePolicy::KeepLast, DuplicatePolicy::KeepFirst, DuplicatePolicy::Reject] {
        let dir = crate::support::scratch::dir();
        let db = open(dir.path());
        let id = Oracle::new(vec![instrument("gc", 2, policy)]).register(&db).unwrap()[0];
        let time = Timestamp::from_ms(NOW_MS);
        let send = |db: &Database, values: &[Option<f64>]| {
            let mut batch = Batch::new();
            batch.push_values(id, time, values);
            let receipt = db.append(&batch).unwrap();
            receipt.all_accepted().unwrap();
            (receipt.accepted, receipt.identical, receipt.superseded)
        };
        send(&db, &[Some(42.0), Some(1.0)]);
        assert_eq!(db.correct(&correction(id, vec![(time, Sample::normal(0.42))])).unwrap(), 1);
        let stands = |db: &Database| db.latest(STATION, "c0").unwrap().unwrap().1.value;
        assert_eq!(send(&db, &[Some(42.0), Some(1.0)]), (0, 0, 1), "{policy:?}");
        assert_eq!(send(&db, &[Some(0.42), Some(1.0)]), (0, 1, 0), "{policy:?}");
        db.seal().unwrap();
        drop(db);
        let db = open(dir.path());
        assert_eq!(send(&db, &[Some(42.0), Some(1.0)]), (0, 0, 1), "{policy:?}");
        assert_eq!(stands(&db), Some(0.42), "{policy:?}");
        // A second correction stands in the place of the first.
        assert_eq!(db.correct(&correction(id, vec![(time, Sample::normal(0.5))])).unwrap(), 1);
        assert_eq!(send(&db, &[Some(0.42), None]), (0, 0, 1), "{policy:?}");
        assert_eq!(stands(&db), Some(0.5), "{policy:?}");
    }
}

#[test]
fn a_direction_beyond_the_circle_is_neither_appended_nor_put_in_the_place_of_another() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let station = db.register_station(Station::new("park/mast").unwrap()).unwrap();
    let channels =
        vec![Channel::quantity("wd", Unit::Degree).unwrap(), Channel::quantity("ws", Unit::MetrePerSecond).unwrap()];
    let id = db.register_instrument(station, Instrument::new("vane", Interval::MINUTE, channels).unwrap()).unwrap();
    let mut batch = Batch::new();
    let directions = [0.0, 360.0, 361.0, -5.0, 180.0];
    (0..).zip(directions).for_each(|(row, wd)| batch.push_values(id, at(row), &[Some(wd), Some(-5.0)]));
    batch.push_samples(id, at(5), [Sample { value: Some(999.0), quality: Quality::Fault }, Sample::normal(400.0)]);
    let receipt = db.append(&batch).unwrap();
    let refused: Vec<_> = receipt.rejections.iter().map(|one| (one.index, one.reason.to_string())).collect();
    assert_eq!((receipt.accepted, refused.len(), db.stats().unwrap().counters.rejected_value), (4, 2, 2));
    for ((index, reason), (row, value)) in refused.iter().zip([(2, "361"), (3, "-5")]) {
        assert_eq!(*index, row);
        assert!(reason.contains(&format!("the value {value} of channel `wd` is not a direction")), "{reason}");
    }
    let asked = ValueCorrection { instrument: id, ..correction(id, vec![(at(4), Sample::normal(361.0))]) };
    let error = db.correct(&asked).unwrap_err();
    assert!(error.to_string().contains("a direction must be from 0 to 360 degrees"), "{error}");
    let rows = rows(&db, id, &[0], TimeRange::new(at(4), at(5)));
    assert_eq!(rows, [(at(4), vec![bits(&Sample::normal(180.0))])]);
}

#[test]
fn waiting_for_a_frame_that_was_never_written_is_an_error_that_names_the_newest() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let [id, _] = register(&db);
    append(&db, id, 0..7, |row| [Some(row as f64), None]);
    db.wait_durable(7).unwrap();
    let error = db.wait_durable(8).unwrap_err();
    assert!(
        matches!(error, Error::Store(StoreError::Journal(JournalError::NotWritten { lsn: 8, last_lsn: 7 }))),
        "{error:?}"
    );
    append(&db, id, 7..8, |row| [Some(row as f64), None]);
    db.wait_durable(8).unwrap();
}

#[test]
fn a_history_that_is_sent_again_costs_about_as_much_as_the_first_time() {
    const ROWS: i64 = 20_000;
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let [id, _] = register(&db);
    let values = |row: i64| [Some(row as f64), Some(0.5)];
    let send = |rows: std::ops::Range<i64>, step: i64| {
        let all: Vec<i64> = rows.collect();
        for part in all.chunks(2_000) {
            let frames = part.iter().map(|row| Frame::new(id, at(row * step), &values(row * step)));
            db.append(&Batch::from_iter(frames)).unwrap().all_accepted().unwrap();
        }
    };
    let first = measure(|| send(0..ROWS, 2));
    db.seal().unwrap();
    let again = measure(|| send(0..ROWS, 2));
    let odd = |row: i64| Frame::new(id, at(row * 2 + 1), &values(row));
    append(&db, id, 2 * ROWS..2 * ROWS + 1, values);
    let late = measure(|| {
        for part in (0..ROWS).collect::<Vec<i64>>().chunks(2_000) {
            db.append(&Batch::from_iter(part.iter().map(|row| odd(*row)))).unwrap().all_accepted().unwrap();
        }
    });
    for (what, taken) in [("sent again", &again), ("late", &late)] {
        println!("{what}: {} allocations, {} bytes; first: {first:?}", taken.count_total, taken.bytes_total);
        assert!(taken.count_total < 20 * first.count_total.max(1_000), "{what}: {taken:?}, first {first:?}");
        assert!(taken.bytes_total < 20 * first.bytes_total, "{what}: {taken:?}, first {first:?}");
    }
    let counters = db.stats().unwrap().counters;
    assert_eq!((counters.frames_identical, counters.frames_out_of_order), (ROWS as u64, ROWS as u64));
    assert_eq!(rows(&db, id, &[0], TimeRange::ALL).len() as i64, 2 * ROWS + 1);
}
