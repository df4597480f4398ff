//! GeoJSON files of sites.

use super::error::{SiteAt, SitesError};
use super::fault::OutlineFault;
use super::list::{check_all, check_bytes, check_name, find_profile};
use super::outline::{GeoPoint, Outline, Polygon};
use super::profile::Profile;
use super::site::Site;
use geojson::{Feature, GeometryValue, PolygonType, Position};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Words in the names of coordinate systems that are WGS 84 longitude and latitude.
const WGS84_NAMES: [&str; 3] = ["CRS84", "EPSG::4326", "EPSG:4326"];

/// A feature collection, and the coordinate system that files from before RFC 7946 may name.
#[derive(serde::Deserialize)]
struct Collection {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    crs: Value,
    #[serde(default)]
    features: Features,
}

#[derive(Default)]
struct Features(Vec<Feature>);

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(FeaturesVisitor)
    }
}

/// Counts the features, so that a mistake within one has its number.
struct FeaturesVisitor;

impl<'de> Visitor<'de> for FeaturesVisitor {
    type Value = Features;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Features, A::Error> {
        let mut features = Vec::new();
        loop {
            let number = features.len() + 1;
            match from.next_element().map_err(|error| Error::custom(format_args!("feature {number}: {error}")))? {
                Some(feature) => features.push(feature),
                None => return Ok(Features(features)),
            }
        }
    }
}

/// Reads sites from a GeoJSON feature collection (RFC 7946) of points, polygons and multi-polygons.
///
/// Properties of a feature: `name`; optionally `height_m`; optionally `profile`, either an object of species and their weight in percent, or
/// the name of one of `profiles`. Other properties and a third coordinate are ignored.
///
/// # Errors
/// [`SitesError`] names the feature, from 1, and the site.
///
/// ```
/// use std::collections::BTreeMap;
/// use vocdb::trace::read_sites_geojson;
/// let text = r#"{"type": "FeatureCollection", "features": [{"type": "Feature",
///     "geometry": {"type": "Polygon", "coordinates": [[[121.5, 31.2], [121.6, 31.2], [121.6, 31.3], [121.5, 31.2]]]},
///     "properties": {"name": "refinery", "profile": {"benzene": 12, "toluene": 20}}}]}"#;
/// let sites = read_sites_geojson(text, &BTreeMap::new())?;
/// assert_eq!(sites[0].name, "refinery");
/// assert!(read_sites_geojson(&text.replace("31.3", "131.3"), &BTreeMap::new()).is_err());
/// # Ok::<(), vocdb::trace::SitesError>(())
/// ```
pub fn read_sites_geojson(text: &str, profiles: &BTreeMap<String, Profile>) -> Result<Vec<Site>, SitesError> {
    check_bytes(text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let collection: Collection =
        serde_json::from_str(text).map_err(|error| SitesError::Syntax { reason: error.to_string() })?;
    if collection.kind != "FeatureCollection" {
        return Err(SitesError::Syntax { reason: "its `type` is not `FeatureCollection`".to_owned() });
    }
    if let Some(name) = collection.crs.pointer("/properties/name").and_then(Value::as_str)
        && !WGS84_NAMES.iter().any(|known| name.ends_with(known))
    {
        return Err(SitesError::OtherSystem { name: name.to_owned() });
    }
    let features = collection.features.0.into_iter().zip(1..);
    check_all(features.map(|(feature, number)| site(feature, number, profiles)).collect::<Result<_, _>>()?)
}

fn site(feature: Feature, number: usize, profiles: &BTreeMap<String, Profile>) -> Result<(SiteAt, Site), SitesError> {
    let at = SiteAt::Feature(number);
    let property = |name: &str| feature.property(name).filter(|value| !value.is_null());
    let name = check_name(property("name").and_then(Value::as_str), at)?;
    let must_be = |property, wanted| SitesError::Property { at, name: name.clone(), property, wanted };
    let height_m = match property("height_m") {
        Some(height) => Some(height.as_f64().ok_or_else(|| must_be("height_m", "a number of metres"))?),
        None => None,
    };
    let profile = match property("profile") {
        None => None,
        Some(Value::String(wanted)) => Some(find_profile(profiles, (&name, wanted), at)?),
        Some(Value::Object(weights)) => {
            let weights = weights.iter().map(|(species, weight)| Some((species.as_str(), weight.as_f64()?)));
            let weights: Option<Vec<(&str, f64)>> = weights.collect();
            let weights = weights.ok_or_else(|| must_be("profile", "an object of species and weight in percent"))?;
            let fault = |fault| SitesError::Profile { at, name: name.clone(), fault: Box::new(fault) };
            Some(Profile::new(weights).map_err(fault)?)
        }
        Some(_) => return Err(must_be("profile", "an object of species and weight in percent, or a name")),
    };
    let outline = match feature.geometry.map(|geometry| geometry.value) {
        Some(GeometryValue::Point { coordinates }) => point(&coordinates).map(Outline::Point),
        Some(GeometryValue::Polygon { coordinates }) => polygon(coordinates).map(|one| Outline::Polygons(vec![one])),
        Some(GeometryValue::MultiPolygon { coordinates }) => {
            coordinates.into_iter().map(polygon).collect::<Result<_, _>>().map(Outline::Polygons)
        }
        other => {
            let found = other.map_or("no geometry".to_owned(), |other| format!("a {}", other.type_name()));
            return Err(SitesError::Geometry { at, name, found });
        }
    };
    let outline = outline.map_err(|fault| SitesError::Outline { at, name: name.clone(), fault: Box::new(fault) })?;
    Ok((at, Site { name, outline, height_m, profile }))
}

fn point(position: &Position) -> Result<GeoPoint, OutlineFault> {
    match position.as_slice() {
        &[longitude_deg, latitude_deg, ..] => Ok(GeoPoint { latitude_deg, longitude_deg }),
        short => Err(OutlineFault::ShortPosition { numbers: short.len() }),
    }
}

fn polygon(rings: PolygonType) -> Result<Polygon, OutlineFault> {
    let mut rings = rings.into_iter().map(|ring| ring.iter().map(point).collect::<Result<Vec<_>, _>>());
    let outer = rings.next().ok_or(OutlineFault::NoRing)??;
    Ok(Polygon { outer, holes: rings.collect::<Result<_, _>>()? })
}
