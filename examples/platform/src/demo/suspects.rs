//! The ranking of sites for an incident over all substances of its alarms.

use super::profiles::profile_of;
use super::says;
use super::scenario::{MIDDLE, SITES};
use crate::platform::Platform;
use std::collections::BTreeSet;
use vocdb::trace::incident::{Factor, Incident, Suspect};
use vocdb::trace::{
    Candidates, GeoPoint, LocalFrame, NamedSource, Outline, Polygon, Site, SiteUnits, SurveyQuestion, Verdict,
    name_source, survey,
};
use vocdb::{AlarmEvent, ReportSources, located_range};

/// Substances that are located at the same time.
const LOCATED_AT_ONCE: usize = 2;

/// The sites of the park with their profiles and treatment units, as a register of sites has them.
pub(super) fn candidates() -> Result<Candidates, String> {
    let frame = LocalFrame::new(MIDDLE.0, MIDDLE.1).map_err(says)?;
    let mut all = Candidates::default();
    for spec in &SITES {
        let corner = |east: f64, north: f64| {
            let (east_m, north_m) =
                (spec.middle.east_m + east * spec.half_m.0, spec.middle.north_m + north * spec.half_m.1);
            let (latitude_deg, longitude_deg) = frame.to_wgs84(east_m, north_m);
            GeoPoint { latitude_deg, longitude_deg }
        };
        let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)];
        let outer = corners.into_iter().map(|(east, north)| corner(east, north)).collect();
        all.sites.push(Site {
            name: spec.name.to_owned(),
            outline: Outline::Polygons(vec![Polygon { outer, holes: Vec::new() }]),
            height_m: None,
            profile: Some(profile_of(spec.profile)?),
        });
        all.units.push(SiteUnits {
            site: spec.name.to_owned(),
            duty: format!("site/{}/duty", spec.name),
            standby: vec![format!("site/{}/standby", spec.name)],
        });
    }
    Ok(all)
}

/// Ranks the sites of an incident, the most suspect first.
///
/// Every substance that an alarm of the incident names is located on its own, from the largest release in the time of the incident. A site's
/// probability is the mean of its probabilities over the substances whose source could be located: sources of several substances that
/// leak at the same time each get their share.
pub(super) fn rank(platform: &Platform, incident: &Incident, events: &[AlarmEvent]) -> Result<Vec<Suspect>, String> {
    let (registry, readings) = (platform.db.registry(), platform.db.readings());
    let range = located_range(ReportSources { registry: &registry, readings: &readings, events }, incident);
    let locate = |channel: &str| -> Result<NamedSource, String> {
        let question = SurveyQuestion { channel, range, wind: None };
        let release = survey(&registry, &readings, &question).map_err(says)?.largest_release();
        name_source((&registry, &readings), &release, &platform.candidates).map_err(says)
    };
    let substances = substances(platform, incident, events);
    let mut located = Vec::with_capacity(substances.len());
    for some in substances.chunks(LOCATED_AT_ONCE) {
        let answers: Vec<Result<NamedSource, String>> = std::thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|channel| scope.spawn(|| locate(channel))).collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined
                .map(|answer| answer.unwrap_or_else(|_| Err("the location of a source panicked".to_owned())))
                .collect()
        });
        for (channel, answer) in some.iter().zip(answers) {
            located.push((channel.as_str(), answer?));
        }
    }
    Ok(mean_of(platform, &located))
}

/// The substances that the alarms of an incident name, in order.
fn substances(platform: &Platform, incident: &Incident, events: &[AlarmEvent]) -> Vec<String> {
    let mut named: BTreeSet<String> = BTreeSet::new();
    for event in events {
        if let AlarmEvent::Opened(opened) = event
            && incident.alarms.contains(&opened.alarm)
        {
            named.extend(opened.channels.iter().cloned());
        }
    }
    let registry = platform.db.registry();
    let species: BTreeSet<&str> = registry
        .instruments()
        .flat_map(|(.., instrument)| instrument.channels())
        .filter(|channel| channel.species_entry().is_some())
        .map(vocdb::Channel::name)
        .collect();
    named.into_iter().filter(|name| species.contains(name.as_str())).collect()
}

fn mean_of(platform: &Platform, located: &[(&str, NamedSource)]) -> Vec<Suspect> {
    let counted: Vec<_> = located.iter().filter(|(_, named)| named.location.verdict == Verdict::Located).collect();
    let suspect = |site: &Site| {
        let mut factors = Vec::with_capacity(counted.len());
        let mut sum = 0.0;
        for (channel, named) in &counted {
            let Some(ranked) = named.sites.iter().find(|ranked| ranked.name == site.name) else { continue };
            sum += ranked.probability;
            factors.push(Factor {
                name: (*channel).to_owned(),
                value: Some(ranked.probability),
                text: format!(
                    "place {:.2}, fingerprint x{:.2}, evidence x{:.1}",
                    ranked.place,
                    ranked.fingerprint_factor(),
                    ranked.evidence.factor
                ),
            });
        }
        let probability = (sum / counted.len().max(1) as f64).clamp(0.0, 1.0);
        Suspect { site: site.name.clone(), probability: Some(probability), factors }
    };
    let mut suspects: Vec<Suspect> = platform.candidates.sites.iter().map(suspect).collect();
    let share = |suspect: &Suspect| suspect.probability.unwrap_or_default();
    suspects.sort_by(|a, b| share(b).total_cmp(&share(a)).then_with(|| a.site.cmp(&b.site)));
    suspects
}
