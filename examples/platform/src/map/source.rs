//! Where the source of an incident lies: located from the readings, and kept for a while.

use super::marks::mode_mark;
use super::scale::{Scale, WIDTH};
use super::scene::Scene;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::texts::{Language, Text};
use crate::view::{Entry, place};
use maud::{Markup, html};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vocdb::trace::incident::{Incident, IncidentId};
use vocdb::trace::report::SourceEstimate;
use vocdb::trace::{Candidates, LocalFrame, SurveyQuestion, Verdict, name_source, survey};
use vocdb::{ReportSources, TimeRange, Timestamp, incident_channel, located_range};

/// Time for which a location is shown again without being computed anew: at least, and in units of the time that it took.
const KEPT_AT_LEAST: Duration = Duration::from_secs(5);
const KEPT_FACTOR: u32 = 10;
/// Incidents whose locations are kept.
const KEPT_MAX: usize = 32;
/// Sites of the ranking that are kept.
const RANKED_MAX: usize = 20;

/// A site in the ranking of the readings.
#[derive(Debug, Clone)]
pub(crate) struct Ranked {
    /// Name of the site.
    pub(crate) name: String,
    /// Probability that it is the source, 0 to 1.
    pub(crate) probability: f64,
    /// What speaks for it.
    pub(crate) evidence: Vec<String>,
}

/// A source as the readings locate it.
#[derive(Debug)]
pub(crate) struct Found {
    /// The place, in the metres of the map.
    pub(crate) estimate: SourceEstimate,
    /// The sites, the most probable first; none unless the source is located.
    pub(crate) ranked: Vec<Ranked>,
    /// Channel whose readings it was located from.
    pub(crate) channel: String,
    /// Range of time of the release.
    pub(crate) range: TimeRange,
    /// Host time at which it was computed.
    pub(crate) at: Timestamp,
}

/// A location, or why there is none.
type Answer = Result<Arc<Found>, Text>;

/// The locations that were computed last, each with the time until which it is kept. One is computed at a time, and for a small share of
/// the time, however often the pages are read.
#[derive(Debug, Default)]
pub(crate) struct Sources(Mutex<BTreeMap<IncidentId, (Instant, Answer)>>);

impl Sources {
    /// The source of an incident in the metres of a map, or why there is none. Blocks.
    pub(crate) fn of(&self, platform: &Platform, scene: &Scene, incident: &Incident) -> Result<Answer, Failure> {
        let mut kept = self.0.lock();
        let begun = Instant::now();
        kept.retain(|_, (until, _)| begun < *until);
        if let Some((_, found)) = kept.get(&incident.id()) {
            return Ok(found.clone());
        }
        let found = locate(platform, scene, incident)?.map(Arc::new);
        if kept.len() >= KEPT_MAX {
            kept.pop_first();
        }
        let until = Instant::now() + KEPT_AT_LEAST.max(begun.elapsed() * KEPT_FACTOR);
        kept.insert(incident.id(), (until, found.clone()));
        Ok(found)
    }
}

fn locate(platform: &Platform, scene: &Scene, incident: &Incident) -> Result<Result<Found, Text>, Failure> {
    let (registry, readings, history) = (platform.db.registry(), platform.db.readings(), platform.history()?);
    let sources = ReportSources { registry: &registry, readings: &readings, events: &history.events };
    let Some(channel) = incident_channel(sources, incident) else {
        return Ok(Err(Text::new("source-no-channel")));
    };
    let Some(frame) = scene.frame else {
        return Ok(Err(Text::new("source-no-positions")));
    };
    let range = located_range(sources, incident);
    let question = SurveyQuestion { channel: &channel, range, wind: None };
    let part = match survey(&registry, &readings, &question) {
        Ok(whole) => whole.largest_release(),
        Err(error) => return Ok(Err(Text::english(error))),
    };
    let reports = platform.db.odour_reports(part.range())?;
    let candidates = Candidates { reports, ..platform.candidates.clone() };
    let named = match name_source((&registry, &readings), &part, &candidates) {
        Ok(named) => named,
        Err(error) => return Ok(Err(Text::english(error))),
    };
    let mut estimate = SourceEstimate::new(&named.location, Some(&part.frame));
    move_to(&mut estimate, &part.frame, &frame);
    let is_located = estimate.verdict == Verdict::Located;
    let ranked = named.sites.into_iter().filter(|_| is_located).take(RANKED_MAX);
    let ranked = ranked.map(|site| Ranked {
        name: site.name,
        probability: site.probability,
        evidence: site.fingerprint.into_iter().map(|one| one.explanation).chain(site.evidence.found).collect(),
    });
    Ok(Ok(Found { estimate, ranked: ranked.collect(), range: part.range(), at: platform.now(), channel }))
}

