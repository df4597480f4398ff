//! Metres east and north of a reference point.

use super::error::PlaceError;

/// Semi-major axis of the WGS 84 ellipsoid in metres.
const SEMI_MAJOR_M: f64 = 6_378_137.0;
/// Flattening of the WGS 84 ellipsoid.
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Square of its first eccentricity.
const ECCENTRICITY_2: f64 = FLATTENING * (2.0 - FLATTENING);
/// Latitude up to which a reference point has a useful east and north.
const REFERENCE_LATITUDE_DEG_MAX: f64 = 89.0;
/// Distance from the centre that [`LocalFrame::around`] accepts: beyond it a position is mistyped, not far away.
const REACH_KM: f64 = 500.0;
/// Steps of the inverse. Each gains at least a factor of 3 below 89 degrees of latitude; 6 are enough elsewhere.
const INVERSE_STEPS_MAX: usize = 40;
/// Distance at which the inverse has arrived, in metres.
const INVERSE_TOLERANCE_M: f64 = 1e-7;
/// Decimal places of degrees to which the centre of [`LocalFrame::around`] is rounded (0.1 m), so that a last bit of a sine does not
/// move it.
const CENTRE_DEGREES_SCALE: f64 = 1e6;

/// A frame of metres east and north of a reference point on the WGS 84 ellipsoid.
///
/// The map is the azimuthal equidistant one: the distance of a point from the reference point is that along the ellipsoid, and its direction
/// is the azimuth there. It is computed from the exact vector between the two points (geodetic to geocentric to east-north-up coordinates:
/// Torge, *Geodesy*, 3rd ed., sections 4.1 and 6.2), whose length, a chord, is turned into the arc by the ellipsoid's radius of curvature in
/// that direction (Euler's formula).
///
/// Within 30 km of the reference point, distance and direction from it are within 2 mm of the geodesic. Distances between two points of
/// that circle are stretched by at most 4 parts in a million, which is less than 0.1 m; that is the curvature of the Earth, which no flat map
/// avoids. Heights play no part.
///
/// ```
/// use vocdb::trace::LocalFrame;
/// let frame = LocalFrame::new(40.59579, -105.13986)?;
/// let (east_m, north_m) = frame.to_local(40.59592, -105.13942);
/// assert!((east_m - 37.2).abs() < 0.1 && (north_m - 14.4).abs() < 0.1);
/// let (latitude, longitude) = frame.to_wgs84(east_m, north_m);
/// assert!((latitude - 40.59592).abs() < 1e-9 && (longitude + 105.13942).abs() < 1e-9);
/// assert!(LocalFrame::new(90.0, 0.0).is_err());
/// # Ok::<(), vocdb::trace::PlaceError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalFrame {
    latitude_deg: f64,
    longitude_deg: f64,
    sin_latitude: f64,
    cos_latitude: f64,
    /// Radius of curvature along the meridian, in metres.
    meridian_m: f64,
    /// Radius of curvature across the meridian, in metres.
    normal_m: f64,
}

impl LocalFrame {
    /// Creates the frame around a reference point in degrees north and east.
    ///
    /// # Errors
    /// [`PlaceError::Degrees`] for a point outside the globe, and [`PlaceError::Pole`] within a degree of a pole.
    pub fn new(latitude_deg: f64, longitude_deg: f64) -> Result<Self, PlaceError> {
        check_degrees(latitude_deg, longitude_deg)?;
        if latitude_deg.abs() > REFERENCE_LATITUDE_DEG_MAX {
            return Err(PlaceError::Pole { latitude_deg });
        }
        let (sin_latitude, cos_latitude) = latitude_deg.to_radians().sin_cos();
        let normal_m = normal_radius_m(sin_latitude);
        let bulge = 1.0 - ECCENTRICITY_2 * sin_latitude * sin_latitude;
        let meridian_m = normal_m * (1.0 - ECCENTRICITY_2) / bulge;
        Ok(Self { latitude_deg, longitude_deg, sin_latitude, cos_latitude, meridian_m, normal_m })
    }

