//! The density of the source's place: the draws of the bootstrap, smoothed.

use super::bootstrap::Best;
use super::grid::{Extent, Grid};

/// Cells of the density's grid.
const CELLS: usize = 10_000;
/// Kernel widths beyond which a draw adds nothing.
const REACH_WIDTHS: f64 = 4.0;

/// A probability density on a grid.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Density {
    grid: Grid,
    /// Places of the draws, metres east and north.
    draws: Vec<(f64, f64)>,
    pub(super) width_m: f64,
    /// Densities of the cells, up to a factor.
    values: Vec<f64>,
    /// Densities in falling order with the mass up to each.
    ranks: Vec<(f64, f64)>,
    /// Place of the greatest density.
    pub(super) mode: (f64, f64),
}

impl Density {
    /// Smooths the draws with a Gaussian kernel of a width in metres. `None` without a draw.
    pub(super) fn new(best: &[Best], width_m: f64) -> Option<Self> {
        let draws: Vec<(f64, f64)> = best.iter().map(|best| (best.east_m, best.north_m)).collect();
        let extent = Extent::around(draws.iter().copied())?.with_margin(REACH_WIDTHS * width_m);
        let grid = Grid::covering(extent, CELLS, width_m / 8.0);
        let values: Vec<f64> = (0..grid.cells()).map(|cell| kernel_sum(&draws, width_m, grid.middle(cell))).collect();
        let mut falling = values.clone();
        falling.sort_unstable_by(|a, b| b.total_cmp(a));
        let total: f64 = falling.iter().sum();
        let mut mass = 0.0;
        let ranks = falling.iter().map(|value| {
            mass += value / total;
            (*value, mass)
        });
        let ranks: Vec<(f64, f64)> = ranks.collect();
        let top = (0..).zip(&values).max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(cell, _)| grid.middle(cell))?;
        Some(Self { grid, draws, width_m, values, ranks, mode: top })
    }

    /// Returns the credible level of a point: the mass where the density is greater than there, 0 at the mode and 1 far away.
    pub(super) fn level(&self, east_m: f64, north_m: f64) -> f64 {
        let value = kernel_sum(&self.draws, self.width_m, (east_m, north_m));
        let above = self.ranks.partition_point(|(density, _)| *density > value);
        above.checked_sub(1).and_then(|last| self.ranks.get(last)).map_or(0.0, |(_, mass)| mass.min(1.0))
    }

    /// Returns the area in m2 of the smallest region that holds a share of the mass.
    pub(super) fn area_m2(&self, share: f64) -> f64 {
        let cells = self.ranks.partition_point(|(_, mass)| *mass < share) + 1;
        cells.min(self.ranks.len()) as f64 * self.grid.step_m * self.grid.step_m
    }

    /// Returns the middles of the cells, metres east and north, with their masses.
    pub(super) fn cells(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        let total: f64 = self.values.iter().sum();
        (0..).zip(&self.values).map(move |(cell, value)| {
            let (east, north) = self.grid.middle(cell);
            (east, north, value / total)
        })
    }

    /// Returns the mass of the cells whose middles a test holds for.
    pub(super) fn mass(&self, is_inside: impl Fn(f64, f64) -> bool) -> f64 {
        self.cells().filter(|(east, north, _)| is_inside(*east, *north)).map(|(.., mass)| mass).sum()
    }

    /// Returns the middles of the cells of the smallest region that holds a share of the mass, and the side of a cell in metres.
    pub(super) fn region(&self, share: f64) -> (Vec<(f64, f64)>, f64) {
        let rank = self.ranks.partition_point(|(_, mass)| *mass < share);
        let least =
            self.ranks.get(rank.min(self.ranks.len().saturating_sub(1))).map_or(f64::INFINITY, |(value, _)| *value);
        let cells =
            (0..).zip(&self.values).filter(|(_, value)| **value >= least).map(|(cell, _)| self.grid.middle(cell));
        (cells.collect(), self.grid.step_m)
    }
}

fn kernel_sum(draws: &[(f64, f64)], width_m: f64, place: (f64, f64)) -> f64 {
    let reach = REACH_WIDTHS * REACH_WIDTHS;
    let squares =
        draws.iter().map(|draw| ((draw.0 - place.0).powi(2) + (draw.1 - place.1).powi(2)) / (width_m * width_m));
    squares.filter(|square| *square < reach).map(|square| (-0.5 * square).exp()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::locate::fit::Hypothesis;

    fn draws(places: &[(f64, f64)]) -> Vec<Best> {
        let hypothesis = Hypothesis { spread_scale: 1.0, wind_bias_deg: 0.0 };
        let best = |&(east_m, north_m): &(f64, f64)| Best { score: 0.0, east_m, north_m, rate_kg_s: 1.0, hypothesis };
        places.iter().map(best).collect()
    }

    #[test]
    fn one_draw_gives_the_areas_of_a_gaussian() {
        let density = Density::new(&draws(&[(100.0, -50.0)]), 10.0).unwrap();
        // A circular Gaussian holds the share p within a radius of s sqrt(-2 ln(1 - p)).
        let area = |share: f64| std::f64::consts::PI * 100.0 * -2.0 * (1.0 - share).ln();
        assert!((density.area_m2(0.5) / area(0.5) - 1.0).abs() < 0.02, "{}", density.area_m2(0.5));
        assert!((density.area_m2(0.9) / area(0.9) - 1.0).abs() < 0.02);
        assert!((density.mode.0 - 100.0).hypot(density.mode.1 + 50.0) < 1.5);
        let at = |radius: f64| density.level(100.0 + radius, -50.0);
        assert!((at(10.0 * (2.0 * 2_f64.ln()).sqrt()) - 0.5).abs() < 0.02);
        assert!(at(0.0) < 0.01 && at(500.0) > 0.999 && at(5.0) < at(9.0));
    }

    #[test]
    fn the_region_of_a_share_holds_that_share() {
        let density = Density::new(&draws(&[(0.0, 0.0), (40.0, 0.0), (0.0, 80.0)]), 12.0).unwrap();
        for share in [0.5, 0.9] {
            let (cells, step) = density.region(share);
            assert!((cells.len() as f64 * step * step / density.area_m2(share) - 1.0).abs() < 0.01);
        }
        assert!((density.mass(|_, north| north > 40.0) - 1.0 / 3.0).abs() < 0.01);
    }
}
