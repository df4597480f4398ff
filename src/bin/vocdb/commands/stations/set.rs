//! `vocdb stations set`: a station is moved.

use super::place::Place;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::{Error, Position, StationChange, Timestamp};

/// Move a station, and record in the ledger who moved it and why
///
/// Numbers that are not given stay as they are. Positions of before can still be read: `vocdb stations list`. The store must not be open
/// elsewhere.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The store's folder
    store: PathBuf,
    /// The station
    station: String,
    /// Longitude in degrees east (WGS 84)
    #[arg(long, value_name = "DEGREES", requires = "latitude", allow_negative_numbers = true)]
    longitude: Option<f64>,
    /// Latitude in degrees north (WGS 84)
    #[arg(long, value_name = "DEGREES", requires = "longitude", allow_negative_numbers = true)]
    latitude: Option<f64>,
    /// Metres east of the district's reference point
    #[arg(long, value_name = "METRES", requires = "north", allow_negative_numbers = true)]
    east: Option<f64>,
    /// Metres north of the district's reference point
    #[arg(long, value_name = "METRES", requires = "east", allow_negative_numbers = true)]
    north: Option<f64>,
    /// Height of the inlet above ground in metres
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    height: Option<f64>,
    /// Time from which the station stands there: RFC 3339, or a date (midnight, UTC) [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    since: Option<Timestamp>,
    /// Who moved it
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Why
    #[arg(long, value_name = "WHY", value_parser = values::line)]
    reason: String,
}

/// A station that was moved.
#[derive(Serialize)]
struct Moved {
    station: String,
    before: Place,
    after: Place,
}

impl Set {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let db = store::open(&self.store)?;
        let registry = db.registry();
        let found = registry.station_named(&self.station).and_then(|id| Some((id, registry.station(id)?)));
        let Some((id, station)) = found else {
            let known = registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
            return Err(Failure::from_error(Error::UnknownStation { name: self.station.clone(), known }));
        };
        let before = *station.position();
        let after = Position {
            lon_lat_deg: self.longitude.zip(self.latitude).or(before.lon_lat_deg),
            east_north_m: self.east.zip(self.north).or(before.east_north_m),
            height_m: self.height.or(before.height_m),
        };
        let (by, reason, since) = (self.by.clone(), self.reason.clone(), self.since);
        let change = StationChange { id, station: station.clone().at(after), since, by, reason };
        db.update_station(&change).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let moved = Moved { station: self.station.clone(), before: Place::of(&before), after: Place::of(&after) };
        output.either(&moved, || moved.text())
    }
}

impl Moved {
    fn text(&self) -> String {
        format!("{}: {}; before: {}\n", Line(&self.station), self.after.text(), self.before.text())
    }
}
