//! Why a station's wind cannot be used.

use crate::base::escape::Line;
use crate::model::ModelError;

/// A station whose wind cannot be determined from its channels.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WindError {
    /// A station that is not registered.
    #[error("no station is named `{}`; registered are: {known}", Line(station))]
    NoStation {
        /// Name of the station.
        station: String,
        /// All names.
        known: String,
    },
    /// An instrument that the station does not have.
    #[error("station `{station}` has no instrument `{}`; it has: {known}", Line(instrument))]
    NoInstrument {
        /// Name of the station.
        station: String,
        /// Name of the instrument.
        instrument: String,
        /// Names of the instruments that it has.
        known: String,
    },
    /// No instrument with both channels.
    #[error(
        "station `{station}` has no instrument that measures wind speed (such as m/s) and wind direction (deg); it has: {known}; name \
         another station for the wind"
    )]
    Missing {
        /// Name of the station.
        station: String,
        /// Channels with a speed or a direction, or all instruments if there are none.
        known: String,
    },
    /// Several channels or instruments that could be the one.
    #[error(
        "station `{station}` has several {what}: {found}; name the instrument, or give the wind channels names with `wind`"
    )]
    Ambiguous {
        /// Name of the station.
        station: String,
        /// Kind of the channels.
        what: &'static str,
        /// Names of the channels.
        found: String,
    },
    /// A unit that is no speed.
    #[error(transparent)]
    Unit(#[from] ModelError),
}
