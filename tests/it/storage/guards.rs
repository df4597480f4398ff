//! What a store does not let happen: two writers, a directory that may not be written, frames from the future, silent duplicates.

use crate::support::faulty::{Fault, FaultyStorage};
use crate::support::oracle::{Oracle, STATION, bits, instrument};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vocdb::base::clock::ManualClock;
use vocdb::io::FsStorage;
use vocdb::ledger::{Ledger, LedgerError};
use vocdb::query::{Readings, Window, WindowFunction, WindowQuery};
use vocdb::store::{RejectReason, StoreError};
use vocdb::{
    Batch, Channel, ChannelChange, Config, Database, DuplicatePolicy, Durability, Error, Frame, InstrumentChange,
    InstrumentId, Interval, ReadOnly, Receipt, Sample, Station, TimeRange, Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_000_000;
/// Tells a child process which store to open.
const CHILD_STORE: &str = "VOCDB_CHILD_STORE";
/// A user without rights, whom every system has.
const NOBODY: u32 = 65_534;

fn config() -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability: Durability::Buffered, clock, ..Config::default() }
}

fn open(dir: &Path) -> Result<Database, Error> {
    Database::open(dir, config())
}

/// How an attempt to open a store ends, in a line.
fn verdict(result: &Result<Database, Error>) -> String {
    match result {
        Ok(_) => "opened".to_owned(),
        Err(error @ Error::Store(StoreError::Locked { path })) => format!("locked {}: {error}", path.display()),
        Err(error @ Error::Store(StoreError::Io { path, source, .. }))
            if source.kind() == ErrorKind::PermissionDenied =>
        {
            format!("denied {}: {error}", path.display())
        }
        Err(error) => format!("{error:?}"),
    }
}

#[test]
#[ignore = "the other process of two tests below, which start it"]
fn a_child_process_opens_the_store_it_is_told_to() {
    if let Some(store) = std::env::var_os(CHILD_STORE) {
        println!("{}", verdict(&open(Path::new(&store))));
    }
}

/// What opening a store gives in another process.
fn verdict_of_child(store: &Path, user: Option<u32>) -> std::io::Result<String> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", "storage::guards::a_child_process_opens_the_store_it_is_told_to", "--ignored"]);
    command.arg("--nocapture").env(CHILD_STORE, store).current_dir(store.parent().unwrap());
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    Ok(String::from_utf8_lossy(&command.output()?.stdout).into_owned())
}

#[test]
fn a_second_writer_is_refused_with_the_lock_file_in_the_same_process_and_in_another() {
    let dir = crate::support::scratch::dir();
    let lock = dir.path().join("LOCK");
    let db = open(dir.path()).unwrap();
    let wanted = format!("locked {}: {} is locked by another process", lock.display(), lock.display());
    assert!(verdict(&open(dir.path())).starts_with(&wanted), "{}", verdict(&open(dir.path())));
    let of_child = verdict_of_child(dir.path(), None).unwrap();
    assert!(of_child.contains(&wanted), "{of_child}");
    drop(db);
    let of_child = verdict_of_child(dir.path(), None).unwrap();
    assert!(of_child.contains("opened"), "{of_child}");
    assert_eq!(verdict(&open(dir.path())), "opened");
}

#[test]
fn a_process_that_is_just_being_started_does_not_keep_the_lock() {
    let dir = crate::support::scratch::dir();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                Command::new("true").status().unwrap();
            }
        });
        let verdicts: Vec<String> = (0..150).map(|_| verdict(&open(dir.path()))).collect();
        is_over.store(true, Ordering::Release);
        assert_eq!(verdicts.iter().find(|verdict| *verdict != "opened"), None);
    });
}

