//! Stores of every format version open with everything in them: `fixtures/vN/store` holds the files of one, byte for byte.

use crate::support::faulty::scrambled;
use crate::support::oracle::{Oracle, instrument};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::{
    Batch, Channel, ChannelChange, Compaction, Config, Database, Deletion, DeletionScope, DuplicatePolicy, Durability,
    Frame, InstrumentChange, InstrumentId, Quality, ReadOnly, Sample, TimeRange, Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_000_000;
/// Where the files of a new fixture are to be written.
const FIXTURE: &str = "VOCDB_FIXTURE";
/// What of a store holds something; the rest is rebuilt.
const FOLDERS: [&str; 3] = ["", "segments", "wal"];

fn config() -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability: Durability::Buffered, clock, ..Config::default() }
}

fn at(row: u64) -> Timestamp {
    Timestamp::from_ms(NOW_MS - 10_000_000 + 1_000 * row as i64)
}

/// Decimals, gaps, flags, conversion noise, skewed steps, and a stranger now and then.
fn frame(number: u32, channels: u64, row: u64) -> Frame {
    let sample = |channel: u64| {
        let chance = scrambled(row * 64 + channel * 8 + u64::from(number));
        let value = match (channel, chance % 211) {
            (_, 0) => 1.0 / 3.0,
            (1, _) => (chance % 4096) as f64 * 0.0073,
            // Skewed: an entropy coder makes these much smaller than packing does.
            (_, _) if number == 1 => [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 7, 90][(chance >> 32) as usize % 12] as f64 / 10.0,
            (_, _) => ((row % 400) + chance % 25) as f64 / 100.0,
        };
        let quality = if chance.is_multiple_of(31) { Quality::Suspect } else { Quality::Normal };
        Sample { value: (!chance.is_multiple_of(11)).then_some(value), quality }
    };
    let samples = (0..channels).map(sample).collect();
    Frame { instrument: InstrumentId::new(number), time: at(row), samples }
}

/// What stands in a fixture: the same steps on a store, if there is one, and on the map.
fn write(db: Option<&Database>) -> Oracle {
    let mut oracle = Oracle::new(vec![
        instrument("gc", 2, DuplicatePolicy::KeepLast),
        instrument("mast", 1, DuplicatePolicy::KeepFirst),
    ]);
    let append = |oracle: &mut Oracle, frames: Vec<Frame>| {
        let _ = oracle.append(&frames, Timestamp::from_ms(NOW_MS), false);
        if let Some(db) = db {
            db.append(&Batch::from_iter(frames)).unwrap().all_accepted().unwrap();
        }
    };
    let run = |rows: std::ops::Range<u64>| rows.flat_map(|row| [frame(1, 2, row), frame(2, 1, row)]).collect();
    db.inspect(|db| drop(oracle.register(db).unwrap()));
    append(&mut oracle, run(0..2_500));
    db.inspect(|db| db.seal().unwrap());
    append(&mut oracle, run(2_400..2_900));
    db.map(|db| db.compact(Compaction::Everything).unwrap());
    let range = TimeRange::new(at(100), at(200));
    let (by, reason) = ("data office".to_owned(), "a leak in the inlet".to_owned());
    let deletion =
        Deletion { instrument: InstrumentId::new(1), scope: DeletionScope::Channels(vec![1]), range, by, reason };
    db.map(|db| db.delete(&deletion).unwrap());
    oracle.delete(deletion.instrument, &[1], range);
    append(&mut oracle, run(2_900..3_300));
    db.inspect(|db| db.seal().unwrap());
    append(&mut oracle, run(3_300..3_350));
    append(&mut oracle, vec![Frame::new(InstrumentId::new(1), at(7), &[Some(7.25), None]), frame(2, 1, 8_090)]);
    oracle
}

