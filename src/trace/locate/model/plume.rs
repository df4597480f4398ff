//! The Gaussian plume: each step of the wind carries its air straight to the receptor.

use super::super::grid::Grid;
use super::spread::Spread;
use super::stability::StabilityMix;
use super::wind::{SPEED_MIN_M_S, WindSeries, WindStep};
use super::{Forward, Receptor};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::ops::Range;

/// Rows of a table, a power of two.
const TABLE_ROWS: usize = 2_048;
/// Cells that are computed side by side.
const LANES: usize = 8;
/// Mean height of a plume on the ground in vertical standard deviations: that of half a normal distribution.
const MEAN_HEIGHT_SIGMAS: f64 = 0.8;
/// Height in metres up to which the wind grows with height.
const PROFILE_TOP_M: f64 = 200.0;
/// Largest exponent: the flank of a plume ends at five standard deviations.
const EXPONENT_MAX: f32 = 12.5;

/// A plume model with its spread tabulated over distance.
#[derive(Debug)]
pub(crate) struct Plume<'a> {
    wind: &'a WindSeries,
    tables: BTreeMap<(StabilityMix, u64), Table>,
}

/// What a plume needs to know of a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlumeShape {
    /// Factor on both spreads.
    pub(crate) spread_scale: f64,
    /// Height of the source above ground in metres.
    pub(crate) source_height_m: f64,
    /// Initial spread across the wind in metres: the size of what a source may stand anywhere in.
    pub(crate) blur_m: f64,
    /// Height of the wind sensor above ground in metres.
    pub(crate) mast_height_m: f64,
    /// Distance up to which the model is asked for, in metres.
    pub(crate) reach_m: f64,
}

/// Concentration on the axis times wind speed, and half the inverse variance across the wind, by the square root of the distance.
#[derive(Debug)]
struct Table {
    /// Rows of the table for each square root of a metre.
    rows_per_root_m: f32,
    rows: Box<[[f32; 2]; TABLE_ROWS]>,
}

impl<'a> Plume<'a> {
    /// Creates the model for a wind and for receptors, with the tables that these need.
    pub(crate) fn new(wind: &'a WindSeries, shape: PlumeShape, receptors: &[Receptor]) -> Self {
        let mut tables = BTreeMap::new();
        for receptor in receptors {
            for step in wind.steps.iter().flatten() {
                let key = (step.stability, receptor.height_m.to_bits());
                tables.entry(key).or_insert_with(|| Table::new(shape, step.stability, receptor.height_m));
            }
        }
        Self { wind, tables }
    }
}

impl Table {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is enough for a sum that is compared to readings"
    )]
    fn new(shape: PlumeShape, stability: StabilityMix, receptor_height_m: f64) -> Self {
        let rows_per_root_m = (TABLE_ROWS - 2) as f64 / shape.reach_m.max(1.0).sqrt();
        let row = |place: usize| {
            let distance = (place as f64 / rows_per_root_m).powi(2);
            let spread = Spread::rural(stability, distance);
            let across = (spread.across_m * shape.spread_scale).hypot(shape.blur_m).max(1e-2);
            let vertical = (spread.vertical_m * shape.spread_scale).max(1e-2);
            let height =
                (MEAN_HEIGHT_SIGMAS * vertical).clamp(shape.mast_height_m, PROFILE_TOP_M.max(shape.mast_height_m));
            let speed_up = (height / shape.mast_height_m).powf(stability.profile_exponent());
            let profile = reflected(vertical, shape.source_height_m, receptor_height_m);
            let axis = profile / (TAU * across * vertical * speed_up);
            // The air at a receptor upwind of a source, or right at it, or out of reach, holds nothing of it.
            let is_reached = place > 0 && place + 1 < TABLE_ROWS;
            [if is_reached { axis as f32 } else { 0.0 }, (0.5 / (across * across)) as f32]
        };
        let mut rows = Box::new([[0.0; 2]; TABLE_ROWS]);
        rows.iter_mut().enumerate().for_each(|(place, slot)| *slot = row(place));
        Self { rows_per_root_m: rows_per_root_m as f32, rows }
    }
}

