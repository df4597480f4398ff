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
    let options = LocateOptions { reach: middles.clone(), ..survey.options() };
    let location = locate(&survey.scene, &options)?;
    let range = survey.range();
    let mut sites = Vec::with_capacity(candidates.sites.len());
    for (site, middle) in candidates.sites.iter().zip(middles) {
        let units: Vec<SiteUnits> = candidates.units.iter().filter(|unit| unit.site == site.name).cloned().collect();
        let at = (middle, range);
        let evidence = site_evidence((registry, readings), survey, &units, &candidates.reports, at)?;
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
