//! Good stores, of which one file is changed: one as it is while it is written, one with everything that a store may hold, and one of an
//! earlier release.

use crate::memory::{Files, MemoryStorage};
use crate::random::Random;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use vocdb::alarm::event::{Notification, Shelving};
use vocdb::alarm::{AlarmKey, Notifier, Outcome};
use vocdb::base::clock::ManualClock;
use vocdb::ledger::Kind;
use vocdb::rules::RuleFile;
use vocdb::{
    Batch, Channel, ChannelChange, Compaction, Config, Database, Deletion, DeletionScope, Durability, Error, Frame,
    Instrument, InstrumentChange, InstrumentId, Interval, Sample, Station, TimeRange, Timestamp, Unit, ValueCorrection,
};

/// The host's time.
pub const NOW_MS: i64 = 1_700_000_000_000;

/// A store in memory, whose lock and catalog are real.
pub struct Specimen {
    pub dir: tempfile::TempDir,
    pub files: Files,
    /// The files of the catalog that knows the others.
    catalog: Files,
}

/// All of them, by the number that an input says.
pub static SPECIMENS: LazyLock<[Specimen; 3]> = LazyLock::new(|| {
    let storages = [fresh(), full(), earlier()];
    storages.map(|specimen| specimen.expect("a store in memory"))
});

const RULES: &str = r#"
alarm("high").scope("park/*").when(avg("gc/a", 3.seconds) > 0.3.ppb).clear_when(last("gc/a") < 0.1.ppb, 2.seconds).latch()
    .priority_when("high", last("gc/a") > 0.6.ppb).priority_when("urgent", max("gc/a", 2.seconds) > 0.9.ppb, 3.seconds)
    .escalate(escalation("duty").step(0.seconds, contact("desk"), ["app", "sms"]).step(5.seconds, contact("head"), "app"));
alarm("either").scope(stations("park/*")).quorum(1).when(last("gc/b") > 0.6.ppm).on_missing("unknown", 5.seconds)
    .suppress_when(flag("calibration", "gc/b"));
"#;

/// Takes everything, or nothing.
struct Gateway(bool);

impl Notifier for Gateway {
    fn send(&self, _: &Notification) -> Outcome {
        match self.0 {
            true => Outcome::Delivered,
            false => Outcome::Retry { reason: "busy".to_owned(), after_ms: None },
        }
    }
}

/// A store in memory on the manual clock.
pub fn config(storage: &MemoryStorage) -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability: Durability::Buffered, clock, storage: Arc::new(storage.clone()), ..Config::default() }
}

/// Registers one station and two instruments with two channels each.
pub fn register(db: &Database) -> Result<Vec<InstrumentId>, Error> {
    let station = db.register_station(Station::new("park/S1")?)?;
    let instrument = |name| {
        let channels = vec![Channel::quantity("a", Unit::Ppb)?, Channel::quantity("b", Unit::Ppm)?];
        db.register_instrument(station, Instrument::new(name, Interval::SECOND, channels)?)
    };
    ["gc", "mast"].map(instrument).into_iter().collect()
}

fn at(row: i64) -> Timestamp {
    Timestamp::from_ms(NOW_MS - 5_000_000 + row * 1000)
}

fn rows(ids: &[InstrumentId], rows: std::ops::Range<i64>) -> Batch {
    let both = rows.flat_map(|row| ids.iter().map(move |id| (*id, row)));
    both.map(|(id, row)| {
        let value = (row % 40) as f64 / 100.0;
        Frame::new(id, at(row), &[Some(value), (row % 7 > 0).then_some(value * 3.0)])
    })
    .collect()
}

/// Values in few, skewed steps, which settling makes smaller, and of which no rule takes notice.
fn skewed(id: InstrumentId, rows: std::ops::Range<i64>) -> Batch {
    let mut random = Random::new(3);
    let mut step = || [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 7, 90][random.below(12)] as f64 / 1_000.0;
    rows.map(|row| Frame::new(id, at(row), &[Some(step()), Some(0.0)])).collect()
}

/// With a segment, a log behind it and a ledger.
fn fresh() -> Result<Specimen, Error> {
    let (dir, storage) = (tempfile::tempdir().expect("a temporary directory"), MemoryStorage::default());
    let db = Database::open(dir.path(), config(&storage))?;
    let ids = register(&db)?;
    db.append(&rows(&ids, 0..1500))?.all_accepted()?;
    db.seal()?;
    (0..6).try_for_each(|batch| db.append(&rows(&ids, 1497 + batch * 4..1502 + batch * 4)).map(|_| ()))?;
    drop(db);
    Specimen::new(dir, storage.files())
}

