//! The benches of readings, a file for each kind, and the stores that they run on.

pub(crate) mod append;
pub(crate) mod codec;
pub(crate) mod csv;
pub(crate) mod open;
pub(crate) mod read;

use crate::setup::{Rows, instrument, station};
use std::path::Path;
use vocdb::{Batch, Compaction, Config, Database, Durability, InstrumentId};
use vocdb_district::{ROWS, SPECIES, STATIONS};

/// Values of an instant of the whole district.
pub(crate) const VALUES_PER_INSTANT: u64 = (STATIONS * SPECIES) as u64;
/// Values of its hour.
pub(crate) const VALUES: u64 = VALUES_PER_INSTANT * ROWS as u64;

/// The district's rows, all stations.
pub(crate) fn rows() -> Vec<Rows> {
    (0..STATIONS).map(Rows::of_station).collect()
}

/// A store with the district's stations.
pub(crate) struct Site {
    pub(crate) db: Database,
    pub(crate) instruments: Vec<InstrumentId>,
}

impl Site {
    /// Opens the store in a folder, or makes it.
    pub(crate) fn open(dir: &Path, durability: Durability) -> Self {
        let db = Database::open(dir, Config { durability, ..Config::default() }).unwrap();
        let register = |number| {
            let station = db.register_station(station(number)).unwrap();
            db.register_instrument(station, instrument()).unwrap()
        };
        let instruments = (0..STATIONS).map(register).collect();
        Self { db, instruments }
    }

    /// Appends rows of every station by their numbers, as many of each station at a time as are asked for.
    pub(crate) fn feed(&self, all: &[Rows], rows: std::ops::Range<usize>, rows_per_batch: usize) {
        let mut batch = Batch::new();
        for begin in rows.clone().step_by(rows_per_batch) {
            for (instrument, of_station) in self.instruments.iter().zip(all) {
                batch.clear();
                of_station.push(&mut batch, *instrument, begin..(begin + rows_per_batch).min(rows.end));
                let receipt = self.db.append(&batch).unwrap();
                assert_eq!(receipt.accepted, batch.len() as u64, "every row is new");
            }
        }
    }

    /// Packs everything as small as it gets.
    pub(crate) fn settle(&self) {
        self.db.seal().unwrap();
        self.db.compact(Compaction::Everything).unwrap();
    }
}
