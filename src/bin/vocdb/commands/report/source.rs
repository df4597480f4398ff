//! The place where location and ranking enter a report: [`Report::source`] and [`Report::ranked`].

use crate::failure::Failure;
use vocdb::base::escape::counted;
use vocdb::trace::incident::Factor;
use vocdb::trace::report::{RankedRow, Report, SourceEstimate};
use vocdb::trace::{Candidates, LocalFrame, NamedSource, RankedSite, Survey, SurveyQuestion, name_source, survey};
use vocdb::{ReadOnly, TimeRange};

/// Time before the first alarm of the case and behind the last one that is looked at.
const MARGIN_MS: i64 = 15 * 60_000;

/// Fills in the location of the source and the ranking of the sites, in the metres of the map. What keeps the source from being located is
/// stated on the page.
pub(super) fn locate(
    db: &ReadOnly,
    (channel, wind): (Option<&str>, Option<&str>),
    candidates: &Candidates,
    report: &mut Report,
) -> Result<(), Failure> {
    let Some(channel) = channel else { return Ok(()) };
    let question = SurveyQuestion { channel, range: range(report), wind };
    let surveyed = survey(db.registry(), &db.readings(), &question);
    let mut parts = match surveyed {
        Ok(whole) => whole.releases(),
        Err(error) => {
            report.missing.push(format!("location of the source: {error}"));
            return Ok(());
        }
    };
    parts.sort_by(|a, b| enhancement(b).total_cmp(&enhancement(a)));
    if parts.len() > 1 {
        let others = parts.len() - 1;
        report.missing.push(format!(
            "location of {} of the case: the page shows the largest; `vocdb trace` locates each",
            counted(others, "smaller release")
        ));
    }
    let Some(part) = parts.first() else { return Ok(()) };
    match name_source((db.registry(), &db.readings()), part, candidates) {
        Ok(named) => fill(part, &named, report),
        Err(error) => report.missing.push(format!("location of the source: {error}")),
    }
    report.missing.extend(part.notes.iter().cloned());
    Ok(())
}

/// The time of the alarms, or that of the case if it has none.
fn range(report: &Report) -> TimeRange {
    let first = report.alarms.iter().map(|alarm| alarm.since).min().unwrap_or(report.incident.opened.from);
    let last = report.alarms.iter().map(|alarm| alarm.closed_at.unwrap_or(report.span.to)).max();
    let last = last.or(report.incident.opened.to).unwrap_or(report.span.to);
    TimeRange::new(first.plus_ms(-MARGIN_MS), last.plus_ms(MARGIN_MS).max(first))
}

fn enhancement(part: &Survey) -> f64 {
    part.scene.blocks.iter().flat_map(|block| block.enhancements.iter().flatten()).sum()
}

/// Moves the answer from the metres of the survey into those of the map.
fn fill(part: &Survey, named: &NamedSource, report: &mut Report) {
    let mut source = SourceEstimate::new(&named.location, Some(&part.frame));
    let reference = report.map.as_ref().and_then(|map| map.reference);
    if let Some(map) = reference.and_then(|(latitude, longitude)| LocalFrame::new(latitude, longitude).ok()) {
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
    report.source = Some(source);
    report.ranked = named.sites.iter().map(row).collect();
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
