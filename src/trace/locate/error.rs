//! What keeps a location from being computed.

use thiserror::Error;

/// A scene that cannot be located in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LocateError {
    /// There are no receptors.
    #[error("no station has a position: set positions with `vocdb stations import`")]
    NoReceptors,
    /// No reading of a station lies in a block with wind.
    #[error("no reading lies in the time asked for, or none while the wind was measured")]
    NoReadings,
    /// The scene is larger than one location may be.
    #[error(
        "{transports} wind steps times stations are more than the {max} that one location may compute: ask for a shorter time, or for \
         fewer stations"
    )]
    TooMuch {
        /// Sum over blocks and stations of the wind steps in the block.
        transports: usize,
        /// The most that is allowed.
        max: usize,
    },
    /// A number is not finite, or a height is negative.
    #[error("{what} of place {place} is not a finite number that makes sense")]
    Number {
        /// What the number is.
        what: &'static str,
        /// Its place in its list, from 0.
        place: usize,
    },
}
