//! The place where location and ranking enter a report: [`Report::source`] and [`Report::ranked`].

use super::map::map_frame;
use super::odours;
use super::question::Asked;
use crate::trace::incident::Factor;
use crate::trace::locate::Verdict;
use crate::trace::ranking::{NamedSource, RankedSite, name_source};
use crate::trace::report::input::{RankedRow, ReleaseRow, Report, SourceEstimate};
use crate::trace::survey::{Survey, SurveyQuestion, survey};

/// Releases of one case that are located, at most.
const RELEASES_MAX: usize = 24;

/// Fills in the location of the source and the ranking of the sites, in the metres of the map: those of the largest release. All releases of
/// the case are listed. What keeps a source from being located is stated on the page.
pub(super) fn locate(asked: &Asked<'_>, report: &mut Report) {
    let Some(channel) = asked.channel else { return };
    let (registry, readings) = (asked.registry, asked.readings);
    let question = SurveyQuestion { channel, range: asked.located, wind: asked.wind };
    let mut parts = match survey(registry, readings, &question) {
        Ok(whole) => {
            odours::set_cones(&whole, report);
            whole.releases()
        }
        Err(error) => return report.missing.push(format!("location of the source: {error}")),
    };
    if parts.len() > RELEASES_MAX {
        let count = parts.len();
        report.missing.push(format!("location of {count} releases: the page has the first {RELEASES_MAX}"));
        parts.truncate(RELEASES_MAX);
    }
    let mut largest: Option<(f64, &Survey, NamedSource)> = None;
    for part in &parts {
        match name_source((registry, readings), part, asked.candidates) {
            Ok(named) => {
                report.releases.push(release(part, &named));
                let size = part.enhancement_sum();
                if largest.as_ref().is_none_or(|(greatest, ..)| size > *greatest) {
                    largest = Some((size, part, named));
                }
            }
            Err(error) => {
                report.missing.push(format!("location of the release from {}: {error}", part.range().from));
            }
        }
    }
    if let Some((_, part, named)) = largest {
        fill(part, &named, report);
        report.missing.extend(part.notes.iter().cloned());
    }
}

/// A release as the list of releases has it.
fn release(part: &Survey, named: &NamedSource) -> ReleaseRow {
    let location = named.location.reported();
    let first = named.sites.first().filter(|_| location.verdict == Verdict::Located);
    ReleaseRow {
        range: part.range(),
        verdict: location.verdict,
        lat_lon: location.mode.map(|(east, north)| part.frame.to_wgs84(east, north)),
        rate: location.rate,
        site: first.map(|site| (site.name.clone(), site.probability)),
    }
}

/// Moves the answer from the metres of the survey into those of the map.
fn fill(part: &Survey, named: &NamedSource, report: &mut Report) {
    let mut source = SourceEstimate::new(&named.location, Some(&part.frame));
    if let Some(map) = map_frame(report) {
        let moved = |(east, north): (f64, f64)| {
            let (latitude, longitude) = part.frame.to_wgs84(east, north);
            map.to_local(latitude, longitude)
        };
        source.mode = source.mode.map(moved);
        source.cells50.iter_mut().chain(&mut source.cells90).for_each(|cell| *cell = moved(*cell));
        if let Some(sector) = &mut source.sector {
            (sector.east_m, sector.north_m) = moved((sector.east_m, sector.north_m));
        }
    }
    let within = named.sites.iter().filter(|site| site.in_sector == Some(true));
    source.sites_in_sector = within.map(|site| site.name.clone()).collect();
    let is_located = source.verdict == Verdict::Located;
    report.source = Some(source);
    report.ranked = named.sites.iter().filter(|_| is_located).map(row).collect();
}

fn row(site: &RankedSite) -> RankedRow {
    let factor = |name: &str, value: f64| Factor { name: name.to_owned(), value: Some(value), text: String::new() };
    let fingerprint = site.fingerprint.iter().map(|fingerprint| fingerprint.explanation.clone());
    RankedRow {
        name: site.name.clone(),
        probability: site.probability,
        factors: vec![
            factor("place", site.place),
            factor("fingerprint", site.fingerprint_factor()),
            factor("evidence", site.evidence.factor),
        ],
        explanation: fingerprint.chain(site.evidence.found.iter().cloned()).collect::<Vec<_>>().join("; "),
    }
}
