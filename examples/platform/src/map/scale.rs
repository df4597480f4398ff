//! From metres to the drawing.

/// Width of the drawing, and the ends of its height.
pub(super) const WIDTH: f64 = 720.0;
const HEIGHT_MIN: f64 = 420.0;
const HEIGHT_MAX: f64 = 640.0;
/// Margin around the places that must be seen.
const MARGIN: f64 = 60.0;
/// Least width of what is seen, in metres.
const WIDTH_M_MIN: f64 = 100.0;

/// The scale of a map: north is up, and metres are equal in all directions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    west_m: f64,
    north_m: f64,
    per_m: f64,
    height: f64,
}

impl Scale {
    /// The scale that shows all places; `None` without a place.
    pub(super) fn around(places: impl Iterator<Item = (f64, f64)>) -> Option<Self> {
        let finite = places.filter(|(east, north)| east.is_finite() && north.is_finite());
        let ends = finite.fold(None, |ends: Option<[f64; 4]>, (east, north)| {
            let [west, south, right, top] = ends.unwrap_or([east, north, east, north]);
            Some([west.min(east), south.min(north), right.max(east), top.max(north)])
        });
        let [west, south, east, north] = ends?;
        let (across_m, up_m) = ((east - west).max(WIDTH_M_MIN), (north - south).max(WIDTH_M_MIN));
        let per_m = ((WIDTH - 2.0 * MARGIN) / across_m).min((HEIGHT_MAX - 2.0 * MARGIN) / up_m);
        let height = (up_m * per_m + 2.0 * MARGIN).clamp(HEIGHT_MIN, HEIGHT_MAX).round();
        Some(Self {
            west_m: f64::midpoint(west, east) - WIDTH / 2.0 / per_m,
            north_m: f64::midpoint(south, north) + height / 2.0 / per_m,
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
    pub(super) fn shows(&self, place: (f64, f64)) -> bool {
        let (x, y) = self.at(place);
        (0.0..=WIDTH).contains(&x) && (0.0..=self.height).contains(&y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_within_the_drawing_and_metres_are_equal_in_all_directions() {
        for places in
            [vec![(0.0, 0.0)], vec![(0.0, 0.0), (9e5, 10.0)], vec![(-3.0, 5.0), (4.0, 8e4)], vec![(1.0, 1.0); 3]]
        {
            let scale = Scale::around(places.iter().copied()).unwrap();
            assert!(places.iter().all(|place| scale.shows(*place)), "{places:?} {scale:?}");
            let (x, y) = scale.at((100.0, 100.0));
            let (right, up) = (scale.at((150.0, 100.0)).0 - x, y - scale.at((100.0, 150.0)).1);
            assert!((right - up).abs() < 1e-6 * right.max(1.0), "{right} {up}");
        }
        assert!(Scale::around([(f64::NAN, 0.0)].into_iter()).is_none());
    }
}
