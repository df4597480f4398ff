//! The puffs of a block, added up once for all receptors of a height: the same puffs reach each of them, only from another place.

use super::super::grid::{Extent, Grid, whole};
use super::Receptor;
use super::cloud::Cloud;
use super::shape::table_height_m;
use std::collections::BTreeSet;

/// Parts of a cell, in each direction, to which the place of a receptor is rounded.
const PARTS: usize = 2;
/// Grids of a field: one for each part of a cell in both directions.
const GRIDS: usize = PARTS * PARTS;

/// Which places a field covers, seen from a receptor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offsets {
    /// The grid of the first part of a cell.
    first: Grid,
}

impl Offsets {
    /// Returns the places that a grid has, seen from receptors. `None` where adding the puffs for each receptor is less work.
    pub(crate) fn of(grid: &Grid, receptors: &[Receptor]) -> Option<Self> {
        let places = receptors.iter().map(|receptor| (receptor.east_m, receptor.north_m));
        let extent = Extent::around(places)?;
        let (width_m, height_m) = extent.size_m();
        let cells = |length_m: f64| whole((length_m / grid.step_m).ceil().min(1e6)) + 2;
        let (columns, rows) = (grid.columns + cells(width_m), grid.rows + cells(height_m));
        let first = Grid {
            west_m: grid.west_m - extent.east_m - grid.step_m,
            south_m: grid.south_m - extent.north_m - grid.step_m,
            step_m: grid.step_m,
            columns,
            rows,
        };
        let heights: BTreeSet<u64> = receptors.iter().map(|r| table_height_m(r.height_m).to_bits()).collect();
        let is_less_work = first.cells() * GRIDS * heights.len() <= receptors.len() * grid.cells();
        is_less_work.then_some(Self { first })
    }
}

/// The sum of puffs at each place that a source may have, seen from a receptor.
#[derive(Debug)]
pub(crate) struct Field {
    offsets: Offsets,
    grids: Vec<Vec<f32>>,
}

impl Field {
    /// Adds up the puffs of some paths for receptors of a height in metres.
    #[inline(always)]
    pub(super) fn new<'a>(offsets: Offsets, height_m: f64, paths: impl Iterator<Item = &'a [Cloud]> + Clone) -> Self {
        let receptor = Receptor { east_m: 0.0, north_m: 0.0, height_m };
        let grid = |part: usize| {
            let shift = |part: usize| part as f64 / PARTS as f64 * offsets.first.step_m;
            let grid = Grid {
                west_m: offsets.first.west_m + shift(part % PARTS),
                south_m: offsets.first.south_m + shift(part / PARTS),
                ..offsets.first
            };
            let mut sums = vec![0.0; grid.cells()];
            paths.clone().flatten().for_each(|cloud| cloud.add(&receptor, &grid, &mut sums));
            sums
        };
        Self { offsets, grids: (0..GRIDS).map(grid).collect() }
    }

    /// Adds the sum for a receptor to each cell of the grid that the field was made for, or of a part of it.
    #[inline(always)]
    pub(crate) fn add(&self, receptor: &Receptor, grid: &Grid, sums: &mut [f32]) {
        let first = self.offsets.first;
        // The south-western cell, seen from the receptor, in parts of a cell of the field.
        let parts = |offset_m: f64| whole((offset_m / first.step_m * PARTS as f64).round().max(0.0));
        let east = parts(grid.west_m - receptor.east_m - first.west_m);
        let north = parts(grid.south_m - receptor.north_m - first.south_m);
        let Some(field) = self.grids.get(north % PARTS * PARTS + east % PARTS) else { return };
        let start = north / PARTS * first.columns + east / PARTS;
        let rows = sums.chunks_exact_mut(grid.columns.max(1));
        for (cells, from) in rows.zip((start..).step_by(first.columns.max(1))) {
            let values = field.get(from..).unwrap_or_default();
            cells.iter_mut().zip(values).for_each(|(cell, value)| *cell += value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plume::Plume;
    use super::super::shape::PlumeShape;
    use super::super::{Forward, Stability, StabilityMix, WindSeries, WindStep};
    use super::*;

    #[test]
    fn a_field_gives_each_receptor_what_puffs_added_for_it_alone_give() {
        let shape = PlumeShape {
            spread_scale: 1.0,
            source_height_m: 2.0,
            blur_m: 40.0,
            mast_height_m: 10.0,
            reach_m: 6_000.0,
            network_m: 3_000.0,
        };
        let wind =
            |step: u32| Some(WindStep::new(1.2, 200.0 + 2.0 * f64::from(step), StabilityMix::pure(Stability::D)));
        let wind = WindSeries { step_s: 60.0, steps: (0..130).map(wind).collect() };
        // Half cells apart: nothing is rounded. All but the last have one height.
        let receptor = |place: u32| Receptor {
            east_m: f64::from(place * 37 % 20) * 50.0,
            north_m: f64::from(place * 53 % 20) * 50.0,
            height_m: if place < 15 { 3.0 } else { 12.0 },
        };
        let receptors: Vec<Receptor> = (0..16).map(receptor).collect();
        let grid = Grid { west_m: -1_500.0, south_m: -1_500.0, step_m: 100.0, columns: 40, rows: 40 };
        let offsets = Offsets::of(&grid, &receptors).unwrap();
        let model = Plume::new(&wind, shape, &receptors, std::slice::from_ref(&(100..110)));
        for receptor in &receptors {
            let height_m = table_height_m(receptor.height_m);
            let field = model.field(100..110, height_m, offsets).unwrap();
            let (mut shared, mut alone) = (vec![0.0_f32; grid.cells()], vec![0.0_f32; grid.cells()]);
            field.add(receptor, &grid, &mut shared);
            model.add(&Receptor { height_m, ..*receptor }, 100..110, &grid, &mut alone);
            let peak = alone.iter().copied().fold(0.0, f32::max);
            assert!(peak > 0.0 && shared.iter().zip(&alone).all(|(a, b)| (a - b).abs() <= 1e-3 * peak), "{receptor:?}");
        }
    }

    #[test]
    fn a_fine_grid_far_from_most_receptors_and_a_single_receptor_have_no_field() {
        let receptors: Vec<Receptor> =
            (0..50_u32).map(|n| Receptor { east_m: f64::from(n) * 100.0, north_m: 0.0, height_m: 3.0 }).collect();
        let fine = Grid { west_m: 0.0, south_m: 0.0, step_m: 2.0, columns: 30, rows: 30 };
        assert!(Offsets::of(&fine, &receptors).is_none());
        let coarse = Grid { west_m: 0.0, south_m: 0.0, step_m: 150.0, columns: 40, rows: 30 };
        assert!(Offsets::of(&coarse, &receptors).is_some() && Offsets::of(&coarse, &receptors[..1]).is_none());
        // Of as many heights as there are receptors.
        let heights: Vec<Receptor> = receptors.iter().map(|r| Receptor { height_m: r.east_m / 50.0, ..*r }).collect();
        assert!(Offsets::of(&coarse, &heights).is_none());
    }
}
