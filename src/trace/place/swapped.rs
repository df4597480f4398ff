//! Positions whose latitude and longitude were swapped, though both numbers fit the globe.

use super::frame::great_circle_km;

/// Distance from the other points beyond which a position may be swapped, in kilometres.
const SWAPPED_KM_MIN: f64 = 500.0;
/// Distance from the other points up to which the swapped position would be right, in kilometres.
const SWAPPED_KM_NEAR: f64 = 200.0;

/// Place and distance in kilometres of the first point (latitude, longitude) that is far from the others, and would be near them if it were
/// swapped. Of two points nobody can say which one is wrong.
pub(in crate::trace) fn find_swapped(points: &[(f64, f64)]) -> Option<(usize, f64)> {
    if points.len() < 3 {
        return None;
    }
    let middle = (median(points.iter().map(|at| at.0)), median(points.iter().map(|at| at.1)));
    points.iter().enumerate().find_map(|(place, &(latitude, longitude))| {
        let km = great_circle_km(middle, (latitude, longitude));
        let could_swap = km > SWAPPED_KM_MIN && longitude.abs() <= 90.0;
        let is_swapped = could_swap && great_circle_km(middle, (longitude, latitude)) < SWAPPED_KM_NEAR;
        is_swapped.then_some((place, km))
    })
}

/// The lower median; zero of nothing.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}
