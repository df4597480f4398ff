//! Files of sites in either format.

use super::error::SitesError;
use super::geojson::read_sites_geojson;
use super::profile::Profile;
use super::site::Site;
use super::table::read_sites_csv;
use std::collections::BTreeMap;

/// Reads a file of sites in either format: GeoJSON if its first character opens an object or a list, and CSV otherwise.
///
/// # Errors
/// [`SitesError`], as [`read_sites_geojson`] and [`read_sites_csv`].
///
/// ```
/// use std::collections::BTreeMap;
/// use vocdb::trace::read_sites;
/// assert_eq!(read_sites("name,lat,lon\ntank,31.2,121.5\n", &BTreeMap::new())?[0].name, "tank");
/// let error = read_sites(r#"{"type": "FeatureCollection", "features": []}"#, &BTreeMap::new()).unwrap_err();
/// assert!(error.to_string().contains("no site"));
/// # Ok::<(), vocdb::trace::SitesError>(())
/// ```
pub fn read_sites(text: &str, profiles: &BTreeMap<String, Profile>) -> Result<Vec<Site>, SitesError> {
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    if begin.starts_with(['{', '[']) { read_sites_geojson(text, profiles) } else { read_sites_csv(text, profiles) }
}
