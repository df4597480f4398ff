//! The *district hour*: the synthetic load wherever a size or a speed is quoted for 36 species at 1 Hz.
//!
//! Deterministic. 12 stations, 36 species, 3,600 rows, one a second. Per species: a log-normal AR(1) background, plume episodes that
//! decay, additive noise, rounded to 0.01 ppb. A crate of its own, so that the benches of vocdb and those against its peers measure
//! the same readings; it depends on nothing.

/// The first row's time, in milliseconds since 1970.
pub const T0_MS: i64 = 1_700_000_000_000;
/// Species of every station.
pub const SPECIES: usize = 36;
/// Stations of the district.
pub const STATIONS: usize = 12;
/// Rows of an hour, one a second.
pub const ROWS: usize = 3_600;

#[derive(Debug, Clone)]
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

/// One species at one station, value by value in ppb, without end.
///
/// ```
/// let first: Vec<f64> = vocdb_district::Species::new(0, 0).take(3).collect();
/// assert!(first.iter().all(|value| *value >= 0.0 && (value * 100.0).fract() == 0.0));
/// ```
#[derive(Debug, Clone)]
pub struct Species {
    rng: XorShift,
    base: f64,
    background: f64,
    plume: f64,
}

impl Species {
    /// The species of a number at the station of a number, both from 0.
    #[must_use]
    pub fn new(station: u64, species: u64) -> Self {
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

/// The first `rows` rows of a station, side by side: 36 values in ppb for each.
#[must_use]
pub fn station_rows(station: u64, rows: usize) -> Vec<f64> {
    let mut species: Vec<Species> = (0..SPECIES as u64).map(|species| Species::new(station, species)).collect();
    (0..rows).flat_map(|_| species.iter_mut().filter_map(Species::next).collect::<Vec<f64>>()).collect()
}
