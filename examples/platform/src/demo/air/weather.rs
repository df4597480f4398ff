//! The wind over the park, by time.

use super::STEP_S;
use super::random::{Random, Wander};

/// Hours since the start, direction that the wind comes from in degrees, and speed in m/s. Directions run on past 360.
const COURSE: [(f64, f64, f64); 9] = [
    (0.0, 128.0, 2.4),
    (1.0, 140.0, 2.2),
    (3.0, 188.0, 1.9),
    (5.0, 232.0, 1.7),
    (8.0, 262.0, 1.5),
    (11.0, 318.0, 2.2),
    (14.0, 395.0, 3.2),
    (18.0, 455.0, 3.8),
    (24.0, 480.0, 3.0),
];
/// Standard deviation of the slow swing around the course, in degrees, and its memory.
const SWING_DEG: f64 = 9.0;
const SWING_MEMORY_S: f64 = 600.0;
/// Standard deviation of the speed, as a share, and its memory.
const GUST_SHARE: f64 = 0.12;
const GUST_MEMORY_S: f64 = 300.0;

/// The wind of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::demo) struct Wind {
    /// Direction that it comes from, in degrees.
    pub(in crate::demo) from_deg: f64,
    /// Speed in m/s.
    pub(in crate::demo) speed_m_s: f64,
    /// How the air mixes.
    pub(in crate::demo) mixing: Mixing,
}

impl Wind {
    /// Speeds towards east and north in m/s.
    pub(in crate::demo) fn toward(&self) -> (f64, f64) {
        let (sin, cos) = self.from_deg.to_radians().sin_cos();
        (-self.speed_m_s * sin, -self.speed_m_s * cos)
    }
}

/// The mixing of the air, from strong to weak: the classes B to F.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Mixing {
    /// Class B: a sunny noon.
    Strong,
    /// Class C: a sunny morning or afternoon.
    Fair,
    /// Class D: wind.
    Neutral,
    /// Class E: a night with a little wind.
    Weak,
    /// Class F: a calm night.
    Poor,
}

impl Mixing {
    /// The mixing at a local hour of the day and a wind speed.
    fn at(hour: f64, speed_m_s: f64) -> Self {
        match hour {
            6.0..9.0 | 15.0..18.5 => Self::Fair,
            9.0..15.0 => Self::Strong,
            _ if speed_m_s < 1.6 => Self::Poor,
            _ if speed_m_s < 3.0 => Self::Weak,
            _ => Self::Neutral,
        }
    }

    /// The spread of a plume across the wind and upwards in metres, after it has travelled so far over open country: Briggs 1973.
    pub(in crate::demo) fn spread_m(self, travelled_m: f64) -> (f64, f64) {
        let x = travelled_m;
        let across = |a: f64| a * x / (1.0 + 1e-4 * x).sqrt();
        match self {
            Self::Strong => (across(0.16), 0.12 * x),
            Self::Fair => (across(0.11), 0.08 * x / (1.0 + 2e-4 * x).sqrt()),
            Self::Neutral => (across(0.08), 0.06 * x / (1.0 + 1.5e-3 * x).sqrt()),
            Self::Weak => (across(0.06), 0.03 * x / (1.0 + 3e-4 * x)),
            Self::Poor => (across(0.04), 0.016 * x / (1.0 + 3e-4 * x)),
        }
    }
}

/// The wind of every step of the demo.
#[derive(Debug)]
pub(in crate::demo) struct Weather {
    swing: Wander,
    gust: Wander,
    start_hour: f64,
    step: i64,
}

impl Weather {
    /// The weather from a local hour of the day on.
    pub(in crate::demo) fn new(seed: u64, start_hour: f64) -> Self {
        let swing = Wander::new(Random::new(seed, 11), STEP_S as f64, SWING_MEMORY_S);
        let gust = Wander::new(Random::new(seed, 12), STEP_S as f64, GUST_MEMORY_S);
        Self { swing, gust, start_hour, step: 0 }
    }

    /// The wind of the next step.
    pub(in crate::demo) fn next(&mut self) -> Wind {
        let hours = (self.step * STEP_S) as f64 / 3_600.0;
        self.step += 1;
        let (from_deg, speed) = course(hours);
        let from_deg = (from_deg + SWING_DEG * self.swing.next()).rem_euclid(360.0);
        let speed_m_s = speed * (1.0 + GUST_SHARE * self.gust.next()).max(0.3);
        let mixing = Mixing::at((self.start_hour + hours).rem_euclid(24.0), speed);
        Wind { from_deg, speed_m_s, mixing }
    }
}

/// Direction and speed of the course at so many hours since the start.
fn course(hours: f64) -> (f64, f64) {
    let mut before = (0.0, 128.0, 2.4);
    for point in COURSE {
        if point.0 >= hours {
            let share = if point.0 > before.0 { (hours - before.0) / (point.0 - before.0) } else { 0.0 };
            let between = |a: f64, b: f64| a + share * (b - a);
            return (between(before.1, point.1), between(before.2, point.2));
        }
        before = point;
    }
    (before.1, before.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wind_turns_along_its_course() {
        assert_eq!(course(0.0), (128.0, 2.4));
        assert_eq!(course(2.0), (164.0, 2.05));
        assert_eq!(course(30.0), (480.0, 3.0));
        let wind = Wind { from_deg: 90.0, speed_m_s: 2.0, mixing: Mixing::Weak };
        assert!((wind.toward().0 + 2.0).abs() < 1e-9 && wind.toward().1.abs() < 1e-9);
    }
}
