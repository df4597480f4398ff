//! Links, folders and pipes with the names of files; files that were changed together with their checksums.

use super::{HIGH, LOW, append, copy, create, files, findings, only, open, rows};
use std::path::{Path, PathBuf};
use std::process::Command;
use vocdb::base::checksum::crc32c;
use vocdb::{
    Compaction, Database, Deletion, DeletionScope, DumpScope, ReadOnly, Retention, RetentionScope, TimeRange, Timestamp,
};

/// A store with a segment, a log and an alarm.
fn store(dir: &Path) {
    let db = create(dir);
    append(&db, 0..50, LOW).unwrap();
    db.seal().unwrap();
    append(&db, 50..70, LOW).unwrap();
    append(&db, 70..80, HIGH).unwrap();
    drop(db);
}

/// Moves a file elsewhere and puts a link in its place.
fn link_to_elsewhere(file: &Path, is_hard: bool) {
    let elsewhere =
        file.parent().unwrap().parent().unwrap().join(format!("elsewhere-{}", file.file_name().unwrap().display()));
    std::fs::rename(file, &elsewhere).unwrap();
    if is_hard {
        std::fs::hard_link(&elsewhere, file).unwrap();
    } else {
        std::os::unix::fs::symlink(&elsewhere, file).unwrap();
    }
}

#[test]
fn linked_files_are_read_by_everything_alike() {
    for is_hard in [false, true] {
        let home = crate::support::scratch::dir();
        let dir = home.path().join("store");
        store(&dir);
        link_to_elsewhere(&only(files(&dir, "segments", ".seg")), is_hard);
        link_to_elsewhere(&only(files(&dir, "wal", ".wal")), is_hard);
        let ledger = home.path().join("ledger");
        std::fs::rename(dir.join("ledger"), &ledger).unwrap();
        std::os::unix::fs::symlink(&ledger, dir.join("ledger")).unwrap();
        assert_eq!(findings(&dir), [] as [String; 0]);
        let beside = ReadOnly::open(&dir).unwrap();
        assert_eq!(beside.readings().rows(super::ID, &[0], TimeRange::ALL).unwrap().len(), 80);
        let mut dump = Vec::new();
        let dumped = beside.dump(&DumpScope::WHOLE, &mut dump, |_| {}).unwrap();
        assert_eq!(dumped.rows + dumped.arrivals, 80);
        let db = open(&dir).unwrap();
        assert_eq!((rows(&db).len(), db.open_report().missing_segments.len()), (80, 0));
        append(&db, 80..90, LOW).unwrap();
        let backup = home.path().join("backup");
        db.backup(&backup).unwrap();
        db.seal().unwrap();
        db.compact(Compaction::Everything).unwrap();
        assert_eq!(rows(&db).len(), 90);
        drop(db);
        assert_eq!(findings(&dir), [] as [String; 0]);
        for file in files(&backup, "segments", "").iter().chain(&files(&backup, "wal", "")) {
            assert!(
                std::fs::symlink_metadata(file).unwrap().is_file(),
                "{}: a backup stands by itself",
                file.display()
            );
        }
        assert_eq!(findings(&backup), [] as [String; 0]);
        assert_eq!(rows(&open(&backup).unwrap()).len(), 90);
        assert_eq!(rows(&Database::repair(&dir, super::config(), |_, _| {}).unwrap()).len(), 90);
    }
}

/// Puts something that is no file in the place of one.
fn replace_by(kind: &str, file: &Path) {
    std::fs::remove_file(file).unwrap();
    match kind {
        "directory" => std::fs::create_dir(file).unwrap(),
        "leads nowhere" => std::os::unix::fs::symlink("nowhere", file).unwrap(),
        _ => assert!(Command::new("mkfifo").arg(file).status().unwrap().success()),
    }
}

