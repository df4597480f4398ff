//! Files and folders change under a store that is open.

use super::{LOW, append, copy, create, files, findings, only, open, rows};
use std::path::Path;
use vocdb::store::StoreError;
use vocdb::{Compaction, Error};

fn is_locked(dir: &Path) -> bool {
    matches!(open(dir), Err(Error::Store(StoreError::Locked { .. })))
}

#[test]
fn no_second_writer_gets_in_whatever_becomes_of_the_lock_file() {
    let home = tempfile::tempdir().unwrap();
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
    let home = tempfile::tempdir().unwrap();
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
