//! Deletions that were cut short, segments that come back from a backup, files that somebody set aside, blocks that do not check: nothing is
//! lost that was not asked to go, and what does not check is told.

mod salvage;
mod segments;

use crate::support::faulty::{Fault, FaultyStorage, Unsynced};
use crate::support::oracle::{Oracle, bits, instrument};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::io::{FsStorage, Storage};
use vocdb::{
    Batch, Compaction, Config, Database, Deletion, DeletionScope, DuplicatePolicy, Durability, Frame, InstrumentId,
    Sample, TimeRange, Timestamp,
};

const NOW_MS: i64 = 1_700_000_000_000;
const ID: InstrumentId = InstrumentId::new(1);

fn config(storage: Arc<dyn Storage>) -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability: Durability::Buffered, clock, storage, ..Config::default() }
}

fn at(row: i64) -> Timestamp {
    Timestamp::from_ms(NOW_MS - 1_000_000 + row * 1_000)
}

fn rows(from: i64, to: i64) -> TimeRange {
    TimeRange::new(at(from), at(to))
}

/// A store and the map that says what it should hold.
struct Pair {
    db: Option<Database>,
    oracle: Oracle,
    dir: tempfile::TempDir,
    storage: Arc<dyn Storage>,
}

impl Pair {
    fn new(storage: Arc<dyn Storage>) -> Self {
        let oracle = Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast)]);
        let mut pair = Self { db: None, oracle, dir: crate::support::scratch::dir(), storage };
        pair.open();
        pair.oracle.register(pair.db()).unwrap();
        pair
    }

    fn db(&self) -> &Database {
        self.db.as_ref().unwrap()
    }

    fn open(&mut self) {
        self.db = None;
        self.db = Some(Database::open(self.dir.path(), config(Arc::clone(&self.storage))).unwrap());
    }

    /// Rows whose first channel says which row it is, and whose second channel says which time it was written.
    fn append(&mut self, from: i64, to: i64, written: f64) {
        let frame = |row: i64| Frame::new(ID, at(row), &[Some(row as f64), Some(written)]);
        let frames: Vec<Frame> = (from..to).map(frame).collect();
        let _ = self.oracle.append(&frames, Timestamp::from_ms(NOW_MS), false);
        self.db().append(&Batch::from_iter(frames)).unwrap().all_accepted().unwrap();
    }

    fn append_and_seal(&mut self, from: i64, to: i64, written: f64) {
        self.append(from, to, written);
        self.db().seal().unwrap();
    }

    fn delete(&mut self, from: i64, to: i64) -> Result<(), vocdb::Error> {
        self.oracle.delete(ID, &[], rows(from, to));
        self.db().delete(&deletion(from, to)).map(|_| ())
    }

    fn assert_is_as_it_should_be(&self, context: &str) {
        assert_eq!(self.oracle.difference(self.db()), None, "{context}");
        self.oracle.assert_latest(self.db());
    }
}

fn deletion(from: i64, to: i64) -> Deletion {
    let (by, reason) = ("data office".to_owned(), "a leak in the inlet".to_owned());
    Deletion { instrument: ID, scope: DeletionScope::Rows, range: rows(from, to), by, reason }
}

/// A store of rows in two segments, of which a deletion of rows of both has found no space after it was in the ledger.
fn half_deleted() -> (Pair, FaultyStorage) {
    let storage = FaultyStorage::default();
    let mut pair = Pair::new(Arc::new(storage.clone()));
    pair.append_and_seal(0, 100, 1.0);
    pair.append_and_seal(100, 200, 1.0);
    // The checkpoint and the record of the deletion find space, no segment does.
    storage.set_fault(Fault::SpaceFor(2));
    pair.delete(50, 150).unwrap_err();
    storage.set_fault(Fault::None);
    (pair, storage)
}

#[test]
fn a_deletion_that_found_no_space_and_was_asked_for_again_leaves_what_came_later() {
    let (mut pair, storage) = half_deleted();
    pair.delete(50, 150).unwrap();
    pair.assert_is_as_it_should_be("deleted the second time");
    pair.append_and_seal(60, 140, 2.0);
    for context in ["reopened", "reopened again"] {
        pair.db = None;
        storage.restart(Unsynced::Lost);
        pair.open();
        pair.assert_is_as_it_should_be(context);
    }
}

