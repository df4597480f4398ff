//! Odour reports of the time that a report shows.

use super::map::map_frame;
use crate::trace::locate::Sector;
use crate::trace::odour::OdourReport;
use crate::trace::ranking::{Candidates, odour_cone};
use crate::trace::report::input::{OdourRow, Report};
use crate::trace::survey::Survey;

/// The odour reports within the span of a report, oldest first, with their places on the map.
pub(super) fn rows(candidates: &Candidates, report: &Report) -> Vec<OdourRow> {
    let frame = map_frame(report);
    let within = candidates.reports.iter().filter(|odour| report.span.contains(odour.time));
    let row = |odour: &OdourReport| OdourRow {
        report: odour.clone(),
        at: frame.as_ref().map(|frame| frame.to_local(odour.latitude_deg, odour.longitude_deg)),
        cone: None,
    };
    let mut rows: Vec<OdourRow> = within.map(row).collect();
    rows.sort_by_key(|row| row.report.time);
    rows
}

/// Gives odour reports the sector that the wind of the survey came from, in the metres of the map.
pub(super) fn set_cones(survey: &Survey, report: &mut Report) {
    let Some(frame) = map_frame(report) else { return };
    for row in &mut report.odours {
        let (east_m, north_m) = frame.to_local(row.report.latitude_deg, row.report.longitude_deg);
        row.cone = odour_cone(survey, &row.report).map(|cone| Sector { east_m, north_m, ..cone });
    }
}
