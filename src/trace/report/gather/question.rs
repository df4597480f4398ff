//! What the measured parts of a report are gathered from.

use crate::model::{Registry, TimeRange};
use crate::query::Readings;
use crate::trace::ranking::Candidates;

/// A question about readings and wind, with the sites that may be the source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) readings: &'a Readings,
    pub(crate) channel: Option<&'a str>,
    pub(crate) wind: Option<&'a str>,
    pub(crate) candidates: &'a Candidates,
    /// Time of the incident.
    pub(crate) incident: TimeRange,
    /// Time whose readings the source is located from.
    pub(crate) located: TimeRange,
}
