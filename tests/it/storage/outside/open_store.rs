//! Files and folders change under a store that is open.

use super::{HIGH, LOW, append, copy, create, files, findings, only, open, rows};
use std::path::Path;
use vocdb::store::StoreError;
use vocdb::{Compaction, Error};

fn is_locked(dir: &Path) -> bool {
    matches!(open(dir), Err(Error::Store(StoreError::Locked { .. })))
}

#[test]
fn no_second_writer_gets_in_whatever_becomes_of_the_lock_file() {
    let home = crate::support::scratch::dir();
    let dir = home.path().join("store");
    let db = create(&dir);
    append(&db, 0..5, LOW).unwrap();
    assert!(is_locked(&dir));
    std::fs::remove_file(dir.join("LOCK")).unwrap();
    assert!(is_locked(&dir), "removed");
    std::fs::write(dir.join("other"), b"").unwrap();
    std::fs::rename(dir.join("other"), dir.join("LOCK")).unwrap();
    assert!(is_locked(&dir), "replaced");
    std::os::unix::fs::symlink(&dir, home.path().join("link")).unwrap();
    assert!(is_locked(&home.path().join("link")), "by another path");
    let shared = home.path().join("shared");
    copy(&dir, &shared);
    std::fs::remove_file(shared.join("ledger")).unwrap();
    std::fs::hard_link(dir.join("ledger"), shared.join("ledger")).unwrap();
    assert!(is_locked(&shared), "a ledger that another store writes to");
    std::fs::rename(dir.join("ledger"), home.path().join("ledger")).unwrap();
    assert!(is_locked(&dir), "without its ledger");
    std::fs::rename(home.path().join("ledger"), dir.join("ledger")).unwrap();
    append(&db, 5..10, LOW).unwrap();
    drop(db);
    assert_eq!(rows(&open(&dir).unwrap()).len(), 10);
}

#[test]
fn a_folder_that_took_the_place_of_an_open_store_is_not_written_to() {
    let home = crate::support::scratch::dir();
    let (dir, away) = (home.path().join("store"), home.path().join("away"));
    let db = create(&dir);
    append(&db, 0..5, LOW).unwrap();
    db.seal().unwrap();
    append(&db, 5..10, LOW).unwrap();
    std::fs::rename(&dir, &away).unwrap();
    copy(&away, &dir);
    let before: Vec<_> = ["segments", "wal"].map(|folder| files(&dir, folder, "")).into();
    append(&db, 10..15, LOW).unwrap();
    for result in
        [db.seal(), db.compact(Compaction::Everything).map(|_| ()), db.backup(home.path().join("b")).map(|_| ())]
    {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Moved { .. })), "{error}");
    }
    let after: Vec<_> = ["segments", "wal"].map(|folder| files(&dir, folder, "")).into();
    assert_eq!(before, after);
    assert_eq!(rows(&db).len(), 15);
    std::fs::remove_dir_all(&dir).unwrap();
    std::fs::rename(&away, &dir).unwrap();
    db.seal().unwrap();
    append(&db, 15..20, LOW).unwrap();
    drop(db);
    assert_eq!(rows(&open(&dir).unwrap()).len(), 20);
    assert_eq!(findings(&dir), [] as [String; 0]);
    only(files(&dir, "wal", ".wal"));
}

#[test]
fn a_log_or_ledger_that_is_deleted_is_written_again_by_the_next_sync() {
    let home = crate::support::scratch::dir();
    let dir = home.path().join("store");
    let db = create(&dir);
    append(&db, 0..10, LOW).unwrap();
    std::fs::remove_file(only(files(&dir, "wal", ".wal"))).unwrap();
    std::fs::remove_file(dir.join("ledger")).unwrap();
    append(&db, 10..20, LOW).unwrap();
    append(&db, 20..21, HIGH).unwrap();
    append(&db, 21..30, HIGH).unwrap();
    let killed = home.path().join("killed");
    copy(&dir, &killed);
    assert_eq!(findings(&killed), [] as [String; 0]);
    let found = open(&killed).unwrap();
    assert_eq!((rows(&found).len(), found.alarms().len()), (30, 1));
    db.seal().unwrap();
    append(&db, 30..31, LOW).unwrap();
    db.close().unwrap();
    let db = open(&dir).unwrap();
    assert_eq!((rows(&db).len(), db.alarms().len()), (31, 0));
    assert_eq!(files(&dir, "wal", ".restored"), [] as [std::path::PathBuf; 0]);
}

#[test]
fn a_log_that_is_deleted_while_another_file_takes_its_name_is_an_error() {
    let home = crate::support::scratch::dir();
    let db = create(home.path());
    append(&db, 0..10, LOW).unwrap();
    let log = only(files(home.path(), "wal", ".wal"));
    std::fs::remove_file(&log).unwrap();
    std::fs::write(&log, b"somebody's").unwrap();
    let error = append(&db, 10..11, LOW).unwrap_err().to_string();
    assert!(error.contains(log.to_str().unwrap()), "{error}");
    assert_eq!(std::fs::read(&log).unwrap(), b"somebody's");
    assert!(append(&db, 11..12, LOW).is_err(), "nothing is promised any more");
}

