//! A puff of air on its way to a receptor, added to every cell that it may have come from.

use super::super::grid::Grid;
use super::Receptor;
use super::kernel::{EXPONENT_MAX, exp_minus, reflected};
use super::shape::PlumeShape;
use super::spread::Spread;
use super::stability::StabilityMix;
use super::wind::WindStep;
use std::f64::consts::TAU;

/// Standard deviations beyond which a puff counts as zero.
const REACH_SIGMAS: f64 = 5.0;
/// Columns of a grid that are computed side by side.
const COLUMNS: usize = 64;

/// The way of a puff: where it is, seen from its source, and how far it has travelled.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Drift {
    pub(super) east_m: f64,
    pub(super) north_m: f64,
    pub(super) travelled_m: f64,
}

impl Drift {
    /// Returns the way with a straight piece more.
    pub(super) fn moved(self, wind: &WindStep, by_m: f64) -> Self {
        Self {
            east_m: self.east_m + wind.toward_east * by_m,
            north_m: self.north_m + wind.toward_north * by_m,
            travelled_m: self.travelled_m + by_m,
        }
    }

    /// Whether a puff with this way may come near a receptor from any cell: computed before its spread is.
    pub(super) fn is_near(self, shape: PlumeShape, receptor: &Receptor, grid: &Grid) -> bool {
        // No class spreads faster across the wind than a third of the distance.
        let across_max_m = (self.travelled_m / 3.0 * shape.spread_scale).hypot(shape.blur_m);
        let (east, north) = (receptor.east_m - self.east_m, receptor.north_m - self.north_m);
        let (columns, rows) = grid.near(east, north, REACH_SIGMAS * across_max_m + grid.step_m);
        !columns.is_empty() && !rows.is_empty()
    }

    /// Returns the middle between this way and a longer one.
    pub(super) fn middle(self, longer: Self) -> Self {
        let middle = |a: f64, b: f64| f64::midpoint(a, b);
        Self {
            east_m: middle(self.east_m, longer.east_m),
            north_m: middle(self.north_m, longer.north_m),
            travelled_m: middle(self.travelled_m, longer.travelled_m),
        }
    }
}

/// A puff.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cloud {
    drift: Drift,
    across_m: f64,
    vertical_m: f64,
    /// Concentration in the middle at full height, in s/m3 for the time that the puff stands for.
    peak: f64,
    source_height_m: f64,
}

impl Cloud {
    /// Creates a puff that stands for some seconds of a release.
    pub(super) fn new(shape: PlumeShape, stability: StabilityMix, drift: Drift, seconds: f64) -> Self {
        let spread = Spread::rural(stability, drift.travelled_m);
        let across_m = shape.across_m(stability, drift.travelled_m);
        let vertical_m = (spread.vertical_m * shape.spread_scale).max(1e-2);
        // Higher up the air is faster, and the puff is passed more quickly.
        let speed_up = shape.speed_up(vertical_m, stability);
        let peak = seconds / (TAU.powf(1.5) * across_m * across_m * vertical_m * speed_up);
        Self { drift, across_m, vertical_m, peak, source_height_m: shape.source_height_m }
    }

    /// Adds the concentration at a receptor for a source in each cell of a grid.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is enough for a sum that is compared to readings"
    )]
    #[inline(always)]
    pub(super) fn add(&self, receptor: &Receptor, grid: &Grid, sums: &mut [f32]) {
        let (east, north) = (receptor.east_m - self.drift.east_m, receptor.north_m - self.drift.north_m);
        let (columns, rows) = grid.near(east, north, self.across_m * REACH_SIGMAS);
        if columns.is_empty() || rows.is_empty() {
            return;
        }
        let peak = (self.peak * reflected(self.vertical_m, self.source_height_m, receptor.height_m)) as f32;
        let width = 0.5 / (self.across_m * self.across_m);
        let bell = |distance_m: f64| exp_minus(((distance_m * distance_m * width) as f32).min(EXPONENT_MAX));
        for start in columns.clone().step_by(COLUMNS) {
            let count = COLUMNS.min(columns.end - start);
            let mut across = [0.0_f32; COLUMNS];
            for (column, value) in across.iter_mut().take(count).enumerate() {
                *value = bell(grid.west_m + (start + column) as f64 * grid.step_m - east);
            }
            let across = across.get(..count).unwrap_or_default();
            for row in rows.clone() {
                let along = peak * bell(grid.south_m + row as f64 * grid.step_m - north);
                let cells = sums.get_mut(row * grid.columns + start..).unwrap_or_default();
                cells.iter_mut().zip(across).for_each(|(cell, across)| *cell += along * across);
            }
        }
    }
}
