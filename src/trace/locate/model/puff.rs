//! The Gaussian puff: the source releases puffs that drift with the wind and grow with the distance travelled.

use super::super::grid::{Grid, whole};
use super::cloud::{Cloud, Drift};
use super::shape::{PROFILE_TOP_M, PlumeShape};
use super::wind::{WindSeries, WindStep};
use super::{Forward, Receptor};
use std::ops::Range;

/// The path of a puff after its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PuffPath {
    /// The puff follows the wind as it changes.
    Following,
    /// The puff keeps the wind of the moment of its release, and moves in a straight line.
    Straight,
}

/// Parameters of the puff model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Puff {
    /// Path of a puff after its release.
    pub path: PuffPath,
    /// Age in seconds at which a puff is dropped.
    pub age_max_s: f64,
    /// Factor on both spreads.
    pub spread_scale: f64,
    /// Height of the source above ground in metres.
    pub source_height_m: f64,
    /// Initial spread across the wind in metres.
    pub blur_m: f64,
    /// Lowest wind speed in m/s: slower air is taken to move at this speed.
    pub speed_min_m_s: f64,
}

/// A puff model in a wind: one puff for each step of the wind.
#[derive(Debug)]
pub(crate) struct Puffs<'a> {
    wind: &'a WindSeries,
    puff: Puff,
}

impl<'a> Puffs<'a> {
    pub(crate) const fn new(wind: &'a WindSeries, puff: Puff) -> Self {
        Self { wind, puff }
    }

    /// The way of the puff that was released one step before the one with the way `drift`, `age` steps ago.
    fn drifted(&self, drift: Drift, wind: &WindStep, age: usize) -> Drift {
        let by_m = wind.speed_m_s.max(self.puff.speed_min_m_s) * self.wind.step_s;
        match self.puff.path {
            PuffPath::Following => drift.moved(wind, by_m),
            PuffPath::Straight => Drift::default().moved(wind, by_m * age as f64),
        }
    }

    fn shape(&self) -> PlumeShape {
        let Puff { spread_scale, source_height_m, blur_m, .. } = self.puff;
        // A mast at the top of the profile: the wind is the same at every height.
        let mast_height_m = PROFILE_TOP_M;
        PlumeShape { spread_scale, source_height_m, blur_m, mast_height_m, reach_m: 0.0, network_m: 0.0 }
    }
}

impl Forward for Puffs<'_> {
    fn add(&self, receptor: &Receptor, steps: Range<usize>, grid: &Grid, sums: &mut [f32]) -> usize {
        let ages = whole(self.puff.age_max_s / self.wind.step_s);
        let shape = self.shape();
        let mut count = 0;
        for now in steps {
            if self.wind.steps.get(now).copied().flatten().is_none() {
                continue;
            }
            count += 1;
            let mut drift = Drift::default();
            for age in 0..ages {
                let Some(wind) = now.checked_sub(age).and_then(|then| self.wind.steps.get(then).copied().flatten())
                else {
                    break;
                };
                drift = self.drifted(drift, &wind, age);
                if drift.is_near(shape, receptor, grid) {
                    Cloud::new(shape, wind.stability, drift, self.wind.step_s).add(receptor, grid, sums);
                }
            }
        }
        count
    }
}

/// Returns the concentration at a receptor for each step of a range, in s/m3: kg/m3 for a source of 1 kg/s at a place, metres east and north.
///
/// Steps without a wind are `None`. A puff is released at every step of the wind before; see [`Puff`].
#[must_use]
pub fn puff_concentrations(
    wind: &WindSeries,
    puff: Puff,
    source: (f64, f64),
    receptor: &Receptor,
    steps: Range<usize>,
) -> Vec<Option<f64>> {
    let grid = Grid::point(source.0, source.1);
    let puffs = Puffs::new(wind, puff);
    let at = |step: usize| {
        let mut sum = [0.0_f32];
        let count = puffs.add(receptor, step..step + 1, &grid, &mut sum);
        let [sum] = sum;
        (count > 0).then_some(f64::from(sum))
    };
    steps.map(at).collect()
}
