//! The direction of a source, where its distance cannot be determined.

use super::model::WindStep;
use super::scene::{Pair, Scene};

/// Smallest half-angle in degrees: the error of a vane and of taking one wind for the district.
const HALF_ANGLE_MIN_DEG: f64 = 20.0;

/// A sector that opens upwind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sector {
    /// Corner of the sector, metres east: the station with the greatest enhancement.
    pub east_m: f64,
    /// Corner of the sector, metres north.
    pub north_m: f64,
    /// Direction of its middle in degrees clockwise from north.
    pub bearing_deg: f64,
    /// Angle on each side of the middle in degrees.
    pub half_angle_deg: f64,
}

impl Sector {
    /// Whether a point in local metres lies in the sector.
    #[must_use]
    pub fn holds(&self, east_m: f64, north_m: f64) -> bool {
        let bearing = (east_m - self.east_m).atan2(north_m - self.north_m).to_degrees();
        let difference = (bearing - self.bearing_deg + 540.0).rem_euclid(360.0) - 180.0;
        difference.abs() <= self.half_angle_deg
    }

    /// Returns the sector upwind of the receptor with the greatest sum of enhancements, weighted by them; `None` without an enhancement.
    pub(super) fn upwind(scene: &Scene, pairs: &[Pair]) -> Option<Self> {
        let mut sums = vec![0.0; scene.receptors.len()];
        for pair in pairs {
            *sums.get_mut(pair.receptor)? += pair.enhancement;
        }
        let (strongest, weight) = (0..).zip(sums).max_by(|(_, a), (_, b): &(usize, f64)| a.total_cmp(b))?;
        if weight <= 0.0 {
            return None;
        }
        let (mut toward_east, mut toward_north) = (0.0, 0.0);
        for pair in pairs.iter().filter(|pair| pair.receptor == strongest) {
            let (east, north) = mean_direction(winds(scene, pair));
            toward_east += pair.enhancement * east;
            toward_north += pair.enhancement * north;
        }
        let receptor = scene.receptors.get(strongest)?;
        let steadiness = (toward_east.hypot(toward_north) / weight).clamp(1e-6, 1.0);
        // The standard deviation of directions from the length of their mean vector (Mardia 1972).
        let spread_deg = (-2.0 * steadiness.ln()).sqrt().to_degrees();
        Some(Self {
            east_m: receptor.east_m,
            north_m: receptor.north_m,
            bearing_deg: (-toward_east).atan2(-toward_north).to_degrees().rem_euclid(360.0),
            half_angle_deg: (HALF_ANGLE_MIN_DEG + spread_deg).min(180.0),
        })
    }
}

/// The winds during a pair's block.
pub(super) fn winds<'a>(scene: &'a Scene, pair: &Pair) -> impl Iterator<Item = &'a WindStep> {
    let steps = scene.blocks.get(pair.block).map(|block| block.steps.clone()).unwrap_or_default();
    scene.wind.steps.get(steps).unwrap_or_default().iter().flatten()
}

/// The mean of the unit vectors along which the air moves.
fn mean_direction<'a>(winds: impl Iterator<Item = &'a WindStep>) -> (f64, f64) {
    let (mut count, mut east, mut north) = (0.0, 0.0, 0.0);
    for wind in winds {
        count += 1.0;
        east += wind.toward_east;
        north += wind.toward_north;
    }
    if count > 0.0 { (east / count, north / count) } else { (0.0, 0.0) }
}
