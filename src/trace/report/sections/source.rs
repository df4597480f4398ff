//! Where the source is: location, ranked sites, positions.

use crate::trace::locate::{ReleaseRate, Verdict};
use crate::trace::report::figures;
use crate::trace::report::input::{Report, SourceEstimate};
use crate::trace::report::table::Table;
use crate::trace::report::text::{Escaped, cut, degrees, moment, number, offset, percent, sentence};
use std::fmt::Write;

/// Seconds of an hour.
const HOUR_S: f64 = 3_600.0;
/// Factors that the table of sites has columns for.
const FACTORS_MAX: usize = 8;
/// Width of the name of a factor in heights of its letters.
const FACTOR_WIDTH: f64 = 16.0;

/// Writes the location, the map and the ranking.
pub(in crate::trace::report) fn source(report: &Report, out: &mut String) {
    match &report.source {
        Some(source) => location(source, out),
        None => out.push_str("<p>No location was computed for this report.</p>\n"),
    }
    if report.releases.len() > 1 {
        releases(report, out);
    }
    match &report.map {
        Some(map) => figures::map(report, map, out),
        None => out.push_str("<p>There is no map: no station has a known position.</p>\n"),
    }
    if report.ranked.is_empty() {
        out.push_str("<p>No sites were ranked.</p>\n");
    } else {
        ranking(report, out);
    }
}

fn location(source: &SourceEstimate, out: &mut String) {
    let verdict = verdict_name(source.verdict);
    let _ = write!(out, "<p><strong>{verdict}</strong>: {}.", Escaped(&source.reason));
    if let Some(mode) = source.mode {
        let _ = write!(out, " The most probable place is {} of the reference point", offset(mode));
        if let Some(at) = source.mode_lat_lon {
            let _ = write!(out, " ({})", degrees(at));
        }
        out.push('.');
    }
    if let Some((half, most)) = source.areas_m2 {
        let _ = write!(out, " The 50 % area has {} m², the 90 % area {} m².", number(half), number(most));
    }
    if let Some(ReleaseRate { kg_s, low_kg_s, high_kg_s }) = source.rate {
        let [rate, low, high] = [kg_s, low_kg_s, high_kg_s].map(|rate| number(rate * HOUR_S));
        let _ = write!(out, " Rate of the release: {rate} kg/h, with a 90 % interval from {low} to {high} kg/h.");
    }
    if let Some(sector) = source.sector {
        let _ = write!(
            out,
            " Seen from the station with the greatest enhancement, the source lies towards {:.0}° ± {:.0}° (clockwise from north).",
            sector.bearing_deg, sector.half_angle_deg
        );
        if source.verdict == Verdict::DirectionOnly && !source.sites_in_sector.is_empty() {
            let _ = write!(out, " Named sites in this direction: {}.", Escaped(source.sites_in_sector.join(", ")));
        }
    }
    out.push_str("</p>\n");
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Located => "Located",
        Verdict::DirectionOnly => "Direction only",
        Verdict::NotEnough => "Not enough",
    }
}

/// Writes the table of all releases. The location above is that of the largest.
fn releases(report: &Report, out: &mut String) {
    let headers = ["From", "To", "Verdict", "Most probable place", "Rate (kg/h)", "Most probable site"];
    let mut table =
        Table::new("Releases of the case in order of time; the location above is that of the largest", headers);
    for release in &report.releases {
        let shown = |time| moment(&report.zone, time);
        let place = release.lat_lon.map_or_else(|| "–".to_owned(), degrees);
        let rate = release.rate.map_or_else(|| "–".to_owned(), |rate| number(rate.kg_s * HOUR_S));
        let site = release.site.as_ref();
        let site =
            site.map_or_else(|| "–".to_owned(), |(name, share)| format!("{} ({})", Escaped(name), percent(*share)));
        let verdict = verdict_name(release.verdict).to_owned();
        table.row([shown(release.range.from), shown(release.range.to), verdict, place, rate, site]);
    }
    table.finish(out);
}

fn ranking(report: &Report, out: &mut String) {
    let ranked = &report.ranked;
    let mut names: Vec<&str> = Vec::new();
    for factor in ranked.iter().flat_map(|row| &row.factors) {
        if !names.contains(&factor.name.as_str()) && names.len() < FACTORS_MAX {
            names.push(&factor.name);
        }
    }
    let mut headers = vec!["Site".to_owned(), "Probability".to_owned()];
    headers.extend(names.iter().map(|name| Escaped(cut(name, FACTOR_WIDTH)).to_string()));
    headers.push("Explanation".to_owned());
    let mut table = Table::new("Named sites in order of their probability, with every factor", headers);
    for row in ranked {
        let mut cells = vec![Escaped(&row.name).to_string(), percent(row.probability)];
        cells.extend(names.iter().map(|name| {
            let of_name = row.factors.iter().find(|factor| factor.name == **name);
            of_name.map_or_else(|| "–".to_owned(), |factor| factor_cell(factor.value, &factor.text))
        }));
        cells.push(Escaped(sentence(&report.zone, &row.explanation)).to_string());
        table.row(cells);
    }
    table.finish(out);
}

/// The value and the text of a factor.
pub(super) fn factor_cell(value: Option<f64>, text: &str) -> String {
    let value = value.map(number);
    let text = (!text.is_empty()).then(|| Escaped(text).to_string());
    match (value, text) {
        (Some(value), Some(text)) => format!("{value} <small>{text}</small>"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => "–".to_owned(),
    }
}

/// Metres with one decimal place.
fn tenths(metres: f64) -> String {
    // Adding zero turns a negative zero into zero.
    let rounded = (metres * 10.0).round() / 10.0 + 0.0;
    if rounded.is_finite() { format!("{rounded:.1}").replacen('-', "\u{2212}", 1) } else { "–".to_owned() }
}

/// Writes the positions of stations and sites.
pub(in crate::trace::report) fn positions(report: &Report, out: &mut String) {
    let Some(map) = report.map.as_ref().filter(|map| !map.stations.is_empty() || !map.sites.is_empty()) else { return };
    let headers = ["Name", "Kind", "East (m)", "North (m)", "Height (m)"];
    let mut table = Table::new("Positions on the map; a site with an area is given by its centroid", headers);
    for station in &map.stations {
        let height = station.height_m.map_or_else(|| "–".to_owned(), number);
        let (east, north) = (tenths(station.at.0), tenths(station.at.1));
        table.row([Escaped(&station.name).to_string(), "station".to_owned(), east, north, height]);
    }
    for site in &map.sites {
        let (east, north) = (tenths(site.centre.0), tenths(site.centre.1));
        table.row([Escaped(&site.name).to_string(), "site".to_owned(), east, north, "–".to_owned()]);
    }
    table.finish(out);
}
