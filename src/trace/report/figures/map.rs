//! The map: stations, sites, areas, the most probable place and the sector, in local metres.

use super::labels::{Labels, write_legend};
use super::odours;
use super::scale::{Scale, WIDTH, draw_cone};
use crate::trace::locate::Sector;
use crate::trace::report::input::{MapSite, Report, ReportMap, SourceEstimate};
use crate::trace::report::svg::{Anchor, Canvas, area_path, nice_step};
use crate::trace::report::text::{cut, degrees, number, offset, width};
use std::fmt::Write;

/// Height of the letters of a label on a phone, where they are largest.
const LETTER: f64 = 24.0;
/// Width of a label in heights of its letters.
const LABEL_WIDTH: f64 = 13.0;
/// Stations and sites that are drawn.
const STATIONS_MAX: usize = 300;
const SITES_MAX: usize = 300;
/// Corners of one site's outline that are drawn.
const CORNERS_MAX: usize = 2_000;
/// Corners of all outlines together.
const CORNERS_SUM_MAX: usize = 8_000;
/// Places of named sites that the map must show.
const RANKED_SEEN: usize = 10;

/// Writes the map, or why there is none.
pub(in crate::trace::report) fn map(report: &Report, map: &ReportMap, out: &mut String) {
    let source = report.source.as_ref();
    let cells = source.map_or(&[][..], |source| source.cells90.as_slice());
    let stations = map.stations.iter().map(|station| station.at);
    let named = report.ranked.iter().take(RANKED_SEEN);
    let named = named.filter_map(|ranked| map.sites.iter().find(|site| site.name == ranked.name));
    let mode = source.and_then(|source| source.mode);
    let seen = stations.chain(named.map(centre)).chain(cells.iter().copied()).chain(mode);
    let all = map.sites.iter().map(centre);
    let Some(scale) = Scale::around(seen).or_else(|| Scale::around(all)) else {
        out.push_str("<p>No station and no site has a known position: there is no map.</p>\n");
        return;
    };
    let mut canvas = Canvas::new(WIDTH, scale.height());
    canvas.rect((0.0, 0.0), (WIDTH, scale.height()), "map-ground");
    if let Some(source) = source {
        estimate(&mut canvas, &scale, source);
    }
    let mut labels = Labels::new(WIDTH, scale.height());
    labels.keep_off((WIDTH - 30.0, 40.0), 36.0);
    labels.keep_off((40.0, scale.height() - 20.0), 60.0);
    sites(&mut canvas, &scale, map);
    odours::draw(&mut canvas, &scale, &report.odours, &mut labels);
    if let Some(mode) = mode {
        let (x, y) = scale.at(mode);
        labels.keep_off((x, y), 12.0);
        canvas.line((x - 14.0, y), (x + 14.0, y), "mode");
        canvas.line((x, y - 14.0), (x, y + 14.0), "mode");
        canvas.circle((x, y), 9.0, "mode-ring");
    }
    names(&mut canvas, &scale, map, &mut labels);
    north_arrow(&mut canvas);
    scale_bar(&mut canvas, &scale);
    out.push_str("<figure class=\"map\">\n");
    canvas.finish("map-drawing", &alternative(map, source), out);
    legend(source, report, map, out);
    caption(map, out);
    out.push_str("</figure>\n");
}

fn alternative(map: &ReportMap, source: Option<&SourceEstimate>) -> String {
    let place = source
        .and_then(|source| source.mode)
        .map_or_else(|| "no source located".to_owned(), |mode| format!("most probable place {}", offset(mode)));
    format!("Map of {} stations and {} sites; {place}", map.stations.len(), map.sites.len())
}

const fn centre(site: &MapSite) -> (f64, f64) {
    site.centre
}

fn estimate(canvas: &mut Canvas, scale: &Scale, source: &SourceEstimate) {
    let place = |east: f64, north: f64| scale.at((east, north));
    canvas.path(&area_path(&source.cells90, source.cell_m, place), "area-90");
    canvas.path(&area_path(&source.cells50, source.cell_m, place), "area-50");
    if let Some(sector) = &source.sector {
        draw_sector(canvas, scale, sector);
    }
}

fn draw_sector(canvas: &mut Canvas, scale: &Scale, sector: &Sector) {
    draw_cone(canvas, scale, sector, (2.0 * (WIDTH + scale.height()), "sector"));
}

fn sites(canvas: &mut Canvas, scale: &Scale, map: &ReportMap) {
    let mut left = CORNERS_SUM_MAX;
    for site in map.sites.iter().take(SITES_MAX) {
        let mut path = String::new();
        for ring in site.rings.iter().filter(|ring| ring.len() > 2) {
            // A long outline loses corners evenly.
            let step = ring.len().div_ceil(CORNERS_MAX.min(left.max(4))).max(1);
            for (place, corner) in ring.iter().step_by(step).enumerate() {
                let (x, y) = scale.at(*corner);
                let letter = if place == 0 { 'M' } else { 'L' };
                let (x, y) = (x.clamp(-9e4, 9e4), y.clamp(-9e4, 9e4));
                let _ = write!(path, "{letter}{x:.1} {y:.1}");
            }
            left = left.saturating_sub(ring.len() / step);
            path.push('z');
        }
        canvas.path(&path, "site");
    }
}

