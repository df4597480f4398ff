//! Atmospheric stability: how strongly the air mixes.

/// A Pasquill stability class: `A` mixes most, `F` least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stability {
    /// Very unstable: light wind under a high sun.
    A,
    /// Unstable.
    B,
    /// Slightly unstable.
    C,
    /// Neutral: strong wind or an overcast sky.
    D,
    /// Slightly stable.
    E,
    /// Stable: a calm, clear night.
    F,
}

/// One class, or two neighbouring classes whose spreads are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StabilityMix {
    first: Stability,
    second: Stability,
}

/// Sun elevations in degrees above which insolation is slight, moderate and strong (Turner 1970).
const INSOLATION_FROM_DEG: [f64; 3] = [0.0, 35.0, 60.0];

impl StabilityMix {
    /// Creates a mix of one class.
    #[must_use]
    pub const fn pure(class: Stability) -> Self {
        Self { first: class, second: class }
    }

    /// Creates a mix of two classes in equal parts.
    #[must_use]
    pub const fn of(first: Stability, second: Stability) -> Self {
        Self { first, second }
    }

    /// Returns the two classes; they are equal in a pure mix.
    #[must_use]
    pub const fn classes(self) -> (Stability, Stability) {
        (self.first, self.second)
    }

    /// Returns the class of Pasquill's table for a wind speed in m/s and the elevation of the sun in degrees (negative at night).
    ///
    /// The sky is taken as clear: cloud cover is rarely measured at a station, and the spread of the plume is estimated from the
    /// readings anyway. Source: D. B. Turner, Workbook of Atmospheric Dispersion Estimates, 1970, table 3-1.
    ///
    /// ```
    /// use vocdb::trace::{Stability, StabilityMix};
    /// assert_eq!(StabilityMix::from_sun(1.0, 70.0), StabilityMix::pure(Stability::A));
    /// assert_eq!(StabilityMix::from_sun(1.0, -10.0), StabilityMix::of(Stability::E, Stability::F));
    /// ```
    #[must_use]
    pub fn from_sun(speed_m_s: f64, sun_elevation_deg: f64) -> Self {
        use Stability::{A, B, C, D, E, F};
        let [slight, moderate, strong] = INSOLATION_FROM_DEG;
        let row = if speed_m_s < 2.0 {
            [Self::of(E, F), Self::pure(B), Self::of(A, B), Self::pure(A)]
        } else if speed_m_s < 3.0 {
            [Self::of(E, F), Self::pure(C), Self::pure(B), Self::of(A, B)]
        } else if speed_m_s < 5.0 {
            [Self::of(D, E), Self::pure(C), Self::of(B, C), Self::pure(B)]
        } else if speed_m_s < 6.0 {
            [Self::pure(D), Self::pure(D), Self::of(C, D), Self::pure(C)]
        } else {
            [Self::pure(D), Self::pure(D), Self::pure(D), Self::pure(C)]
        };
        let [night, low, middle, high] = row;
        if sun_elevation_deg < slight {
            night
        } else if sun_elevation_deg < moderate {
            low
        } else if sun_elevation_deg < strong {
            middle
        } else {
            high
        }
    }

    /// Returns the class of an Obukhov length in metres, which a sonic anemometer gives; negative lengths are unstable.
    ///
    /// Source: D. Golder, Boundary-Layer Meteorology 3 (1972) 47-58, for a roughness length of 3 to 10 cm.
    #[must_use]
    pub fn from_obukhov(length_m: f64) -> Self {
        use Stability::{A, B, C, D, E, F};
        let classes = [(-1.0 / 10.0, A), (-1.0 / 20.0, B), (-1.0 / 100.0, C), (1.0 / 100.0, D), (1.0 / 30.0, E)];
        let inverse = if length_m == 0.0 { 0.0 } else { 1.0 / length_m };
        let class = classes.iter().find(|(upper, _)| inverse < *upper).map_or(F, |(_, class)| *class);
        Self::pure(class)
    }
}

/// Exponents of the wind profile over open country per class A to F (US EPA, ISC3 User's Guide, 1995, table 3-2).
const PROFILE_EXPONENTS: [f64; 6] = [0.07, 0.07, 0.10, 0.15, 0.35, 0.55];

impl StabilityMix {
    /// Returns the exponent `p` of the wind profile `u(z) = u(z0) (z / z0)^p`.
    pub(crate) fn profile_exponent(self) -> f64 {
        let of = |class: Stability| PROFILE_EXPONENTS.get(class as usize).copied().unwrap_or_default();
        (of(self.first) + of(self.second)) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_wind_is_never_less_neutral_at_night() {
        let classes: Vec<StabilityMix> = (1..10).map(|u| StabilityMix::from_sun(f64::from(u), -5.0)).collect();
        assert!(classes.windows(2).all(|pair| pair[1] <= pair[0]), "{classes:?}");
    }

    #[test]
    fn obukhov_lengths_go_from_unstable_over_neutral_to_stable() {
        let of = |l| StabilityMix::from_obukhov(l).classes().0;
        assert_eq!(
            [of(-5.0), of(-15.0), of(-50.0), of(-500.0)],
            [Stability::A, Stability::B, Stability::C, Stability::D]
        );
        assert_eq!(
            [of(f64::INFINITY), of(500.0), of(50.0), of(10.0)],
            [Stability::D, Stability::D, Stability::E, Stability::F]
        );
    }
}
