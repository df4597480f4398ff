//! The test site: its stations and its readings.

use super::Outcome;
use std::fs::File;
use std::path::{Path, PathBuf};
use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
use vocdb::{Channel, Database, Instrument, Interval, Position, Station, Unit};

/// The readings of the site, row by row.
pub(crate) type Readings = CsvReader<File>;

/// A file of the site.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/metec").join(name)
}

/// Registers eight fence-line stations and the weather mast, and opens their readings.
pub(crate) fn register(db: &Database) -> Outcome<Readings> {
    let minute = Interval::MINUTE;
    let mut spec = CsvSpec::new(TimeColumn::new("time_utc", TimeFormat::Rfc3339));
    for sensor in csv::Reader::from_path(path("sensors.csv"))?.deserialize() {
        let (lon, lat, height, name, east, north): (f64, f64, f64, String, f64, f64) = sensor?;
        let position =
            Position { lon_lat_deg: Some((lon, lat)), east_north_m: Some((east, north)), height_m: Some(height) };
        let station = db.register_station(Station::new(format!("metec/fence-{name}"))?.at(position))?;
        let instrument = Instrument::new("ch4", minute, vec![Channel::species("methane", Unit::Ppm)?])?;
        let id = db.register_instrument(station, instrument.clone())?;
        spec = spec.map(CsvTarget::new(id, &instrument).column(format!("ch4_ppm_{name}"), "methane", Unit::Ppm));
    }
    let station = db.register_station(Station::new("metec/mast")?)?;
    let speed = Channel::quantity("wind speed", Unit::MetrePerSecond)?;
    let direction = Channel::quantity("wind direction", Unit::Degree)?.with_decimals(1)?;
    let mast = Instrument::new("anemometer", minute, vec![speed, direction])?;
    let id = db.register_instrument(station, mast.clone())?;
    let target = CsvTarget::new(id, &mast).column("ws_m_s", "wind speed", Unit::MetrePerSecond).column(
        "wd_from_deg",
        "wind direction",
        Unit::Degree,
    );
    Ok(CsvReader::open(path("ch4_wind_1min.csv"), spec.map(target))?)
}
