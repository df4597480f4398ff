//! Outlines in metres: what lies within, how large they are, how far away.

use super::outline::{GeoPoint, Outline, Polygon};
use crate::trace::place::LocalFrame;

/// A point in metres east and north.
pub(super) type Metres = (f64, f64);

pub(super) fn to_metres(ring: &[GeoPoint], frame: &LocalFrame) -> Vec<Metres> {
    ring.iter().map(|point| frame.to_local(point.latitude_deg, point.longitude_deg)).collect()
}

impl Outline {
    /// The outline in metres of a frame.
    #[must_use]
    pub fn in_frame(&self, frame: &LocalFrame) -> LocalOutline {
        LocalOutline::new(self, frame)
    }
}

/// The outline of a site in metres of a local frame.
///
/// ```
/// use vocdb::trace::{GeoPoint, LocalFrame, Outline, Polygon};
/// let corner = |latitude_deg: f64, longitude_deg: f64| GeoPoint { latitude_deg, longitude_deg };
/// let [a, b, c, d] = [corner(31.0, 121.0), corner(31.0, 121.01), corner(31.01, 121.01), corner(31.01, 121.0)];
/// let frame = LocalFrame::new(31.0, 121.0)?;
/// let site = Outline::Polygons(vec![Polygon { outer: vec![a, b, c, d, a], holes: vec![] }]).in_frame(&frame);
/// assert!(site.contains(100.0, 100.0) && !site.contains(-100.0, 100.0));
/// assert_eq!((site.distance_m(100.0, 100.0), site.distance_m(-100.0, 100.0).round()), (0.0, 100.0));
/// assert!((site.area_m2() - 1_058_796.0).abs() < 5.0);
/// # Ok::<(), vocdb::trace::PlaceError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LocalOutline {
    /// Rings of each polygon; none for a point.
    polygons: Vec<Vec<Vec<Metres>>>,
    /// The point of a site without an area.
    point: Option<Metres>,
}

impl LocalOutline {
    pub(super) fn new(outline: &Outline, frame: &LocalFrame) -> Self {
        match outline {
            Outline::Point(at) => {
                Self { polygons: Vec::new(), point: Some(frame.to_local(at.latitude_deg, at.longitude_deg)) }
            }
            Outline::Polygons(polygons) => {
                let rings = |polygon: &Polygon| polygon.rings().map(|ring| to_metres(ring, frame)).collect();
                Self { polygons: polygons.iter().map(rings).collect(), point: None }
            }
        }
    }

    /// Whether a point lies within: in one of the polygons and in none of its holes. A point has no inside. Of two sites that share an edge,
    /// a point on the edge lies in one.
    #[must_use]
    pub fn contains(&self, east_m: f64, north_m: f64) -> bool {
        let at = (east_m, north_m);
        let is_in = |rings: &Vec<Vec<Metres>>| {
            let (outer, holes) = rings.split_first()?;
            Some(is_in_ring(outer, at) && !holes.iter().any(|hole| is_in_ring(hole, at)))
        };
        self.polygons.iter().any(|rings| is_in(rings).unwrap_or_default())
    }

    /// Area in square metres, without the holes; 0 for a point. Polygons of one site that overlap count twice.
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        let area = |rings: &Vec<Vec<Metres>>| {
            let mut areas = rings.iter().map(|ring| ring_area_m2(ring));
            let outer = areas.next().unwrap_or_default();
            outer - areas.sum::<f64>()
        };
        self.polygons.iter().map(area).sum()
    }

    /// Distance of a point in metres: 0 within, otherwise to the nearest edge, also that of a hole.
    #[must_use]
    pub fn distance_m(&self, east_m: f64, north_m: f64) -> f64 {
        let at = (east_m, north_m);
        if self.contains(east_m, north_m) {
            return 0.0;
        }
        let to_edges = self.polygons.iter().flatten().map(|ring| edge_distance_m(ring, at));
        let to_point = self.point.map(|(east, north)| (east - east_m).hypot(north - north_m));
        to_edges.chain(to_point).fold(f64::INFINITY, f64::min)
    }

    /// The point itself, or the centroid of all polygons without their holes, in metres east and north.
    #[must_use]
    pub fn centre(&self) -> (f64, f64) {
        let (mut area, mut east, mut north) = (0.0, 0.0, 0.0);
        for (place, ring) in self.polygons.iter().flat_map(|rings| (0..).zip(rings)) {
            let (ring_area, centre) = (ring_area_m2(ring), ring_centroid(ring));
            let part = if place == 0 { ring_area } else { -ring_area };
            (area, east, north) = (area + part, east + part * centre.0, north + part * centre.1);
        }
        if area > 0.0 { (east / area, north / area) } else { self.middle() }
    }

    /// The middle of the box around all points.
    fn middle(&self) -> (f64, f64) {
        let points = || self.polygons.iter().flatten().flatten().copied().chain(self.point);
        let middle = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) =
                values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
            f64::midpoint(low, high)
        };
        (middle(&mut points().map(|at| at.0)), middle(&mut points().map(|at| at.1)))
    }
}

/// Area within a closed ring, by the shoelace formula from its first point.
pub(super) fn ring_area_m2(ring: &[Metres]) -> f64 {
    let Some(&(east, north)) = ring.first() else { return 0.0 };
    let part = |(a, b): (&Metres, &Metres)| (a.0 - east) * (b.1 - north) - (b.0 - east) * (a.1 - north);
    (ring.iter().zip(ring.iter().skip(1)).map(part).sum::<f64>() / 2.0).abs()
}

/// Centroid of a closed ring; its first point if it has no area.
fn ring_centroid(ring: &[Metres]) -> Metres {
    let Some(&(east, north)) = ring.first() else { return (0.0, 0.0) };
    let (mut area, mut sum) = (0.0, (0.0, 0.0));
    for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
        // Relative to the first point, because the square of a large distance would cost digits.
        let (a, b) = ((a.0 - east, a.1 - north), (b.0 - east, b.1 - north));
        let cross = a.0 * b.1 - b.0 * a.1;
        (area, sum) = (area + cross, (sum.0 + (a.0 + b.0) * cross, sum.1 + (a.1 + b.1) * cross));
    }
    if area == 0.0 { (east, north) } else { (east + sum.0 / (3.0 * area), north + sum.1 / (3.0 * area)) }
}

/// Whether a ray to the east leaves the ring an odd number of times more often than it enters it. An edge has its lower end and lacks its upper one.
pub(super) fn is_in_ring(ring: &[Metres], (east, north): Metres) -> bool {
    let edges = ring.iter().zip(ring.iter().skip(1));
    let crossed = edges.filter(|(a, b)| {
        let spans = (a.1 > north) != (b.1 > north);
        spans && east < a.0 + (north - a.1) / (b.1 - a.1) * (b.0 - a.0)
    });
    crossed.count() % 2 == 1
}

/// Distance of a point from the nearest edge of a ring.
pub(super) fn edge_distance_m(ring: &[Metres], at: Metres) -> f64 {
    let edges = ring.iter().zip(ring.iter().skip(1));
    edges.map(|(from, to)| segment_distance_m(*from, *to, at)).fold(f64::INFINITY, f64::min)
}

fn segment_distance_m(from: Metres, to: Metres, at: Metres) -> f64 {
    let (east, north) = (to.0 - from.0, to.1 - from.1);
    let length_2 = east * east + north * north;
    let along = if length_2 > 0.0 { ((at.0 - from.0) * east + (at.1 - from.1) * north) / length_2 } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (from.0 + along * east - at.0).hypot(from.1 + along * north - at.1)
}
