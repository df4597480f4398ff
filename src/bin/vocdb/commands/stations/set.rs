//! `vocdb stations set`: a station is moved.

use super::place::Place;
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values;
use clap::{ArgGroup, Args};
use serde::Serialize;
use std::path::PathBuf;
use vocdb::base::escape::Line;
use vocdb::{Error, Position, StationChange, Timestamp};

/// Move a station, and record in the ledger who moved it and why
///
/// Give at least one number; the others keep their values. Earlier positions are kept; list them with `vocdb stations list`. The store must
/// not be open elsewhere.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("numbers").args(["longitude", "latitude", "east", "north", "height"]).required(true).multiple(true))]
pub(crate) struct Set {
    /// Folder of the store
    store: PathBuf,
    /// Station
    station: String,
    /// Longitude in degrees east (WGS 84)
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    longitude: Option<f64>,
    /// Latitude in degrees north (WGS 84)
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    latitude: Option<f64>,
    /// Metres east of the district's reference point
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    east: Option<f64>,
    /// Metres north of the district's reference point
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    north: Option<f64>,
    /// Height of the inlet above ground in metres
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    height: Option<f64>,
    /// Start of the new position: RFC 3339, or a date (midnight UTC) [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    since: Option<Timestamp>,
    /// Author of the change
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason for the change
    #[arg(long, alias = "why", value_name = "WHY", value_parser = values::line)]
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
            lon_lat_deg: pair([("longitude", self.longitude), ("latitude", self.latitude)], before.lon_lat_deg)?,
            east_north_m: pair([("east", self.east), ("north", self.north)], before.east_north_m)?,
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

/// Two numbers that belong together: those given, or else those before.
fn pair(
    [(first_name, first), (second_name, second)]: [(&str, Option<f64>); 2],
    before: Option<(f64, f64)>,
) -> Result<Option<(f64, f64)>, Failure> {
    let (was_first, was_second) = before.unzip();
    match (first.or(was_first), second.or(was_second)) {
        (None, None) => Ok(None),
        (Some(first), Some(second)) => Ok(Some((first, second))),
        _ => {
            Err(Failure::Says(format!("the station has no position yet: give both --{first_name} and --{second_name}")))
        }
    }
}

impl Moved {
    fn text(&self) -> String {
        format!("{}: {}; before: {}\n", Line(&self.station), self.after.text(), self.before.text())
    }
}