#[test]
fn a_directory_that_may_not_be_written_is_named_with_advice() {
    let dir = crate::support::scratch::dir();
    let is_root = std::fs::metadata(dir.path()).unwrap().uid() == 0;
    let store = dir.path().join("store");
    std::fs::create_dir(&store).unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&store, PermissionsExt::from_mode(0o555)).unwrap();
    // Permission bits do not bind root: then a child without rights tries. Where it may not run, the files of these tests refuse.
    let in_child = is_root.then(|| verdict_of_child(&store, Some(NOBODY)));
    let verdict = match in_child {
        Some(Ok(of_child)) if of_child.contains("running 1 test") => of_child,
        Some(_) => {
            let storage = FaultyStorage::default();
            storage.set_fault(Fault::Denied(ErrorKind::PermissionDenied));
            verdict(&Database::open(&store, Config { storage: Arc::new(storage), ..config() }))
        }
        None => verdict(&open(&store)),
    };
    assert!(verdict.contains(&format!("denied {}", store.display())), "{verdict}");
    assert!(verdict.contains("give this process the right to write there, or choose another directory"), "{verdict}");
}

/// A store with one instrument of two channels under a policy.
fn store_of_one(dir: &Path, policy: DuplicatePolicy) -> (Database, InstrumentId) {
    let db = open(dir).unwrap();
    let id = Oracle::new(vec![instrument("gc", 2, policy)]).register(&db).unwrap()[0];
    (db, id)
}

fn append(db: &Database, id: InstrumentId, time_ms: i64, values: &[Option<f64>]) -> Receipt {
    db.append(&Batch::from_iter([Frame::new(id, Timestamp::from_ms(time_ms), values)])).unwrap()
}

fn newest_log(dir: &Path) -> PathBuf {
    let logs = std::fs::read_dir(dir.join("wal")).unwrap().map(|entry| entry.unwrap().path());
    logs.filter(|path| path.extension().is_some_and(|kind| kind == "wal")).max().unwrap()
}

#[test]
fn a_log_that_was_cut_opens_without_its_torn_frame_and_goes_on() {
    let dir = crate::support::scratch::dir();
    let (db, id) = store_of_one(dir.path(), DuplicatePolicy::KeepLast);
    (0..5).for_each(|second| drop(append(&db, id, NOW_MS + second * 1_000, &[Some(second as f64), None])));
    drop(db);
    let log = std::fs::OpenOptions::new().write(true).open(newest_log(dir.path())).unwrap();
    log.set_len(log.metadata().unwrap().len() - 3).unwrap();
    let db = open(dir.path()).unwrap();
    let report = db.open_report();
    assert_eq!(report.frames_replayed, 4);
    assert!(report.wal_torn_bytes > 20, "{}", report.wal_torn_bytes);
    assert_eq!(db.latest(STATION, "c0").unwrap().unwrap().1, Sample::normal(3.0));
    assert_eq!(append(&db, id, NOW_MS + 4_000, &[Some(9.0), None]).lsn, 5);
    drop(db);
    let db = open(dir.path()).unwrap();
    assert_eq!((db.open_report().frames_replayed, db.open_report().wal_torn_bytes), (5, 0));
    assert_eq!(db.latest(STATION, "c0").unwrap().unwrap().1, Sample::normal(9.0));
}

#[test]
fn frames_of_the_year_2098_are_refused_counted_and_explained() {
    let dir = crate::support::scratch::dir();
    let (db, id) = store_of_one(dir.path(), DuplicatePolicy::KeepLast);
    let far: Timestamp = "2098-01-01T00:00:00Z".parse().unwrap();
    let receipt = append(&db, id, far.as_ms(), &[Some(1.0), Some(1.0)]);
    assert_eq!((receipt.accepted, receipt.rejections.len()), (0, 1));
    let reason = &receipt.rejections[0].reason;
    let ahead_ms = far.as_ms() - NOW_MS;
    assert_eq!(*reason, RejectReason::Future { time: far, ahead_ms, ahead_ms_max: 600_000 });
    let text = reason.to_string();
    assert!(text.contains("2098-01-01T00:00:00Z") && text.contains("check the station's clock"), "{text}");
    // The bad clock has left no trace: the next good frame is the newest.
    let receipt = append(&db, id, NOW_MS, &[Some(2.0), None]);
    assert_eq!((receipt.accepted, receipt.rejections.len()), (1, 0));
    let counters = db.stats().unwrap().counters;
    assert_eq!((counters.rejected_future, counters.frames_rejected(), counters.frames_out_of_order), (1, 1, 0));
    let newest = db.latest(STATION, "c0").unwrap();
    assert_eq!(newest, Some((Timestamp::from_ms(NOW_MS), Sample::normal(2.0))));
}

