//! The test site: its stations, its readings, and a snapshot of what a store holds of them.

use super::Outcome;
use std::fs::File;
use std::path::{Path, PathBuf};
use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
use vocdb::{
    AlarmEvent, Channel, Database, Instrument, Interval, Position, Sample, Station, TimeRange, Timestamp, Unit,
};

/// The readings of the site, row by row.
pub(crate) type Readings = CsvReader<File>;

/// A file of the site.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/metec").join(name)
}

/// Registers eight fence-line stations and the weather mast, and opens their readings.
pub(crate) fn register(db: &Database) -> Outcome<Readings> {
    let minute = Interval::minutes(1);
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

/// Everything that a store holds: all readings to the bit, and everything that has happened to alarms.
#[derive(Debug)]
pub(crate) struct Snapshot {
    readings: Vec<(String, Vec<(Timestamp, Sample)>)>,
    events: Vec<AlarmEvent>,
    rows: usize,
}

impl Snapshot {
    pub(crate) fn take(db: &Database) -> Outcome<Self> {
        let mut readings = Vec::new();
        let mut rows = 0;
        for (id, _, instrument) in db.registry().instruments() {
            let channels: Vec<usize> = (0..instrument.channels().len()).collect();
            let stored = db.readings().rows(id, &channels, TimeRange::ALL)?;
            rows += stored.len();
            for channel in channels {
                readings.push((format!("{id} channel {channel}"), stored.samples(channel).collect()));
            }
        }
        Ok(Self { readings, events: db.events()?, rows })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn values(&self) -> usize {
        let present = |(_, samples): &(String, Vec<(Timestamp, Sample)>)| {
            samples.iter().filter(|(_, sample)| sample.value.is_some()).count()
        };
        self.readings.iter().map(present).sum()
    }

    /// The first thing in which two snapshots differ.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let bits = |(time, sample): &(Timestamp, Sample)| (*time, sample.value.map(f64::to_bits), sample.quality);
        for ((name, before), (_, after)) in self.readings.iter().zip(&other.readings) {
            if !before.iter().map(bits).eq(after.iter().map(bits)) {
                return Some(format!("{name}-differs"));
            }
        }
        let of_alarms = |event: &&AlarmEvent| !matches!(event, AlarmEvent::Delivery(_));
        let same_events = self.events.iter().filter(of_alarms).eq(other.events.iter().filter(of_alarms));
        (!same_events || self.readings.len() != other.readings.len()).then(|| "alarms-differ".to_owned())
    }
}
