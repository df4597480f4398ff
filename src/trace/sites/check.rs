//! What a sound outline is.

use super::fault::OutlineFault;
use super::local::{LocalOutline, Metres, edge_distance_m, is_in_ring, ring_area_m2, to_metres};
use super::outline::{Outline, Polygon};
use crate::trace::place::LocalFrame;

/// Positions that the outline of one site may have: crossings are looked for in pairs of edges.
const POSITIONS_MAX: usize = 20_000;
/// Distance below which a point lies on an edge, in metres: parcels that share an edge may have rounded its points.
const TOUCH_M: f64 = 0.001;
/// Positions of the smallest closed ring: a triangle and its first corner again.
const RING_POSITIONS_MIN: usize = 4;

impl Outline {
    /// Checks that the outline surrounds an area that can be measured; a point only has to lie on the globe.
    ///
    /// Rings must be closed, have at least 4 positions and an area, and must not cross themselves or each other; they may touch. Holes must
    /// lie within their outer ring. All points must lie within 500 km of the middle.
    ///
    /// # Errors
    /// [`OutlineFault`] names the polygon and the ring, or the place.
    ///
    /// ```
    /// use vocdb::trace::{GeoPoint, Outline, Polygon};
    /// let corner = |latitude_deg: f64, longitude_deg: f64| GeoPoint { latitude_deg, longitude_deg };
    /// let [a, b, c, d] = [corner(31.0, 121.0), corner(31.0, 121.1), corner(31.1, 121.1), corner(31.1, 121.0)];
    /// let ring = |outer: Vec<GeoPoint>| Outline::Polygons(vec![Polygon { outer, holes: vec![] }]);
    /// assert!(ring(vec![a, b, c, d, a]).check().is_ok());
    /// assert!(ring(vec![a, c, b, d, a]).check().unwrap_err().to_string().contains("edges cross"));
    /// assert!(ring(vec![a, b, c, d]).check().unwrap_err().to_string().contains("not closed"));
    /// ```
    pub fn check(&self) -> Result<(), OutlineFault> {
        let positions = self.points().count();
        if positions > POSITIONS_MAX {
            return Err(OutlineFault::TooManyPositions { positions, max: POSITIONS_MAX });
        }
        let frame = LocalFrame::around(self.points().map(|point| (point.latitude_deg, point.longitude_deg)));
        let Self::Polygons(polygons) = self else { return frame.map(drop).map_err(OutlineFault::Place) };
        if polygons.iter().all(|polygon| polygon.outer.is_empty()) {
            return Err(OutlineFault::NoRing);
        }
        let frame = frame?;
        polygons.iter().zip(1..).try_for_each(|(polygon, number)| check_rings(polygon, number))?;
        let rings = polygons.iter().flat_map(Polygon::rings).map(|ring| to_metres(ring, &frame));
        if let Some((east_m, north_m)) = find_crossing(&rings.collect::<Vec<_>>()) {
            let (latitude_deg, longitude_deg) = frame.to_wgs84(east_m, north_m);
            return Err(OutlineFault::Crossing { latitude_deg, longitude_deg });
        }
        polygons.iter().zip(1..).try_for_each(|(polygon, number)| check_areas(polygon, number, &frame))
    }
}

fn check_rings(polygon: &Polygon, number: usize) -> Result<(), OutlineFault> {
    for (ring, of_polygon) in polygon.rings().zip(1..) {
        if ring.first() != ring.last() {
            return Err(OutlineFault::Unclosed { polygon: number, ring: of_polygon });
        }
        if ring.len() < RING_POSITIONS_MIN {
            let positions = ring.len();
            return Err(OutlineFault::TooFewPositions { polygon: number, ring: of_polygon, positions });
        }
    }
    Ok(())
}

fn check_areas(polygon: &Polygon, number: usize, frame: &LocalFrame) -> Result<(), OutlineFault> {
    for (ring, of_polygon) in polygon.rings().zip(1..) {
        if ring_area_m2(&to_metres(ring, frame)) < TOUCH_M * TOUCH_M {
            return Err(OutlineFault::NoArea { polygon: number, ring: of_polygon });
        }
    }
    let outer = to_metres(&polygon.outer, frame);
    for (hole, of_polygon) in polygon.holes.iter().zip(2..) {
        // No edges cross, so that one point off the outer ring decides for the whole hole.
        let hole = to_metres(hole, frame);
        let decides = hole.iter().find(|point| edge_distance_m(&outer, **point) > TOUCH_M);
        if decides.is_some_and(|point| !is_in_ring(&outer, *point)) {
            return Err(OutlineFault::HoleOutside { polygon: number, ring: of_polygon });
        }
    }
    let whole = LocalOutline::new(&Outline::Polygons(vec![polygon.clone()]), frame);
    if whole.area_m2() < TOUCH_M * TOUCH_M {
        return Err(OutlineFault::NothingLeft { polygon: number });
    }
    Ok(())
}

/// An end of one of two edges that cross, if any do. Edges that only touch do not.
fn find_crossing(rings: &[Vec<Metres>]) -> Option<Metres> {
    let edges_of = |ring: &Vec<Metres>| ring.iter().copied().zip(ring.iter().skip(1).copied()).collect::<Vec<_>>();
    let mut edges: Vec<(Metres, Metres)> = rings.iter().flat_map(edges_of).collect();
    let west = |edge: &(Metres, Metres)| edge.0.0.min(edge.1.0);
    edges.sort_by(|a, b| west(a).total_cmp(&west(b)));
    edges.iter().enumerate().find_map(|(place, edge)| {
        let east = edge.0.0.max(edge.1.0);
        let mut near = edges.iter().skip(place + 1).take_while(|other| west(other) <= east);
        near.any(|other| cross(*edge, *other)).then_some(edge.0)
    })
}

fn cross(a: (Metres, Metres), b: (Metres, Metres)) -> bool {
    let is_beside = a.0.1.max(a.1.1) < b.0.1.min(b.1.1) || b.0.1.max(b.1.1) < a.0.1.min(a.1.1);
    !is_beside && parts(a, b) && parts(b, a)
}

/// Whether the ends of an edge lie on different sides of the line through another.
fn parts((from, to): (Metres, Metres), other: (Metres, Metres)) -> bool {
    let (east, north) = (to.0 - from.0, to.1 - from.1);
    let length = east.hypot(north);
    let side = |point: Metres| (east * (point.1 - from.1) - north * (point.0 - from.0)) / length;
    let (first, second) = (side(other.0), side(other.1));
    (first > TOUCH_M && second < -TOUCH_M) || (first < -TOUCH_M && second > TOUCH_M)
}
