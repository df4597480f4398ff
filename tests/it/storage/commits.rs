//! Commits of the ledger that stand in the write-ahead log first.

use crate::support::faulty::{Fault, FaultyStorage, Unsynced};
use crossbeam_channel::{Sender, unbounded};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use vocdb::alarm::Outcome;
use vocdb::alarm::event::Notification;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, AlarmLog, Batch, Channel, Config, Database, DumpScope, Durability, Instrument, InstrumentId, Interval,
    Notifier, ReadOnly, Station, Timers, Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_040_000;
const RULE: &str =
    "alarm(\"high\").scope(\"park/S1\").when(last(\"benzene\") > 30.ppb).clear_when(last(\"benzene\") < 20.ppb)";
const ID: InstrumentId = InstrumentId::new(1);

fn config(durability: Durability) -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS + 86_400_000));
    Config { durability, timers: Timers::Frames, clock, ..Config::default() }
}

fn register(db: &Database) {
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
    db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, vec![benzene]).unwrap()).unwrap();
}

fn minute_of(minute: i64, value: f64) -> Batch {
    let mut batch = Batch::new();
    batch.push_values(ID, Timestamp::from_ms(NOW_MS + minute * 60_000), &[Some(value)]);
    batch
}

/// Some minutes, every third of which opens an alarm that the next one closes.
fn shift(db: &Database) {
    register(db);
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: format!("{RULE};") }]).unwrap();
    for minute in 0..20 {
        db.append(&minute_of(minute, if minute % 3 == 1 { 90.0 } else { 10.0 })).unwrap().all_accepted().unwrap();
    }
}

/// Where the frames of a log end, behind its header.
fn ends(log: &[u8]) -> Vec<usize> {
    let mut ends = vec![16];
    while let Some(length) = log.get(ends[ends.len() - 1] + 4..).and_then(|rest| rest.first_chunk::<4>()) {
        ends.push(ends[ends.len() - 1] + 20 + u32::from_le_bytes(*length) as usize);
    }
    ends
}

#[test]
fn an_alarm_that_a_crash_has_left_in_the_log_alone_is_seen_from_beside_and_once_the_store_is_open() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), config(Durability::Buffered)).unwrap();
    shift(&db);
    drop(db);
    let path = dir.path().join("ledger");
    let whole = std::fs::read(&path).unwrap();
    let told = AlarmLog::open(dir.path()).unwrap().events().to_vec();
    assert!(told.len() > 10, "{told:?}");
    let ends = ends(&whole);
    std::fs::write(&path, &whole[..ends[ends.len() - 2]]).unwrap();
    assert_eq!(AlarmLog::open(dir.path()).unwrap().events(), told);
    assert_eq!(std::fs::read(&path).unwrap().len(), ends[ends.len() - 2], "whoever looks changes nothing");
    let (mut dump, restored) = (Vec::new(), dir.path().join("restored"));
    ReadOnly::open(dir.path()).unwrap().dump(&DumpScope::WHOLE, &mut dump, |_| {}).unwrap();
    Database::restore(dump.as_slice(), &restored, |_| {}).unwrap();
    assert_eq!(AlarmLog::open(&restored).unwrap().events(), told);
    let db = Database::open(dir.path(), config(Durability::Buffered)).unwrap();
    assert_eq!(db.events().unwrap(), told);
    drop(db);
    assert!(std::fs::read(&path).unwrap().starts_with(&whole));
}

fn log_of(storage: &FaultyStorage) -> (PathBuf, Vec<u8>) {
    let is_log = |path: &Path| path.extension().is_some_and(|kind| kind == "wal");
    storage.files().into_iter().find(|(path, _)| is_log(path)).unwrap()
}

