//! The catalog can be deleted, garbled, emptied or replaced: the store opens with the same answers.

use crate::support::faulty::scrambled;
use crate::support::oracle::{Oracle, instrument};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::store::OpenReport;
use vocdb::{
    Batch, Compaction, Config, Database, Deletion, DeletionScope, DuplicatePolicy, Durability, Frame, InstrumentId,
    TimeRange, Timestamp,
};

const NOW_MS: i64 = 1_700_000_000_000;
/// Sealed segments of the store that the catalog is taken from.
const SEGMENTS: u64 = 4;

fn open(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Database::open(dir, Config { durability: Durability::Buffered, clock, ..Config::default() }).unwrap()
}

fn frame(row: i64, value: f64) -> Frame {
    Frame::new(InstrumentId::new(1), Timestamp::from_ms(NOW_MS - 1_000_000 + row * 1_000), &[Some(value), None])
}

fn append(db: &Database, oracle: &mut Oracle, frames: Vec<Frame>) {
    let _ = oracle.append(&frames, Timestamp::from_ms(NOW_MS), false);
    db.append(&Batch::from_iter(frames)).unwrap().all_accepted().unwrap();
}

/// A store with some segments that overlap, a log behind them, and a catalog that knows all of them but the newest in `stale`.
fn store(dir: &Path, stale: Option<&Path>) -> Oracle {
    let mut oracle = Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast)]);
    oracle.register(&open(dir)).unwrap();
    for segment in 0..SEGMENTS as i64 {
        let db = open(dir);
        let rows = segment * 50..segment * 50 + 60;
        append(&db, &mut oracle, rows.map(|row| frame(row, (row + segment) as f64 / 100.0)).collect());
        db.close().unwrap();
        if let Some(stale) = stale.filter(|_| segment + 2 == SEGMENTS as i64) {
            copy(&dir.join("catalog"), stale);
        }
    }
    append(&open(dir), &mut oracle, vec![frame(10, 77.0), frame(900, 9.0)]);
    oracle
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in entries(from) {
        let into = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &into) } else { fs::copy(&path, &into).map(|_| ()).unwrap() }
    }
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    paths
}

fn files_under(dir: &Path) -> Vec<PathBuf> {
    let inner = |path: PathBuf| if path.is_dir() { files_under(&path) } else { vec![path] };
    entries(dir).into_iter().flat_map(inner).collect()
}

