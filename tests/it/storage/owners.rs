//! Readings stay with the station that measured them, whatever becomes of the ledger that knows it.

use std::fs;
use std::path::{Path, PathBuf};
use vocdb::store::StoreError;
use vocdb::{
    Batch, Channel, Config, Database, Error, Instrument, InstrumentId, Interval, ReadOnly, Station, TimeRange,
    Timestamp, Unit,
};

const T0_MS: i64 = 1_700_000_040_000;
const ID: InstrumentId = InstrumentId::new(1);

/// A closed store in which one instrument of a station has sent an hour.
fn store(dir: &Path, station: &str, instrument: &str, channel: &str) -> PathBuf {
    let db = Database::open(dir, Config::default()).unwrap();
    register(&db, station, instrument, channel).unwrap();
    let mut batch = Batch::new();
    for minute in 0..60 {
        batch.push_values(ID, Timestamp::from_ms(T0_MS + minute * 60_000), &[Some(7.5)]);
    }
    assert_eq!(db.append(&batch).unwrap().accepted, 60);
    db.close().unwrap();
    let segments: Vec<PathBuf> =
        fs::read_dir(dir.join("segments")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(segments.len(), 1);
    segments[0].clone()
}

fn register(db: &Database, station: &str, instrument: &str, channel: &str) -> Result<InstrumentId, Error> {
    let station = db.register_station(Station::new(station)?)?;
    let channel = Channel::quantity(channel, Unit::Ppb)?;
    db.register_instrument(station, Instrument::new(instrument, Interval::MINUTE, vec![channel])?)
}

/// Why a store does not open.
fn refusal(dir: &Path) -> String {
    match Database::open(dir, Config::default()) {
        Err(Error::Store(error @ StoreError::Foreign { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn findings(dir: &Path) -> Vec<String> {
    Database::verify(dir, |_, _| {}).unwrap().findings.into_iter().map(|finding| finding.reason).collect()
}

#[test]
fn without_the_ledger_that_knows_its_station_no_reading_is_given_to_another_one() {
    let dir = crate::support::scratch::dir();
    store(dir.path(), "park/S1", "gc", "benzene");
    let (ledger, aside) = (dir.path().join("ledger"), dir.path().join("ledger.aside"));
    let whole = fs::read(&ledger).unwrap();
    // The log knows how far the ledger had come.
    fs::read_dir(dir.path().join("wal")).unwrap().for_each(|log| fs::remove_file(log.unwrap().path()).unwrap());
    fs::rename(&ledger, &aside).unwrap();
    for _ in 0..2 {
        let refused = refusal(dir.path());
        assert!(refused.contains("`park/S1` by `gc`") && refused.contains("restore the ledger"), "{refused}");
        let found = findings(dir.path());
        assert!(found.len() == 1 && found[0].contains("`park/S1` by `gc`"), "{found:?}");
    }
    // Cut where its commits end: behind the header, and behind the station.
    let station_end = 16 + 20 + u32::from_le_bytes(whole[20..24].try_into().unwrap()) as usize;
    for length in [16, station_end] {
        fs::write(&ledger, &whole[..length]).unwrap();
        assert!(refusal(dir.path()).contains("does not know"), "cut to {length}");
        assert_eq!(findings(dir.path()).len(), 1, "cut to {length}");
    }
    fs::rename(&aside, &ledger).unwrap();
    assert!(findings(dir.path()).is_empty());
    let db = Database::open(dir.path(), Config::default()).unwrap();
    assert_eq!(crate::support::oracle::read_rows(&db, ID, &[0], TimeRange::ALL).unwrap().len(), 60);
}

#[test]
fn a_segment_of_another_store_is_refused_and_set_aside_when_somebody_asks_for_it() {
    for (station, instrument, channel) in
        [("park/S2", "gc", "benzene"), ("park/S1", "pid", "benzene"), ("park/S1", "gc", "toluene")]
    {
        let (dir, other) = (crate::support::scratch::dir(), crate::support::scratch::dir());
        store(dir.path(), "park/S1", "gc", "benzene");
        let foreign = store(other.path(), station, instrument, channel);
        let copied = dir.path().join("segments/00000000000000000900-00000000000000000960.seg");
        fs::copy(foreign, &copied).unwrap();
        assert!(refusal(dir.path()).contains(&format!("`{station}` by `{instrument}`")));
        assert!(matches!(ReadOnly::open(dir.path()), Err(Error::Store(StoreError::Foreign { .. }))));
        assert_eq!(findings(dir.path()).len(), 1);
        let db = Database::repair(dir.path(), Config::default(), |_, _| {}).unwrap();
        let set_aside = &db.open_report().quarantined;
        assert!(set_aside.len() == 1 && set_aside[0].path == copied.with_extension("quarantined"), "{set_aside:?}");
        assert_eq!(crate::support::oracle::read_rows(&db, ID, &[0], TimeRange::ALL).unwrap().len(), 60);
        drop(db);
        assert!(findings(dir.path()).is_empty());
        assert!(ReadOnly::open(dir.path()).is_ok());
    }
}
