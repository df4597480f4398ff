//! The ranking of named sites: probability of the place, fingerprint and evidence, each factor on its own.

mod evidence;
mod named;
mod species;

pub use evidence::{SiteEvidence, SiteUnits, odour_cone, site_evidence};
pub use named::{Candidates, NamedSource, name_source};
pub use species::species_enhancements;

use super::fingerprint::{Fingerprint, SpeciesEnhancement, compare_fingerprint};
use super::locate::Location;
use super::place::LocalFrame;
use super::sites::{LocalOutline, Site};

/// A site with its share of the probability, and what that share is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedSite {
    /// Name of the site.
    pub name: String,
    /// Probability that the site is the source, given that every factor is right: all sites and "elsewhere" sum to 1.
    pub probability: f64,
    /// Probability of the location that falls to the site.
    pub place: f64,
    /// Comparison of the species; `None` for a site without a profile, or where no species were measured.
    pub fingerprint: Option<Fingerprint>,
    /// Evidence of facilities and of people.
    pub evidence: SiteEvidence,
    /// Distance from the most probable place to the site in metres, 0 inside it.
    pub distance_m: Option<f64>,
    /// Whether the middle of the site lies in the sector of the location; `None` without a sector.
    pub in_sector: Option<bool>,
}

impl RankedSite {
    /// Returns the factor of the fingerprint, 1 without one.
    #[must_use]
    pub fn fingerprint_factor(&self) -> f64 {
        self.fingerprint.as_ref().map_or(1.0, |fingerprint| fingerprint.factor)
    }
}

/// Ranks sites, the most probable first.
///
/// A cell of the location's probability falls to the site that it lies in, else to the nearest site within the resolution of the
/// location ([`Location::resolution_m`]), else to "elsewhere". Each site's share is multiplied by the factors of its fingerprint and its evidence,
/// both likelihood ratios that are 1 where nothing is known, and the products are scaled to a sum of 1 together with "elsewhere", whose factor is 1.
#[must_use]
pub fn rank_sites(
    location: &Location,
    frame: &LocalFrame,
    sites: &[(Site, SiteEvidence)],
    species: &[SpeciesEnhancement],
) -> Vec<RankedSite> {
    let outlines: Vec<LocalOutline> = sites.iter().map(|(site, _)| site.outline.in_frame(frame)).collect();
    let mut masses = vec![0.0; sites.len()];
    let mut elsewhere = 0.0;
    for (east, north, mass) in location.cells() {
        let distances = (0..).zip(&outlines).map(|(place, outline)| (place, outline.distance_m(east, north)));
        let nearest = distances.min_by(|a: &(usize, f64), b| a.1.total_cmp(&b.1));
        let hit = nearest.filter(|(_, distance)| *distance <= location.resolution_m()).map(|(place, _)| place);
        match hit.and_then(|place| masses.get_mut(place)) {
            Some(sum) => *sum += mass,
            None => elsewhere += mass,
        }
    }
    let mut ranked: Vec<RankedSite> = Vec::with_capacity(sites.len());
    for (((site, evidence), outline), place) in sites.iter().zip(&outlines).zip(masses) {
        let profile = site.profile.as_ref().filter(|_| !species.is_empty());
        let fingerprint = profile.map(|profile| compare_fingerprint(species, profile));
        let factor = fingerprint.as_ref().map_or(1.0, |fingerprint| fingerprint.factor) * evidence.factor;
        ranked.push(RankedSite {
            name: site.name.clone(),
            probability: place * factor,
            place,
            fingerprint,
            evidence: evidence.clone(),
            distance_m: location.mode.map(|(east, north)| outline.distance_m(east, north)),
            in_sector: location.sector.map(|sector| {
                let (east, north) = outline.centre();
                sector.holds(east, north)
            }),
        });
    }
    let total = elsewhere + ranked.iter().map(|site| site.probability).sum::<f64>();
    if total > 0.0 {
        ranked.iter_mut().for_each(|site| site.probability /= total);
    }
    let nearer = |a: &RankedSite, b: &RankedSite| a.distance_m.unwrap_or(0.0).total_cmp(&b.distance_m.unwrap_or(0.0));
    ranked.sort_by(|a, b| {
        b.probability.total_cmp(&a.probability).then_with(|| nearer(a, b)).then_with(|| a.name.cmp(&b.name))
    });
    ranked
}