#[test]
fn an_unknown_station_and_an_unknown_channel_are_answered_with_what_there_is() {
    let dir = crate::support::scratch::dir();
    let (db, _) = store_of_one(dir.path(), DuplicatePolicy::KeepLast);
    db.register_station(vocdb::Station::new("park/S2").unwrap()).unwrap();
    let error = db.latest("park/S9", "c0").unwrap_err();
    let Error::UnknownStation { name, known } = &error else { panic!("{error:?}") };
    assert_eq!((name.as_str(), known.as_str()), ("park/S9", "park/S1, park/S2"));
    assert!(error.to_string().contains("park/S9") && error.to_string().contains("park/S1, park/S2"), "{error}");
    let error = db.latest(STATION, "benzene").unwrap_err();
    assert!(matches!(&error, Error::UnknownChannel { known, .. } if known == "c0, c1"), "{error:?}");
}

#[test]
fn a_second_frame_for_an_instant_is_taken_by_policy_and_an_equal_one_is_free() {
    // Per policy: accepted, superseded, corrected and rejected of a different frame, and the value that stands afterwards.
    let wanted = [
        (DuplicatePolicy::KeepLast, (1, 0, 1, 0), 2.0),
        (DuplicatePolicy::KeepFirst, (0, 1, 0, 0), 1.0),
        (DuplicatePolicy::Reject, (0, 0, 0, 1), 1.0),
    ];
    for ((policy, counts, stands), is_sealed) in wanted.into_iter().flat_map(|one| [(one, false), (one, true)]) {
        let dir = crate::support::scratch::dir();
        let (db, id) = store_of_one(dir.path(), policy);
        append(&db, id, NOW_MS, &[Some(1.0), None]).all_accepted().unwrap();
        append(&db, id, NOW_MS + 1_000, &[None, Some(5.0)]).all_accepted().unwrap();
        if is_sealed {
            db.seal().unwrap();
        }
        let same = append(&db, id, NOW_MS, &[Some(1.0), None]);
        assert_eq!((same.accepted, same.identical, same.rejections.len()), (0, 1, 0), "{policy:?}");
        let other = append(&db, id, NOW_MS, &[Some(2.0), None]);
        let rejected = other.rejections.len();
        assert_eq!((other.accepted, other.superseded, other.corrected, rejected), counts, "{policy:?}");
        let refusal = RejectReason::Duplicate { time: Timestamp::from_ms(NOW_MS) };
        assert!(other.rejections.iter().all(|one| one.index == 0 && one.reason == refusal), "{policy:?}");
        // The other half of the instant's channels contradicts nothing, under any policy.
        assert_eq!(append(&db, id, NOW_MS, &[None, Some(4.0)]).accepted, 1, "{policy:?}");
        let first = crate::support::oracle::rows(&db, id, &[0, 1], vocdb::TimeRange::ALL)[0].1.clone();
        assert_eq!(first, [bits(&Sample::normal(stands)), bits(&Sample::normal(4.0))], "{policy:?}");
    }
}

