//! Errors of gathering a report.

use crate::query::QueryError;
use crate::trace::facility::FacilityError;
use crate::trace::mast::WindError;
use crate::trace::place::PlaceError;
use thiserror::Error;

/// The reason why a report cannot be gathered. What a store merely lacks is no error: the page states it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file of readings cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The station named for the wind measures none.
    #[error(transparent)]
    Wind(#[from] WindError),
    /// A position that is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A treatment unit that does not exist, or has no run states.
    #[error(transparent)]
    Facility(#[from] FacilityError),
}
