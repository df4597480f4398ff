//! The district as stations, instruments and batches, for every bench.

use std::ops::Range;
use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Station, Timestamp, Unit};
use vocdb_district::{ROWS, SPECIES, T0_MS, station_rows};

/// The rows of one station, at hand in the form in which they are appended.
pub(crate) struct Rows(Vec<Option<f64>>);

impl Rows {
    /// The district hour of a station.
    pub(crate) fn of_station(station: usize) -> Self {
        Self(station_rows(station as u64, ROWS).into_iter().map(Some).collect())
    }

    /// Adds rows by their numbers to a batch; those beyond the hour repeat it.
    pub(crate) fn push(&self, batch: &mut Batch, instrument: InstrumentId, rows: Range<usize>) {
        for row in rows {
            let begin = row % ROWS * SPECIES;
            batch.push_values(instrument, time(row), &self.0[begin..begin + SPECIES]);
        }
    }
}

/// The time of a row.
pub(crate) fn time(row: usize) -> Timestamp {
    Timestamp::from_ms(T0_MS + i64::try_from(row).unwrap() * 1_000)
}

/// A station of the district.
pub(crate) fn station(number: usize) -> Station {
    Station::new(format!("district/{number:02}")).unwrap()
}

/// Its one instrument: 36 channels at 1 Hz.
pub(crate) fn instrument() -> Instrument {
    let channels = (0..SPECIES).map(|species| Channel::quantity(format!("c{species:02}"), Unit::Ppb).unwrap());
    Instrument::new("gc", Interval::SECOND, channels.collect()).unwrap()
}
