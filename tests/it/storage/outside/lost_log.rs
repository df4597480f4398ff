//! The write-ahead log goes, whole or in part, while no process has the store open.

use super::{HIGH, LOW, append, copy, create, files, findings, only, open, rows};
use std::path::{Path, PathBuf};
use vocdb::journal::LsnRange;
use vocdb::store::StoreError;
use vocdb::{Database, Error, ReadOnly};

/// Rows of the store in its log; row 60 raises an alarm.
const ROWS: i64 = 80;
const ALARM: i64 = 60;

/// A store whose process was killed: everything behind the first `sealed` rows is in the log alone.
fn killed(dir: &Path, sealed: i64) {
    let live = dir.with_extension("live");
    let db = create(&live);
    append(&db, 0..sealed, LOW).unwrap();
    if sealed > 0 {
        db.seal().unwrap();
    }
    append(&db, sealed..ALARM, LOW).unwrap();
    append(&db, ALARM..ALARM + 1, HIGH).unwrap();
    append(&db, ALARM + 1..ROWS, HIGH).unwrap();
    copy(&live, dir);
    drop(db);
    std::fs::remove_dir_all(live).unwrap();
}

/// Where the frames of a log begin, and where the last one ends.
fn boundaries(log: &[u8]) -> Vec<usize> {
    let mut ends = vec![16];
    while let Some(length) = log.get(ends[ends.len() - 1]..).and_then(|rest| rest.first_chunk::<8>()) {
        let bytes = u32::from_le_bytes(length[4..].try_into().unwrap());
        if length[..4] == [0; 4] {
            break;
        }
        ends.push(ends[ends.len() - 1] + 20 + bytes as usize);
    }
    ends
}

/// The frames that an error says are lost.
fn lost(error: &Error) -> Option<LsnRange> {
    match error {
        Error::Store(StoreError::LostFrames { frames, .. }) => Some(*frames),
        _ => None,
    }
}

/// The store refuses to open and says why, to everybody and again; once it is repaired it opens with the rows that are left.
fn refused_until_repaired(dir: &Path, first_lost: u64, kept: &[i64], context: &str) {
    for _ in 0..2 {
        let error = open(dir).map(|_| ()).unwrap_err();
        let range = lost(&error).unwrap_or_else(|| panic!("{context}: {error}"));
        assert_eq!(range.first, first_lost, "{context}");
        let text = error.to_string();
        assert!(text.contains("repair") && text.contains("wal"), "{context}: {text}");
        let found = findings(dir);
        assert!(found.iter().any(|one| one.contains(&format!("frames {first_lost} to"))), "{context}: {found:?}");
    }
    let beside = ReadOnly::open(dir).unwrap();
    assert_eq!(beside.report().lost_frames[0].first, first_lost, "{context}");
    let db = Database::repair(dir, super::config(), |_, _| {}).unwrap();
    assert_eq!(db.open_report().lost_frames[0].first, first_lost, "{context}");
    assert_eq!(rows(&db), kept, "{context}");
    append(&db, ROWS..ROWS + 10, LOW).unwrap();
    drop(db);
    let wanted: Vec<i64> = kept.iter().copied().chain(ROWS..ROWS + 10).collect();
    for round in 0..3 {
        let db = open(dir).unwrap_or_else(|error| panic!("{context}, round {round}: {error}"));
        assert_eq!(db.open_report().lost_frames, [], "{context}");
        assert_eq!(rows(&db), wanted, "{context}, round {round}");
        if round == 1 {
            db.seal().unwrap();
        }
        drop(db);
        assert_eq!(findings(dir), [] as [String; 0], "{context}");
    }
    let again = Database::repair(dir, super::config(), |_, _| {}).unwrap();
    assert_eq!(again.open_report().lost_frames, [], "{context}");
}

#[test]
fn a_log_cut_at_any_frame_that_an_alarm_rests_on_is_refused_until_it_is_repaired() {
    let home = crate::support::scratch::dir();
    let dir = home.path().join("store");
    killed(&dir, 10);
    let log = only(files(&dir, "wal", ".wal"));
    let bytes = std::fs::read(&log).unwrap();
    let ends = boundaries(&bytes);
    assert!(ends.len() > 60, "{} frames", ends.len());
    for (number, end) in ends.iter().enumerate() {
        std::fs::write(&log, &bytes[..*end]).unwrap();
        let verdict = open(&copied(&dir, home.path())).map(|_| ());
        let frames_left = rows_of(&dir, home.path());
        let rests_on_lost = frames_left <= ALARM;
        let range = verdict.as_ref().err().and_then(lost);
        assert_eq!(range.is_some(), rests_on_lost, "cut behind frame {number}: {verdict:?}");
        let first = range.map_or(frames_left as u64 + 1, |range| range.first);
        assert_eq!(first, frames_left as u64 + 1, "cut behind frame {number}");
    }
    for end in [ends[0], ends[20], ends[45]] {
        std::fs::write(&log, &bytes[..end]).unwrap();
        let kept = rows_of(&dir, home.path());
        let store = copied(&dir, home.path());
        refused_until_repaired(&store, kept as u64 + 1, &(0..kept).collect::<Vec<_>>(), &format!("cut at {end}"));
    }
}

/// A fresh copy of a store.
fn copied(dir: &Path, home: &Path) -> PathBuf {
    let to = home.join("copy");
    let _ = std::fs::remove_dir_all(&to);
    copy(dir, &to);
    to
}

/// How many rows a process that only reads finds.
fn rows_of(dir: &Path, home: &Path) -> i64 {
    let beside = ReadOnly::open(copied(dir, home)).unwrap();
    beside.readings().rows(super::ID, &[0], vocdb::TimeRange::ALL).unwrap().len() as i64
}