/// The vertical profile with full reflection at the ground, without its norm.
pub(super) fn reflected(vertical_m: f64, source_height_m: f64, receptor_height_m: f64) -> f64 {
    let bell = |height: f64| (-0.5 * (height / vertical_m) * (height / vertical_m)).exp();
    bell(receptor_height_m - source_height_m) + bell(receptor_height_m + source_height_m)
}

impl Forward for Plume<'_> {
    fn add(&self, receptor: &Receptor, steps: Range<usize>, grid: &Grid, sums: &mut [f32]) -> usize {
        let known = self.wind.steps.get(steps).unwrap_or_default().iter().flatten();
        let mut count = 0;
        for step in known {
            count += 1;
            let Some(table) = self.tables.get(&(step.stability, receptor.height_m.to_bits())) else { continue };
            add_step(table, step, receptor, grid, sums);
        }
        count
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is enough for a sum that is compared to readings"
)]
fn add_step(table: &Table, wind: &WindStep, receptor: &Receptor, grid: &Grid, sums: &mut [f32]) {
    let inverse_speed = (1.0 / wind.speed_m_s.max(SPEED_MIN_M_S)) as f32;
    let (toward_east, toward_north) = (wind.toward_east as f32, wind.toward_north as f32);
    let first_east = (receptor.east_m - grid.west_m) as f32;
    let step = grid.step_m as f32;
    for (row, cells) in sums.chunks_exact_mut(grid.columns).enumerate() {
        let north = (receptor.north_m - (grid.south_m + row as f64 * grid.step_m)) as f32;
        let (along_row, across_row) = (north * toward_north, north * toward_east);
        for (lane, cells) in cells.chunks_mut(LANES).enumerate() {
            let start = first_east - step * (lane * LANES) as f32;
            let (mut axes, mut exponents) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            for (place, (axis, exponent)) in axes.iter_mut().zip(&mut exponents).enumerate() {
                let east = start - step * place as f32;
                let along = (east * toward_east + along_row).max(0.0);
                let across = east * toward_north - across_row;
                let [on_axis, width] = table.rows[row_of(along.sqrt() * table.rows_per_root_m)];
                let square = across * across * width;
                *axis = if square < EXPONENT_MAX { on_axis } else { 0.0 };
                *exponent = square.min(EXPONENT_MAX);
            }
            for ((cell, axis), exponent) in cells.iter_mut().zip(axes).zip(exponents) {
                *cell += axis * exp_minus(exponent) * inverse_speed;
            }
        }
    }
}

/// The row of a table for a place of 0 to 2^22; rows beyond the end are the last one.
#[inline]
fn row_of(place: f32) -> usize {
    // Adding 2^23 leaves the whole number in the low bits of the mantissa: conversions would not be vectorised.
    const SHIFT: f32 = 8_388_608.0;
    let bits = (place.min((TABLE_ROWS - 1) as f32) + SHIFT).to_bits();
    (bits as usize) & (TABLE_ROWS - 1)
}

/// Returns `exp(-x)` for x of 0 to 80, within 2e-6 of its value.
#[inline]
fn exp_minus(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    let power = x * -std::f32::consts::LOG2_E;
    let shifted = power + SHIFT;
    let rest = power - (shifted - SHIFT);
    let series = [0.001_333_355_8, 0.009_618_129, 0.055_504_11, 0.240_226_51, 0.693_147_2, 1.0];
    let mantissa = series.iter().skip(1).fold(series[0], |sum: f32, term| sum * rest + term);
    f32::from_bits(mantissa.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_exponential_is_within_two_millionths() {
        for place in 0..=3_000_u16 {
            let x = f32::from(place) / 100.0;
            let exact = (-x).exp();
            assert!((exp_minus(x) / exact - 1.0).abs() < 2e-6 + 2e-7 * x, "{x}");
        }
    }
}
