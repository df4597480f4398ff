//! What people smelled, where and when.

use crate::trace::locate::Sector;
use crate::trace::report::input::Report;
use crate::trace::report::table::Table;
use crate::trace::report::text::{Escaped, Paragraphs, moment};

/// Odour reports that the page lists.
const ODOURS_MAX: usize = 200;

/// Writes the odour reports of the time shown.
pub(in crate::trace::report) fn odours(report: &Report, out: &mut String) {
    let headers = ["Report", "Time", "Position", "Intensity", "Description", "Reported by", "Wind came from"];
    let mut table = Table::new("Odour reports in the time that the charts show, as numbered on the map", headers);
    for (number, row) in (1..).zip(&report.odours).take(ODOURS_MAX) {
        let odour = &row.report;
        table.row([
            format!("O{number}"),
            moment(&report.zone, odour.time),
            format!("{:.6}°, {:.6}°", odour.latitude_deg, odour.longitude_deg),
            odour.intensity.to_string(),
            if odour.words.is_empty() { "–".to_owned() } else { Paragraphs(&odour.words).to_string() },
            odour.reporter.as_ref().map_or_else(|| "–".to_owned(), |reporter| Escaped(reporter).to_string()),
            row.cone.as_ref().map_or_else(|| "not known".to_owned(), direction),
        ]);
    }
    if table.is_empty() {
        out.push_str("<p>No odour was reported in the time that the charts show.</p>\n");
        return;
    }
    table.finish(out);
    let more = report.odours.len().saturating_sub(ODOURS_MAX);
    let more = if more > 0 { format!("{more} further reports are not listed. ") } else { String::new() };
    out.push_str(&format!(
        "<p class=\"note\">{more}The wind is that of the half hour before the report, as measured for the location. Intensities are those \
         of VDI 3882: 0 not perceptible to 6 extremely strong.</p>\n"
    ));
}

fn direction(cone: &Sector) -> String {
    if cone.half_angle_deg >= 180.0 {
        return "all directions".to_owned();
    }
    format!("{:.0}° ± {:.0}°", cone.bearing_deg, cone.half_angle_deg)
}
