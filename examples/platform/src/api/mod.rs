//! JSON for programs, and metrics.

pub(crate) mod annotations;
pub(crate) mod lists;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod readings;
pub(crate) mod series;

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request is not answered as it asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The reason, in words.
    pub(crate) error: String,
}
