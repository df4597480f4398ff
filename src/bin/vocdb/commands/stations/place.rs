//! Positions of stations, as they are printed.

use serde::Serialize;
use vocdb::Position;

/// A position, number by number.
#[derive(Serialize)]
pub(super) struct Place {
    longitude_deg: Option<f64>,
    latitude_deg: Option<f64>,
    east_m: Option<f64>,
    north_m: Option<f64>,
    height_m: Option<f64>,
}

impl Place {
    pub(super) fn of(position: &Position) -> Self {
        let (longitude_deg, latitude_deg) = position.lon_lat_deg.unzip();
        let (east_m, north_m) = position.east_north_m.unzip();
        Self { longitude_deg, latitude_deg, east_m, north_m, height_m: position.height_m }
    }

    pub(super) fn text(&self) -> String {
        let parts = [
            (self.longitude_deg, "longitude", "deg"),
            (self.latitude_deg, "latitude", "deg"),
            (self.east_m, "east", "m"),
            (self.north_m, "north", "m"),
            (self.height_m, "height", "m"),
        ];
        let known = parts.iter().filter_map(|(number, name, unit)| Some(format!("{name} {} {unit}", (*number)?)));
        let known = known.collect::<Vec<_>>().join(", ");
        if known.is_empty() { "no position".to_owned() } else { known }
    }
}
