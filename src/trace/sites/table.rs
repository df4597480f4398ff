//! CSV files of sites and of source profiles.

use super::error::{SiteAt, SitesError};
use super::list::{check_all, check_bytes, check_name, find_profile};
use super::outline::{GeoPoint, Outline};
use super::profile::Profile;
use super::site::Site;
use crate::trace::sheet::{Column, Row, Sheet, SheetError};
use std::collections::BTreeMap;

const NAME: Column = Column::new("name", &["name", "site"]);
const LATITUDE: Column = Column::new("latitude", &["latitude", "lat", "latitude_deg", "lat_deg"]);
const LONGITUDE: Column = Column::new("longitude", &["longitude", "lon", "lng", "long", "longitude_deg", "lon_deg"]);
const HEIGHT: Column = Column::new("height", &["height", "height_m"]);
const PROFILE: Column = Column::new("profile", &["profile"]);
const SPECIES: Column = Column::new("species", &["species"]);
const WEIGHT: Column = Column::new("weight_percent", &["weight_percent"]);

/// Reads sites that are points from a CSV file: `name`, `latitude`, `longitude`, and optionally `height_m` and `profile`, the name of one of
/// `profiles`. Columns with other names are ignored.
///
/// # Errors
/// [`SitesError`] names the line and the site.
///
/// ```
/// use vocdb::trace::{read_profiles, read_sites_csv};
/// let profiles = read_profiles("profile,species,weight_percent\ntank,benzene,12\ntank,n-hexane,30\n")?;
/// let sites = read_sites_csv("name,lat,lon,profile\nnorth tank,31.25,121.5,tank\n", &profiles)?;
/// assert_eq!(sites[0].profile.as_ref().unwrap().weight_percent_sum(), 42.0);
/// # Ok::<(), vocdb::trace::SitesError>(())
/// ```
pub fn read_sites_csv(text: &str, profiles: &BTreeMap<String, Profile>) -> Result<Vec<Site>, SitesError> {
    check_bytes(text)?;
    let sheet = Sheet::parse(text, &[NAME, LATITUDE, LONGITUDE, HEIGHT, PROFILE], &[NAME, LATITUDE, LONGITUDE])?;
    let sites = sheet.rows.iter().map(|row| site(row, profiles)).collect::<Result<Vec<_>, _>>()?;
    check_all(sites)
}

fn site(row: &Row, profiles: &BTreeMap<String, Profile>) -> Result<(SiteAt, Site), SitesError> {
    let at = SiteAt::Line(row.line);
    let name = check_name(row.text(NAME), at)?;
    let needed = |column: Column| {
        row.number(column)?.ok_or(SheetError::Empty { line: row.line, column: column.name }).map_err(SitesError::from)
    };
    let point = GeoPoint { latitude_deg: needed(LATITUDE)?, longitude_deg: needed(LONGITUDE)? };
    let profile = row.text(PROFILE).map(|wanted| find_profile(profiles, (&name, wanted), at)).transpose()?;
    Ok((at, Site { name, outline: Outline::Point(point), height_m: row.number(HEIGHT)?, profile }))
}

/// Species of a profile with their weight in percent.
type Weights<'a> = Vec<(&'a str, f64)>;

/// Reads source profiles from a CSV file: `profile`, `species` and `weight_percent`, a row for each species of a profile. Columns with other
/// names are ignored.
///
/// # Errors
/// [`SitesError`] names the line or the profile.
pub fn read_profiles(text: &str) -> Result<BTreeMap<String, Profile>, SitesError> {
    check_bytes(text)?;
    let sheet = Sheet::parse(text, &[PROFILE, SPECIES, WEIGHT], &[PROFILE, SPECIES, WEIGHT])?;
    let mut rows: BTreeMap<&str, (SiteAt, Weights<'_>)> = BTreeMap::new();
    for row in &sheet.rows {
        let (profile, species) = (row.required(PROFILE)?, row.required(SPECIES)?);
        let weight = row.number(WEIGHT)?.ok_or(SheetError::Empty { line: row.line, column: WEIGHT.name })?;
        let (_, weights) = rows.entry(profile).or_insert_with(|| (SiteAt::Line(row.line), Vec::new()));
        weights.push((species, weight));
    }
    let profile = |(name, (at, weights)): (&str, (SiteAt, Weights<'_>))| {
        let fault = |fault| SitesError::Profile { at, name: name.to_owned(), fault: Box::new(fault) };
        Ok((name.to_owned(), Profile::new(weights).map_err(fault)?))
    };
    rows.into_iter().map(profile).collect()
}