#[test]
fn a_ledger_that_is_cut_short_makes_the_next_commit_fail() {
    let home = crate::support::scratch::dir();
    let db = create(home.path());
    append(&db, 0..10, LOW).unwrap();
    let ledger = std::fs::OpenOptions::new().write(true).open(home.path().join("ledger")).unwrap();
    ledger.set_len(60).unwrap();
    let failed = (10..14).map(|row| append(&db, row..row + 1, if row % 2 == 0 { HIGH } else { LOW }));
    let error = failed.filter_map(Result::err).next().unwrap().to_string();
    assert!(error.contains("ledger"), "{error}");
    drop(db);
    assert!(open(home.path()).is_err());
    assert!(!findings(home.path()).is_empty());
}

#[test]
fn a_segment_that_is_cut_or_removed_is_an_error_and_the_process_goes_on() {
    for is_read_before in [false, true] {
        let home = crate::support::scratch::dir();
        let db = create(home.path());
        let frame = |row: i64| {
            vocdb::Frame::new(super::ID, super::at(row - 50_000), &[Some((row * 7_919 % 4_000) as f64 / 100.0)])
        };
        db.append(&vocdb::Batch::from_iter((0..50_000).map(frame))).unwrap().all_accepted().unwrap();
        db.seal().unwrap();
        let segment = only(files(home.path(), "segments", ".seg"));
        let beside = vocdb::ReadOnly::open(home.path()).unwrap();
        let read = |readings: vocdb::query::Readings| {
            readings.rows(super::ID, &[0], vocdb::TimeRange::ALL).map(|rows| rows.len())
        };
        if is_read_before {
            assert_eq!((read(db.readings()).unwrap(), read(beside.readings()).unwrap()), (50_000, 50_000));
        }
        std::fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(4_096).unwrap();
        for result in [read(db.readings()), read(beside.readings())] {
            match result {
                Ok(count) => assert!(is_read_before && count == 50_000, "{count} rows"),
                Err(error) => assert!(error.to_string().contains("cut"), "{error}"),
            }
        }
        append(&db, 0..10, LOW).unwrap();
        assert!(db.compact(Compaction::Everything).is_err(), "what is cut is not merged");
        assert!(!findings(home.path()).is_empty());
        std::fs::remove_file(&segment).unwrap();
        assert!(db.compact(Compaction::Everything).is_err(), "nor what is gone");
        append(&db, 10..20, LOW).unwrap();
        db.seal().unwrap();
        drop(db);
        assert_eq!(open(home.path()).unwrap().open_report().missing_segments.len(), 1);
    }
}

#[test]
fn a_segment_that_is_removed_while_it_is_open_is_written_again_by_compaction() {
    let home = crate::support::scratch::dir();
    let db = create(home.path());
    append(&db, 0..20, LOW).unwrap();
    db.seal().unwrap();
    assert_eq!(rows(&db).len(), 20);
    std::fs::remove_file(only(files(home.path(), "segments", ".seg"))).unwrap();
    assert_eq!(findings(home.path()).len(), 1);
    db.compact(Compaction::Everything).unwrap();
    db.close().unwrap();
    assert_eq!(rows(&open(home.path()).unwrap()).len(), 20);
    assert_eq!(findings(home.path()), [] as [String; 0]);
}

#[test]
fn a_catalog_that_is_removed_or_held_by_somebody_else_stops_nothing() {
    let home = crate::support::scratch::dir();
    let dir = home.path().join("store");
    let db = create(&dir);
    append(&db, 0..10, LOW).unwrap();
    db.seal().unwrap();
    std::fs::remove_dir_all(dir.join("catalog")).unwrap();
    append(&db, 10..20, LOW).unwrap();
    db.seal().unwrap();
    std::fs::write(dir.join("catalog"), b"no folder").unwrap();
    db.close().unwrap();
    std::fs::remove_file(dir.join("catalog")).unwrap();
    drop(open(&dir).unwrap());
    let held = std::fs::File::open(dir.join("catalog/db")).unwrap();
    held.lock().unwrap();
    let before = std::fs::read(dir.join("catalog/db")).unwrap();
    let db = open(&dir).unwrap();
    assert!(db.open_report().catalog_note.as_ref().unwrap().contains("held by another process"));
    assert_eq!(rows(&db).len(), 20);
    append(&db, 20..30, LOW).unwrap();
    db.close().unwrap();
    assert!(!dir.join("catalog.aside").exists());
    assert_eq!(std::fs::read(dir.join("catalog/db")).unwrap(), before);
    held.unlock().unwrap();
    let db = open(&dir).unwrap();
    assert_eq!((rows(&db).len(), db.open_report().catalog_note.clone()), (30, None));
}
