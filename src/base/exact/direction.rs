//! Mean directions that do not depend on the order of their terms, nor on the machine's own sine.

use std::f64::consts::{FRAC_PI_2, PI};

/// One step of the fixed point that sines and cosines are counted in: 2^-40.
const SCALE: f64 = 1_099_511_627_776.0;
/// The shortest mean vector that has a direction, as a share of the longest possible one.
const RESULTANT_MIN: f64 = 1e-6;
/// Degrees of a mean are rounded to this many steps each.
const STEPS_PER_DEGREE: f64 = 1e6;

/// An order-independent, reversible vector mean of directions in degrees: each counts as an arrow of length one.
///
/// Sines and cosines come from this crate's own polynomials (only `+ - * /`, which every machine rounds alike) and are summed as integers,
/// so adding and removing in any order leaves the same bits.
///
/// ```
/// use vocdb::base::ExactDirection;
/// let mut wind = ExactDirection::default();
/// for degrees in [350.0, 20.0, 90.0] { wind.add(degrees); }
/// wind.remove(90.0);
/// assert_eq!(wind.mean(2), Some(5.0)); // the arithmetic mean would be 185
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExactDirection {
    sine: i128,
    cosine: i128,
}

impl ExactDirection {
    /// The sum of no arrows.
    pub const ZERO: Self = Self { sine: 0, cosine: 0 };

    /// Adds one direction in degrees, of any magnitude up to 1e15.
    pub fn add(&mut self, degrees: f64) {
        let (sine, cosine) = arrow(degrees);
        self.sine = self.sine.wrapping_add(sine);
        self.cosine = self.cosine.wrapping_add(cosine);
    }

    /// Takes back one direction that was added before.
    pub fn remove(&mut self, degrees: f64) {
        let (sine, cosine) = arrow(degrees);
        self.sine = self.sine.wrapping_sub(sine);
        self.cosine = self.cosine.wrapping_sub(cosine);
    }

    /// The mean direction of `count` arrows in degrees, 0 to 360 (excluded), rounded to a millionth; `None` for a count of zero, and where
    /// the arrows cancel each other to less than a millionth.
    #[must_use]
    pub fn mean(&self, count: u64) -> Option<f64> {
        let (sine, cosine) = (self.sine as f64, self.cosine as f64);
        let length = (sine * sine + cosine * cosine).sqrt();
        if count == 0 || length < RESULTANT_MIN * SCALE * count as f64 {
            return None;
        }
        let degrees = (angle(sine, cosine).to_degrees() * STEPS_PER_DEGREE).round() / STEPS_PER_DEGREE;
        let turned = if degrees < 0.0 { degrees + 360.0 } else { degrees };
        let rounded = (turned * STEPS_PER_DEGREE).round() / STEPS_PER_DEGREE;
        Some(if rounded >= 360.0 { 0.0 } else { rounded })
    }
}

/// Sine and cosine of an angle in degrees, in fixed point.
#[expect(clippy::cast_possible_truncation, reason = "magnitudes are at most 2^40")]
fn arrow(degrees: f64) -> (i128, i128) {
    let turn = if degrees.is_finite() { degrees % 360.0 } else { 0.0 };
    let quarter = (turn / 90.0).round();
    let rest = (turn - quarter * 90.0).to_radians();
    let (s, c) = (sine_of(rest), cosine_of(rest));
    let (sine, cosine) = match (quarter as i64).rem_euclid(4) {
        0 => (s, c),
        1 => (c, -s),
        2 => (-s, -c),
        _ => (-c, s),
    };
    ((sine * SCALE).round() as i128, (cosine * SCALE).round() as i128)
}

/// Taylor's series up to 45 degrees: the first term left out is below 1e-16.
fn sine_of(x: f64) -> f64 {
    let square = x * x;
    let terms = [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0];
    x * terms.into_iter().fold(1.0, |inner, n: f64| 1.0 - square / (n * (n - 1.0)) * inner)
}

fn cosine_of(x: f64) -> f64 {
    let square = x * x;
    let terms = [16.0, 14.0, 12.0, 10.0, 8.0, 6.0, 4.0, 2.0];
    terms.into_iter().fold(1.0, |inner, n: f64| 1.0 - square / (n * (n - 1.0)) * inner)
}

/// The angle of an arrow in radians, -pi to pi. Not both parts may be zero.
fn angle(sine: f64, cosine: f64) -> f64 {
    let (a, b) = (sine.abs(), cosine.abs());
    let small = if a <= b { arctangent(a / b) } else { FRAC_PI_2 - arctangent(b / a) };
    let upper = if cosine < 0.0 { PI - small } else { small };
    if sine < 0.0 { -upper } else { upper }
}

/// The arctangent of a number from 0 to 1: halved twice, then Taylor's series.
fn arctangent(x: f64) -> f64 {
    let halved = x / (1.0 + (1.0 + x * x).sqrt());
    let y = halved / (1.0 + (1.0 + halved * halved).sqrt());
    let square = y * y;
    let series = (0..14_i32).rev().fold(0.0, |inner, n| 1.0 / f64::from(2 * n + 1) - square * inner);
    4.0 * y * series
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gap(a: f64, b: f64) -> f64 {
        let d = (a - b).rem_euclid(360.0);
        d.min(360.0 - d)
    }

    proptest! {
        #[test]
        fn a_direction_alone_is_its_own_mean(degrees in -720.0_f64..720.0) {
            let mut wind = ExactDirection::default();
            wind.add(degrees);
            let mean = wind.mean(1).unwrap();
            prop_assert!((0.0..360.0).contains(&mean) && gap(mean, degrees) < 2e-6, "{mean} {degrees}");
        }

        #[test]
        fn the_mean_is_that_of_the_vectors_in_any_order(degrees in prop::collection::vec(0.0_f64..360.0, 1..60), extra in 0.0_f64..360.0) {
            let (mut forward, mut back) = (ExactDirection::default(), ExactDirection::default());
            degrees.iter().for_each(|d| forward.add(*d));
            back.add(extra);
            degrees.iter().rev().for_each(|d| back.add(*d));
            back.remove(extra);
            prop_assert_eq!(forward, back);
            let s: f64 = degrees.iter().map(|d| d.to_radians().sin()).sum();
            let c: f64 = degrees.iter().map(|d| d.to_radians().cos()).sum();
            if s.hypot(c) > 1e-3 {
                let mean = forward.mean(degrees.len() as u64).unwrap();
                prop_assert!(gap(mean, s.atan2(c).to_degrees()) < 1e-5, "{mean}");
            }
        }
    }

    #[test]
    fn opposite_winds_have_no_mean_and_north_is_zero() {
        let mut wind = ExactDirection::default();
        wind.add(350.0);
        wind.add(10.0);
        assert_eq!(wind.mean(2), Some(0.0));
        let mut wind = ExactDirection::default();
        wind.add(90.0);
        wind.add(270.0);
        assert_eq!((wind.mean(2), ExactDirection::ZERO.mean(0)), (None, None));
    }
}
