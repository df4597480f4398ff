//! From a survey to ranked sites in one call.

use super::evidence::{SiteUnits, site_evidence};
use super::species::species_enhancements;
use super::{RankedSite, rank_sites};
use crate::model::Registry;
use crate::query::Readings;
use crate::trace::locate::{LocateOptions, Location, SeparateSource, Verdict, locate, separate_sources};
use crate::trace::odour::OdourReport;
use crate::trace::sites::Site;
use crate::trace::survey::{Survey, SurveyError};

/// Distance in metres from the nearest station up to which a site widens the search, however small the network is.
const REACH_MIN_M: f64 = 500.0;
/// Distance in metres from the nearest station beyond which a site is taken for an error.
const SITE_DISTANCE_MAX_M: f64 = 100_000.0;

/// Sites that may be the source, and what is known of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidates {
    /// The sites.
    pub sites: Vec<Site>,
    /// Treatment units of the sites, by their names.
    pub units: Vec<SiteUnits>,
    /// Odour reports around the time of the release.
    pub reports: Vec<OdourReport>,
}

/// A location with its sites.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSource {
    /// Where the source is.
    pub location: Location,
    /// The sites, the most probable first.
    pub sites: Vec<RankedSite>,
    /// Two sources at a time, where they explain the readings clearly better than one; empty otherwise. The location is that of one source.
    pub two: Vec<SeparateSource>,
}

/// Locates the source of a survey within reach of some sites, and ranks the sites.
///
/// # Errors
/// [`SurveyError`] for a scene that cannot be located in, treatment units that do not exist, and readings that cannot be read.
pub fn name_source(
    (registry, readings): (&Registry, &Readings),
    survey: &Survey,
    candidates: &Candidates,
) -> Result<NamedSource, SurveyError> {
    let outlines = candidates.sites.iter().map(|site| site.outline.in_frame(&survey.frame));
    let middles: Vec<(f64, f64)> = outlines.map(|outline| outline.centre()).collect();
    let reach = Reach::of(survey);
    check_distances(candidates, &middles, &reach)?;
    let near = middles.iter().copied().filter(|middle| reach.distance_m(*middle) <= reach.limit_m());
    let options = LocateOptions { reach: near.collect(), ..survey.options() };
    let location = if survey.has_rise() {
        locate(&survey.scene, &options)?
    } else {
        Location::nothing("no station rises above the noise of its background: no release was seen".to_owned())
    };
    let range = survey.range();
    let mut sites = Vec::with_capacity(candidates.sites.len());
    for (site, middle) in candidates.sites.iter().zip(middles) {
        let units: Vec<SiteUnits> = candidates.units.iter().filter(|unit| unit.site == site.name).cloned().collect();
        let at = (middle, range);
        let mut evidence = site_evidence((registry, readings), survey, &units, &candidates.reports, at)?;
        let distance_m = reach.distance_m(middle);
        if distance_m > reach.limit_m() {
            let km = distance_m / 1_000.0;
            evidence.found.push(format!("{km:.1} km from the nearest station: outside the area that was searched"));
        }
        sites.push((site.clone(), evidence));
    }
    let has_profile = candidates.sites.iter().any(|site| site.profile.is_some());
    let species = if has_profile { species_enhancements(registry, readings, survey, range)? } else { Vec::new() };
    let sites = rank_sites(&location, &survey.frame, &sites, &species);
    let two = match location.verdict {
        Verdict::NotEnough => Vec::new(),
        _ => separate_sources(&survey.scene, &options)?,
    };
    Ok(NamedSource { location, sites, two: if two.len() > 1 { two } else { Vec::new() } })
}

/// How far from the stations a source is searched for.
struct Reach {
    /// Places of the stations, metres east and north.
    stations: Vec<(f64, f64)>,
    /// Distance across the network in metres.
    network_m: f64,
}

impl Reach {
    fn of(survey: &Survey) -> Self {
        let stations: Vec<(f64, f64)> =
            survey.scene.receptors.iter().map(|receptor| (receptor.east_m, receptor.north_m)).collect();
        let between = |a: &(f64, f64)| stations.iter().map(|b| (a.0 - b.0).hypot(a.1 - b.1)).fold(0.0, f64::max);
        let network_m = stations.iter().map(between).fold(0.0, f64::max);
        Self { stations, network_m }
    }

    /// Distance of a place from the nearest station in metres.
    fn distance_m(&self, (east_m, north_m): (f64, f64)) -> f64 {
        self.stations.iter().map(|at| (at.0 - east_m).hypot(at.1 - north_m)).fold(f64::INFINITY, f64::min)
    }

    /// Distance from the nearest station up to which a site widens the search: further away, readings do not determine a place.
    fn limit_m(&self) -> f64 {
        self.network_m.max(REACH_MIN_M)
    }
}

/// Refuses sites so far from every station that coordinates must be wrong.
fn check_distances(candidates: &Candidates, middles: &[(f64, f64)], reach: &Reach) -> Result<(), SurveyError> {
    let far = |(site, middle): (&Site, &(f64, f64))| {
        let distance_m = reach.distance_m(*middle);
        let is_far = distance_m.is_finite() && distance_m > SITE_DISTANCE_MAX_M;
        is_far.then(|| SurveyError::FarSite { site: site.name.clone(), distance_km: distance_m / 1_000.0 })
    };
    candidates.sites.iter().zip(middles).find_map(far).map_or(Ok(()), Err)
}