/// With a settled segment, and a ledger in which everything stands that rules, alarms, deliveries, operators, corrections, deletions and
/// other channels leave there.
fn full() -> Result<Specimen, Error> {
    let (dir, storage) = (tempfile::tempdir().expect("a temporary directory"), MemoryStorage::default());
    let db = Database::open(dir.path(), config(&storage))?;
    let ids = register(&db)?;
    db.connect("app", Arc::new(Gateway(true)))?;
    db.connect("sms", Arc::new(Gateway(false)))?;
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: RULES.to_owned() }])?;
    db.append(&rows(&ids, 0..60))?.all_accepted()?;
    db.drain()?;
    let (by, why) = ("A. Keeper", "a fuzzer looks");
    for alarm in db.alarms().into_iter().map(|alarm| alarm.opened.alarm) {
        db.comment(alarm, by, why)?;
        db.acknowledge(alarm, by, why)?;
    }
    db.shelve(&AlarmKey::new("high", "park/S1"), Shelving::UntilNormal, by, why)?;
    let said = || (by.to_owned(), why.to_owned());
    let (by, reason) = said();
    let samples = vec![(at(7), Sample::normal(0.5)), (at(8), Sample::normal(0.6))];
    db.append(&skewed(ids[0], 200..1400))?.all_accepted()?;
    assert_eq!(db.correct(&ValueCorrection { instrument: ids[0], channel: 0, samples, by, reason })?, 2);
    db.seal()?;
    let (by, reason) = said();
    let range = TimeRange::new(at(20), at(25));
    let scope = DeletionScope::Channels(vec![1]);
    db.delete(&Deletion { instrument: ids[0], scope, range, by, reason })?;
    let (by, reason) = said();
    let channels = vec![ChannelChange::Add(Channel::quantity("c", Unit::One)?), ChannelChange::Retire("b".to_owned())];
    db.change_instrument(&InstrumentChange { instrument: ids[1], channels, by, reason })?;
    db.append(&skewed(ids[0], 1400..2600))?.all_accepted()?;
    db.seal()?;
    let settled = db.compact(Compaction::Everything)?;
    assert!(settled.segments_added > 0, "{settled:?}");
    db.append(&rows(&ids[..1], 2600..2660))?.all_accepted()?;
    db.drain()?;
    let kinds: Vec<Kind> = db.events()?.iter().filter_map(|event| Some(event.to_record().ok()?.kind())).collect();
    let wanted = [Kind::AlarmOpened, Kind::AlarmAcknowledged, Kind::EscalationStep, Kind::Notification, Kind::Delivery];
    assert!(wanted.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    drop(db);
    Specimen::new(dir, storage.files())
}

/// Of the first release whose files are kept.
fn earlier() -> Result<Specimen, Error> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/fixtures/v1/store");
    let mut files = Files::new();
    for folder in ["", "segments", "wal"] {
        for entry in std::fs::read_dir(kept.join(folder)).expect("the files of an earlier release").map(Result::unwrap)
        {
            if entry.path().is_file() {
                let bytes = std::fs::read(entry.path()).expect("a file of an earlier release");
                files.insert(dir.path().join(folder).join(entry.file_name()), bytes);
            }
        }
    }
    Specimen::new(dir, files)
}

impl Specimen {
    /// A store that has been written; opening it makes its catalog.
    fn new(dir: tempfile::TempDir, files: Files) -> Result<Self, Error> {
        let storage = MemoryStorage::new(files);
        let db = Database::open(dir.path(), config(&storage))?;
        assert!(db.open_report().quarantined.is_empty());
        drop(db);
        let path = dir.path().join("catalog");
        let entries =
            std::fs::read_dir(&path).expect("a catalog").map(|entry| entry.expect("a file of the catalog").path());
        let catalog = entries.filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?))).collect();
        Ok(Self { dir, files: storage.files(), catalog })
    }

    /// Puts the catalog back as it was made, or leaves none.
    pub fn put_catalog(&self, is_there: bool) {
        let dir = self.dir.path().join("catalog");
        let _ = std::fs::remove_dir_all(&dir);
        if is_there {
            std::fs::create_dir_all(&dir).expect("a folder for the catalog");
            self.catalog.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).expect("a file of the catalog"));
        }
    }

    /// The file of a kind.
    pub fn path_of(&self, place: &str) -> PathBuf {
        let is_it =
            |path: &&PathBuf| path.ends_with(place) || path.parent().is_some_and(|parent| parent.ends_with(place));
        self.files.keys().find(is_it).expect("a file of every kind").clone()
    }
}