    /// Creates the frame around the centre of some points, each as latitude and longitude in degrees.
    ///
    /// The centre is the mean of the points' verticals, rounded to a millionth of a degree. It does not depend on the order of the points,
    /// and points on both sides of the antimeridian are as near to each other as they are.
    ///
    /// # Errors
    /// [`PlaceError::NoPoints`] without a point, [`PlaceError::Degrees`] for one outside the globe, [`PlaceError::FarApart`] for one that is
    /// more than 500 km from the centre, and [`PlaceError::Pole`] for a centre within a degree of a pole.
    ///
    /// ```
    /// use vocdb::trace::LocalFrame;
    /// let frame = LocalFrame::around([(-17.0, 179.9), (-17.0, -179.9)])?;
    /// assert_eq!(frame.reference(), (-17.000024, 180.0));
    /// # Ok::<(), vocdb::trace::PlaceError>(())
    /// ```
    pub fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, PlaceError> {
        let mut points: Vec<(f64, f64)> = points.into_iter().collect();
        points.iter().try_for_each(|&(latitude, longitude)| check_degrees(latitude, longitude))?;
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let centre = middle(&points).ok_or(PlaceError::NoPoints)?;
        let km = |&(latitude, longitude): &(f64, f64)| great_circle_km(centre, (latitude, longitude));
        let farthest = points.iter().map(|point| (km(point), *point)).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((km, (latitude_deg, longitude_deg))) = farthest.filter(|(km, _)| *km > REACH_KM) {
            return Err(PlaceError::FarApart { latitude_deg, longitude_deg, km, reach_km: REACH_KM });
        }
        Self::new(centre.0, centre.1)
    }

    /// Returns latitude and longitude of the reference point in degrees.
    #[must_use]
    pub const fn reference(&self) -> (f64, f64) {
        (self.latitude_deg, self.longitude_deg)
    }

    /// Metres east and north of the reference point, for a latitude and longitude in degrees.
    ///
    /// Longitudes may be given with any number of whole turns. The figures of the type hold within 30 km; beyond it the direction stays right
    /// and errors grow with the cube of the distance. A number that is not finite gives NaN.
    #[must_use]
    pub fn to_local(&self, latitude_deg: f64, longitude_deg: f64) -> (f64, f64) {
        let (sin_latitude, cos_latitude) = latitude_deg.to_radians().sin_cos();
        let (sin_turn, cos_turn) = turn_deg(longitude_deg - self.longitude_deg).to_radians().sin_cos();
        let normal_m = normal_radius_m(sin_latitude);
        // The vector from the reference point, in geocentric axes turned to its meridian.
        let out = normal_m * cos_latitude * cos_turn - self.normal_m * self.cos_latitude;
        let polar = (1.0 - ECCENTRICITY_2) * (normal_m * sin_latitude - self.normal_m * self.sin_latitude);
        let east = normal_m * cos_latitude * sin_turn;
        let north = self.cos_latitude * polar - self.sin_latitude * out;
        let up = self.sin_latitude * polar + self.cos_latitude * out;
        let level = east.hypot(north);
        if level == 0.0 {
            return (0.0, 0.0);
        }
        let (sin_azimuth, cos_azimuth) = (east / level, north / level);
        let curvature = cos_azimuth * cos_azimuth / self.meridian_m + sin_azimuth * sin_azimuth / self.normal_m;
        let arc = 2.0 / curvature * (level.hypot(up) * curvature / 2.0).min(1.0).asin();
        (sin_azimuth * arc, cos_azimuth * arc)
    }

    /// Latitude and longitude in degrees, for metres east and north of the reference point: the inverse of [`LocalFrame::to_local`].
    ///
    /// The longitude is from -180, excluded, to 180.
    #[must_use]
    pub fn to_wgs84(&self, east_m: f64, north_m: f64) -> (f64, f64) {
        let (mut latitude, mut longitude) = (self.latitude_deg, self.longitude_deg);
        let (mut east_left, mut north_left) = (east_m, north_m);
        for _ in 0..INVERSE_STEPS_MAX {
            latitude = (latitude + (north_left / self.meridian_m).to_degrees()).clamp(-90.0, 90.0);
            let parallel_m = self.normal_m * latitude.to_radians().cos().max(1e-6);
            longitude += (east_left / parallel_m).to_degrees();
            let (east, north) = self.to_local(latitude, longitude);
            (east_left, north_left) = (east_m - east, north_m - north);
            if east_left.hypot(north_left) < INVERSE_TOLERANCE_M {
                break;
            }
        }
        (latitude, turn_deg(longitude))
    }
}

/// The mean of the verticals of some points, as latitude and longitude rounded to a millionth of a degree; `None` without a point.
pub(super) fn middle(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.is_empty() {
        return None;
    }
    let verticals = points.iter().map(|&(latitude, longitude)| vertical(latitude, longitude));
    let [x, y, z] = verticals.fold([0.0; 3], |[x, y, z], [dx, dy, dz]| [x + dx, y + dy, z + dz]);
    let rounded = |radians: f64| (radians.to_degrees() * CENTRE_DEGREES_SCALE).round() / CENTRE_DEGREES_SCALE;
    Some((rounded(z.atan2(x.hypot(y))), rounded(y.atan2(x))))
}

