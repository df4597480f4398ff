//! Random numbers from a seed: the same in every run.

/// The generator `splitmix64`.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Random(u64);

impl Random {
    /// A generator for one purpose: equal seeds with different purposes give unrelated numbers.
    pub(in crate::demo) fn new(seed: u64, purpose: u64) -> Self {
        let mut random = Self(seed ^ purpose.wrapping_mul(0xD134_2543_DE82_EF95));
        let _ = random.next();
        random
    }

    /// The next 64 bits.
    pub(in crate::demo) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        b ^ (b >> 31)
    }

    /// A number from 0 up to a bound.
    pub(in crate::demo) const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number that is nearly normally distributed, with mean 0 and standard deviation 1: the sum of four uniform ones.
    pub(in crate::demo) fn normal(&mut self) -> f64 {
        let bits = self.next();
        let part = |shift: u32| ((bits >> shift) & 0xFFFF) as f64;
        // Each part has a mean of 32,767.5 and a variance of 65,536^2 / 12.
        (part(0) + part(16) + part(32) + part(48) - 131_070.0) / 37_837.2
    }
}

/// A value that forgets its past slowly: mean 0 and standard deviation 1.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Wander {
    random: Random,
    keep: f64,
    value: f64,
}

impl Wander {
    /// A value that moves once in `step_s` and forgets within about `memory_s`.
    pub(in crate::demo) fn new(mut random: Random, step_s: f64, memory_s: f64) -> Self {
        let value = random.normal();
        Self { random, keep: (-step_s / memory_s).exp(), value }
    }

    /// The next value.
    pub(in crate::demo) fn next(&mut self) -> f64 {
        self.value = self.keep * self.value + (1.0 - self.keep * self.keep).sqrt() * self.random.normal();
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut random = Random::new(7, 1);
        let values: Vec<f64> = (0..100_000).map(|_| random.normal()).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn a_wandering_value_keeps_its_variance_and_forgets() {
        let mut wander = Wander::new(Random::new(7, 2), 10.0, 600.0);
        let values: Vec<f64> = (0..200_000).map(|_| wander.next()).collect();
        let product = |lag: usize| {
            let pairs = values.iter().zip(values.iter().skip(lag));
            pairs.map(|(a, b)| a * b).sum::<f64>() / (values.len() - lag) as f64
        };
        assert!((product(0) - 1.0).abs() < 0.1, "{}", product(0));
        assert!((product(60) - (-1.0_f64).exp()).abs() < 0.1, "{}", product(60));
    }
}
