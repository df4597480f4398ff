//! The misfit of a source in each cell of a grid, under each hypothesis.

use super::grid::{Extent, Grid};
use super::model::{Field, Forward, Offsets, Plume, PlumeShape, table_height_m};
use super::options::LocateOptions;
use super::scene::{Block, Pair, Scene};
use crate::base::processor::with_best;

/// What may be wrong with the model: how fast the plume spreads, and where the wind came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hypothesis {
    /// Factor on both spreads.
    pub(super) spread_scale: f64,
    /// Angle in degrees by which the wind is turned clockwise.
    pub(super) wind_bias_deg: f64,
}

/// Factors on the spread. Neighbouring stability classes differ by about 1.4.
const SPREAD_SCALES: [f64; 6] = [0.5, 0.7, 1.0, 1.4, 2.0, 2.8];
/// Standard deviation of the logarithm of the factor: a factor of two, the usual error of a Pasquill-Gifford spread.
const SPREAD_SCALE_SIGMA: f64 = std::f64::consts::LN_2;
/// Turns of the wind in degrees.
const WIND_BIASES_DEG: [f64; 3] = [-6.0, 0.0, 6.0];
/// Standard deviation of the wind's bias in degrees: the alignment of a vane (EPA-454/B-08-002 allows 5 degrees), and the difference
/// between the wind at the mast and along the plume.
const WIND_BIAS_SIGMA_DEG: f64 = 6.0;

impl Hypothesis {
    /// Returns all hypotheses.
    pub(super) fn all() -> Vec<Self> {
        let with_biases = |&spread_scale: &f64| {
            WIND_BIASES_DEG.iter().map(move |&wind_bias_deg| Self { spread_scale, wind_bias_deg })
        };
        SPREAD_SCALES.iter().flat_map(with_biases).collect()
    }

    /// Returns minus twice the logarithm of the hypothesis's prior probability, up to a constant.
    pub(super) fn penalty(self) -> f64 {
        (self.wind_bias_deg / WIND_BIAS_SIGMA_DEG).powi(2) + (self.spread_scale.ln() / SPREAD_SCALE_SIGMA).powi(2)
    }
}

/// Initial spread of a plume as a share of the cell's side: the source may stand anywhere in the cell.
const BLUR_SHARE: f64 = 0.4;

/// What is asked: a scene, its pairs, and where to look.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) scene: &'a Scene,
    pub(super) pairs: &'a [Pair],
    pub(super) options: &'a LocateOptions,
    pub(super) domain: Extent,
    /// Distance across the network in metres.
    pub(super) network_m: f64,
}

/// The fields of the block that is being computed, one for each height of receptors.
struct Fields {
    /// `None` where puffs are added for each receptor.
    offsets: Option<Offsets>,
    block: Option<usize>,
    fields: Vec<(u64, Option<Field>)>,
}

impl Fields {
    #[inline(always)]
    fn at(&mut self, (number, block): (usize, &Block), height_m: f64, model: &Plume<'_>) -> Option<&Field> {
        if self.block != Some(number) {
            self.block = Some(number);
            self.fields.clear();
        }
        let height_m = table_height_m(height_m);
        let height = height_m.to_bits();
        let place = self.fields.iter().position(|(known, _)| *known == height).unwrap_or_else(|| {
            let field = self.offsets.and_then(|offsets| model.field(block.steps.clone(), height_m, offsets));
            self.fields.push((height, field));
            self.fields.len() - 1
        });
        self.fields.get(place).and_then(|(_, field)| field.as_ref())
    }
}

/// The transport from each cell to each block and receptor, in s/m3: `values[pair x cells + cell]`.
#[derive(Debug, Clone)]
pub(super) struct Footprints {
    pub(super) grid: Grid,
    pub(super) values: Vec<f32>,
}

/// Values of footprints that are held at once: 32 MiB.
pub(super) const VALUES_MAX: usize = 8 << 20;

/// Computes the footprints of a grid under a hypothesis, band by band of its rows, and passes each band on.
pub(super) fn for_each_band(
    question: &Question<'_>,
    hypothesis: Hypothesis,
    grid: &Grid,
    mut pass: impl FnMut(&Footprints),
) {
    let Question { scene, pairs, options, .. } = question;
    let wind = scene.wind.turned(hypothesis.wind_bias_deg);
    let shape = PlumeShape {
        spread_scale: hypothesis.spread_scale,
        source_height_m: options.source_height_m,
        blur_m: grid.step_m * BLUR_SHARE,
        mast_height_m: options.mast_height_m.max(1.0),
        reach_m: question.domain.diagonal_m(),
        network_m: question.network_m,
    };
    let blocks: Vec<_> = scene.blocks.iter().map(|block| block.steps.clone()).collect();
    let model = Plume::new(&wind, shape, &scene.receptors, &blocks);
    let mut footprints = Footprints { grid: *grid, values: Vec::new() };
    for band in grid.bands(VALUES_MAX / pairs.len().max(1)) {
        let cells = band.cells();
        footprints.grid = band;
        footprints.values.clear();
        footprints.values.resize(pairs.len() * cells, 0.0);
        let mut fields = Fields { offsets: Offsets::of(&band, &scene.receptors), block: None, fields: Vec::new() };
        for (pair, sums) in pairs.iter().zip(footprints.values.chunks_exact_mut(cells.max(1))) {
            let (Some(block), Some(receptor)) = (scene.blocks.get(pair.block), scene.receptors.get(pair.receptor))
            else {
                continue;
            };
            let count = with_best(
                #[inline(always)]
                || {
                    if fields.offsets.is_none() {
                        return model.add(receptor, block.steps.clone(), &band, sums);
                    }
                    if let Some(field) = fields.at((pair.block, block), receptor.height_m, &model) {
                        field.add(receptor, &band, sums);
                    }
                    model.add_straight(receptor, block.steps.clone(), &band, sums)
                },
            );
            let share = 1.0 / count.max(1) as f32;
            sums.iter_mut().for_each(|sum| *sum *= share);
        }
        pass(&footprints);
    }
}