/// Refuses degrees outside the globe.
fn check_degrees(latitude_deg: f64, longitude_deg: f64) -> Result<(), PlaceError> {
    let is_on_globe = (-90.0..=90.0).contains(&latitude_deg) && (-180.0..=180.0).contains(&longitude_deg);
    if is_on_globe { Ok(()) } else { Err(PlaceError::Degrees { latitude_deg, longitude_deg }) }
}

/// Radius of curvature across the meridian in metres.
fn normal_radius_m(sin_latitude: f64) -> f64 {
    SEMI_MAJOR_M / (1.0 - ECCENTRICITY_2 * sin_latitude * sin_latitude).sqrt()
}

/// An angle as one from -180, excluded, to 180 degrees.
fn turn_deg(degrees: f64) -> f64 {
    let turned = degrees.rem_euclid(360.0);
    // An angle within the range keeps its bits.
    if degrees > -180.0 && degrees <= 180.0 {
        degrees
    } else if turned > 180.0 {
        turned - 360.0
    } else {
        turned
    }
}

/// The direction of the vertical at a point.
fn vertical(latitude_deg: f64, longitude_deg: f64) -> [f64; 3] {
    let (sin_latitude, cos_latitude) = latitude_deg.to_radians().sin_cos();
    let (sin_longitude, cos_longitude) = longitude_deg.to_radians().sin_cos();
    [cos_latitude * cos_longitude, cos_latitude * sin_longitude, sin_latitude]
}

