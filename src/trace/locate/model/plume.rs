//! The Gaussian plume: each step of the wind carries its air straight to the receptor, or along its path where the wind is light or turns.

use super::super::grid::{Grid, whole};
use super::kernel::{EXPONENT_MAX, exp_minus, reflected};
use super::path::Paths;
use super::shape::{PlumeShape, table_height_m};
use super::shared::{Field, Offsets};
use super::spread::Spread;
use super::stability::StabilityMix;
use super::wind::{SPEED_MIN_M_S, WindSeries, WindStep};
use super::{Forward, Receptor};
use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::TAU;
use std::ops::Range;

/// Rows of a table, a power of two.
const TABLE_ROWS: usize = 2_048;
/// Cells that are computed side by side.
const LANES: usize = 8;
/// The flank of a plume ends at so many standard deviations.
const FLANK_SIGMAS: f64 = 5.0;
/// A plume model with its spread tabulated over distance.
#[derive(Debug)]
pub(crate) struct Plume<'a> {
    wind: &'a WindSeries,
    tables: BTreeMap<(StabilityMix, u64), Table>,
    paths: Paths,
}

/// Concentration on the axis times wind speed, and half the inverse variance across the wind, by the square root of the distance.
#[derive(Debug)]
struct Table {
    /// Rows of the table for each square root of a metre.
    rows_per_root_m: f32,
    /// Half width of the plume: at most `half_width_m + slope x distance`.
    half_width_m: f32,
    slope: f32,
    rows: Box<[[f32; 2]; TABLE_ROWS]>,
}

impl<'a> Plume<'a> {
    /// Creates the model for a wind and for receptors, with the tables that these need.
    pub(crate) fn new(
        wind: &'a WindSeries,
        shape: PlumeShape,
        receptors: &[Receptor],
        blocks: &[Range<usize>],
    ) -> Self {
        let classes: BTreeSet<StabilityMix> = wind.steps.iter().flatten().map(|step| step.stability).collect();
        let heights: BTreeSet<u64> =
            receptors.iter().map(|receptor| table_height_m(receptor.height_m).to_bits()).collect();
        let keys = classes.iter().flat_map(|class| heights.iter().map(move |height| (*class, *height)));
        let tables = keys.map(|key| (key, Table::new(shape, key.0, f64::from_bits(key.1)))).collect();
        let paths = Paths::new(wind, shape, blocks);
        Self { wind, tables, paths }
    }
}

impl Table {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is enough for a sum that is compared to readings"
    )]
    fn new(shape: PlumeShape, stability: StabilityMix, receptor_height_m: f64) -> Self {
        let rows_per_root_m = (TABLE_ROWS - 2) as f64 / shape.reach_m.max(1.0).sqrt();
        let distance = |place: usize| (place as f64 / rows_per_root_m).powi(2);
        let across = |spread: Spread| (spread.across_m * shape.spread_scale).hypot(shape.blur_m).max(1e-2);
        let row = |place: usize| {
            let spread = Spread::rural(stability, distance(place));
            let across = across(spread);
            let vertical = (spread.vertical_m * shape.spread_scale).max(1e-2);
            let speed_up = shape.speed_up(vertical, stability);
            let profile = reflected(vertical, shape.source_height_m, receptor_height_m);
            let axis = profile / (TAU * across * vertical * speed_up);
            // The air at a receptor upwind of a source, or right at it, or out of reach, holds nothing of it.
            let is_reached = place > 0 && place + 1 < TABLE_ROWS;
            [if is_reached { axis as f32 } else { 0.0 }, (0.5 / (across * across)) as f32]
        };
        let mut rows = Box::new([[0.0; 2]; TABLE_ROWS]);
        rows.iter_mut().enumerate().for_each(|(place, slot)| *slot = row(place));
        // A plume widens fastest at its source: the straight line begins at the width that it has after a short way.
        let near_m = shape.blur_m.max(1.0);
        let half_width = |distance: f64| FLANK_SIGMAS * across(Spread::rural(stability, distance));
        let half_width_m = half_width(near_m);
        let far = (0..TABLE_ROWS).step_by(8).map(distance).filter(|distance| *distance > near_m);
        let slope = far.map(|distance| (half_width(distance) - half_width_m) / distance).fold(0.0, f64::max);
        Self {
            rows_per_root_m: rows_per_root_m as f32,
            // Between the distances that were looked at, the slope hardly differs.
            half_width_m: (half_width_m * 1.05) as f32,
            slope: (slope * 1.05) as f32,
            rows,
        }
    }
}

