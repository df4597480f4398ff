//! Real measurements from `examples/data`, one station each.

use super::{Load, Shape, StationRows};
use crate::failure::Failure;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::path::Path;

/// A file, and how to read it.
struct Table {
    path: &'static str,
    /// How many columns make up the time, from the left.
    time_columns: usize,
    /// How the time is written; columns are joined by a space.
    pattern: &'static str,
    missing: Option<&'static str>,
    interval_ms: i64,
}

const UCI: Table = Table {
    path: "uci/AirQualityUCI.csv",
    time_columns: 2,
    pattern: "%d/%m/%Y %H:%M:%S",
    missing: Some("-200"),
    interval_ms: 3_600_000,
};
const AQROADSIDE: Table = Table {
    path: "aqroadside/2000_2004.csv",
    time_columns: 1,
    pattern: "%Y-%m-%dT%H:%M:%SZ",
    missing: None,
    interval_ms: 3_600_000,
};
const METEC: Table = Table {
    path: "metec/ch4_wind_1min.csv",
    time_columns: 1,
    pattern: "%Y-%m-%dT%H:%M:%SZ",
    missing: None,
    interval_ms: 60_000,
};

/// Hourly gases and sensors of an Italian city.
pub(crate) fn uci() -> Result<Load, Failure> {
    UCI.load()
}

/// Hourly gases and weather at a London roadside.
pub(crate) fn aqroadside() -> Result<Load, Failure> {
    AQROADSIDE.load()
}

/// Methane and wind each minute at a test site.
pub(crate) fn metec() -> Result<Load, Failure> {
    METEC.load()
}

impl Table {
    fn load(&self) -> Result<Load, Failure> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(self.path);
        let failed = |cause: &dyn std::fmt::Display| Failure::new(format!("read {}", path.display()), cause);
        let mut reader = csv::Reader::from_path(&path).map_err(|e| failed(&e))?;
        let header = reader.headers().map_err(|e| failed(&e))?.clone();
        let channels = header.iter().skip(self.time_columns).map(str::to_owned).collect();
        let mut rows = StationRows::default();
        for record in reader.records() {
            let record = record.map_err(|e| failed(&e))?;
            let time: Vec<&str> = record.iter().take(self.time_columns).collect();
            let civil = DateTime::strptime(self.pattern, time.join(" ")).map_err(|e| failed(&e))?;
            let instant = civil.to_zoned_datetime(TimeZone::UTC).map_err(|e| failed(&e))?;
            rows.times_ms.push(instant.timestamp().as_millisecond());
            for field in record.iter().skip(self.time_columns) {
                rows.values.push(self.value(field).map_err(|e| failed(&e))?);
            }
        }
        let shape = Shape { stations: 1, channels, interval_ms: self.interval_ms };
        Ok(Load { shape, stations: vec![rows], repeat_ms: 0 })
    }

    fn value(&self, field: &str) -> Result<Option<f64>, std::num::ParseFloatError> {
        if field.is_empty() || Some(field) == self.missing { Ok(None) } else { field.parse().map(Some) }
    }
}
