//! The report of an incident: one self-contained HTML page, from what the caller has gathered.
//!
//! [`Report::html`] is a pure function: it reads no store and no clock, and equal reports give equal bytes. The page has no script, loads
//! nothing, and escapes every text that comes from outside. Its size is bounded whatever the length of the incident.

mod figures;
mod gather;
mod input;
mod page;
mod sections;
mod svg;
mod table;
mod text;

pub(crate) use gather::Asked;
pub use gather::ReportError;
pub use input::{
    AlarmSpan, ChartLimit, MapSite, MapStation, NotificationRow, OdourRow, RankedRow, ReleaseRow, Report,
    ReportChannel, ReportMap, ReportOrigin, ReportWind, SampleCounts, SourceEstimate, StationSeries, TreatmentUnits,
    UnitStates,
};
