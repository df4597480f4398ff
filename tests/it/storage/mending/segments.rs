//! Segments that are set aside and put back, compacted around, swapped or missing.

use super::{ID, Pair, flip, segment_paths};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vocdb::io::FsStorage;
use vocdb::{Compaction, Database, ReadOnly, TimeRange};

/// A store of three segments, and where the bytes of the middle one are kept.
fn three_segments() -> Pair {
    let mut pair = Pair::new(Arc::new(FsStorage));
    pair.append_and_seal(0, 100, 1.0);
    // A correction of the first segment's rows: order of arrival matters.
    pair.append_and_seal(50, 150, 2.0);
    pair.append_and_seal(140, 250, 3.0);
    pair
}

/// Cuts a segment short, opens the store without it, and gives its whole bytes.
fn quarantine(pair: &mut Pair, number: usize) -> (std::path::PathBuf, Vec<u8>) {
    let path = segment_paths(pair.dir.path()).remove(number);
    let whole = std::fs::read(&path).unwrap();
    pair.db = None;
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    pair.open();
    let report = pair.db().open_report();
    assert_eq!(report.quarantined.len(), 1, "{report:?}");
    (path, whole)
}

fn assert_beside(pair: &Pair, context: &str) {
    let beside = ReadOnly::open(pair.dir.path()).unwrap();
    let rows = |readings: vocdb::query::Readings| readings.rows(ID, &[0, 1], TimeRange::ALL).unwrap();
    let (seen, stored) = (rows(beside.readings()), rows(pair.db().readings()));
    let samples = |rows: &vocdb::query::Rows| rows.samples(1).collect::<Vec<_>>();
    assert_eq!(samples(&seen), samples(&stored), "{context}");
}

#[test]
fn a_segment_that_is_put_back_after_a_compaction_around_it_is_there_again() {
    for number in 0..3 {
        let mut pair = three_segments();
        let (path, whole) = quarantine(&mut pair, number);
        pair.append_and_seal(260, 300, 4.0);
        pair.db().compact(Compaction::Everything).unwrap();
        pair.db = None;
        std::fs::write(&path, &whole).unwrap();
        for context in ["put back", "opened again"] {
            pair.open();
            assert!(path.exists(), "{context}, segment {number}");
            pair.assert_is_as_it_should_be(&format!("{context}, segment {number}"));
            assert_beside(&pair, context);
        }
        pair.db().compact(Compaction::Everything).unwrap();
        pair.assert_is_as_it_should_be(&format!("compacted, segment {number}"));
        pair.open();
        pair.assert_is_as_it_should_be(&format!("compacted and opened, segment {number}"));
        assert_eq!(segment_paths(pair.dir.path()).len(), 1, "nothing is missing any more: all become one");
    }
}

#[test]
fn inputs_of_a_compaction_put_back_in_the_place_of_its_damaged_result_are_kept() {
    let mut pair = three_segments();
    let inputs: Vec<_> =
        segment_paths(pair.dir.path()).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    pair.db().compact(Compaction::Everything).unwrap();
    let (compacted, whole) = quarantine(&mut pair, 0);
    pair.db = None;
    inputs.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    for context in ["put back", "opened again"] {
        pair.open();
        assert_eq!(segment_paths(pair.dir.path()).len(), 3, "{context}");
        pair.assert_is_as_it_should_be(context);
    }
    pair.append_and_seal(260, 300, 4.0);
    pair.db().compact(Compaction::Everything).unwrap();
    pair.db = None;
    std::fs::write(&compacted, &whole).unwrap();
    pair.open();
    pair.assert_is_as_it_should_be("the result is back too");
}

#[test]
fn inputs_that_a_crash_or_an_operator_left_beside_the_result_are_removed() {
    let mut pair = three_segments();
    let inputs: Vec<_> =
        segment_paths(pair.dir.path()).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    pair.db().compact(Compaction::Everything).unwrap();
    pair.db = None;
    inputs.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    let beside = ReadOnly::open(pair.dir.path()).unwrap();
    assert_eq!(beside.readings().rows(ID, &[0], TimeRange::ALL).unwrap().len(), 250);
    pair.open();
    assert_eq!(pair.db().open_report().superseded_segments.len(), 3);
    assert_eq!(segment_paths(pair.dir.path()).len(), 1);
    pair.assert_is_as_it_should_be("without the inputs");
}

