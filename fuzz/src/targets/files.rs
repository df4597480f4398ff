//! Any bytes in place of one file of a good store: it opens and reads, or says what is wrong.
//!
//! The first byte of an input says how: bit 0 has checksums made right, bit 1 leaves the catalog that knows the segment.

use super::log::mend;
use crate::memory::{Files, MemoryStorage};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use vocdb::base::checksum::crc32c;
use vocdb::base::clock::ManualClock;
use vocdb::{
    Batch, Channel, Config, Database, Durability, Error, Frame, Instrument, InstrumentId, Interval, Sample, Station,
    TimeRange, Timestamp, Unit,
};

/// The host's time.
pub const NOW_MS: i64 = 1_700_000_000_000;

/// A store with a segment, a log behind it and a ledger.
struct Specimen {
    dir: tempfile::TempDir,
    files: Files,
}

static SPECIMEN: LazyLock<Specimen> = LazyLock::new(|| make().expect("a store in memory"));

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
        db.register_instrument(station, Instrument::new(name, Interval::seconds(1), channels)?)
    };
    ["gc", "mast"].map(instrument).into_iter().collect()
}

fn make() -> Result<Specimen, Error> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let storage = MemoryStorage::default();
    let db = Database::open(dir.path(), config(&storage))?;
    let ids = register(&db)?;
    let rows = |rows: std::ops::Range<i64>| -> Batch {
        let both = rows.flat_map(|row| ids.iter().map(move |id| (*id, row)));
        both.map(|(id, row)| {
            let value = (row % 40) as f64 / 100.0;
            let values = [Some(value), (row % 7 > 0).then_some(value * 3.0)];
            Frame::new(id, Timestamp::from_ms(NOW_MS - 5_000_000 + row * 1000), &values)
        })
        .collect()
    };
    db.append(&rows(0..1500))?;
    db.seal()?;
    (0..6).try_for_each(|batch| db.append(&rows(1497 + batch * 4..1502 + batch * 4)).map(|_| ()))?;
    drop(db);
    drop(Database::open(dir.path(), config(&storage))?);
    Ok(Specimen { dir, files: storage.files() })
}

fn path_of(place: &str) -> PathBuf {
    let is_it = |path: &&PathBuf| path.ends_with(place) || path.parent().is_some_and(|parent| parent.ends_with(place));
    SPECIMEN.files.keys().find(is_it).expect("a file of every kind").clone()
}

fn seeds_of(place: &str) -> Vec<Vec<u8>> {
    let whole = &SPECIMEN.files[&path_of(place)];
    (0..4_u8).map(|mode| [&[mode], whole.as_slice()].concat()).collect()
}

fn open_and_read(dir: &Path, storage: &MemoryStorage) -> Result<(), Error> {
    let db = Database::open(dir, config(storage))?;
    for number in 1..=2 {
        let rows = db.readings().rows(InstrumentId::new(number), &[0, 1], TimeRange::ALL)?;
        assert!(rows.samples(0).map(|(time, _)| time).is_sorted_by(|a, b| a < b), "times out of order");
        let _: Vec<Sample> = rows.samples(1).map(|(_, sample)| sample).collect();
        db.readings().latest(InstrumentId::new(number), 1)?;
    }
    let more = Frame::new(InstrumentId::new(1), Timestamp::from_ms(NOW_MS), &[Some(1.0), None]);
    db.append(&Batch::from_iter([more]))?;
    db.seal()?;
    db.close()
}

fn run_with(place: &str, input: &[u8], mend: fn(&mut [u8])) {
    let Some((mode, bytes)) = input.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if mode & 1 == 1 {
        mend(&mut bytes);
    }
    let (dir, path) = (SPECIMEN.dir.path(), path_of(place));
    let mut files = SPECIMEN.files.clone();
    files.insert(path.clone(), bytes);
    if mode & 2 == 0 {
        let _ = std::fs::remove_dir_all(dir.join("catalog"));
    }
    if let Err(error) = open_and_read(dir, &MemoryStorage::new(files)) {
        assert!(!error.to_string().is_empty());
    }
}

/// The write-ahead log.
pub fn run_wal(input: &[u8]) {
    run_with("wal", input, mend);
}

/// A log of six batches.
pub fn wal_seeds() -> Vec<Vec<u8>> {
    seeds_of("wal")
}

/// A segment.
pub fn run_segment(input: &[u8]) {
    run_with("segments", input, mend_footer);
}

/// Makes the checksum of the footer right.
fn mend_footer(bytes: &mut [u8]) {
    let Some(tail) = bytes.len().checked_sub(16) else { return };
    let length = u32::from_le_bytes(std::array::from_fn(|at| bytes[tail + at]));
    let footer_at = tail.saturating_sub(usize::try_from(length).unwrap_or(usize::MAX));
    let crc = crc32c(&bytes[footer_at..tail]);
    bytes[tail + 4..tail + 8].copy_from_slice(&crc.to_le_bytes());
}

/// A segment of two instruments.
pub fn segment_seeds() -> Vec<Vec<u8>> {
    seeds_of("segments")
}

/// The ledger.
pub fn run_ledger(input: &[u8]) {
    run_with("ledger", input, mend);
}

/// A ledger with stations, corrections and a seal.
pub fn ledger_seeds() -> Vec<Vec<u8>> {
    seeds_of("ledger")
}

/// Any bytes in the catalog's file: the store has all its rows.
pub fn run_catalog(input: &[u8]) {
    let dir = SPECIMEN.dir.path();
    let catalog = dir.join("catalog");
    let _ = std::fs::remove_dir_all(&catalog);
    std::fs::create_dir_all(&catalog).expect("a folder for the catalog");
    std::fs::write(catalog.join("db"), input).expect("a file for the catalog");
    let storage = MemoryStorage::new(SPECIMEN.files.clone());
    let db = Database::open(dir, config(&storage)).expect("a store opens whatever its catalog is");
    let rows = db.readings().rows(InstrumentId::new(1), &[0], TimeRange::ALL).expect("a store reads");
    assert_eq!(rows.len(), 1522);
}

/// The file of a catalog, and none.
pub fn catalog_seeds() -> Vec<Vec<u8>> {
    let dir = SPECIMEN.dir.path();
    drop(Database::open(dir, config(&MemoryStorage::new(SPECIMEN.files.clone()))));
    let whole = std::fs::read(dir.join("catalog/db")).unwrap_or_default();
    vec![Vec::new(), whole[..whole.len().min(4096)].to_vec(), whole]
}