#[test]
fn a_deletion_that_is_finished_at_the_next_start_leaves_what_came_after_it() {
    for is_sealed in [true, false] {
        let (mut pair, storage) = half_deleted();
        // The rows are still there, so that these are new to the map and repeats with another value to the store: fresh times are both.
        pair.append(200, 260, 2.0);
        pair.oracle.delete(ID, &[], rows(0, 0));
        if is_sealed {
            pair.db().seal().unwrap();
        }
        let wider = Frame::new(ID, Timestamp::from_ms(at(70).as_ms() + 1), &[Some(7.0), Some(2.0)]);
        let _ = pair.oracle.append(std::slice::from_ref(&wider), Timestamp::from_ms(NOW_MS), false);
        pair.db().append(&Batch::from_iter([wider])).unwrap().all_accepted().unwrap();
        pair.db().seal().unwrap();
        pair.db = None;
        storage.restart(Unsynced::Kept);
        pair.open();
        pair.assert_is_as_it_should_be(&format!("sealed {is_sealed}"));
    }
}

#[test]
fn compaction_finishes_a_deletion_that_was_cut_short_before_it_merges() {
    let (mut pair, _) = half_deleted();
    let late = Frame::new(ID, Timestamp::from_ms(at(70).as_ms() + 1), &[Some(7.0), Some(2.0)]);
    let _ = pair.oracle.append(std::slice::from_ref(&late), Timestamp::from_ms(NOW_MS), false);
    pair.db().append(&Batch::from_iter([late])).unwrap().all_accepted().unwrap();
    pair.db().seal().unwrap();
    pair.db().compact(Compaction::Everything).unwrap();
    pair.assert_is_as_it_should_be("compacted");
    pair.open();
    pair.assert_is_as_it_should_be("reopened");
}

#[test]
fn a_store_opens_though_a_deletion_cannot_be_finished_and_says_so() {
    let (mut pair, storage) = half_deleted();
    let before = crate::support::oracle::rows(pair.db(), ID, &[0, 1], TimeRange::ALL);
    pair.db = None;
    storage.set_fault(Fault::SpaceFor(0));
    pair.open();
    let note = pair.db().open_report().deletion_note.clone().unwrap();
    assert!(note.contains("free space on that file system"), "{note}");
    assert_eq!(crate::support::oracle::rows(pair.db(), ID, &[0, 1], TimeRange::ALL), before, "nothing of it is done");
    storage.set_fault(Fault::None);
    pair.db().compact(Compaction::Due).unwrap();
    pair.assert_is_as_it_should_be("compacted");
    pair.open();
    assert_eq!(pair.db().open_report().deletion_note, None);
}

#[test]
fn sealing_leaves_a_log_that_somebody_set_aside_by_another_name() {
    let mut pair = Pair::new(Arc::new(FsStorage));
    let wal = pair.dir.path().join("wal");
    let names = ["kept.wal", "00000000000000000001.bak", "00000000000000000001.wal.damaged", "1.wal", "notes"];
    names.iter().for_each(|name| std::fs::write(wal.join(name), b"set aside").unwrap());
    pair.append_and_seal(0, 10, 1.0);
    pair.open();
    pair.append_and_seal(10, 20, 1.0);
    pair.open();
    for name in names {
        assert_eq!(std::fs::read(wal.join(name)).ok().as_deref(), Some(&b"set aside"[..]), "{name}");
    }
    pair.assert_is_as_it_should_be("with files set aside");
    assert!(Database::verify(pair.dir.path(), |_, _| {}).unwrap().is_sound());
}

/// The segment files of a store.
fn segment_paths(dir: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir.join("segments")).unwrap().map(|file| file.unwrap().path());
    let mut paths: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|kind| kind == "seg")).collect();
    paths.sort_unstable();
    paths
}

/// Turns over a byte of a file.
fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0xFF;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_late_frame_over_a_damaged_block_is_refused_by_name_and_the_rest_of_the_batch_is_taken() {
    let mut pair = Pair::new(Arc::new(FsStorage));
    pair.append_and_seal(0, 100, 1.0);
    pair.append_and_seal(200, 300, 1.0);
    let damaged = segment_paths(pair.dir.path()).remove(0);
    // Behind magic and version lie the times of the only chunk.
    flip(&damaged, 14);
    pair.open();
    let frame = |row: i64| Frame::new(ID, at(row), &[Some(row as f64), Some(2.0)]);
    let receipt = pair.db().append(&Batch::from_iter([frame(210), frame(50), frame(150), frame(300)])).unwrap();
    assert_eq!((receipt.accepted, receipt.rejections.len()), (3, 1), "{receipt:?}");
    assert_eq!(receipt.rejections[0].index, 1);
    let reason = receipt.rejections[0].reason.to_string();
    for part in [damaged.to_str().unwrap(), "checksum", "repair", "send the frame again"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert_eq!(pair.db().stats().unwrap().counters.rejected_unreadable, 1);
    let stored = |row: i64| crate::support::oracle::rows(pair.db(), ID, &[1], rows(row, row + 1));
    for row in [210, 150, 300] {
        assert_eq!(stored(row), [(at(row), vec![bits(&Sample::normal(2.0))])], "row {row}");
    }
}
