//! The *district hour* as a load: 12 stations, 36 species, an hour at 1 Hz.

use super::{Load, Shape, StationRows};
use vocdb_district::{ROWS, station_rows};
pub(crate) use vocdb_district::{SPECIES, STATIONS, Species, T0_MS};

/// The shape of a district of so many stations.
pub(crate) fn shape(stations: usize) -> Shape {
    let channels = (0..SPECIES).map(|species| format!("c{species:02}")).collect();
    Shape { stations, channels, interval_ms: 1_000 }
}

/// The district hour. Rows beyond the hour repeat it an hour later.
pub(crate) fn load() -> Load {
    let stations = (0..STATIONS as u64).map(|station| StationRows {
        times_ms: (0..3_600).map(|row| T0_MS + row * 1_000).collect(),
        values: station_rows(station, ROWS).into_iter().map(Some).collect(),
    });
    Load { shape: shape(STATIONS), stations: stations.collect(), repeat_ms: super::HOUR_MS }
}
