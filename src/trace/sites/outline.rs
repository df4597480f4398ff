//! Outlines of sites on the globe.

/// A point on the WGS 84 ellipsoid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoPoint {
    /// Degrees north, -90 to 90.
    pub latitude_deg: f64,
    /// Degrees east, -180 to 180.
    pub longitude_deg: f64,
}

/// A polygon: an outer ring and the holes in it.
///
/// Every ring is closed: its last point is its first. Rings may run either way round.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// Outer ring.
    pub outer: Vec<GeoPoint>,
    /// Rings of the holes.
    pub holes: Vec<Vec<GeoPoint>>,
}

/// The place of a site.
#[derive(Debug, Clone, PartialEq)]
pub enum Outline {
    /// A point, such as a stack.
    Point(GeoPoint),
    /// One area or several.
    Polygons(Vec<Polygon>),
}

impl Polygon {
    /// All rings, the outer one first.
    pub(super) fn rings(&self) -> impl Iterator<Item = &Vec<GeoPoint>> {
        std::iter::once(&self.outer).chain(&self.holes)
    }
}

impl Outline {
    /// Every point of the outline, ring by ring.
    pub fn points(&self) -> impl Iterator<Item = GeoPoint> + '_ {
        let (point, polygons): (Option<GeoPoint>, &[Polygon]) = match self {
            Self::Point(point) => (Some(*point), &[]),
            Self::Polygons(polygons) => (None, polygons),
        };
        point.into_iter().chain(polygons.iter().flat_map(Polygon::rings).flatten().copied())
    }
}
