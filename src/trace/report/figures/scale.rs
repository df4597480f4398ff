//! From metres to the drawing of the map.

use crate::trace::locate::Sector;
use crate::trace::report::svg::Canvas;

/// Width of the drawing, and the ends of its height.
pub(super) const WIDTH: f64 = 720.0;
const HEIGHT_MIN: f64 = 420.0;
const HEIGHT_MAX: f64 = 720.0;
/// Margin around the places that must be seen.
const MARGIN: f64 = 56.0;
/// From metres to the drawing.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    west_m: f64,
    north_m: f64,
    per_m: f64,
    height: f64,
}

impl Scale {
    /// The scale that shows all points.
    pub(super) fn around(points: impl Iterator<Item = (f64, f64)>) -> Option<Self> {
        let finite = points.filter(|(east, north)| east.is_finite() && north.is_finite());
        let ends = finite.fold(None, |ends: Option<[f64; 4]>, (east, north)| {
            let [west, south, right, top] = ends.unwrap_or([east, north, east, north]);
            Some([west.min(east), south.min(north), right.max(east), top.max(north)])
        });
        let [west, south, east, north] = ends?;
        let (across_m, up_m) = ((east - west).max(1.0), (north - south).max(1.0));
        let (across_m, up_m) = (across_m.max(up_m * 0.2).max(20.0), up_m.max(across_m * 0.2).max(20.0));
        let room = (WIDTH - 2.0 * MARGIN, HEIGHT_MAX - 2.0 * MARGIN);
        let per_m = (room.0 / across_m).min(room.1 / up_m);
        let height = (up_m * per_m + 2.0 * MARGIN).clamp(HEIGHT_MIN, HEIGHT_MAX);
        let (middle_east, middle_north) = (f64::midpoint(west, east), f64::midpoint(south, north));
        Some(Self {
            west_m: middle_east - WIDTH / 2.0 / per_m,
            north_m: middle_north + height / 2.0 / per_m,
            per_m,
            height,
        })
    }

    /// Units of the drawing in a metre.
    pub(super) const fn per_m(&self) -> f64 {
        self.per_m
    }

    /// Height of the drawing in its units.
    pub(super) const fn height(&self) -> f64 {
        self.height
    }

    /// A place of the drawing for metres east and north.
    pub(super) fn at(&self, (east, north): (f64, f64)) -> (f64, f64) {
        ((east - self.west_m) * self.per_m, (self.north_m - north) * self.per_m)
    }

    /// Whether the drawing shows a place.
    pub(super) fn shows(&self, at: (f64, f64)) -> bool {
        let (x, y) = self.at(at);
        (0.0..=WIDTH).contains(&x) && (0.0..=self.height).contains(&y)
    }
}

/// Draws a sector of a length in units of the drawing.
pub(super) fn draw_cone(canvas: &mut Canvas, scale: &Scale, sector: &Sector, (length, class): (f64, &str)) {
    if sector.half_angle_deg >= 180.0 {
        return;
    }
    let corner = scale.at((sector.east_m, sector.north_m));
    let steps = [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0];
    let edge = steps.map(|part: f64| {
        let bearing = (sector.bearing_deg + part * sector.half_angle_deg).to_radians();
        (corner.0 + length * bearing.sin(), corner.1 - length * bearing.cos())
    });
    let points: Vec<(f64, f64)> = std::iter::once(corner).chain(edge).collect();
    canvas.polygon(&points, class);
}