/// Moves an estimate from the metres of one frame into those of another.
fn move_to(estimate: &mut SourceEstimate, from: &LocalFrame, to: &LocalFrame) {
    let moved = |(east, north): (f64, f64)| {
        let (latitude, longitude) = from.to_wgs84(east, north);
        to.to_local(latitude, longitude)
    };
    estimate.mode = estimate.mode.map(moved);
    estimate.cells50.iter_mut().chain(&mut estimate.cells90).for_each(|cell| *cell = moved(*cell));
    if let Some(sector) = &mut estimate.sector {
        (sector.east_m, sector.north_m) = moved((sector.east_m, sector.north_m));
    }
}

impl Found {
    /// The places that a map of the source must show.
    pub(super) fn places(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.estimate.mode.into_iter().chain(self.estimate.cells90.iter().copied())
    }

    /// The entries of the legend for what is drawn of the source.
    pub(super) fn legend(&self, language: Language) -> Vec<Entry> {
        let square = |class: &'static str| html! { rect class=(class) x="-9" y="-9" width="18" height="18" {} };
        let mut entries = Vec::new();
        if self.estimate.mode.is_some() {
            entries.push(Entry::new(mode_mark(), language.say("map-mode")));
        }
        if !self.estimate.cells90.is_empty() {
            let both = html! { (square("area-90")) (square("area-50")) };
            entries.push(Entry::new(both, language.say("map-half")));
            entries.push(Entry::new(square("area-90"), language.say("map-most")));
        }
        if self.has_sector() {
            entries.push(Entry::new(square("sector"), language.say("map-sector")));
        }
        entries
    }

    fn has_sector(&self) -> bool {
        self.estimate.sector.is_some_and(|sector| sector.half_angle_deg < 180.0)
    }
}

/// The areas in which the source lies with 90 % and with 50 %.
pub(super) fn areas(language: Language, found: &Found, scale: &Scale) -> Markup {
    let estimate = &found.estimate;
    html! {
        path.area-90 shape-rendering="crispEdges" d=(area_path(&estimate.cells90, estimate.cell_m, scale)) { title { (language.say("map-most")) } }
        path.area-50 shape-rendering="crispEdges" d=(area_path(&estimate.cells50, estimate.cell_m, scale)) { title { (language.say("map-half")) } }
    }
}

/// Square cells as a path: cells of a row that touch are one rectangle.
fn area_path(cells: &[(f64, f64)], cell_m: f64, scale: &Scale) -> String {
    let mut cells = cells.to_vec();
    // The rows of a frame that was moved are level to a few centimetres.
    let row = |north: f64| (north / cell_m.max(0.1) * 2.0).round();
    cells.sort_by(|one, other| row(one.1).total_cmp(&row(other.1)).then(one.0.total_cmp(&other.0)));
    let mut path = String::new();
    let touches = |one: &(f64, f64), next: &(f64, f64)| {
        row(one.1).total_cmp(&row(next.1)).is_eq() && next.0 - one.0 < 1.2 * cell_m
    };
    for run in cells.chunk_by(touches) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let (x, y) = scale.at((first.0 - cell_m / 2.0, first.1 + cell_m / 2.0));
        let width = (last.0 - first.0 + cell_m) * scale.per_m();
        path.push_str(&format!(
            "M{} {}h{}v{}H{}z",
            place(x),
            place(y),
            place(width),
            place(cell_m * scale.per_m()),
            place(x)
        ));
    }
    path
}

/// The sector that the source lies in.
pub(super) fn sector(language: Language, found: &Found, scale: &Scale) -> Markup {
    let Some(sector) = found.estimate.sector.filter(|_| found.has_sector()) else { return html! {} };
    let (x, y) = scale.at((sector.east_m, sector.north_m));
    let length = WIDTH + scale.height();
    let mut path = format!("M{} {}", place(x), place(y));
    for step in -8..=8 {
        let bearing = (sector.bearing_deg + f64::from(step) / 8.0 * sector.half_angle_deg).to_radians();
        path.push_str(&format!("L{} {}", place(x + length * bearing.sin()), place(y - length * bearing.cos())));
    }
    html! { path.sector d=(format!("{path}z")) { title { (language.say("map-sector-meaning")) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_touch_are_one_rectangle_and_their_areas_add_up() {
        let scale = Scale::around([(0.0, 0.0), (300.0, 300.0)].into_iter()).unwrap();
        let cells = [(0.0, 0.0), (20.0, 0.0), (10.0, 0.0), (50.0, 0.0), (0.0, 10.0)];
        let path = area_path(&cells, 10.0, &scale);
        assert_eq!(path.matches('M').count(), 3, "{path}");
        let width = |part: &str| part.split(['h', 'v']).nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        let sum: f64 = path.split('z').map(width).sum();
        assert!((sum - 50.0 * scale.per_m()).abs() < 0.3, "{path}");
        assert_eq!(area_path(&[], 10.0, &scale), "");
    }
}
