//! What a list of sites must keep to.

use super::error::{SiteAt, SitesError};
use super::profile::Profile;
use super::site::Site;
use crate::base::escape::is_plain;
use crate::base::limits::NAME_BYTES_MAX;
use crate::trace::place::find_swapped;
use std::collections::BTreeMap;

/// Sites that one file may have.
const SITES_MAX: usize = 10_000;
/// Bytes that a file of sites may have: parsed, it takes up to thirty times as many.
const TEXT_BYTES_MAX: usize = 8 << 20;
/// Names of profiles that an error lists.
const SHOWN_PROFILES_MAX: usize = 20;

/// Refuses a text that is too long to be a file of sites.
pub(super) fn check_bytes(text: &str) -> Result<(), SitesError> {
    let (bytes, max) = (text.len(), TEXT_BYTES_MAX);
    if bytes > max { Err(SitesError::TooLarge { bytes, max }) } else { Ok(()) }
}

/// The name of a site, if it is one.
pub(super) fn check_name(name: Option<&str>, at: SiteAt) -> Result<String, SitesError> {
    let name = name.map(str::trim).filter(|name| !name.is_empty() && name.len() <= NAME_BYTES_MAX && is_plain(name));
    name.map(str::to_owned).ok_or(SitesError::NoName { at })
}

/// Checks all sites of a file, and each with the others.
pub(super) fn check_all(sites: Vec<(SiteAt, Site)>) -> Result<Vec<Site>, SitesError> {
    if sites.is_empty() {
        return Err(SitesError::NoSites);
    }
    if sites.len() > SITES_MAX {
        return Err(SitesError::TooManySites { max: SITES_MAX });
    }
    let mut names: BTreeMap<&str, SiteAt> = BTreeMap::new();
    for (at, site) in &sites {
        if let Some(first) = names.insert(&site.name, *at) {
            return Err(SitesError::Duplicate { at: *at, first, name: site.name.clone() });
        }
        let fault = |fault| SitesError::Outline { at: *at, name: site.name.clone(), fault: Box::new(fault) };
        site.outline.check().map_err(fault)?;
        if site.height_m.is_some_and(|height| !height.is_finite()) {
            let (name, property, wanted) = (site.name.clone(), "height_m", "a number of metres");
            return Err(SitesError::Property { at: *at, name, property, wanted });
        }
    }
    let first_point = |(_, site): &(SiteAt, Site)| {
        site.outline.points().next().map_or((0.0, 0.0), |point| (point.latitude_deg, point.longitude_deg))
    };
    let points: Vec<(f64, f64)> = sites.iter().map(first_point).collect();
    if let Some((found, km)) = find_swapped(&points)
        && let Some((at, site)) = sites.get(found)
    {
        return Err(SitesError::Swapped { at: *at, name: site.name.clone(), km });
    }
    Ok(sites.into_iter().map(|(_, site)| site).collect())
}

/// The profile of a name.
pub(super) fn find_profile(
    profiles: &BTreeMap<String, Profile>,
    (site, wanted): (&str, &str),
    at: SiteAt,
) -> Result<Profile, SitesError> {
    profiles.get(wanted).cloned().ok_or_else(|| {
        let known = profiles.keys().take(SHOWN_PROFILES_MAX).cloned().collect::<Vec<_>>().join(", ");
        SitesError::UnknownProfile { at, name: site.to_owned(), profile: wanted.to_owned(), known }
    })
}