#[test]
fn a_log_goes_only_once_the_ledger_has_what_it_holds() {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    let config = || Config { storage: Arc::new(storage.clone()), ..config(Durability::Buffered) };
    let db = Database::open(dir.path(), config()).unwrap();
    shift(&db);
    let told = db.events().unwrap();
    let (log, ledger) = (log_of(&storage), dir.path().join("ledger"));
    let bytes_of = |storage: &FaultyStorage| storage.files().into_iter().find(|(path, _)| *path == ledger).unwrap().1;
    let whole = bytes_of(&storage);
    db.seal().unwrap();
    drop(db);
    // As if the power had gone before the sealed log was removed; and the ledger has lost its last commits since.
    let ends = ends(&whole);
    let mut files = storage.files();
    files.iter_mut().find(|(path, _)| *path == ledger).unwrap().1.truncate(ends[ends.len() - 4]);
    files.push(log.clone());
    storage.replace(&files);
    let db = Database::open(dir.path(), config()).unwrap();
    assert_eq!(db.events().unwrap(), told);
    drop(db);
    assert!(bytes_of(&storage).starts_with(&whole));
    assert!(!storage.files().iter().any(|(path, _)| *path == log.0), "its rows are sealed");
}

struct Gateway(Sender<Notification>);

impl Notifier for Gateway {
    fn send(&self, notification: &Notification) -> Outcome {
        self.0.send(notification.clone()).unwrap();
        Outcome::Delivered
    }
}

#[test]
fn people_are_told_of_an_alarm_that_is_durable_in_the_log_though_the_ledger_has_no_space_for_it() {
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    let config = || Config { storage: Arc::new(storage.clone()), ..config(Durability::Buffered) };
    let db = Database::open(dir.path(), config()).unwrap();
    register(&db);
    let text = format!("{RULE}.escalate(escalation(\"chain\").step(0.minutes, contact(\"duty\"), [\"app\"]));");
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text }]).unwrap();
    let (taken, told) = unbounded();
    db.connect("app", Arc::new(Gateway(taken))).unwrap();
    // The log takes the frame, and the commit behind it.
    storage.set_fault(Fault::SpaceFor(2));
    assert!(db.append(&minute_of(0, 90.0)).is_err());
    let notification = told.recv_timeout(Duration::from_secs(60)).unwrap();
    storage.set_fault(Fault::None);
    drop(db);
    storage.restart(Unsynced::Lost);
    let events = Database::open(dir.path(), config()).unwrap().events().unwrap();
    assert!(events.contains(&AlarmEvent::Notification(notification)), "{events:?}");
}

#[test]
fn a_ledger_that_is_cut_short_after_the_store_was_closed_is_refused_and_found() {
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), config(Durability::Buffered)).unwrap();
    shift(&db);
    let told = db.events().unwrap();
    db.close().unwrap();
    let path = dir.path().join("ledger");
    let whole = std::fs::read(&path).unwrap();
    let ends = ends(&whole);
    assert_eq!((ends[ends.len() - 1], ends.len() > 10), (whole.len(), true));
    for end in &ends[..ends.len() - 1] {
        for length in [*end, end + 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let error = Database::open(dir.path(), config(Durability::Buffered)).unwrap_err().to_string();
            assert!(error.contains("the write-ahead log knows commit"), "cut to {length}: {error}");
            std::fs::write(&path, &whole[..length]).unwrap();
            let report = Database::verify(dir.path(), |_, _| {}).unwrap();
            assert!(report.findings.iter().any(|finding| finding.path == path), "cut to {length}: {report:?}");
            assert_eq!(report.ledger_torn_bytes, (length - end) as u64);
        }
    }
    std::fs::write(&path, &whole).unwrap();
    let sizes = || (logs_bytes(dir.path()), std::fs::metadata(&path).unwrap().len());
    let mut before = sizes();
    for _ in 0..4 {
        let db = Database::open(dir.path(), config(Durability::Buffered)).unwrap();
        assert_eq!(db.events().unwrap(), told);
        db.close().unwrap();
        let (logs, ledger) = sizes();
        assert_eq!(logs > before.0, ledger > before.1, "what is known already is not noted again");
        before = (logs, ledger);
        assert!(Database::verify(dir.path(), |_, _| {}).unwrap().is_sound());
    }
}

fn logs_bytes(dir: &Path) -> u64 {
    std::fs::read_dir(dir.join("wal")).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