#[test]
fn a_log_that_is_removed_or_emptied_is_refused_where_an_alarm_rests_on_it() {
    let home = crate::support::scratch::dir();
    for sealed in [0, 30] {
        let remove = |dir: &Path| std::fs::remove_file(only(files(dir, "wal", ".wal"))).unwrap();
        let empty = |dir: &Path| std::fs::write(only(files(dir, "wal", ".wal")), []).unwrap();
        let folder = |dir: &Path| std::fs::remove_dir_all(dir.join("wal")).unwrap();
        type Act<'a> = (&'a str, &'a dyn Fn(&Path));
        let acts: [Act<'_>; 3] = [("removed", &remove), ("emptied", &empty), ("folder", &folder)];
        for (name, act) in acts {
            let dir = home.path().join(format!("{name}{sealed}"));
            killed(&dir, sealed);
            act(&dir);
            if name == "folder" {
                std::fs::create_dir(dir.join("wal")).unwrap();
            }
            let kept: Vec<i64> = (0..sealed).collect();
            refused_until_repaired(&dir, sealed as u64 + 1, &kept, &format!("{name}, {sealed} sealed"));
        }
    }
}

#[test]
fn a_log_of_an_hour_ago_is_refused_where_later_frames_were_sealed_or_raised_an_alarm() {
    let home = crate::support::scratch::dir();
    for is_sealed in [false, true] {
        let dir = home.path().join(format!("store{is_sealed}"));
        let db = create(&dir);
        append(&db, 0..20, LOW).unwrap();
        let log = only(files(&dir, "wal", ".wal"));
        let older = std::fs::read(&log).unwrap();
        append(&db, 20..50, LOW).unwrap();
        if is_sealed {
            db.seal().unwrap();
            append(&db, 50..ROWS, LOW).unwrap();
        } else {
            append(&db, 50..ROWS, HIGH).unwrap();
        }
        let killed = home.path().join(format!("killed{is_sealed}"));
        copy(&dir, &killed);
        drop(db);
        files(&killed, "wal", ".wal").iter().for_each(|path| std::fs::remove_file(path).unwrap());
        std::fs::write(killed.join("wal").join(log.file_name().unwrap()), &older).unwrap();
        if !is_sealed {
            refused_until_repaired(&killed, 21, &(0..20).collect::<Vec<_>>(), "older");
            continue;
        }
        let error = open(&killed).map(|_| ()).unwrap_err();
        assert_eq!(lost(&error), Some(LsnRange { first: 51, last: None }), "{error}");
        assert!(findings(&killed).iter().any(|one| one.contains("older than the ledger")));
        let db = Database::repair(&killed, super::config(), |_, _| {}).unwrap();
        assert_eq!(rows(&db), (0..50).collect::<Vec<_>>());
        drop(db);
        let db = open(&killed).unwrap();
        append(&db, ROWS..ROWS + 1, LOW).unwrap();
        drop(db);
        assert_eq!(findings(&killed), [] as [String; 0]);
        assert_eq!(rows(&open(&killed).unwrap()).len(), 51);
    }
}

#[test]
fn a_log_that_is_not_there_is_reported_though_nothing_rests_on_it() {
    let home = crate::support::scratch::dir();
    let (live, dir) = (home.path().join("live"), home.path().join("store"));
    let db = create(&live);
    append(&db, 0..20, LOW).unwrap();
    copy(&live, &dir);
    std::fs::remove_file(only(files(&dir, "wal", ".wal"))).unwrap();
    let found = findings(&dir);
    assert!(found.iter().any(|one| one.contains("log is missing") && one.contains("frames from 1 on")), "{found:?}");
    let strict = super::Config { is_strict: true, ..super::config() };
    assert!(Database::open(&dir, strict).is_err());
    let db = open(&dir).unwrap();
    assert_eq!(db.open_report().lost_frames, [LsnRange { first: 1, last: None }]);
    append(&db, 0..20, LOW).unwrap();
    let mut exported = Vec::new();
    db.export_ledger(vocdb::ExportScope::Everything, &mut exported).unwrap();
    assert!(String::from_utf8(exported).unwrap().contains("frames_lost"), "the ledger has it");
    drop(db);
    let db = open(&dir).unwrap();
    assert_eq!(db.open_report().lost_frames, []);
    assert_eq!(rows(&db).len(), 20);
    assert_eq!(findings(&dir), [] as [String; 0]);
}

#[test]
fn the_first_of_two_logs_cannot_go_unnoticed() {
    let home = crate::support::scratch::dir();
    let (live, dir) = (home.path().join("live"), home.path().join("store"));
    let db = create(&live);
    append(&db, 0..30, LOW).unwrap();
    let first = only(files(&live, "wal", ".wal"));
    let first_bytes = std::fs::read(&first).unwrap();
    db.seal().unwrap();
    append(&db, 30..40, LOW).unwrap();
    append(&db, 40..41, HIGH).unwrap();
    copy(&live, &dir);
    drop(db);
    // As if the process had been killed while it sealed.
    only(files(&dir, "segments", ".seg"));
    let ledger = std::fs::read(dir.join("ledger")).unwrap();
    assert!(!ledger.is_empty());
    std::fs::write(dir.join("wal").join(first.file_name().unwrap()), &first_bytes).unwrap();
    assert_eq!(rows(&open(&copied(&dir, home.path())).unwrap()).len(), 41, "both logs are there");
    let log = files(&dir, "wal", ".wal");
    assert_eq!(log.len(), 2);
    std::fs::remove_file(&log[1]).unwrap();
    let error = open(&dir).map(|_| ()).unwrap_err();
    assert_eq!(lost(&error), Some(LsnRange { first: 31, last: Some(41) }), "{error}");
}
