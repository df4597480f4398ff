//! What can be wrong with an outline.

use crate::trace::place::PlaceError;

/// An outline that surrounds no area, or that no map can show.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutlineFault {
    /// A ring whose last position is not its first.
    #[error("ring {ring} of polygon {polygon} is not closed: its last position must be its first")]
    Unclosed {
        /// Number of the polygon, from 1.
        polygon: usize,
        /// Number of the ring within it, from 1: the outer one is the first.
        ring: usize,
    },
    /// A ring with too few positions.
    #[error("ring {ring} of polygon {polygon} has {positions} positions, and a closed ring needs at least 4")]
    TooFewPositions {
        /// Number of the polygon, from 1.
        polygon: usize,
        /// Number of the ring within it, from 1.
        ring: usize,
        /// Positions of the ring.
        positions: usize,
    },
    /// An outline without a polygon, or a polygon without a ring.
    #[error("it has no ring: give at least one polygon")]
    NoRing,
    /// More positions than a site may have.
    #[error("it has {positions} positions, and a site may have {max}: simplify the outline")]
    TooManyPositions {
        /// Positions of the outline.
        positions: usize,
        /// The limit.
        max: usize,
    },
    /// Edges that cross.
    #[error(
        "its edges cross near latitude {latitude_deg:.6}, longitude {longitude_deg:.6}: draw every ring without crossings"
    )]
    Crossing {
        /// Latitude of an end of one of the edges.
        latitude_deg: f64,
        /// Longitude of the same end.
        longitude_deg: f64,
    },
    /// A ring without an area.
    #[error("ring {ring} of polygon {polygon} has no area: its positions lie on one line")]
    NoArea {
        /// Number of the polygon, from 1.
        polygon: usize,
        /// Number of the ring within it, from 1.
        ring: usize,
    },
    /// Holes that leave nothing of a polygon.
    #[error(
        "the holes of polygon {polygon} leave nothing of it: remove the holes that are there twice, or that fill it"
    )]
    NothingLeft {
        /// Number of the polygon, from 1.
        polygon: usize,
    },
    /// A hole outside its polygon.
    #[error("ring {ring} of polygon {polygon} is a hole, but lies outside the first ring")]
    HoleOutside {
        /// Number of the polygon, from 1.
        polygon: usize,
        /// Number of the ring within it, from 1.
        ring: usize,
    },
    /// A position that is none, or positions far from each other.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A position with fewer than two numbers.
    #[error("a position has {numbers} numbers: give longitude and latitude")]
    ShortPosition {
        /// Numbers of the position.
        numbers: usize,
    },
}