/// Changes the bytes of one file.
fn change(path: &Path, with: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    with(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Damages the catalog of a store and opens it: every answer must be as before, now and at the next start.
fn assert_same_answers_after(damage: impl FnOnce(&Path)) -> OpenReport {
    let dir = crate::support::scratch::dir();
    let mut oracle = store(dir.path(), None);
    let _ = fs::remove_dir_all(dir.path().join("catalog.aside"));
    damage(&dir.path().join("catalog"));
    let db = open(dir.path());
    let report = db.open_report().clone();
    assert_eq!(oracle.difference(&db), None);
    oracle.assert_latest(&db);
    assert!(report.quarantined.is_empty(), "{report:?}");
    assert_eq!(report.catalog_note.is_some(), dir.path().join("catalog.aside").exists(), "{report:?}");
    append(&db, &mut oracle, vec![frame(901, 1.0)]);
    db.close().unwrap();
    let db = open(dir.path());
    assert_eq!(oracle.difference(&db), None);
    assert_is_whole(db.open_report());
    report
}

/// The catalog has opened and knows every segment. (A process that another test has just started may hold on to sled's lock for a
/// moment; the catalog is then begun anew, and says so.)
fn assert_is_whole(report: &OpenReport) {
    match &report.catalog_note {
        None => assert_eq!(report.summaries_rebuilt, 0),
        Some(note) => assert!(note.contains("lock"), "{note}"),
    }
}

/// The catalog is believed in nothing: it was set aside and that is told, or every summary comes from its segment.
fn assert_begun_anew(report: &OpenReport) {
    assert_eq!(report.summaries_rebuilt, SEGMENTS, "{report:?}");
}

#[test]
fn an_untouched_catalog_knows_every_segment() {
    assert_is_whole(&assert_same_answers_after(|_| {}));
}

#[test]
fn a_deleted_catalog_is_rebuilt() {
    assert_begun_anew(&assert_same_answers_after(|catalog| fs::remove_dir_all(catalog).unwrap()));
}

#[test]
fn a_catalog_replaced_by_a_file_is_set_aside_and_that_is_told() {
    let report = assert_same_answers_after(|catalog| {
        fs::remove_dir_all(catalog).unwrap();
        fs::write(catalog, b"not a directory").unwrap();
    });
    assert_begun_anew(&report);
    let note = report.catalog_note.unwrap();
    assert!(note.contains("did not open") && note.contains("catalog.aside") && note.contains("rebuilt"), "{note}");
}

#[test]
fn a_catalog_whose_files_are_emptied_or_halved_changes_no_answer() {
    for part in [0, 2] {
        let report = assert_same_answers_after(|catalog| {
            for path in files_under(catalog) {
                change(&path, |bytes| bytes.truncate(bytes.len().checked_div(part).unwrap_or_default()));
            }
        });
        assert!(part > 0 || report.catalog_note.is_some() || report.summaries_rebuilt == SEGMENTS, "{report:?}");
    }
}

#[test]
fn a_catalog_overwritten_with_random_bytes_changes_no_answer() {
    let mut told = 0;
    for seed in 0..10_u64 {
        let report = assert_same_answers_after(|catalog| {
            for path in files_under(catalog) {
                let byte = |at: usize| scrambled(seed << 32 | at as u64).to_le_bytes()[0];
                change(&path, |bytes| (0..bytes.len()).for_each(|at| bytes[at] = byte(at)));
            }
        });
        assert_begun_anew(&report);
        told += u32::from(report.catalog_note.is_some());
    }
    assert!(told > 0, "some of these do not open");
}

#[test]
fn one_file_of_a_catalog_garbled_here_and_there_changes_no_answer() {
    for seed in 0..10_u64 {
        assert_same_answers_after(|catalog| {
            let files = files_under(catalog);
            let path = &files[usize::try_from(scrambled(seed) % files.len() as u64).unwrap()];
            change(path, |bytes| {
                // Most of sled's file is empty: the bytes that are not are what it reads.
                let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
                for hit in 0..8_u64.min(written.len() as u64) {
                    let chance = scrambled(seed * 1_000 + hit);
                    let at = written[usize::try_from(chance % written.len() as u64).unwrap()];
                    bytes[at] ^= 1 << (chance >> 61);
                }
            });
        });
    }
}

#[test]
fn an_older_catalog_put_back_changes_no_answer() {
    let dir = crate::support::scratch::dir();
    let kept = crate::support::scratch::dir();
    let oracle = store(dir.path(), Some(kept.path()));
    fs::remove_dir_all(dir.path().join("catalog")).unwrap();
    copy(kept.path(), &dir.path().join("catalog"));
    let db = open(dir.path());
    assert_eq!(oracle.difference(&db), None);
    let report = db.open_report();
    let is_held = report.catalog_note.as_ref().is_some_and(|note| note.contains("lock"));
    assert!(is_held || report.summaries_rebuilt == 1, "the newest segment is not in it: {report:?}");
}

/// What becomes of one file of a catalog, or of all.
fn damage_somehow(catalog: &Path, chance: u64) {
    let files = files_under(catalog);
    let Some(path) = files.get(usize::try_from(chance % files.len().max(1) as u64).unwrap()) else { return };
    match chance >> 61 {
        0 => fs::remove_dir_all(catalog).unwrap(),
        1 => fs::remove_file(path).unwrap(),
        2 => change(path, Vec::clear),
        3 => change(path, |bytes| bytes.truncate(bytes.len() / 2)),
        _ => change(path, |bytes| {
            let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
            for hit in 0..16_u64.min(written.len() as u64) {
                let chance = scrambled(chance ^ hit);
                bytes[written[usize::try_from(chance % written.len() as u64).unwrap()]] ^= 1 << (chance >> 61);
            }
        }),
    }
}

/// The files go bad under an open store, between any two of its acts.
#[test]
fn a_catalog_deleted_or_garbled_while_the_store_is_open_changes_no_answer() {
    for seed in 0..24_u64 {
        let dir = crate::support::scratch::dir();
        let mut oracle = store(dir.path(), None);
        let (catalog, id) = (dir.path().join("catalog"), InstrumentId::new(1));
        let mut db = open(dir.path());
        for act in 0..12_i64 {
            let chance = scrambled(seed << 8 | act.unsigned_abs());
            if catalog.is_dir() && !chance.is_multiple_of(3) {
                damage_somehow(&catalog, scrambled(chance));
            }
            match chance >> 8 & 7 {
                0..3 => {
                    append(&db, &mut oracle, (0..40).map(|row| frame(1_000 + act * 30 + row, act as f64)).collect())
                }
                3 => db.seal().unwrap(),
                4 => drop(db.compact(Compaction::Everything).unwrap()),
                5 => {
                    let at = |row: i64| Timestamp::from_ms(NOW_MS - 1_000_000 + row * 1_000);
                    let range = TimeRange::new(at(act * 5), at(act * 5 + 20));
                    let (by, reason) = ("me".to_owned(), "a test".to_owned());
                    db.delete(&Deletion { instrument: id, scope: DeletionScope::Rows, range, by, reason }).unwrap();
                    oracle.delete(id, &[], range);
                }
                6 => {
                    db.close().unwrap();
                    db = open(dir.path());
                }
                _ => {
                    drop(db);
                    db = open(dir.path());
                }
            }
            assert_eq!(oracle.difference(&db), None, "seed {seed}, act {act}");
        }
        drop(db);
        let db = open(dir.path());
        assert!(db.open_report().quarantined.is_empty(), "seed {seed}: {:?}", db.open_report());
        assert_eq!(oracle.difference(&db), None, "seed {seed}");
        oracle.assert_latest(&db);
    }
}
