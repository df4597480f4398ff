//! A write-ahead log that is damaged before its end: opening refuses it, repairing keeps what can be read and says what is lost.

use super::{ID, NOW_MS, Pair, at, config};
use crate::support::faulty::FaultyStorage;
use std::path::PathBuf;
use std::sync::Arc;
use vocdb::journal::LsnRange;
use vocdb::store::OpenReport;
use vocdb::{Config, Database, Error, TimeRange, Timestamp};

/// Rows of each batch.
const ROWS: i64 = 3;
const BATCHES: i64 = 6;
const FRAMES: usize = 6;

/// The files of a store with one log of some batches, behind `sealed` sealed ones, and where its frames end.
struct Logged {
    dir: tempfile::TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
    log: usize,
    ends: Vec<usize>,
}

impl Logged {
    fn new(sealed: i64) -> Self {
        let storage = FaultyStorage::default();
        let mut pair = Pair::new(Arc::new(storage.clone()));
        for batch in 0..sealed + BATCHES {
            pair.append(batch * ROWS, (batch + 1) * ROWS, 1.0);
            // So that the next frame says that this one was durable.
            pair.db().wait_durable(pair.oracle.last_lsn).unwrap();
            if batch < sealed {
                pair.db().seal().unwrap();
            }
        }
        let Pair { dir, db, .. } = pair;
        drop(db);
        let files = storage.files();
        let log = files.iter().position(|(path, _)| path.extension().is_some_and(|kind| kind == "wal")).unwrap();
        let bytes = &files[log].1;
        let mut ends = vec![16];
        while let Some(length) = bytes.get(ends[ends.len() - 1] + 4..).and_then(|rest| rest.first_chunk::<4>()) {
            ends.push(ends[ends.len() - 1] + 20 + u32::from_le_bytes(*length) as usize);
        }
        assert_eq!(ends.len(), FRAMES + 1);
        Self { dir, files, log, ends }
    }

    fn path(&self) -> &PathBuf {
        &self.files[self.log].0
    }

    fn bytes(&self) -> &[u8] {
        &self.files[self.log].1
    }

    /// The store with other files in the place of its log.
    fn with(&self, logs: &[(PathBuf, Vec<u8>)]) -> (FaultyStorage, Config) {
        let storage = FaultyStorage::default();
        let mut files = self.files.clone();
        files.remove(self.log);
        files.extend_from_slice(logs);
        storage.replace(&files);
        let config = config(Arc::new(storage.clone()));
        (storage, config)
    }

    /// Repairs a store whose log opening refuses; checks that the damaged bytes are kept, and that the store is in order from then on.
    fn repair(&self, logs: &[(PathBuf, Vec<u8>)], damaged: usize) -> (OpenReport, Vec<i64>) {
        let (storage, config) = self.with(logs);
        let error = Database::open(self.dir.path(), config.clone()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(logs[damaged].0.to_str().unwrap()) && text.contains("repair"), "{text}");
        assert!(matches!(error, Error::Store(_)));
        let db = Database::repair(self.dir.path(), config.clone(), |_, _| {}).unwrap();
        let report = db.open_report().clone();
        let [salvaged] = report.salvaged_logs.as_slice() else { panic!("{report:?}") };
        let files = storage.files();
        let kept_file = salvaged.aside.clone().map(|aside| (aside, logs[damaged].1.clone()));
        assert!(kept_file.iter().all(|file| files.contains(file)), "the damaged file is kept");
        let rows = |db: &Database| -> Vec<i64> {
            let rows = db.readings().rows(ID, &[0], TimeRange::ALL).unwrap();
            rows.samples(0).map(|(time, _)| time.since_ms(at(0)) / 1_000).collect()
        };
        let kept = rows(&db);
        drop(db);
        for _ in 0..2 {
            let db = Database::open(self.dir.path(), config.clone()).unwrap();
            assert_eq!(rows(&db), kept);
            assert!(db.open_report().salvaged_logs.is_empty());
            db.seal().unwrap();
        }
        let files = storage.files();
        assert!(kept_file.iter().all(|file| files.contains(file)), "sealing leaves it alone");
        (report, kept)
    }
}

/// The rows of all batches but some.
fn rows_without(batches: i64, lost: std::ops::Range<i64>) -> Vec<i64> {
    (0..batches * ROWS).filter(|row| !lost.contains(&(row / ROWS))).collect()
}

fn lsns(batches: std::ops::Range<i64>) -> LsnRange {
    let lsn = |batch: i64| u64::try_from(batch * ROWS).unwrap();
    LsnRange { first: lsn(batches.start) + 1, last: Some(lsn(batches.end)) }
}