/// Marks and names of stations and sites. A name that has no room is left out: the table below the map has all of them.
fn names(canvas: &mut Canvas, scale: &Scale, map: &ReportMap, labels: &mut Labels) {
    let sites: Vec<(&str, (f64, f64))> =
        map.sites.iter().take(SITES_MAX).map(|site| (site.name.as_str(), centre(site))).collect();
    let sites: Vec<_> = sites.into_iter().filter(|(_, at)| scale.shows(*at)).collect();
    let stations: Vec<_> = map.stations.iter().take(STATIONS_MAX).filter(|station| scale.shows(station.at)).collect();
    sites.iter().for_each(|(_, at)| labels.keep_off(scale.at(*at), 8.0));
    stations.iter().for_each(|station| labels.keep_off(scale.at(station.at), 8.0));
    for (_, at) in &sites {
        let (x, y) = scale.at(*at);
        canvas.rect((x - 6.0, y - 6.0), (12.0, 12.0), "site-mark");
    }
    for station in &stations {
        canvas.circle(scale.at(station.at), 7.0, "station-mark");
    }
    let all = sites.iter().map(|(name, at)| (*name, *at, "site-name halo"));
    let all = all.chain(stations.iter().map(|station| (station.name.as_str(), station.at, "station-name halo")));
    for (name, at, class) in all {
        let label = cut(name, LABEL_WIDTH);
        let size = (width(&label) * LETTER, LETTER + 2.0);
        if let Some(place) = labels.place(scale.at(at), size) {
            canvas.text(place, Anchor::Start, class, &label);
        }
    }
}

fn north_arrow(canvas: &mut Canvas) {
    let x = WIDTH - 30.0;
    canvas.polygon(&[(x, 10.0), (x - 11.0, 44.0), (x, 36.0), (x + 11.0, 44.0)], "north");
    canvas.text((x, 70.0), Anchor::Middle, "compass", "N");
}

fn scale_bar(canvas: &mut Canvas, scale: &Scale) {
    let metres = nice_step(WIDTH / scale.per_m(), 7.0);
    let (left, y) = (20.0, scale.height() - 16.0);
    let right = left + metres * scale.per_m();
    canvas.line((left, y), (right, y), "scale-bar");
    canvas.line((left, y - 6.0), (left, y + 6.0), "scale-bar");
    canvas.line((right, y - 6.0), (right, y + 6.0), "scale-bar");
    let label =
        if metres >= 1_000.0 { format!("{} km", number(metres / 1_000.0)) } else { format!("{} m", number(metres)) };
    canvas.text((left, y - 12.0), Anchor::Start, "tick halo", &label);
}

fn legend(source: Option<&SourceEstimate>, report: &Report, map: &ReportMap, out: &mut String) {
    let mut entries: Vec<(&str, &str)> = Vec::new();
    if !map.stations.is_empty() {
        entries.push((r#"<circle class="station-mark" cx="8" cy="8" r="6"/>"#, "station"));
    }
    if !map.sites.is_empty() {
        entries.push((r#"<rect class="site-mark" x="2" y="2" width="12" height="12"/>"#, "site"));
    }
    if let Some(source) = source {
        if source.mode.is_some() {
            entries.push((r#"<path class="mode" d="M0 8H16M8 0V16"/>"#, "most probable place"));
        }
        if !source.cells90.is_empty() {
            entries.push((r#"<rect class="area-50" width="16" height="16"/>"#, "50 % area"));
            entries.push((r#"<rect class="area-90" width="16" height="16"/>"#, "90 % area"));
        }
        if source.sector.is_some_and(|sector| sector.half_angle_deg < 180.0) {
            entries.push((r#"<rect class="sector" x="1" y="1" width="14" height="14"/>"#, "sector upwind"));
        }
    }
    entries.extend(odours::legend(&report.odours));
    write_legend(&entries, out);
}

fn caption(map: &ReportMap, out: &mut String) {
    out.push_str("<figcaption>Metres east and north");
    if let Some((latitude, longitude)) = map.reference {
        let _ = write!(out, " of {} (WGS 84)", degrees((latitude, longitude)));
    }
    out.push_str(
        ". North is up. With the stated probability the source lies in the 50 % or the 90 % area; both areas together make one \
         answer, not two.",
    );
    let hidden = map.stations.len().saturating_sub(STATIONS_MAX) + map.sites.len().saturating_sub(SITES_MAX);
    if hidden > 0 {
        let _ = write!(out, " {hidden} further stations and sites are not drawn.");
    }
    out.push_str(" A name without room on the map is in the table of positions.");
    out.push_str("</figcaption>\n");
}
