//! The Bayesian bootstrap: many answers to the same question, each with other weights of blocks and receptors.

use super::fit::{Footprints, Hypothesis};
use super::scene::{Pair, Scene};
use crate::base::processor::with_best;

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
    /// `blocks[block x count + draw]`, and the same for receptors: the weight of a pair is the product.
    blocks: Vec<f32>,
    receptors: Vec<f32>,
    /// Block, receptor and square root of the enhancement of each pair.
    pairs: Vec<(usize, usize, f32)>,
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
        let (mut blocks, mut receptors) =
            (vec![1.0_f32; scene.blocks.len() * count], vec![1.0_f32; scene.receptors.len() * count]);
        for draw in 1..count {
            for weights in [&mut blocks, &mut receptors] {
                let drawn = random.dirichlet(weights.len() / count);
                weights
                    .iter_mut()
                    .skip(draw)
                    .step_by(count)
                    .zip(drawn)
                    .for_each(|(weight, drawn)| *weight = drawn as f32);
            }
        }
        let root = |pair: &Pair| (pair.enhancement / scale_kg_m3).sqrt() as f32;
        let mut all = Self {
            count,
            blocks,
            receptors,
            pairs: pairs.iter().map(|pair| (pair.block, pair.receptor, root(pair))).collect(),
            totals: Vec::new(),
            independent: 1,
            scale_kg_m3,
        };
        all.totals = all.weighted_totals();
        let count_of = |of: fn(&Pair) -> usize| {
            let mut places: Vec<usize> = pairs.iter().filter(|pair| pair.enhancement > 0.0).map(of).collect();
            places.sort_unstable();
            places.dedup();
            places.len()
        };
        all.independent = count_of(|pair| pair.block).max(count_of(|pair| pair.receptor)).max(1);
        all
    }

    fn weighted_totals(&self) -> Vec<f32> {
        let (mut totals, mut weights) = (vec![0.0_f32; self.count], vec![0.0_f32; self.count]);
        for (block, receptor, root) in &self.pairs {
            self.weigh(*block, *receptor, &mut weights);
            totals.iter_mut().zip(&weights).for_each(|(total, weight)| *total += weight * root * root);
        }
        totals
    }

    /// Computes the weight of a pair in every draw.
    #[inline(always)]
    fn weigh(&self, block: usize, receptor: usize, weights: &mut [f32]) {
        let blocks = self.blocks.chunks_exact(self.count).nth(block).unwrap_or_default();
        let receptors = self.receptors.chunks_exact(self.count).nth(receptor).unwrap_or_default();
        weights.iter_mut().zip(blocks.iter().zip(receptors)).for_each(|(weight, (a, b))| *weight = a * b);
    }

    /// Returns the score of each cell of the footprints with equal weights; infinite where no plume reaches a receptor with an enhancement.
    pub(super) fn equal_scores(&self, footprints: &Footprints, hypothesis: Hypothesis) -> Vec<f32> {
        let cells = footprints.grid.cells();
        let mut sums = vec![[0.0_f32; 2]; cells];
        for ((_, _, root), row) in self.pairs.iter().zip(footprints.values.chunks_exact(cells.max(1))) {
            for ([signal, norm], cell) in sums.iter_mut().zip(row) {
                *signal += root * cell.sqrt();
                *norm += cell;
            }
        }
        let total = self.totals.first().copied().unwrap_or_default();
        let penalty = self.penalty(hypothesis);
        sums.iter().map(|[signal, norm]| score(*signal, *norm, total).map_or(f32::INFINITY, |s| s + penalty)).collect()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a penalty of 0 to 10 needs no double precision")]
    fn penalty(&self, hypothesis: Hypothesis) -> f32 {
        (hypothesis.penalty() / self.independent as f64) as f32
    }

    /// Improves the best source of every draw by those cells whose score with equal weights is no worse than `score_max`.
    pub(super) fn improve(
        &self,
        best: &mut [Option<Best>],
        footprints: &Footprints,
        hypothesis: Hypothesis,
        score_max: f32,
    ) {
        let penalty = self.penalty(hypothesis);
        let scores = self.equal_scores(footprints, hypothesis);
        let kept = (0..).zip(&scores).filter(|(_, score)| **score <= score_max).map(|(cell, _)| cell);
        let kept: Vec<usize> = kept.collect();
        let (mut signal, mut norm) = (vec![0.0_f32; best.len() * TILE], vec![0.0_f32; best.len() * TILE]);
        for cells in kept.chunks(TILE) {
            with_best(
                #[inline(always)]
                || self.sum(footprints, cells, (&mut signal, &mut norm)),
            );
            let tiles = signal.chunks_exact(TILE).zip(norm.chunks_exact(TILE)).zip(&self.totals);
            for (best, ((signal, norm), total)) in best.iter_mut().zip(tiles) {
                // The greatest gain is the lowest score: one logarithm is enough for a tile.
                let gain = |(a, b): (&f32, &f32)| if *a > 0.0 && *b > 0.0 { a * a / b } else { 0.0 };
                let gains = cells.iter().zip(signal.iter().zip(norm));
                let greatest = gains.map(|(cell, sums)| (cell, sums, gain(sums))).max_by(|a, b| a.2.total_cmp(&b.2));
                let Some((cell, (a, b), _)) = greatest else { continue };
                let Some(score) = score(*a, *b, *total).map(|score| score + penalty) else { continue };
                if best.as_ref().is_some_and(|best| best.score <= score) {
                    continue;
                }
                let (east_m, north_m) = footprints.grid.middle(*cell);
                *best = Some(Best { score, east_m, north_m, rate_kg_s: f64::from(a / b).powi(2), hypothesis });
            }
        }
    }

    /// Sums, for each draw and cell, the weighted products of roots (signal) and footprints (norm).
    #[inline(always)]
    fn sum(&self, footprints: &Footprints, cells: &[usize], sums: (&mut [f32], &mut [f32])) {
        let (signal, norm) = sums;
        signal.fill(0.0);
        norm.fill(0.0);
        let rows = footprints.values.chunks_exact(footprints.grid.cells().max(1));
        let mut weights = vec![0.0_f32; self.count];
        let (mut product, mut value) = ([0.0_f32; TILE], [0.0_f32; TILE]);
        for (row, (block, receptor, root)) in rows.zip(&self.pairs) {
            for ((product, value), cell) in product.iter_mut().zip(&mut value).zip(cells) {
                *value = row.get(*cell).copied().unwrap_or_default();
                *product = root * value.sqrt();
            }
            if value.iter().all(|value| *value <= 0.0) {
                continue;
            }
            self.weigh(*block, *receptor, &mut weights);
            let tiles = signal.chunks_exact_mut(TILE).zip(norm.chunks_exact_mut(TILE));
            for ((signal, norm), weight) in tiles.zip(&weights) {
                for (((a, b), product), value) in signal.iter_mut().zip(norm).zip(&product).zip(&value) {
                    *a += weight * product;
                    *b += weight * value;
                }
            }
        }
    }
}

/// The logarithm of the misfit's share of the enhancements at the best rate. `None` where the plume reaches no enhancement.
fn score(signal: f32, norm: f32, total: f32) -> Option<f32> {
    let share = (1.0 - signal * signal / (norm * total)).max(0.0) + MISFIT_FLOOR;
    (signal > 0.0 && norm > 0.0).then(|| share.ln())
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