#[test]
fn what_is_no_file_is_named_by_opening_and_by_verifying() {
    let home = crate::support::scratch::dir();
    let original = home.path().join("original");
    store(&original);
    for kind in ["directory", "leads nowhere", "pipe"] {
        for part in ["segment", "log", "ledger"] {
            let dir: PathBuf = home.path().join(format!("{kind} {part}"));
            copy(&original, &dir);
            let file = match part {
                "segment" => only(files(&dir, "segments", ".seg")),
                "log" => only(files(&dir, "wal", ".wal")),
                _ => dir.join("ledger"),
            };
            replace_by(kind, &file);
            let name = file.file_name().unwrap().to_str().unwrap();
            let found = findings(&dir);
            assert!(found.iter().any(|one| one.contains(name) && one.contains(kind)), "{kind} {part}: {found:?}");
            if part != "segment" {
                let error = open(&dir).map(|_| ()).unwrap_err().to_string();
                assert!(error.contains(name), "{kind} {part}: {error}");
                assert!(ReadOnly::open(&dir).is_err(), "{kind} {part}");
                continue;
            }
            let beside = ReadOnly::open(&dir).unwrap();
            assert!(beside.report().quarantined[0].reason.contains(kind), "{kind} {part}");
            let strict = super::Config { is_strict: true, ..super::config() };
            assert!(Database::open(&dir, strict).is_err(), "{kind} {part}");
            let db = open(&dir).unwrap();
            let report = db.open_report();
            assert!(report.quarantined[0].reason.contains(kind), "{kind} {part}: {report:?}");
            assert_eq!((rows(&db).len(), report.missing_segments.len()), (30, 1), "{kind} {part}");
        }
    }
}

/// Changes a byte of a segment's first page of values, and makes the checksums of page and footer right.
fn forge(segment: &Path) {
    let mut bytes = std::fs::read(segment).unwrap();
    let tail = bytes.len() - 16;
    let footer = tail - u32::from_le_bytes(bytes[tail..tail + 4].try_into().unwrap()) as usize;
    // Somewhere in the pages stands a byte of which a change still decodes.
    for at in (12..footer).rev() {
        for page_at in 12..=at {
            for end in at + 1..=footer {
                let before = crc32c(&bytes[page_at..end]).to_le_bytes();
                let Some(place) = bytes[footer..tail].windows(4).position(|four| four == before) else { continue };
                bytes[at] ^= 1;
                let after = crc32c(&bytes[page_at..end]).to_le_bytes();
                bytes[footer + place..footer + place + 4].copy_from_slice(&after);
                let of_footer = crc32c(&bytes[footer..tail]).to_le_bytes();
                bytes[tail + 4..tail + 8].copy_from_slice(&of_footer);
                std::fs::write(segment, bytes).unwrap();
                return;
            }
        }
    }
    panic!("no page found");
}

#[test]
fn a_segment_that_was_changed_together_with_its_checksums_is_not_laundered() {
    let home = crate::support::scratch::dir();
    let dir = home.path().join("store");
    let db = create(&dir);
    append(&db, 0..20, LOW).unwrap();
    db.seal().unwrap();
    append(&db, 20..40, LOW).unwrap();
    db.seal().unwrap();
    let segment = files(&dir, "segments", ".seg").remove(0);
    forge(&segment);
    let forged = std::fs::read(&segment).unwrap();
    let deletion = |from: i64| Deletion {
        instrument: super::ID,
        scope: DeletionScope::Rows,
        range: TimeRange::new(super::at(from), super::at(from + 5)),
        by: "data office".to_owned(),
        reason: "a leak".to_owned(),
    };
    let retention = Retention { scope: RetentionScope::Store, age_max: None, bytes_max: Some(1) };
    let now = Timestamp::from_ms(super::NOW_MS);
    type Act<'a> = (&'a str, &'a dyn Fn(&Database) -> Result<(), vocdb::Error>);
    let acts: [Act<'_>; 4] = [
        ("compaction", &|db: &Database| db.compact(Compaction::Everything).map(|_| ())),
        ("backup", &|db: &Database| db.backup(home.path().join("backup")).map(|_| ())),
        ("deletion", &|db: &Database| db.delete(&deletion(0)).map(|_| ())),
        ("retention", &|db: &Database| db.retain(&[retention], now).map(|_| ())),
    ];
    for (name, act) in acts {
        let error = act(&db).unwrap_err().to_string();
        assert!(error.contains("not the file that the ledger knows"), "{name}: {error}");
        assert_eq!(std::fs::read(&segment).unwrap(), forged, "{name}");
    }
    assert!(!home.path().join("backup/ledger").exists());
    for result in [
        db.dump(&DumpScope::WHOLE, &mut Vec::new(), |_| {}),
        ReadOnly::open(&dir).unwrap().dump(&DumpScope::WHOLE, &mut Vec::new(), |_| {}),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("not the file that the ledger knows"), "{error}");
    }
    drop(db);
    let db = Database::repair(&dir, super::config(), |_, _| {}).unwrap();
    assert_eq!(db.open_report().quarantined.len(), 1);
    db.compact(Compaction::Everything).unwrap();
    db.backup(home.path().join("backup")).unwrap();
    assert_eq!(std::fs::read(segment.with_extension("quarantined")).unwrap(), forged, "kept as it is");
}