#[test]
fn damage_in_any_frame_of_a_log_but_the_last_costs_that_frame_alone_and_is_told() {
    for sealed in [0, 2] {
        let logged = Logged::new(sealed);
        for (batch, ends) in (0..BATCHES - 1).zip(logged.ends.windows(2)) {
            let mut bytes = logged.bytes().to_vec();
            let (from, to) = (ends[0], ends[1]);
            bytes[from + (to - from) / 2] ^= 0x10;
            let (report, kept) = logged.repair(&[(logged.path().clone(), bytes)], 0);
            let lost = sealed + batch..sealed + batch + 1;
            assert_eq!(kept, rows_without(sealed + BATCHES, lost.clone()), "batch {batch}");
            let salvaged = &report.salvaged_logs[0];
            assert_eq!((salvaged.lost.as_slice(), salvaged.frames_kept), (&[lsns(lost)][..], 15), "batch {batch}");
            assert!(salvaged.reason.contains("is corrupt"), "{}", salvaged.reason);
        }
    }
}

#[test]
fn a_log_without_its_header_loses_nothing() {
    let logged = Logged::new(1);
    for byte in 0..16 {
        let mut bytes = logged.bytes().to_vec();
        bytes[byte] ^= 0x10;
        let (report, kept) = logged.repair(&[(logged.path().clone(), bytes)], 0);
        assert_eq!(kept, rows_without(1 + BATCHES, 0..0), "byte {byte}");
        assert_eq!(report.salvaged_logs[0].lost, [], "byte {byte}");
    }
}

impl Logged {
    /// The log as two files, the second from a frame on.
    fn split(&self, at_frame: usize, lsn: i64) -> [(PathBuf, Vec<u8>); 2] {
        let split = self.ends[at_frame];
        let second = [&self.bytes()[..16], &self.bytes()[split..]].concat();
        let second_path = self.path().with_file_name(format!("{lsn:020}.wal"));
        [(self.path().clone(), self.bytes()[..split].to_vec()), (second_path, second)]
    }
}

#[test]
fn an_older_log_that_ends_too_early_loses_what_is_missing_up_to_the_next() {
    let logged = Logged::new(1);
    for (cut, lost) in [(logged.ends[3] - 5, 3..5), (logged.ends[3], 4..5), (logged.ends[0], 1..5), (0, 1..5)] {
        let mut logs = logged.split(4, 1 + 5 * ROWS);
        logs[0].1.truncate(cut);
        // Where no frame is torn, it is the later file that misses something before it.
        let named = usize::from(logged.ends.contains(&cut) || cut == 0);
        let (report, kept) = logged.repair(&logs, named);
        assert_eq!(kept, rows_without(1 + BATCHES, lost.clone()), "cut at {cut}");
        assert_eq!(report.salvaged_logs[0].lost, [lsns(lost)], "cut at {cut}");
    }
}

#[test]
fn a_log_of_a_later_release_is_refused_and_left_as_it_is() {
    let logged = Logged::new(1);
    let mut bytes = vocdb::io::log::file_header(*b"VOCDBWAL", 9).to_vec();
    bytes.extend_from_slice(&logged.bytes()[16..]);
    let (storage, config) = logged.with(&[(logged.path().clone(), bytes.clone())]);
    let error = Database::repair(logged.dir.path(), config, |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("version 9"), "{error}");
    assert!(storage.files().contains(&(logged.path().clone(), bytes)));
}

#[test]
fn a_log_of_noise_is_lost_whole_with_its_end_unknown_and_the_store_goes_on() {
    let logged = Logged::new(2);
    let noise: Vec<u8> = (0..400_u64).map(|at| crate::support::faulty::scrambled(at).to_le_bytes()[0]).collect();
    let (storage, config) = logged.with(&[(logged.path().clone(), noise)]);
    let db = Database::repair(logged.dir.path(), config, |_, _| {}).unwrap();
    assert_eq!(db.open_report().salvaged_logs[0].lost, [LsnRange { first: 2 * 3 + 1, last: None }]);
    assert_eq!(db.readings().rows(ID, &[0], TimeRange::ALL).unwrap().len(), 6);
    let frame = vocdb::Frame::new(ID, Timestamp::from_ms(NOW_MS), &[Some(1.0), None]);
    assert_eq!(db.append(&vocdb::Batch::from_iter([frame])).unwrap().accepted, 1);
    drop((db, storage));
}
