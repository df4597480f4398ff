//! The *district hour*: the synthetic load wherever a size or a speed is quoted for 36 species at 1 Hz.
//!
//! Deterministic. 12 stations, 36 species, 3,600 rows, one a second. Per species: a log-normal AR(1) background, plume episodes that
//! decay, additive noise, rounded to 0.01 ppb.

use super::{Load, Shape, StationRows};

/// The first row's time.
pub(crate) const T0_MS: i64 = 1_700_000_000_000;
/// Species of every station.
pub(crate) const SPECIES: usize = 36;
/// Stations of the district.
pub(crate) const STATIONS: usize = 12;
/// Rows of an hour.
const ROWS: usize = 3_600;

struct XorShift(u64);

impl XorShift {
    const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    const fn step(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn uniform(&mut self) -> f64 {
        (self.step() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal (Box-Muller, cosine branch).
    fn normal(&mut self) -> f64 {
        let u = self.uniform().max(1e-12);
        let v = self.uniform();
        (-2.0 * u.ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
    }
}

/// One species at one station, value by value, without end.
pub(crate) struct Species {
    rng: XorShift,
    base: f64,
    background: f64,
    plume: f64,
}

impl Species {
    pub(crate) fn new(station: u64, species: u64) -> Self {
        let mut rng = XorShift::new(station * 1000 + species + 1);
        let base = 0.2 + 3.0 * rng.uniform();
        Self { rng, base, background: 0.0, plume: 0.0 }
    }
}

impl Iterator for Species {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.background = 0.995 * self.background + 0.02 * self.rng.normal();
        if self.rng.uniform() < 0.0002 {
            self.plume += 10.0 * self.rng.uniform();
        }
        self.plume *= 0.998;
        let noisy_plume = self.plume * (1.0 + 0.1 * self.rng.normal());
        let value = self.base * self.background.exp() + noisy_plume + 0.02 * self.rng.normal();
        Some((value.max(0.0) * 100.0).round() / 100.0)
    }
}

/// The shape of a district of so many stations.
pub(crate) fn shape(stations: usize) -> Shape {
    let channels = (0..SPECIES).map(|species| format!("c{species:02}")).collect();
    Shape { stations, channels, interval_ms: 1_000 }
}

/// The district hour. Rows beyond the hour repeat it an hour later.
pub(crate) fn load() -> Load {
    let stations = (0..STATIONS as u64).map(|station| {
        let mut species: Vec<Species> = (0..SPECIES as u64).map(|species| Species::new(station, species)).collect();
        let mut values = Vec::with_capacity(ROWS * SPECIES);
        for _ in 0..ROWS {
            values.extend(species.iter_mut().map(Species::next));
        }
        StationRows { times_ms: (0..3_600).map(|row| T0_MS + row * 1_000).collect(), values }
    });
    Load { shape: shape(STATIONS), stations: stations.collect(), repeat_ms: super::HOUR_MS }
}
