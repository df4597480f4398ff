//! The spread of a plume: standard deviations across the wind and vertically, by distance.

use super::stability::{Stability, StabilityMix};

/// Standard deviations of a plume at a distance, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Across the wind.
    pub across_m: f64,
    /// Vertical.
    pub vertical_m: f64,
}

/// Largest vertical standard deviation: the fits of unstable air run away beyond it.
const VERTICAL_MAX_M: f64 = 5_000.0;
/// Shortest distance that the fits are asked for.
const DISTANCE_MIN_KM: f64 = 1e-6;

/// Coefficients `c` and `d` of `across = 465.11628 x tan(0.017453293 (c - d ln x))`, x in km, per class A to F.
const ACROSS: [(f64, f64); 6] =
    [(24.1670, 2.5334), (18.3330, 1.8096), (12.5000, 1.0857), (8.3330, 0.72382), (6.2500, 0.54287), (4.1667, 0.36191)];

/// Rows `(up to km, a, b)` of `vertical = a x^b`, x in km.
type Rows = &'static [(f64, f64, f64)];
const END: f64 = f64::INFINITY;
const VERTICAL: [Rows; 6] = [
    &[
        (0.10, 122.800, 0.94470),
        (0.15, 158.080, 1.05420),
        (0.20, 170.220, 1.09320),
        (0.25, 179.520, 1.12620),
        (0.30, 217.410, 1.26440),
        (0.40, 258.890, 1.40940),
        (0.50, 346.750, 1.72830),
        (3.11, 453.850, 2.11660),
    ],
    &[(0.20, 90.673, 0.93198), (0.40, 98.483, 0.98332), (END, 109.300, 1.09710)],
    &[(END, 61.141, 0.91465)],
    &[
        (0.30, 34.459, 0.86974),
        (1.00, 32.093, 0.81066),
        (3.00, 32.093, 0.64403),
        (10.0, 33.504, 0.60486),
        (30.0, 36.650, 0.56589),
        (END, 44.053, 0.51179),
    ],
    &[
        (0.10, 24.260, 0.83660),
        (0.30, 23.331, 0.81956),
        (1.00, 21.628, 0.75660),
        (2.00, 21.628, 0.63077),
        (4.00, 22.534, 0.57154),
        (10.0, 24.703, 0.50527),
        (20.0, 26.970, 0.46713),
        (40.0, 35.420, 0.37615),
        (END, 47.618, 0.29592),
    ],
    &[
        (0.20, 15.209, 0.81558),
        (0.70, 14.457, 0.78407),
        (1.00, 13.953, 0.68465),
        (2.00, 13.953, 0.63227),
        (3.00, 14.823, 0.54503),
        (7.00, 16.187, 0.46490),
        (15.0, 17.836, 0.41507),
        (30.0, 22.651, 0.32681),
        (60.0, 27.074, 0.27436),
        (END, 34.219, 0.21716),
    ],
];

impl Spread {
    /// Returns the Pasquill-Gifford spread over open country, at a distance in metres travelled.
    ///
    /// Source: US EPA, User's Guide for the Industrial Source Complex (ISC3) Dispersion Models, 1995, tables 1-1 to 1-3 (rural).
    ///
    /// ```
    /// use vocdb::trace::{Spread, Stability, StabilityMix};
    /// let spread = Spread::rural(StabilityMix::pure(Stability::D), 1_000.0);
    /// assert!((spread.across_m - 68.1).abs() < 0.5 && (spread.vertical_m - 32.1).abs() < 0.1);
    /// ```
    #[must_use]
    pub fn rural(mix: StabilityMix, distance_m: f64) -> Self {
        let (first, second) = mix.classes();
        let a = Self::of_class(first, distance_m);
        if first == second {
            return a;
        }
        let b = Self::of_class(second, distance_m);
        Self { across_m: (a.across_m + b.across_m) / 2.0, vertical_m: (a.vertical_m + b.vertical_m) / 2.0 }
    }

    fn of_class(class: Stability, distance_m: f64) -> Self {
        let km = (distance_m / 1_000.0).max(DISTANCE_MIN_KM);
        let place = class as usize;
        let (c, d) = ACROSS.get(place).copied().unwrap_or_default();
        let across_m = 465.116_28 * km * (0.017_453_293 * (c - d * km.ln())).tan();
        let row = VERTICAL.get(place).and_then(|rows| rows.iter().find(|(up_to, _, _)| km <= *up_to));
        let vertical_m = row.map_or(VERTICAL_MAX_M, |(_, a, b)| (a * km.powf(*b)).min(VERTICAL_MAX_M));
        Self { across_m, vertical_m }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plume_grows_with_distance_and_with_instability() {
        use Stability::{A, B, C, D, E, F};
        for distance in [10.0, 50.0, 150.0, 400.0, 900.0, 2_500.0, 8_000.0] {
            let spreads = [A, B, C, D, E, F].map(|class| Spread::rural(StabilityMix::pure(class), distance));
            assert!(spreads.windows(2).all(|w| w[0].across_m > w[1].across_m && w[0].vertical_m > w[1].vertical_m));
            let further = [A, B, C, D, E, F].map(|class| Spread::rural(StabilityMix::pure(class), distance * 1.3));
            assert!(spreads.iter().zip(&further).all(|(near, far)| near.across_m < far.across_m));
        }
    }
}