fn copy_files(from: &Path, to: &Path) {
    for folder in FOLDERS {
        std::fs::create_dir_all(to.join(folder)).unwrap();
        for entry in std::fs::read_dir(from.join(folder)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() && entry.file_name() != "LOCK" {
                std::fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
            }
        }
    }
}

/// Not a test: writes the files of this release, where it is asked to.
#[test]
#[ignore = "writes a new fixture into the folder that VOCDB_FIXTURE names"]
fn a_fixture_of_this_release_is_written() {
    let target = PathBuf::from(std::env::var(FIXTURE).unwrap());
    let dir = crate::support::scratch::dir();
    let db = Database::open(dir.path(), config()).unwrap();
    let oracle = write(Some(&db));
    assert_eq!(oracle.difference(&db), None);
    drop(db);
    copy_files(dir.path(), &target);
}

#[test]
fn a_store_of_every_format_version_opens_with_everything_in_it_and_continues() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    let mut versions = 0;
    for version in (1..).map(|number| fixtures.join(format!("v{number}"))).take_while(|folder| folder.is_dir()) {
        let dir = crate::support::scratch::dir();
        copy_files(&version.join("store"), dir.path());
        assert!(Database::verify(dir.path(), |_, _| {}).unwrap().is_sound());
        let mut oracle = write(None);
        let beside = ReadOnly::open(dir.path()).unwrap();
        let db = Database::open(dir.path(), config()).unwrap();
        let report = db.open_report();
        assert_eq!((report.frames_replayed, report.wal_torn_bytes, report.ledger_torn_bytes), (102, 0, 0));
        assert!(report.quarantined.is_empty() && report.missing_segments.is_empty(), "{report:?}");
        assert_eq!(oracle.difference(&db), None, "{}", version.display());
        assert_eq!(beside.registry(), &db.registry());

        let more = vec![frame(1, 2, 5_000), frame(2, 1, 12), frame(1, 2, 4_000)];
        let _ = oracle.append(&more, Timestamp::from_ms(NOW_MS), false);
        db.append(&Batch::from_iter(more)).unwrap().all_accepted().unwrap();
        db.compact(Compaction::Everything).unwrap();
        db.close().unwrap();
        let db = Database::open(dir.path(), config()).unwrap();
        assert_eq!(oracle.difference(&db), None, "{}, written by this release", version.display());
        let add = ChannelChange::Add(Channel::quantity("new", Unit::Ppb).unwrap());
        let (by, reason) = ("laboratory".to_owned(), "a new column".to_owned());
        let change = InstrumentChange { instrument: InstrumentId::new(1), channels: vec![add], by, reason };
        db.change_instrument(&change).unwrap();
        oracle.change(change.instrument, &change.channels);
        let more = vec![frame(1, 3, 6_000), frame(1, 3, 7)];
        let _ = oracle.append(&more, Timestamp::from_ms(NOW_MS), false);
        db.append(&Batch::from_iter(more)).unwrap().all_accepted().unwrap();
        db.compact(Compaction::Everything).unwrap();
        drop(db);
        let db = Database::open(dir.path(), config()).unwrap();
        assert_eq!(oracle.difference(&db), None, "{}, with another channel", version.display());
        versions += 1;
    }
    assert!(versions > 0, "no fixture was found");
}

#[test]
fn a_segment_of_another_version_is_set_aside_with_both_versions_named() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/v1/store");
    for version in [0, 2] {
        let dir = crate::support::scratch::dir();
        copy_files(&fixture, dir.path());
        let path = dir.path().join("segments/00000000000000005001-00000000000000005800.seg");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[8] = version;
        std::fs::write(&path, &bytes).unwrap();
        let db = Database::open(dir.path(), config()).unwrap();
        let [aside] = &db.open_report().quarantined[..] else { panic!("{:?}", db.open_report()) };
        let reason = format!("segment version {version}; this release reads version 1");
        assert!(aside.reason.contains(&reason), "{}", aside.reason);
    }
}
