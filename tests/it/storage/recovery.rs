//! A log that is longer than a head comes back in the memory of a head: it is sealed while it is replayed.

use crate::support::faulty::{Fault, FaultyStorage, Unsynced};
use crate::support::oracle::{Oracle, instrument};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Batch, Config, Database, Deletion, DeletionScope, DuplicatePolicy, Durability, Frame, InstrumentId,
    TimeRange, Timestamp,
};

const NOW_MS: i64 = 1_700_000_000_000;
const BATCHES: i64 = 60;
const ROWS_PER_BATCH: i64 = 10;
const SHORT_HEAD_ROWS: usize = 80;
/// A row of two channels: its time, values and marks.
const ROW_BYTES: usize = 8 + 9 * 2;
/// So short that it is full every eight batches.
const SHORT_HEAD: usize = SHORT_HEAD_ROWS * ROW_BYTES;
const LONG_HEAD: usize = 16 << 20;
const HEADER_BYTES: u64 = 16;
const RULE: &str = r#"alarm("high").scope("**").when(avg("c0", 1.minutes) > 50.ppb).clear_when(avg("c0", 1.minutes) < 40.ppb, 5.seconds);"#;

fn open(dir: &Path, storage: &FaultyStorage, head_bytes_max: usize) -> Result<Database, vocdb::Error> {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let (durability, storage) = (Durability::Buffered, Arc::new(storage.clone()));
    Database::open(dir, Config { durability, clock, storage, head_bytes_max, ..Config::default() })
}

fn frame(slot: i64, value: f64) -> Frame {
    let time = Timestamp::from_ms(NOW_MS - 1_000_000 + slot * 1_000);
    Frame::new(InstrumentId::new(1), time, &[Some(value), (slot % 3 > 0).then_some(0.5)])
}

/// Rows in order; every seventh batch corrects some that came long before. Values swing, so that alarms come and go.
fn frames(batch: i64) -> Vec<Frame> {
    let slots = batch * ROWS_PER_BATCH..(batch + 1) * ROWS_PER_BATCH;
    let mut frames: Vec<Frame> =
        slots.map(|slot| frame(slot, (slot * 13 % 120) as f64 + (slot / 90 % 2 * 60) as f64)).collect();
    if batch % 7 == 6 {
        frames.extend((0..3).map(|back| frame(batch * ROWS_PER_BATCH - 40 - back, 7.0)));
    }
    frames
}

/// Appends so many batches to the store and to the oracle.
fn append(db: &Database, oracle: &mut Oracle, batches: std::ops::Range<i64>) {
    for batch in batches {
        let frames = frames(batch);
        let _ = oracle.append(&frames, Timestamp::from_ms(NOW_MS), false);
        db.append(&Batch::from_iter(frames)).unwrap().all_accepted().unwrap();
    }
}

/// A store whose process has ended with everything in its log, and what it holds.
fn long_log(dir: &Path, storage: &FaultyStorage) -> Oracle {
    let mut oracle = Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast)]);
    let db = open(dir, storage, LONG_HEAD).unwrap();
    oracle.register(&db).unwrap();
    append(&db, &mut oracle, 0..BATCHES / 2);
    db.load_rule_files(vec![RuleFile { name: "high.rhai".to_owned(), text: RULE.to_owned() }]).unwrap();
    append(&db, &mut oracle, BATCHES / 2..BATCHES);
    drop(db);
    storage.restart(Unsynced::Kept);
    oracle
}

/// The bytes of all logs.
fn log_bytes(files: &[(PathBuf, Vec<u8>)]) -> u64 {
    let logs = files.iter().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "wal"));
    logs.map(|(_, bytes)| bytes.len() as u64).sum()
}

/// What happened to alarms, from the beginning.
fn events(db: &Database) -> Vec<AlarmEvent> {
    db.events().unwrap()
}

#[test]
fn a_log_longer_than_the_head_is_sealed_while_it_comes_back() {
    let (dir, storage) = (crate::support::scratch::dir(), FaultyStorage::default());
    let mut oracle = long_log(dir.path(), &storage);
    let files = storage.files();
    assert!(log_bytes(&files) > 4 * SHORT_HEAD as u64);
    let db = open(dir.path(), &storage, SHORT_HEAD).unwrap();
    let stats = db.stats().unwrap();
    assert_eq!(db.open_report().frames_replayed, oracle.last_lsn);
    assert!(stats.segments.count >= 6, "{} segments", stats.segments.count);
    assert_eq!((stats.memory.head_bytes, log_bytes(&storage.files())), (0, HEADER_BYTES), "nothing is left in the log");
    assert_eq!(oracle.difference(&db), None);
    append(&db, &mut oracle, BATCHES..BATCHES + 20);
    let said = events(&db);
    assert_eq!(oracle.difference(&db), None);
    drop(db);
    // The same log, taken back whole, says the same.
    storage.replace(&files);
    let other = crate::support::scratch::dir();
    let renamed: Vec<(PathBuf, Vec<u8>)> = files
        .iter()
        .map(|(path, bytes)| (other.path().join(path.strip_prefix(dir.path()).unwrap()), bytes.clone()))
        .collect();
    storage.replace(&renamed);
    let db = open(other.path(), &storage, LONG_HEAD).unwrap();
    assert_eq!(db.stats().unwrap().segments.count, 0);
    let mut again = oracle.clone();
    append(&db, &mut again, BATCHES..BATCHES + 20);
    assert!(said.iter().any(|event| matches!(event, AlarmEvent::Opened(_))));
    assert_eq!(events(&db), said);
}

#[test]
fn a_power_cut_at_any_change_of_such_an_opening_loses_nothing() {
    let (dir, storage) = (crate::support::scratch::dir(), FaultyStorage::default());
    let oracle = long_log(dir.path(), &storage);
    let files = storage.files();
    for is_done in [false, true] {
        for changes in 0.. {
            storage.replace(&files);
            storage.set_fault(Fault::PowerFor { changes, is_done });
            drop(open(dir.path(), &storage, SHORT_HEAD));
            if !storage.is_off() {
                assert!(changes > 12, "only {changes} changes");
                break;
            }
            storage.restart(if changes % 2 == 0 { Unsynced::Lost } else { Unsynced::Kept });
            let db = open(dir.path(), &storage, if changes % 3 == 0 { LONG_HEAD } else { SHORT_HEAD }).unwrap();
            assert_eq!(oracle.difference(&db), None, "the power goes at change {changes}, done: {is_done}");
        }
    }
}

#[test]
fn rows_that_are_deleted_after_such_an_opening_do_not_come_back_from_the_log() {
    let (dir, storage) = (crate::support::scratch::dir(), FaultyStorage::default());
    let mut oracle = long_log(dir.path(), &storage);
    let db = open(dir.path(), &storage, SHORT_HEAD).unwrap();
    let id = InstrumentId::new(1);
    db.delete(&Deletion {
        instrument: id,
        scope: DeletionScope::Rows,
        range: TimeRange::ALL,
        by: "op".into(),
        reason: "test".into(),
    })
    .unwrap();
    oracle.delete(id, &[], TimeRange::ALL);
    assert_eq!(oracle.difference(&db), None);
    drop(db);
    storage.restart(Unsynced::Kept);
    let db = open(dir.path(), &storage, LONG_HEAD).unwrap();
    assert_eq!(oracle.difference(&db), None);
}