/// Distance of two points in kilometres on a sphere: within 0.6 % of that on the ellipsoid.
pub(super) fn great_circle_km(from: (f64, f64), to: (f64, f64)) -> f64 {
    let ([ax, ay, az], [bx, by, bz]) = (vertical(from.0, from.1), vertical(to.0, to.1));
    let chord = ((ax - bx).powi(2) + (ay - by).powi(2) + (az - bz).powi(2)).sqrt();
    2.0 * 6_371.0 * (chord / 2.0).min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Distance in metres and azimuth in radians along the ellipsoid by Vincenty's inverse formula (Survey Review 23, 1975), good to 0.5 mm:
    /// it shares no step with the code under test.
    fn geodesic(from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
        let (a, f) = (SEMI_MAJOR_M, FLATTENING);
        let b = a * (1.0 - f);
        let reduced = |latitude: f64| ((1.0 - f) * latitude.to_radians().tan()).atan().sin_cos();
        let ((su1, cu1), (su2, cu2)) = (reduced(from.0), reduced(to.0));
        let l = (to.1 - from.1 + 540.0).rem_euclid(360.0) - 180.0;
        let l = l.to_radians();
        let mut lambda = l;
        loop {
            let (sl, cl) = lambda.sin_cos();
            let sin_sigma = ((cu2 * sl).powi(2) + (cu1 * su2 - su1 * cu2 * cl).powi(2)).sqrt();
            if sin_sigma == 0.0 {
                return (0.0, 0.0);
            }
            let cos_sigma = su1 * su2 + cu1 * cu2 * cl;
            let sigma = sin_sigma.atan2(cos_sigma);
            let sin_alpha = cu1 * cu2 * sl / sin_sigma;
            let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
            let cos_2sm = if cos2_alpha < 1e-15 { 0.0 } else { cos_sigma - 2.0 * su1 * su2 / cos2_alpha };
            let c = f / 16.0 * cos2_alpha * (4.0 + f * (4.0 - 3.0 * cos2_alpha));
            let term = cos_2sm + c * cos_sigma * (2.0 * cos_2sm * cos_2sm - 1.0);
            let next = l + (1.0 - c) * f * sin_alpha * (sigma + c * sin_sigma * term);
            let is_done = (next - lambda).abs() < 1e-14;
            lambda = next;
            if is_done {
                let u2 = cos2_alpha * (a * a - b * b) / (b * b);
                let big_a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
                let big_b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
                let inner = cos_sigma * (2.0 * cos_2sm * cos_2sm - 1.0)
                    - big_b / 6.0 * cos_2sm * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * cos_2sm * cos_2sm - 3.0);
                let delta = big_b * sin_sigma * (cos_2sm + big_b / 4.0 * inner);
                let (sl, cl) = lambda.sin_cos();
                return (b * big_a * (sigma - delta), (cu2 * sl).atan2(cu1 * su2 - su1 * cu2 * cl));
            }
        }
    }

    proptest! {
        #[test]
        fn distance_and_direction_within_30_km_are_those_of_the_geodesic(
            latitude in -88.0..88.0_f64, longitude in -180.0..180.0_f64, azimuth in 0.0..std::f64::consts::TAU, m in 1.0..30_000.0_f64,
        ) {
            let frame = LocalFrame::new(latitude, longitude).unwrap();
            let point = frame.to_wgs84(m * azimuth.sin(), m * azimuth.cos());
            let (east, north) = frame.to_local(point.0, point.1);
            prop_assert!((east - m * azimuth.sin()).hypot(north - m * azimuth.cos()) < 1e-6);
            let (distance, direction) = geodesic((latitude, longitude), point);
            let error = (east - distance * direction.sin()).hypot(north - distance * direction.cos());
            prop_assert!(error < 0.002, "{error} m at {m} m");
        }

        #[test]
        fn distances_between_points_within_30_km_are_right_to_a_tenth_of_a_metre(
            latitude in -70.0..70.0_f64, longitude in -180.0..180.0_f64,
            a in (0.0..std::f64::consts::TAU, 0.0..30_000.0_f64), b in (0.0..std::f64::consts::TAU, 0.0..30_000.0_f64),
        ) {
            let frame = LocalFrame::new(latitude, longitude).unwrap();
            let place = |(azimuth, m): (f64, f64)| (m * azimuth.sin(), m * azimuth.cos());
            let (a, b) = (place(a), place(b));
            let (distance, _) = geodesic(frame.to_wgs84(a.0, a.1), frame.to_wgs84(b.0, b.1));
            let error = (a.0 - b.0).hypot(a.1 - b.1) - distance;
            prop_assert!(error.abs() < 0.1 && error.abs() < 4e-6 * distance + 0.001, "{error} m over {distance} m");
        }

        #[test]
        fn the_centre_does_not_depend_on_the_order_of_the_points(
            points in prop::collection::vec((30.0..31.0_f64, 120.0..121.0_f64), 1..20).prop_shuffle(),
        ) {
            let mut sorted = points.clone();
            sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
            prop_assert_eq!(LocalFrame::around(points), LocalFrame::around(sorted));
        }
    }

    #[test]
    fn the_antimeridian_is_crossed_in_both_directions() {
        for reference in [179.999, -179.999, 180.0, -180.0] {
            let frame = LocalFrame::new(-17.0, reference).unwrap();
            let [(west, _), (east, _)] = [179.99, -179.99].map(|longitude| frame.to_local(-17.0, longitude));
            assert!((east - west - 2129.0).abs() < 2.0, "{reference}: {west} {east}");
            for (east_m, at) in [(west, 179.99), (east, -179.99)] {
                let (_, longitude) = frame.to_wgs84(east_m, 0.0);
                assert!((longitude - at).abs() < 1e-6, "{reference}: {longitude}");
            }
        }
        let frame = LocalFrame::around([(-17.0, 179.99), (-17.0, -179.99)]).unwrap();
        assert_eq!(frame.reference().1.abs(), 180.0);
    }

    #[test]
    fn points_that_no_frame_holds_are_refused() {
        assert!(matches!(LocalFrame::new(89.5, 0.0), Err(PlaceError::Pole { .. })));
        assert!(matches!(LocalFrame::new(-90.0, 0.0), Err(PlaceError::Pole { .. })));
        assert!(matches!(LocalFrame::new(121.5, 31.2), Err(PlaceError::Degrees { .. })));
        assert!(matches!(LocalFrame::new(f64::NAN, 0.0), Err(PlaceError::Degrees { .. })));
        assert!(matches!(LocalFrame::new(0.0, f64::INFINITY), Err(PlaceError::Degrees { .. })));
        assert_eq!(LocalFrame::around([]), Err(PlaceError::NoPoints));
        let swapped = LocalFrame::around([(45.1, 9.1), (45.2, 9.2), (45.0, 9.0), (9.1, 45.1)]).unwrap_err();
        assert!(matches!(swapped, PlaceError::FarApart { latitude_deg: 9.1, .. }), "{swapped}");
        assert!(LocalFrame::around([(0.0, 0.0), (0.0, 180.0)]).is_err());
    }

    #[test]
    fn a_point_far_away_or_without_a_number_ends_the_inverse() {
        let frame = LocalFrame::new(31.2, 121.5).unwrap();
        let (latitude, longitude) = frame.to_wgs84(1e12, -1e12);
        assert!((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude));
        assert!(frame.to_wgs84(f64::NAN, 0.0).1.is_nan());
        assert!(frame.to_local(f64::NAN, 0.0).0.is_nan());
    }
}
