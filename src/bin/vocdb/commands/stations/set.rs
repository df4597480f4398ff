//! `vocdb stations set`: a station gets a position.

use super::change::{self, Before, Change};
use crate::failure::Failure;
use crate::output::Output;
use crate::store;
use crate::values::{self, Moment};
use clap::{ArgGroup, Args};
use serde::Serialize;
use std::path::PathBuf;
use vocdb::model::Zone;
use vocdb::trace::NetworkExtent;
use vocdb::{Error, Position, StationChange, Timestamp};

/// Set the position of a station, and record in the ledger who did it and why
///
/// Give at least one number; the others keep their values. The position holds from --since on: earlier readings keep the earlier position,
/// which `vocdb stations list` shows. To correct a wrong position, give the time of the first reading with --since; positions that held
/// later are replaced. The store must not be open elsewhere.
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
    /// Start of the new position: RFC 3339, or a date (midnight UTC, or in --zone) [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    since: Option<Moment>,
    /// Time zone of printed times, and of times without an offset: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = values::zone)]
    zone: Option<Zone>,
    /// Author of the change
    #[arg(long, value_name = "WHO", value_parser = values::line)]
    by: String,
    /// Reason for the change
    #[arg(long, alias = "why", value_name = "WHY", value_parser = values::line)]
    reason: String,
}

/// A station whose position was set, and where the network lies.
#[derive(Serialize)]
struct Written {
    #[serde(flatten)]
    change: Change,
    extent: Option<String>,
}

impl Set {
    pub(super) fn run(&self, output: &mut Output) -> Result<(), Failure> {
        let since = self.since.as_ref().map(|since| since.resolve(self.zone.as_ref())).transpose()?;
        let db = store::open(&self.store)?;
        let registry = db.registry();
        let found = registry.station_named(&self.station).and_then(|id| Some((id, registry.station(id)?)));
        let Some((id, station)) = found else {
            let known = registry.stations().map(|(_, station)| station.name()).collect::<Vec<_>>().join(", ");
            return Err(Failure::from_error(Error::UnknownStation { name: self.station.clone(), known }));
        };
        let now = *station.position();
        let after = Position {
            lon_lat_deg: pair([("longitude", self.longitude), ("latitude", self.latitude)], now.lon_lat_deg)?,
            east_north_m: pair([("east", self.east), ("north", self.north)], now.east_north_m)?,
            height_m: self.height.or(now.height_m),
        };
        let since = since.unwrap_or_else(Timestamp::now);
        let before = Before { registry: &registry, readings: &db.readings(), since };
        let written = before.change(&self.station, Some(id), &after)?;
        let (by, reason) = (self.by.clone(), self.reason.clone());
        let change = StationChange { id, station: station.clone().at(after), since: Some(since), by, reason };
        db.update_station(&change).map_err(Failure::from_error)?;
        db.close().map_err(Failure::from_error)?;
        let others = registry.stations().filter(|(other, _)| *other != id);
        let others = others.filter_map(|(_, station)| change::degrees(station.position()));
        let points: Vec<(f64, f64)> = change::degrees(&after).into_iter().chain(others).collect();
        let extent = NetworkExtent::of(&points).map(|extent| extent.to_string());
        let written = Written { change: written, extent };
        output.either(&written, || {
            let (line, extent) = (written.change.text(), change::extent(written.extent.as_deref()));
            format!("{line}{extent}{}", change::reach(std::slice::from_ref(&written.change)))
        })?;
        output.flush()?;
        let placed: Vec<(&str, (f64, f64))> =
            change::degrees(&after).map(|at| (station.name(), at)).into_iter().collect();
        change::warn_of_far(&registry, &placed, output.is_json());
        Ok(())
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
