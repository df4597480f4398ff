//! What a survey lacks.

use crate::base::escape::Line;
use crate::model::{ModelError, Timestamp};
use crate::query::QueryError;
use crate::trace::facility::FacilityError;
use crate::trace::locate::LocateError;
use crate::trace::mast::WindError;
use crate::trace::place::PlaceError;
use thiserror::Error;

/// What is missing for a location.
#[derive(Debug, Error)]
pub enum SurveyError {
    /// The range is empty, or longer than 7 days.
    #[error("from {from} to {to} is no range of more than nothing and at most 7 days: give the time of one release")]
    Range {
        /// Start that was asked for.
        from: Timestamp,
        /// End that was asked for.
        to: Timestamp,
    },
    /// No station has the channel.
    #[error("no station has a channel `{channel}`; there are: {known}")]
    NoChannel {
        /// Channel that was asked for.
        channel: String,
        /// Channels of concentrations that exist.
        known: String,
    },
    /// No station with the channel has a position in degrees.
    #[error("no station with `{channel}` has a latitude and longitude: set positions with `vocdb stations import`")]
    NoPositions {
        /// Channel that was asked for.
        channel: String,
    },
    /// No station measures the wind.
    #[error("no station measures wind speed and direction: a source cannot be located without a wind")]
    NoWind,
    /// The wind of the station that was named cannot be used.
    #[error(transparent)]
    Wind(#[from] WindError),
    /// There is no reading of the wind in the range.
    #[error("`{station}` has no valid wind from {from} to {to}: name another station with --wind")]
    NoWindReadings {
        /// Station of the wind.
        station: String,
        /// Start of the range.
        from: Timestamp,
        /// End of the range.
        to: Timestamp,
    },
    /// There is no reading of the channel in the range.
    #[error("no station has a valid reading of `{channel}` from {from} to {to}")]
    NoReadings {
        /// Channel that was asked for.
        channel: String,
        /// Start of the range.
        from: Timestamp,
        /// End of the range.
        to: Timestamp,
    },
    /// A site is so far from every station that coordinates must be wrong.
    #[error(
        "site `{}` is {distance_km:.0} km from the nearest station: check the coordinates of the sites and of the stations; latitude and \
         longitude may be swapped",
        Line(site)
    )]
    FarSite {
        /// Name of the site.
        site: String,
        /// Distance to the nearest station in kilometres.
        distance_km: f64,
    },
    /// The positions span too much, or lie at a pole.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A unit is no concentration.
    #[error("channel `{channel}` of `{station}` is no concentration: {source}")]
    Unit {
        /// Station of the channel.
        station: String,
        /// The channel.
        channel: String,
        /// What is wrong.
        source: ModelError,
    },
    /// The scene cannot be located in.
    #[error(transparent)]
    Locate(#[from] LocateError),
    /// A treatment unit cannot be found.
    #[error(transparent)]
    Facility(Box<FacilityError>),
    /// Stored readings cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
}
