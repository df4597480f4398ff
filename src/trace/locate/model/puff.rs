//! The Gaussian puff: the source releases puffs that drift with the wind and grow with the distance travelled.

use super::super::grid::Grid;
use super::plume::reflected;
use super::spread::Spread;
use super::stability::StabilityMix;
use super::wind::{WindSeries, WindStep};
use super::{Forward, Receptor};
use std::f64::consts::TAU;
use std::ops::Range;

/// Standard deviations beyond which a puff counts as zero.
const REACH_SIGMAS: f64 = 5.0;

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

/// Where a puff is, seen from its source, and how far it has travelled.
#[derive(Debug, Clone, Copy, Default)]
struct Drift {
    east_m: f64,
    north_m: f64,
    travelled_m: f64,
}

impl<'a> Puffs<'a> {
    pub(crate) const fn new(wind: &'a WindSeries, puff: Puff) -> Self {
        Self { wind, puff }
    }

    /// Adds a puff that drifted to a receptor from any cell.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is enough for a sum that is compared to readings"
    )]
    fn splat(&self, drift: Drift, stability: StabilityMix, receptor: &Receptor, target: (&Grid, &mut [f32])) {
        let (grid, sums) = target;
        let spread = Spread::rural(stability, drift.travelled_m);
        let across = (spread.across_m * self.puff.spread_scale).hypot(self.puff.blur_m).max(1e-3);
        let vertical = (spread.vertical_m * self.puff.spread_scale).max(1e-3);
        let (east, north) = (receptor.east_m - drift.east_m, receptor.north_m - drift.north_m);
        let (columns, rows) = grid.near(east, north, across * REACH_SIGMAS);
        if columns.is_empty() || rows.is_empty() {
            return;
        }
        let profile = reflected(vertical, self.puff.source_height_m, receptor.height_m);
        let peak = self.wind.step_s * profile / (TAU.powf(1.5) * across * across * vertical);
        for row in rows {
            let dn = grid.south_m + row as f64 * grid.step_m - north;
            let start = row * grid.columns;
            for (column, sum) in columns.clone().zip(sums.get_mut(start + columns.start..).unwrap_or_default()) {
                let de = grid.west_m + column as f64 * grid.step_m - east;
                *sum += (peak * (-0.5 * (de * de + dn * dn) / (across * across)).exp()) as f32;
            }
        }
    }
}

impl Forward for Puffs<'_> {
    fn add(&self, receptor: &Receptor, steps: Range<usize>, grid: &Grid, sums: &mut [f32]) -> usize {
        let ages = super::super::grid::whole(self.puff.age_max_s / self.wind.step_s);
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
                if self.is_out_of_reach(drift, receptor, grid) {
                    continue;
                }
                self.splat(drift, wind.stability, receptor, (grid, sums));
            }
        }
        count
    }
}

impl Puffs<'_> {
    /// Whether a puff with this drift comes nowhere near the receptor, from whatever cell: computed before its spread is.
    fn is_out_of_reach(&self, drift: Drift, receptor: &Receptor, grid: &Grid) -> bool {
        // No class spreads faster across the wind than a third of the distance.
        let reach =
            REACH_SIGMAS * (drift.travelled_m / 3.0 * self.puff.spread_scale).hypot(self.puff.blur_m) + grid.step_m;
        let (east, north) = (receptor.east_m - drift.east_m, receptor.north_m - drift.north_m);
        let (columns, rows) = grid.near(east, north, reach);
        columns.is_empty() || rows.is_empty()
    }

    /// The drift of the puff that was released one step before those that `drift` stands for.
    fn drifted(&self, drift: Drift, wind: &WindStep, age: usize) -> Drift {
        let speed = wind.speed_m_s.max(self.puff.speed_min_m_s);
        match self.puff.path {
            PuffPath::Following => Drift {
                east_m: drift.east_m + wind.toward_east * speed * self.wind.step_s,
                north_m: drift.north_m + wind.toward_north * speed * self.wind.step_s,
                travelled_m: drift.travelled_m + speed * self.wind.step_s,
            },
            PuffPath::Straight => {
                let travelled_m = speed * self.wind.step_s * age as f64;
                Drift { east_m: wind.toward_east * travelled_m, north_m: wind.toward_north * travelled_m, travelled_m }
            }
        }
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
