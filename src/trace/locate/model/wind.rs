//! The wind over time, as the forward models take it.

use super::stability::StabilityMix;

/// Lowest wind speed of a forward model in m/s: below it, a cup or sonic anemometer says little, and a plume would not disperse at all.
pub(crate) const SPEED_MIN_M_S: f64 = 0.5;

/// The wind of one step of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindStep {
    /// East component of the unit vector along which the air moves.
    pub toward_east: f64,
    /// North component of the unit vector along which the air moves.
    pub toward_north: f64,
    /// Speed in m/s.
    pub speed_m_s: f64,
    /// Stability of the air.
    pub stability: StabilityMix,
}

impl WindStep {
    /// Creates a step from a speed in m/s and the direction in degrees that the wind comes from.
    #[must_use]
    pub fn new(speed_m_s: f64, from_deg: f64, stability: StabilityMix) -> Self {
        let (sin, cos) = from_deg.to_radians().sin_cos();
        Self { toward_east: -sin, toward_north: -cos, speed_m_s, stability }
    }

    /// Returns the wind between this step and the next, at a share of 0 to 1 of the way: the components of the direction and the speed
    /// are interpolated. Opposite directions have no middle: the nearer one is kept.
    pub(super) fn between(&self, next: &Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * share;
        let (east, north) = (mix(self.toward_east, next.toward_east), mix(self.toward_north, next.toward_north));
        let (length, speed_m_s) = (east.hypot(north), mix(self.speed_m_s, next.speed_m_s));
        let nearer = if share < 0.5 { self } else { next };
        if length < 1e-9 {
            return Self { speed_m_s, ..*nearer };
        }
        Self { toward_east: east / length, toward_north: north / length, speed_m_s, stability: nearer.stability }
    }

    /// Returns the step with its direction turned clockwise by an angle in degrees.
    pub(crate) fn turned(&self, by_deg: f64) -> Self {
        let (sin, cos) = by_deg.to_radians().sin_cos();
        Self {
            toward_east: self.toward_east * cos + self.toward_north * sin,
            toward_north: self.toward_north * cos - self.toward_east * sin,
            ..*self
        }
    }
}

/// The wind at equal steps of time; `None` where it was not measured.
#[derive(Debug, Clone, PartialEq)]
pub struct WindSeries {
    /// Length of a step in seconds.
    pub step_s: f64,
    /// The steps, in order of time.
    pub steps: Vec<Option<WindStep>>,
}

impl WindSeries {
    /// Returns the series with every direction turned clockwise by an angle in degrees.
    pub(crate) fn turned(&self, by_deg: f64) -> Self {
        Self {
            step_s: self.step_s,
            steps: self.steps.iter().map(|step| step.map(|wind| wind.turned(by_deg))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::locate::model::stability::Stability;

    const D: StabilityMix = StabilityMix::pure(Stability::D);

    #[test]
    fn a_north_wind_moves_air_south_and_turns_clockwise_into_an_east_wind() {
        let north = WindStep::new(2.0, 0.0, D);
        assert!(north.toward_east.abs() < 1e-12 && (north.toward_north + 1.0).abs() < 1e-12);
        let east = north.turned(90.0);
        assert!((east.toward_east + 1.0).abs() < 1e-12 && east.toward_north.abs() < 1e-12);
    }
}
