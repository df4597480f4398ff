//! Any bytes in place of one file of a good store: it opens and reads, or says what is wrong.
//!
//! The first byte of an input says how: bit 0 has checksums made right, bit 1 leaves the catalog that knows the segment, bit 2 has the
//! store repaired rather than opened; the bits above say of which store the file is.

use super::log::mend;
use super::specimens::{NOW_MS, SPECIMENS, config};
use crate::memory::MemoryStorage;
use std::path::Path;
use vocdb::base::checksum::crc32c;
use vocdb::{Batch, Database, Error, Frame, InstrumentId, Sample, TimeRange, Timestamp};

/// The bits of an input's first byte below the number of its store.
const MODES: u8 = 8;

/// The file of every store, in every way.
fn seeds_of(place: &str) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, specimen) in (0_u8..).zip(SPECIMENS.iter()) {
        let whole = &specimen.files[&specimen.path_of(place)];
        seeds.extend((0..MODES).map(|mode| [&[number * MODES + mode], whole.as_slice()].concat()));
    }
    seeds
}

fn open_and_read(dir: &Path, storage: &MemoryStorage, is_repaired: bool) -> Result<(), Error> {
    let db = match is_repaired {
        true => Database::repair(dir, config(storage), |_, _| {})?,
        false => Database::open(dir, config(storage))?,
    };
    let registry = db.registry();
    for (id, _, instrument) in registry.instruments() {
        let channels: Vec<usize> = (0..instrument.channels().len()).collect();
        let rows = db.readings().rows(id, &channels, TimeRange::ALL)?;
        assert!(rows.samples(0).map(|(time, _)| time).is_sorted_by(|a, b| a < b), "times out of order");
        for channel in channels {
            let _: Vec<Sample> = rows.samples(channel).map(|(_, sample)| sample).collect();
            db.readings().latest(id, channel)?;
        }
    }
    let events = db.events()?;
    for alarm in events.iter().filter_map(|event| event.alarm()).take(3) {
        db.explain(alarm)?;
    }
    let more = Frame::new(InstrumentId::new(1), Timestamp::from_ms(NOW_MS), &[Some(1.0), None]);
    db.append(&Batch::from_iter([more]))?.all_accepted()?;
    db.seal()?;
    db.close()
}

fn run_with(place: &str, input: &[u8], mend: fn(&mut [u8])) {
    let Some((mode, bytes)) = input.split_first() else { return };
    let specimen = &SPECIMENS[usize::from(mode / MODES) % SPECIMENS.len()];
    let mut bytes = bytes.to_vec();
    if mode & 1 == 1 {
        mend(&mut bytes);
    }
    let dir = specimen.dir.path();
    let mut files = specimen.files.clone();
    files.insert(specimen.path_of(place), bytes);
    // Whatever an earlier input has left there.
    specimen.put_catalog(mode & 2 == 2);
    if let Err(error) = open_and_read(dir, &MemoryStorage::new(files), mode & 4 == 4) {
        assert!(!error.to_string().is_empty());
    }
}

/// The write-ahead log.
pub fn run_wal(input: &[u8]) {
    run_with("wal", input, mend);
}

/// A log of each store.
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

/// A segment as it was sealed, and a settled one.
pub fn segment_seeds() -> Vec<Vec<u8>> {
    seeds_of("segments")
}

/// The ledger.
pub fn run_ledger(input: &[u8]) {
    run_with("ledger", input, mend);
}

/// The ledger of each store.
pub fn ledger_seeds() -> Vec<Vec<u8>> {
    seeds_of("ledger")
}

/// Any bytes in the catalog's file: the store has all its rows.
pub fn run_catalog(input: &[u8]) {
    let dir = SPECIMENS[0].dir.path();
    let catalog = dir.join("catalog");
    let _ = std::fs::remove_dir_all(&catalog);
    std::fs::create_dir_all(&catalog).expect("a folder for the catalog");
    std::fs::write(catalog.join("db"), input).expect("a file for the catalog");
    let storage = MemoryStorage::new(SPECIMENS[0].files.clone());
    let db = Database::open(dir, config(&storage)).expect("a store opens whatever its catalog is");
    let rows = db.readings().rows(InstrumentId::new(1), &[0], TimeRange::ALL).expect("a store reads");
    assert_eq!(rows.len(), 1522);
}

/// The file of a catalog, and none.
pub fn catalog_seeds() -> Vec<Vec<u8>> {
    let dir = SPECIMENS[0].dir.path();
    drop(Database::open(dir, config(&MemoryStorage::new(SPECIMENS[0].files.clone()))));
    let whole = std::fs::read(dir.join("catalog/db")).unwrap_or_default();
    vec![Vec::new(), whole[..whole.len().min(4096)].to_vec(), whole]
}