#[test]
fn a_receipt_with_rejected_frames_is_an_error_where_all_were_to_be_accepted() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path()).unwrap();
    let station = db.register_station(vocdb::Station::new("S").unwrap()).unwrap();
    let channels = vec![vocdb::Channel::quantity("x", vocdb::Unit::Ppm).unwrap()];
    let pid = vocdb::Instrument::new("pid", vocdb::Interval::SECOND, channels).unwrap();
    let id = db.register_instrument(station, pid).unwrap();
    let (good, future) = (Timestamp::from_ms(1_700_000_000_000), Timestamp::from_ms(i64::MAX));
    let mut batch = Batch::new();
    batch.push_values(id, good, &[Some(1.0)]);
    let receipt = db.append(&batch).unwrap();
    receipt.all_accepted().unwrap();
    assert_eq!(receipt.accepted, 1);
    batch.push_values(id, future, &[Some(2.0)]);
    let error = db.append(&batch).unwrap().all_accepted().unwrap_err().to_string();
    assert!(
        error.starts_with("1 frames of the batch were rejected; the first is number 1, counted from 0: "),
        "{error}"
    );
}

#[test]
fn the_ledger_of_an_open_store_cannot_be_opened_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(dir.path()).unwrap();
    let path = dir.path().join("ledger");
    // Another thread makes room at the end of an open log: zeros, as many as it has come to.
    let frames = || String::from_utf8_lossy(&std::fs::read(&path).unwrap()).trim_end_matches('\0').to_owned();
    let before = frames();
    let refused = Ledger::open(&FsStorage, &path).map(|_| ());
    assert!(matches!(refused, Err(LedgerError::Locked { .. })), "{refused:?}");
    assert_eq!(frames(), before);
    Ledger::read(&FsStorage, &path).unwrap();
    db.close().unwrap();

    let (ledger, _) = Ledger::open(&FsStorage, &path).unwrap();
    assert!(verdict(&open(dir.path())).starts_with("locked"), "a ledger that is open keeps a store from opening");
    drop(ledger);
    open(dir.path()).unwrap();
}

#[test]
fn a_question_about_an_instrument_or_channel_that_does_not_exist_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(dir.path()).unwrap();
    let station = db.register_station(Station::new(STATION).unwrap()).unwrap();
    let known = db.register_instrument(station, instrument("pid", 2, DuplicatePolicy::Reject)).unwrap();
    assert_refused(&db.readings(), known, 2);
    // A channel that is added can be asked for at once.
    let channels = vec![ChannelChange::Add(Channel::quantity("added", Unit::Ppb).unwrap())];
    let (by, reason) = ("laboratory".to_owned(), "a new column".to_owned());
    db.change_instrument(&InstrumentChange { instrument: known, channels, by, reason }).unwrap();
    assert_refused(&db.readings(), known, 3);
    assert_refused(&ReadOnly::open(dir.path()).unwrap().readings(), known, 3);
    db.close().unwrap();
    assert_refused(&open(dir.path()).unwrap().readings(), known, 3);
}

/// Every kind of question about an unknown instrument, and about the first channel that is not there, is refused by name.
fn assert_refused(readings: &Readings, known: InstrumentId, channels: usize) {
    let unknown = InstrumentId::new(99);
    let (all, day) = (TimeRange::ALL, Interval::DAY);
    let questions = |id: InstrumentId, place: usize| {
        let window = Window { width: day, step: day, coverage_min: 0.0, valid_min: 0, zone: None };
        let function = WindowFunction::Mean;
        let query = WindowQuery { instrument: id, channel: place, ends: all, window, function };
        let errors = [
            readings.scan(id, &[place], all).map(|_| ()),
            readings.rows(id, &[place], all).map(|_| ()),
            readings.window(&query).map(|_| ()),
            readings.rollups(id, &[place], day, all).map(|_| ()),
            readings.aggregate(id, &[place], all).map(|_| ()),
            readings.latest(id, place).map(|_| ()),
            readings.frames([(id, vec![place])], all).map(|_| ()),
        ];
        errors.map(|error| error.map_err(|error| error.to_string()))
    };
    for refused in questions(unknown, 0) {
        assert!(refused.unwrap_err().contains("is not registered"));
    }
    for refused in questions(known, channels) {
        assert!(refused.unwrap_err().contains(&format!("has no channel at place {channels}")));
    }
    for answered in questions(known, channels - 1) {
        answered.unwrap();
    }
}
