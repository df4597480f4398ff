//! What can be wrong with a position or a file of positions.

use crate::base::escape::Line;
use crate::model::ModelError;
use crate::trace::sheet::SheetError;

/// A position that cannot be used, or a file of stations that cannot be imported.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// A latitude or longitude outside the globe, or not a number.
    #[error(
        "latitude {latitude_deg}, longitude {longitude_deg} is no position: latitudes are -90 to 90 degrees north and longitudes -180 to \
         180 degrees east; check whether they are swapped"
    )]
    Degrees {
        /// Latitude as given.
        latitude_deg: f64,
        /// Longitude as given.
        longitude_deg: f64,
    },
    /// A reference point so close to a pole that east and north change within metres.
    #[error(
        "local metres have no east and north at latitude {latitude_deg}: the reference point must be within 89 degrees of the equator"
    )]
    Pole {
        /// Latitude of the reference point.
        latitude_deg: f64,
    },
    /// No point to lay a frame around.
    #[error("no position is given: a local frame needs at least one point with latitude and longitude")]
    NoPoints,
    /// Points that no single frame of metres can hold.
    #[error(
        "latitude {latitude_deg}, longitude {longitude_deg} is {km:.0} km from the centre of the points, and local metres reach {reach_km} km: \
         check for a swapped or mistyped position"
    )]
    FarApart {
        /// Latitude of the farthest point.
        latitude_deg: f64,
        /// Longitude of the farthest point.
        longitude_deg: f64,
        /// Its distance from the centre in kilometres.
        km: f64,
        /// Reach of a frame in kilometres.
        reach_km: f64,
    },
    /// A file that is no table with the columns of stations.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A row without a position or height.
    #[error(
        "line {line}: station `{}` has no position; give latitude and longitude, east and north, or a height",
        Line(name)
    )]
    NothingGiven {
        /// Line of the file.
        line: u64,
        /// Name of the station.
        name: String,
    },
    /// A row with one of two numbers that belong together.
    #[error("line {line}: station `{}` has {given} and no {missing}; give both or neither", Line(name))]
    HalfGiven {
        /// Line of the file.
        line: u64,
        /// Name of the station.
        name: String,
        /// Number that is given.
        given: &'static str,
        /// Number that is missing.
        missing: &'static str,
    },
    /// A row that the model refuses: a name or a position that no station can have.
    #[error("line {line}: station `{}`: {source}", Line(name))]
    Station {
        /// Line of the file.
        line: u64,
        /// Name of the station.
        name: String,
        /// What is wrong.
        source: ModelError,
    },
    /// Latitude and longitude that only fit the other stations when they are swapped.
    #[error(
        "line {line}: station `{}` is {km:.0} km from the other stations, but near them with latitude and longitude swapped: swap them",
        Line(name)
    )]
    Swapped {
        /// Line of the file.
        line: u64,
        /// Name of the station.
        name: String,
        /// Distance from the middle of the other stations in kilometres.
        km: f64,
    },
    /// Two rows for one station.
    #[error("line {line}: station `{}` is already on line {first_line}: remove one of the two", Line(name))]
    Duplicate {
        /// Line of the second row.
        line: u64,
        /// Line of the first row.
        first_line: u64,
        /// Name of the station.
        name: String,
    },
    /// A station that the store does not have.
    #[error(
        "line {line}: no station is named `{}`, and stations are not created; registered are: {}",
        Line(name),
        if known.is_empty() { "none" } else { known }
    )]
    UnknownStation {
        /// Line of the file.
        line: u64,
        /// Name of the station.
        name: String,
        /// All names in the store.
        known: String,
    },
}
