//! Where a network lies, and positions far from it.

use super::frame::{great_circle_km, middle};
use std::fmt;

/// Distance from every known position beyond which a new one is doubtful, in kilometres.
const FAR_KM_MIN: f64 = 100.0;

/// Where some positions lie: their number, their middle, and how far they reach.
///
/// ```
/// use vocdb::trace::NetworkExtent;
/// let extent = NetworkExtent::of(&[(31.20, 121.50), (31.22, 121.50), (31.21, 121.52)]).unwrap();
/// assert_eq!(extent.to_string(), "3 stations within 1.3 km of 31.2100 N, 121.5067 E");
/// assert_eq!(NetworkExtent::of(&[]), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkExtent {
    /// Number of positions.
    pub stations: usize,
    /// Latitude of the middle in degrees north (WGS 84).
    pub latitude_deg: f64,
    /// Longitude of the middle in degrees east (WGS 84).
    pub longitude_deg: f64,
    /// Distance of the farthest position from the middle in kilometres.
    pub radius_km: f64,
}

impl NetworkExtent {
    /// The extent of positions, each as latitude and longitude in degrees; `None` without a position.
    #[must_use]
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let centre = middle(points)?;
        let radius_km = points.iter().map(|point| great_circle_km(centre, *point)).fold(0.0, f64::max);
        Some(Self { stations: points.len(), latitude_deg: centre.0, longitude_deg: centre.1, radius_km })
    }
}

impl fmt::Display for NetworkExtent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stations, latitude_deg, longitude_deg, radius_km } = self;
        let north = if *latitude_deg < 0.0 { 'S' } else { 'N' };
        let east = if *longitude_deg < 0.0 { 'W' } else { 'E' };
        let (latitude, longitude) = (latitude_deg.abs(), longitude_deg.abs());
        match stations {
            1 => write!(f, "1 station at {latitude:.4} {north}, {longitude:.4} {east}"),
            _ => write!(
                f,
                "{stations} stations within {radius_km:.1} km of {latitude:.4} {north}, {longitude:.4} {east}"
            ),
        }
    }
}

/// A position far from every known one.
#[derive(Debug, Clone, PartialEq)]
pub struct FarPosition {
    /// Name of the station or site.
    pub name: String,
    /// Distance from the nearest known position in kilometres.
    pub km: f64,
    /// Whether it would be near a known one with latitude and longitude swapped.
    pub is_near_swapped: bool,
}

/// The positions that are more than 100 km from every known one, in their order. Points are latitude and longitude in degrees. Without a
/// known position none is far.
///
/// ```
/// use vocdb::trace::far_positions;
/// let far = far_positions(&[(45.46, 9.19)], [("S1", (45.48, 9.20)), ("S2", (9.21, 45.47))]);
/// assert_eq!((far.len(), far[0].name.as_str(), far[0].is_near_swapped), (1, "S2", true));
/// ```
#[must_use]
pub fn far_positions<'a>(
    known: &[(f64, f64)],
    placed: impl IntoIterator<Item = (&'a str, (f64, f64))>,
) -> Vec<FarPosition> {
    let nearest_km = |at: (f64, f64)| known.iter().map(|point| great_circle_km(*point, at)).min_by(f64::total_cmp);
    let far = |(name, (latitude, longitude)): (&str, (f64, f64))| {
        let km = nearest_km((latitude, longitude)).filter(|km| *km > FAR_KM_MIN)?;
        let swapped_km = (longitude.abs() <= 90.0).then(|| nearest_km((longitude, latitude))).flatten();
        let is_near_swapped = swapped_km.is_some_and(|km| km <= FAR_KM_MIN);
        Some(FarPosition { name: name.to_owned(), km, is_near_swapped })
    };
    placed.into_iter().filter_map(far).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extent_names_the_hemispheres_and_does_not_depend_on_the_order() {
        let points = [(-33.90, -70.10), (-33.92, -70.12)];
        let extent = NetworkExtent::of(&points).unwrap();
        assert_eq!(extent.to_string(), "2 stations within 1.4 km of 33.9100 S, 70.1100 W");
        assert_eq!(NetworkExtent::of(&[points[1], points[0]]), Some(extent));
        assert_eq!(NetworkExtent::of(&points[..1]).unwrap().to_string(), "1 station at 33.9000 S, 70.1000 W");
    }

    #[test]
    fn a_position_is_far_only_from_all_known_ones_and_a_longitude_beyond_90_is_never_swapped() {
        let known = [(31.2, 121.5), (45.46, 9.19)];
        assert!(far_positions(&known, [("near", (45.0, 9.0)), ("also", (31.3, 121.4))]).is_empty());
        let far = far_positions(&known, [("a", (-33.9, 151.2)), ("b", (9.19, 45.46))]);
        let found: Vec<(&str, bool)> = far.iter().map(|one| (one.name.as_str(), one.is_near_swapped)).collect();
        assert_eq!(found, [("a", false), ("b", true)]);
        assert!(far_positions(&[], [("first", (9.19, 45.46))]).is_empty());
    }
}
