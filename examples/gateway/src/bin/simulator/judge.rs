//! Compares a store with what was answered.

use std::collections::BTreeMap;
use vocdb::{Database, TimeRange};

/// Values of a station's channels by the time of their row, in milliseconds.
pub(crate) type Rows = BTreeMap<i64, Vec<f64>>;

/// What a comparison has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Rows of the store.
    pub(crate) stored: u64,
    /// Answered rows that the store lacks, or has with other values.
    pub(crate) lost: u64,
    /// Rows of the store that nobody sent.
    pub(crate) foreign: u64,
}

/// Compares the rows of a station: `answered` must be stored; further rows must be among `sent`.
pub(crate) fn compare(
    db: &Database,
    (station, instrument): (&str, &str),
    answered: &Rows,
    sent: impl Fn(i64) -> Option<Vec<f64>>,
) -> Result<Found, String> {
    let says = |error: &dyn std::fmt::Display| error.to_string();
    let registry = db.registry();
    let id = registry.station_named(station).and_then(|id| registry.instrument_named(id, instrument));
    let id = id.ok_or_else(|| format!("the store has no instrument `{instrument}` of `{station}`"))?;
    let channels = registry.instrument(id).map_or(0, |(_, instrument)| instrument.channels().len());
    let all: Vec<usize> = (0..channels).collect();
    let mut stored = Rows::new();
    for chunk in db.readings().scan(id, &all, TimeRange::ALL).map_err(|error| says(&error))? {
        let chunk = chunk.map_err(|error| says(&error))?;
        for (row, time) in chunk.times.iter().enumerate() {
            let values = chunk.columns.iter().map(|column| column.sample(row).value.unwrap_or(f64::NAN));
            stored.insert(time.as_ms(), values.collect());
        }
    }
    let mut found = Found { stored: stored.len() as u64, ..Found::default() };
    found.lost = answered.iter().filter(|(time, values)| stored.get(time) != Some(values)).count() as u64;
    found.foreign = stored.iter().filter(|(time, values)| sent(**time).as_ref() != Some(values)).count() as u64;
    Ok(found)
}

impl std::ops::AddAssign for Found {
    fn add_assign(&mut self, other: Self) {
        self.stored += other.stored;
        self.lost += other.lost;
        self.foreign += other.foreign;
    }
}