impl Plume<'_> {
    /// Adds up the puffs of some steps, for all receptors of a height. `None` if these steps have none.
    #[inline(always)]
    pub(crate) fn field(&self, steps: Range<usize>, height_m: f64, offsets: Offsets) -> Option<Field> {
        let paths = steps.filter_map(|step| self.paths.at(step));
        paths.clone().next()?;
        Some(Field::new(offsets, height_m, paths))
    }

    /// Adds, for each cell, the sum over the steps in which a straight plume does. Returns the number of steps with a known wind.
    #[inline(always)]
    pub(crate) fn add_straight(
        &self,
        receptor: &Receptor,
        steps: Range<usize>,
        grid: &Grid,
        sums: &mut [f32],
    ) -> usize {
        let height = table_height_m(receptor.height_m).to_bits();
        let mut count = 0;
        for place in steps {
            let Some(step) = self.wind.steps.get(place).copied().flatten() else { continue };
            count += 1;
            if self.paths.at(place).is_some() {
                continue;
            }
            if let Some(table) = self.tables.get(&(step.stability, height)) {
                add_step(table, &step, receptor, grid, sums);
            }
        }
        count
    }
}

impl Forward for Plume<'_> {
    #[inline(always)]
    fn add(&self, receptor: &Receptor, steps: Range<usize>, grid: &Grid, sums: &mut [f32]) -> usize {
        let puffs = steps.clone().filter_map(|step| self.paths.at(step)).flatten();
        puffs.for_each(|puff| puff.add(receptor, grid, sums));
        self.add_straight(receptor, steps, grid, sums)
    }
}

#[expect(clippy::indexing_slicing, reason = "`row_of` is below the length of a table's rows")]
#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is enough for a sum that is compared to readings"
)]
#[inline(always)]
fn add_step(table: &Table, wind: &WindStep, receptor: &Receptor, grid: &Grid, sums: &mut [f32]) {
    let inverse_speed = (1.0 / wind.speed_m_s.max(SPEED_MIN_M_S)) as f32;
    let (toward_east, toward_north) = (wind.toward_east as f32, wind.toward_north as f32);
    let first_east = (receptor.east_m - grid.west_m) as f32;
    let step = grid.step_m as f32;
    if !is_reached(table, wind, (first_east, (receptor.north_m - grid.south_m) as f32), grid) {
        return;
    }
    for (row, cells) in sums.chunks_exact_mut(grid.columns).enumerate() {
        let north = (receptor.north_m - (grid.south_m + row as f64 * grid.step_m)) as f32;
        let (along_row, across_row) = (north * toward_north, north * toward_east);
        let (along, across) = (first_east * toward_east + along_row, first_east * toward_north - across_row);
        let reach = table.half_width_m + table.slope * along;
        let reach_per_column = -step * toward_east * table.slope;
        let reached = columns_below_zero(
            grid.columns,
            [
                (-along, step * toward_east),
                (across - reach, -step * toward_north - reach_per_column),
                (-across - reach, step * toward_north - reach_per_column),
            ],
        );
        let first_east = first_east - step * reached.start as f32;
        for (lane, cells) in cells.get_mut(reached).unwrap_or_default().chunks_mut(LANES).enumerate() {
            let start = first_east - step * (lane * LANES) as f32;
            // Three loops: the look-up between them would keep the arithmetic from being vectorised.
            let (mut places, mut squares) = ([0_usize; LANES], [0.0_f32; LANES]);
            for (lane, (place, square)) in places.iter_mut().zip(&mut squares).enumerate() {
                let east = start - step * lane as f32;
                let along = (east * toward_east + along_row).max(0.0);
                let across = east * toward_north - across_row;
                *place = row_of(along.sqrt() * table.rows_per_root_m);
                *square = across * across;
            }
            let rows = places.map(|place| table.rows[place]);
            let mut values = [0.0_f32; LANES];
            for ((value, [on_axis, width]), square) in values.iter_mut().zip(rows).zip(squares) {
                let exponent = square * width;
                let axis = if exponent < EXPONENT_MAX { on_axis } else { 0.0 };
                *value = axis * exp_minus(exponent.min(EXPONENT_MAX)) * inverse_speed;
            }
            cells.iter_mut().zip(values).for_each(|(cell, value)| *cell += value);
        }
    }
}

