//! Whether a station rises above its background by more than its noise.

use super::enhance::BACKGROUND_QUANTILE;
use crate::base::sorted::{Sorted, around_each};
use std::ops::Range;

/// Distance between that quantile and the mean of normally distributed noise, in standard deviations.
const BACKGROUND_SIGMAS: f64 = 1.2816;
/// Quantile of the lower tail, and its distance from the mean in standard deviations.
const TAIL_QUANTILE: f64 = 0.02;
const TAIL_SIGMAS: f64 = 2.0537;
/// Median of the absolute value of normally distributed noise in standard deviations.
const MEDIAN_SIGMAS: f64 = 0.6745;
/// Readings that an estimate of the noise needs.
const NOISE_READINGS_MIN: usize = 30;
/// Standard errors by which the mean of a block must exceed its background: of 10,000 blocks of noise, none does by chance.
const ERRORS_MIN: f64 = 5.0;

/// Share of the smallest change of a series by which a block must exceed its background as well, and what a block of one reading adds to it:
/// single steps of a coarse instrument are no rise.
const RESOLUTION_SHARE: f64 = 0.5;
const RESOLUTION_SHARE_ALONE: f64 = 0.75;

/// The heights of a series above its background, and the size of its noise.
#[derive(Debug)]
pub(super) struct Rise {
    /// Height of each reading above the 10 % quantile around it.
    above: Vec<Option<f64>>,
    noise: Noise,
}

/// The noise of a series without plumes. All zero for too few readings.
#[derive(Debug, Clone, Copy, Default)]
struct Noise {
    /// Standard deviation.
    sigma: f64,
    /// Smallest change between consecutive readings that differ.
    resolution: f64,
}

impl Rise {
    /// Computes the heights and the noise of a series of equal steps.
    pub(super) fn new(readings: &[Option<f64>], half_window: usize) -> Self {
        let above = |value: f64, around: &Sorted| Some(value - around.quantile(BACKGROUND_QUANTILE)?);
        let above = around_each(readings, half_window, above);
        Self { above, noise: Noise::of(readings) }
    }

    /// Takes enhancements whose noise is unknown as they are.
    pub(super) fn without_noise(above: Vec<Option<f64>>) -> Self {
        Self { above, noise: Noise::default() }
    }

    /// Whether the mean height over some steps is more than noise.
    pub(super) fn is_raised(&self, steps: Range<usize>) -> bool {
        let known: Vec<f64> = self.above.get(steps).unwrap_or_default().iter().flatten().copied().collect();
        let count = known.len() as f64;
        let Noise { sigma, resolution } = self.noise;
        let steps = (RESOLUTION_SHARE + RESOLUTION_SHARE_ALONE / count) * resolution;
        let needed = BACKGROUND_SIGMAS * sigma + ERRORS_MIN * sigma / count.sqrt() + steps;
        !known.is_empty() && known.iter().sum::<f64>() / count > needed
    }
}

impl Noise {
    /// Estimates the noise: the greater of two estimates that a plume leaves alone, one from the median difference between consecutive readings,
    /// one from the lower tail of all readings, which a slow drift widens.
    fn of(readings: &[Option<f64>]) -> Self {
        let known: Vec<f64> = readings.iter().flatten().copied().filter(|value| value.is_finite()).collect();
        if known.len() < NOISE_READINGS_MIN {
            return Self::default();
        }
        let quantiles = |values: &mut dyn Iterator<Item = f64>, shares: [f64; 2]| {
            let mut sorted = Sorted::default();
            values.for_each(|value| sorted.insert(value));
            shares.map(|share| sorted.quantile(share).unwrap_or_default())
        };
        let changes = || known.iter().zip(known.iter().skip(1)).map(|(a, b)| (b - a).abs());
        let [change, _] = quantiles(&mut changes(), [0.5, 0.5]);
        let [tail, background] = quantiles(&mut known.iter().copied(), [TAIL_QUANTILE, BACKGROUND_QUANTILE]);
        let by_changes = change / (MEDIAN_SIGMAS * std::f64::consts::SQRT_2);
        let by_tail = (background - tail) / (TAIL_SIGMAS - BACKGROUND_SIGMAS);
        let smallest = changes().filter(|change| *change > 0.0).fold(f64::INFINITY, f64::min);
        Self { sigma: by_changes.max(by_tail), resolution: if smallest.is_finite() { smallest } else { 0.0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are nearly normally distributed, with a standard deviation of 1.
    fn noise_of(seed: u64, count: usize) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..count).map(|_| (0..12).map(|_| next()).sum::<f64>() - 6.0).collect()
    }

    fn raised_blocks(readings: &[f64], steps: usize) -> usize {
        let readings: Vec<Option<f64>> = readings.iter().copied().map(Some).collect();
        let rise = Rise::new(&readings, 60);
        (0..readings.len()).step_by(steps).filter(|start| rise.is_raised(*start..start + steps)).count()
    }

    #[test]
    fn noise_of_any_size_and_resolution_and_slow_drift_raise_no_block() {
        for seed in 1..=40 {
            let noise = noise_of(seed, 360);
            for scale in [0.02, 0.3] {
                let of = |change: &dyn Fn(usize, f64) -> f64| {
                    let values: Vec<f64> = noise.iter().enumerate().map(|(place, one)| change(place, *one)).collect();
                    [1, 5, 10].map(|steps| raised_blocks(&values, steps)).iter().sum::<usize>()
                };
                assert_eq!(of(&|_, one| 1.0 + scale * one), 0, "seed {seed}");
                assert_eq!(of(&|_, one| ((1.0 + scale * one) / 0.1).round() * 0.1), 0, "seed {seed}, tenths");
                let drift = |place: usize| scale * (place as f64 / 60.0).sin();
                assert_eq!(of(&|place, one| 1.0 + drift(place) + scale * one), 0, "seed {seed}, drift");
            }
        }
    }

    #[test]
    fn a_plume_of_twice_the_noise_raises_its_blocks_also_where_it_lasts_for_hours() {
        for minutes in [20, 60, 150] {
            let mut readings: Vec<f64> = noise_of(7, 360).iter().map(|one| 1.0 + 0.1 * one).collect();
            readings.iter_mut().skip(150).take(minutes).for_each(|value| *value += 1.0);
            let raised = raised_blocks(&readings, 5);
            assert!(raised > 0 && raised <= minutes / 5, "{minutes} minutes: {raised} blocks");
        }
    }

    #[test]
    fn a_plume_that_a_coarse_instrument_shows_as_one_step_is_a_rise() {
        let mut readings = vec![2.0; 120];
        readings[40..60].fill(52.0);
        assert_eq!(raised_blocks(&readings, 5), 4);
        let mut flicker = vec![2.0; 120];
        (0..120).step_by(9).for_each(|place| flicker[place] = 3.0);
        assert_eq!(raised_blocks(&flicker, 5), 0);
    }

    #[test]
    fn few_readings_rise_wherever_they_exceed_their_background() {
        assert_eq!(raised_blocks(&[1.0, 1.0, 2.0, 1.0, 1.0, 1.0], 1), 1);
        assert_eq!(raised_blocks(&[1.0; 100], 5), 0);
    }
}
