//! The Bayesian bootstrap: many answers to the same question, each with other weights of blocks and receptors.

use super::fit::{Footprints, Hypothesis};
use super::grid::Grid;
use super::scene::{Pair, Scene};

/// Share of the enhancements that no plume model explains: below it, a better fit says nothing. A relative error of a third in each reading
/// gives a tenth in the square of the roots' differences.
const MISFIT_FLOOR: f32 = 0.1;
/// Cells that are summed together: the sums of all draws for them stay in a core's cache.
const TILE: usize = 32;

/// The weights of every draw.
#[derive(Debug)]
pub(super) struct Draws {
    /// Number of draws. The first has equal weights.
    pub(super) count: usize,
    /// `weights[pair x count + draw]`.
    weights: Vec<f32>,
    /// Square roots of the enhancements.
    roots: Vec<f32>,
    /// Weighted sum of the enhancements of each draw.
    totals: Vec<f32>,
    /// Number of independent observations of the plume: blocks or receptors with an enhancement, whichever are more.
    pub(super) independent: usize,
    /// Enhancement in kg/m3 that counts as one.
    pub(super) scale_kg_m3: f64,
}

/// The best source of one draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    /// Logarithm of the misfit's share plus the penalty of the hypothesis.
    pub(super) score: f32,
    /// Metres east.
    pub(super) east_m: f64,
    /// Metres north.
    pub(super) north_m: f64,
    /// Rate in units of the draws' scale times m3/s.
    pub(super) rate_kg_s: f64,
    /// The hypothesis it was found under.
    pub(super) hypothesis: Hypothesis,
}

impl Draws {
    /// Draws Dirichlet weights over blocks times Dirichlet weights over receptors, seeded from the enhancements.
    #[expect(clippy::cast_possible_truncation, reason = "weights and enhancements need no double precision")]
    pub(super) fn new(scene: &Scene, pairs: &[Pair], draws: usize) -> Self {
        let total: f64 = pairs.iter().map(|pair| pair.enhancement).sum();
        let scale_kg_m3 = (total / pairs.len().max(1) as f64).max(f64::MIN_POSITIVE);
        let mut random = SplitMix(seed(pairs));
        let count = draws + 1;
        let mut weights = vec![1.0_f32; pairs.len() * count];
        for draw in 1..count {
            let blocks = random.dirichlet(scene.blocks.len());
            let receptors = random.dirichlet(scene.receptors.len());
            for (pair, row) in pairs.iter().zip(weights.chunks_exact_mut(count)) {
                let weight = blocks.get(pair.block).zip(receptors.get(pair.receptor)).map_or(0.0, |(a, b)| a * b);
                if let Some(place) = row.get_mut(draw) {
                    *place = weight as f32;
                }
            }
        }
        let mut totals = vec![0.0_f32; count];
        for (pair, row) in pairs.iter().zip(weights.chunks_exact(count)) {
            totals
                .iter_mut()
                .zip(row)
                .for_each(|(total, weight)| *total += weight * (pair.enhancement / scale_kg_m3) as f32);
        }
        let count_of = |of: fn(&Pair) -> usize| {
            let mut places: Vec<usize> = pairs.iter().filter(|pair| pair.enhancement > 0.0).map(of).collect();
            places.sort_unstable();
            places.dedup();
            places.len()
        };
        let independent = count_of(|pair| pair.block).max(count_of(|pair| pair.receptor)).max(1);
        let roots = pairs.iter().map(|pair| (pair.enhancement / scale_kg_m3).sqrt() as f32).collect();
        Self { count, weights, roots, totals, independent, scale_kg_m3 }
    }

    /// Improves the best source of every draw by the cells of a grid under one hypothesis.
    pub(super) fn improve(
        &self,
        best: &mut [Option<Best>],
        footprints: &Footprints,
        grid: &Grid,
        hypothesis: Hypothesis,
    ) {
        let penalty = hypothesis.penalty() / self.independent as f64;
        let (mut signal, mut norm) = (vec![0.0_f32; best.len() * TILE], vec![0.0_f32; best.len() * TILE]);
        for first in (0..footprints.cells).step_by(TILE) {
            let width = TILE.min(footprints.cells - first);
            self.sum(footprints, first, width, (&mut signal, &mut norm));
            for (draw, best) in best.iter_mut().enumerate() {
                let total = self.totals.get(draw).copied().unwrap_or_default();
                let sums = signal.iter().zip(&norm).skip(draw * TILE).take(width);
                for (offset, (a, b)) in sums.enumerate() {
                    if *b <= 0.0 || *a <= 0.0 {
                        continue;
                    }
                    let share = (1.0 - a * a / (b * total)).max(0.0) + MISFIT_FLOOR;
                    let score = share.ln() + penalty as f32;
                    if best.as_ref().is_none_or(|best| score < best.score) {
                        let (east_m, north_m) = grid.middle(first + offset);
                        let rate_kg_s = f64::from(a / b).powi(2);
                        *best = Some(Best { score, east_m, north_m, rate_kg_s, hypothesis });
                    }
                }
            }
        }
    }

    /// Sums, for each draw and cell of a tile, the weighted products of roots (signal) and footprints (norm).
    fn sum(&self, footprints: &Footprints, first: usize, width: usize, sums: (&mut [f32], &mut [f32])) {
        let (signal, norm) = sums;
        signal.fill(0.0);
        norm.fill(0.0);
        let rows = footprints.values.chunks_exact(footprints.cells.max(1));
        let pairs = rows.zip(&self.roots).zip(self.weights.chunks_exact(self.count));
        let (mut product, mut value) = ([0.0_f32; TILE], [0.0_f32; TILE]);
        for ((row, root), weights) in pairs {
            let Some(cells) = row.get(first..first + width) else { continue };
            if cells.iter().all(|cell| *cell <= 0.0) {
                continue;
            }
            for ((product, value), cell) in product.iter_mut().zip(&mut value).zip(cells) {
                *product = root * cell.sqrt();
                *value = *cell;
            }
            let tiles = signal.chunks_exact_mut(TILE).zip(norm.chunks_exact_mut(TILE));
            for ((signal, norm), weight) in tiles.zip(weights) {
                for (((a, b), product), value) in signal.iter_mut().zip(norm).zip(&product).zip(&value) {
                    *a += weight * product;
                    *b += weight * value;
                }
            }
            (product, value) = ([0.0; TILE], [0.0; TILE]);
        }
    }
}

/// A seed that the enhancements determine.
fn seed(pairs: &[Pair]) -> u64 {
    pairs.iter().fold(0x9E37_79B9_7F4A_7C15, |seed, pair| {
        let place = (pair.block as u64) << 32 | pair.receptor as u64;
        SplitMix(seed ^ pair.enhancement.to_bits() ^ place.rotate_left(17)).next()
    })
}

/// The generator SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        b ^ (b >> 31)
    }

    /// Dirichlet weights with parameter 1, scaled to a mean of 1.
    fn dirichlet(&mut self, count: usize) -> Vec<f64> {
        let uniform = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        let weights: Vec<f64> = (0..count).map(|_| -uniform(self.next()).ln()).collect();
        let mean = weights.iter().sum::<f64>() / count.max(1) as f64;
        weights.iter().map(|weight| weight / mean).collect()
    }
}