/// Whether the plume may reach any cell, seen from the south-western one; `east` and `north` lead from there to the receptor.
#[expect(clippy::cast_possible_truncation, reason = "single precision is enough to leave out what is far away")]
fn is_reached(table: &Table, wind: &WindStep, (east, north): (f32, f32), grid: &Grid) -> bool {
    let (toward_east, toward_north) = (wind.toward_east as f32, wind.toward_north as f32);
    let (width, height) = (grid.columns as f32 * grid.step_m as f32, grid.rows as f32 * grid.step_m as f32);
    // The greatest value that a sum linear in the cell's place takes.
    let greatest = |per_east: f32, per_north: f32| {
        let here = per_east * east + per_north * north;
        here + (-per_east * width).max(0.0) + (-per_north * height).max(0.0)
    };
    let flank = |side: f32| {
        let slope = table.slope;
        greatest(slope * toward_east + side * toward_north, slope * toward_north - side * toward_east)
            + table.half_width_m
    };
    greatest(toward_east, toward_north) > 0.0 && flank(1.0) > 0.0 && flank(-1.0) > 0.0
}

/// The columns in which no line, given by its value in the first column and its growth from one to the next, is above zero; perhaps one more
/// on each side.
fn columns_below_zero(columns: usize, lines: [(f32, f32); 3]) -> Range<usize> {
    let (mut from, mut to) = (0.0_f32, columns as f32);
    for (first, growth) in lines {
        if growth > 0.0 {
            to = to.min(2.0 - first / growth);
        } else if growth < 0.0 {
            from = from.max(-1.0 - first / growth);
        } else if first > 0.0 {
            return 0..0;
        }
    }
    let to = whole(f64::from(to));
    whole(f64::from(from)).min(to)..to
}

/// The row of a table for a place of 0 to 2^22; rows beyond the end are the last one.
#[inline(always)]
fn row_of(place: f32) -> usize {
    // Adding 2^23 leaves the whole number in the low bits of the mantissa: conversions would not be vectorised.
    const SHIFT: f32 = 8_388_608.0;
    let bits = (place.min((TABLE_ROWS - 1) as f32) + SHIFT).to_bits();
    (bits as usize) & (TABLE_ROWS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::locate::model::Stability;

    #[test]
    fn columns_that_the_plume_cannot_reach_are_left_out_and_no_others() {
        let shape = PlumeShape {
            spread_scale: 1.4,
            source_height_m: 2.0,
            blur_m: 12.0,
            mast_height_m: 10.0,
            reach_m: 4_000.0,
            network_m: 1_000.0,
        };
        let grid = Grid { west_m: -1_000.0, south_m: -1_000.0, step_m: 30.0, columns: 67, rows: 67 };
        let receptor = Receptor { east_m: 110.0, north_m: -70.0, height_m: 3.0 };
        for (place, class) in [Stability::A, Stability::C, Stability::F].into_iter().enumerate() {
            for degrees in (0..360_u16).step_by(7) {
                let wind = WindStep::new(2.0, f64::from(degrees), StabilityMix::pure(class));
                let series = WindSeries { step_s: 60.0, steps: vec![Some(wind)] };
                let model = Plume::new(&series, shape, &[receptor], &[]);
                let mut all = vec![0.0; grid.cells()];
                model.add(&receptor, 0..1, &grid, &mut all);
                // A grid of one column is never cut.
                for (cell, sum) in all.iter().enumerate() {
                    let (east, north) = grid.middle(cell);
                    let mut alone = [0.0];
                    let table = &model.tables[&(wind.stability, table_height_m(3.0).to_bits())];
                    let wide = Table {
                        half_width_m: 1e6,
                        slope: 0.0,
                        rows_per_root_m: table.rows_per_root_m,
                        rows: table.rows.clone(),
                    };
                    add_step(&wide, &wind, &receptor, &Grid::point(east, north), &mut alone);
                    let near = (sum - alone[0]).abs() <= 1e-3 * alone[0] + 1e-12;
                    assert!(near, "class {place}, {degrees} degrees, {east} {north}: {sum} {}", alone[0]);
                }
            }
        }
    }
}
