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
    pub(crate) fn between(&self, next: &Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * share;
        let (east, north) = (mix(self.toward_east, next.toward_east), mix(self.toward_north, next.toward_north));
        let length = east.hypot(north);
        let nearer = if share < 0.5 { self } else { next };
        if length < 1e-9 {
            return Self { speed_m_s: mix(self.speed_m_s, next.speed_m_s), ..*nearer };
        }
        Self {
            toward_east: east / length,
            toward_north: north / length,
            speed_m_s: mix(self.speed_m_s, next.speed_m_s),
            stability: nearer.stability,
        }
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

    /// Returns a series of `parts` steps for each of this one, interpolated towards the next step where both are known.
    pub(crate) fn refined(&self, parts: usize) -> Self {
        let parts = parts.max(1);
        let mut steps = Vec::with_capacity(self.steps.len() * parts);
        for (place, wind) in self.steps.iter().enumerate() {
            let next = self.steps.get(place + 1).copied().flatten();
            for part in 0..parts {
                let share = part as f64 / parts as f64;
                steps.push(wind.map(|wind| next.map_or(wind, |next| wind.between(&next, share))));
            }
        }
        Self { step_s: self.step_s / parts as f64, steps }
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

    #[test]
    fn the_middle_of_north_west_and_north_east_is_north() {
        let middle = WindStep::new(2.0, 315.0, D).between(&WindStep::new(4.0, 45.0, D), 0.5);
        assert!(middle.toward_east.abs() < 1e-12 && (middle.speed_m_s - 3.0).abs() < 1e-12);
        let opposite = WindStep::new(2.0, 0.0, D).between(&WindStep::new(4.0, 180.0, D), 0.5);
        assert!((opposite.toward_north - 1.0).abs() < 1e-12);
    }
}
