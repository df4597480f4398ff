//! The elevation of the sun.

use crate::model::Timestamp;

/// 2000-01-01T12:00:00Z, from which astronomers count days.
const J2000_MS: i64 = 946_728_000_000;

/// Returns the elevation of the sun above the horizon in degrees, negative at night, at a place in degrees. Within 0.1 degrees from 1950
/// to 2050, without refraction.
///
/// Source: the low-precision formulas of the Astronomical Almanac, U.S. Nautical Almanac Office.
///
/// ```
/// use vocdb::trace::sun_elevation_deg;
/// // Noon of the summer solstice at the Tropic of Cancer: the sun stands overhead.
/// let noon = "2024-06-20T12:02:00Z".parse()?;
/// assert!(sun_elevation_deg(noon, 23.44, 0.0) > 89.5);
/// # Ok::<(), vocdb::model::ModelError>(())
/// ```
#[must_use]
pub fn sun_elevation_deg(time: Timestamp, latitude_deg: f64, longitude_deg: f64) -> f64 {
    let days = (time.as_ms() - J2000_MS) as f64 / 86_400_000.0;
    let mean_longitude = 280.460 + 0.985_647_4 * days;
    let anomaly = (357.528 + 0.985_600_3 * days).to_radians();
    let longitude = (mean_longitude + 1.915 * anomaly.sin() + 0.020 * (2.0 * anomaly).sin()).to_radians();
    let obliquity = (23.439 - 0.000_000_4 * days).to_radians();
    let declination = (obliquity.sin() * longitude.sin()).asin();
    let right_ascension = (obliquity.cos() * longitude.sin()).atan2(longitude.cos()).to_degrees();
    let sidereal_deg = 280.460_618_37 + 360.985_647_366_29 * days;
    let hour_angle = (sidereal_deg + longitude_deg - right_ascension).to_radians();
    let latitude = latitude_deg.to_radians();
    let sine = latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * hour_angle.cos();
    sine.clamp(-1.0, 1.0).asin().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elevations_agree_with_published_ones() {
        // Sunrise and sunset in the almanacs are at -0.833 degrees; solar noon at 90 - latitude + declination.
        let at = |time: &str, latitude, longitude| sun_elevation_deg(time.parse().unwrap(), latitude, longitude);
        assert!((at("2022-05-10T11:48:00Z", 40.596, -105.14) + 0.833).abs() < 0.5, "sunrise at Fort Collins, 5:48 MDT");
        assert!((at("2022-05-10T18:57:00Z", 40.596, -105.14) - 67.0).abs() < 0.3, "noon");
        assert!((at("2000-03-20T12:07:00Z", 0.0, 0.0) - 90.0).abs() < 0.5, "equinox at the equator");
        assert!(at("2022-12-21T00:00:00Z", 51.5, 0.0) < -60.0, "midwinter midnight in London");
    }
}