#[test]
fn verify_beside_a_writer_that_seals_and_compacts_finds_nothing_wrong() {
    let mut pair = Pair::new(Arc::new(FsStorage));
    let is_over = AtomicBool::new(false);
    let dir = pair.dir.path().to_owned();
    let looks = std::thread::scope(|scope| {
        let looker = scope.spawn(|| {
            let mut looks = 0;
            while !is_over.load(Ordering::Acquire) {
                let report = Database::verify(&dir, |_, _| {}).unwrap();
                assert!(report.is_sound(), "{report:?}");
                looks += 1;
            }
            looks
        });
        for round in 0..150 {
            pair.append_and_seal(round * 5, round * 5 + 5, 1.0);
            if round % 3 == 2 {
                pair.db().compact(Compaction::Everything).unwrap();
            }
            if round % 10 == 9 {
                pair.delete(round * 5 - 20, round * 5 - 18).unwrap();
            }
        }
        is_over.store(true, Ordering::Release);
        looker.join().unwrap()
    });
    assert!(looks > 1);
}

fn findings(dir: &Path) -> Vec<(String, String)> {
    let report = Database::verify(dir, |_, _| {}).unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    report.findings.iter().map(|one| (name(&one.path), one.reason.clone())).collect()
}

#[test]
fn verify_and_restoring_find_segments_that_are_absent_or_swapped_for_others() {
    let pair = three_segments();
    let backup = crate::support::scratch::dir();
    pair.db().backup(backup.path().join("whole")).unwrap();
    pair.db().backup(backup.path().join("thin")).unwrap();
    pair.db().backup(backup.path().join("swapped")).unwrap();
    let at = |name: &str| backup.path().join(name);
    assert_eq!(findings(&at("whole")), []);
    Database::restore_backup(at("whole"), at("restored"), |_, _| {}).unwrap();

    let absent = segment_paths(&at("thin")).remove(1);
    let absent_name = absent.file_name().unwrap().to_string_lossy().into_owned();
    std::fs::remove_file(&absent).unwrap();
    let found = findings(&at("thin"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 == absent_name && found[0].1.contains("is missing"), "{found:?}");
    let error = Database::restore_backup(at("thin"), at("thin restored"), |_, _| {}).unwrap_err();
    assert!(error.to_string().contains(&absent_name), "{error}");
    assert!(!at("thin restored").exists());

    // A whole segment of another store, under the name of one of this.
    let mut other = Pair::new(Arc::new(FsStorage));
    other.append_and_seal(0, 100, 9.0);
    let swapped = segment_paths(&at("swapped")).remove(0);
    std::fs::remove_file(&swapped).unwrap();
    std::fs::copy(segment_paths(other.dir.path()).remove(0), &swapped).unwrap();
    let found = findings(&at("swapped"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("is not the file that the ledger knows"), "{found:?}");
    Database::restore_backup(at("swapped"), at("swapped restored"), |_, _| {}).unwrap_err();
}

#[test]
fn a_backup_takes_what_is_set_aside_along_and_restores() {
    let mut pair = three_segments();
    let backup = crate::support::scratch::dir();
    quarantine(&mut pair, 1);
    pair.db().backup(backup.path().join("copy")).unwrap();
    assert_eq!(findings(&backup.path().join("copy")), []);
    Database::restore_backup(backup.path().join("copy"), backup.path().join("restored"), |_, _| {}).unwrap();
    assert_eq!(findings(&backup.path().join("restored")), []);
    assert_eq!(findings(pair.dir.path()), []);
}

#[test]
fn repair_tells_which_rows_a_segment_held_that_it_sets_aside() {
    let mut pair = three_segments();
    pair.db = None;
    let path = segment_paths(pair.dir.path()).remove(1);
    flip(&path, 14);
    let db = Database::repair(pair.dir.path(), super::config(Arc::new(FsStorage)), |_, _| {}).unwrap();
    let [aside] = db.open_report().quarantined.as_slice() else { panic!("{:?}", db.open_report()) };
    assert_eq!((aside.first_lsn, aside.last_lsn), (Some(101), Some(200)));
    assert_eq!((aside.first_time, aside.last_time), (Some(super::at(50)), Some(super::at(149))));
}
