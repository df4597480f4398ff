//! The search for the best source of every draw, from a coarse grid over the district to a fine one around the answers.

use super::bootstrap::{Best, Draws};
use super::fit::{Footprints, Hypothesis, Question};
use super::grid::{Extent, Grid, whole};

/// Cells of a grid.
const CELLS: usize = 1_200;
/// Levels of refinement at most.
const LEVELS_MAX: usize = 6;
/// The finest cell is the domain's diagonal divided by this, but no less than half a metre.
const FINEST_PER_DIAGONAL: f64 = 400.0;
const STEP_MIN_M: f64 = 0.5;
/// A hypothesis whose best score with equal weights is worse than the best by more than this wins no draw worth keeping: twice the
/// standard deviation of a draw's score over the releases that were looked at.
const SCORE_BEHIND_MAX: f32 = 0.5;
/// Share of the draws that may lie outside the next, finer grid, on each side.
const OUTSIDE_SHARE: f64 = 0.03;

/// Returns the best source of every draw; the first draw has equal weights.
pub(super) fn search(question: &Question<'_>, draws: &Draws) -> Vec<Best> {
    let step_min_m = (question.domain.diagonal_m() / FINEST_PER_DIAGONAL).max(STEP_MIN_M);
    let mut extent = question.domain;
    let mut hypotheses = plausible(question, draws, &Grid::covering(extent, CELLS, step_min_m));
    let mut best: Vec<Option<Best>> = vec![None; draws.count];
    for _ in 0..LEVELS_MAX {
        let grid = Grid::covering(extent, CELLS, step_min_m);
        let mut level: Vec<Option<Best>> = vec![None; draws.count];
        for hypothesis in &hypotheses {
            let footprints = Footprints::compute(question, *hypothesis, &grid);
            draws.improve(&mut level, &footprints, &grid, *hypothesis);
        }
        for (best, found) in best.iter_mut().zip(level) {
            let is_inside = best.as_ref().is_none_or(|best| extent.holds(best.east_m, best.north_m));
            if is_inside && found.is_some() {
                *best = found;
            }
        }
        hypotheses.retain(|hypothesis| best.iter().flatten().any(|best| best.hypothesis == *hypothesis));
        let Some(next) = around(best.iter().flatten(), extent, grid.step_m) else { break };
        if grid.step_m <= step_min_m * 1.01 || next.diagonal_m() > 0.8 * extent.diagonal_m() {
            break;
        }
        extent = next;
    }
    best.into_iter().flatten().collect()
}

/// The hypotheses whose best place, with equal weights, is not much worse than the best of all.
fn plausible(question: &Question<'_>, draws: &Draws, grid: &Grid) -> Vec<Hypothesis> {
    let score = |hypothesis: Hypothesis| {
        let mut equal = [None];
        draws.improve(&mut equal, &Footprints::compute(question, hypothesis, grid), grid, hypothesis);
        let [equal] = equal;
        equal.map_or(f32::INFINITY, |best: Best| best.score)
    };
    let scored: Vec<(Hypothesis, f32)> =
        Hypothesis::all().into_iter().map(|hypothesis| (hypothesis, score(hypothesis))).collect();
    let lowest = scored.iter().map(|(_, score)| *score).fold(f32::INFINITY, f32::min);
    scored
        .into_iter()
        .filter(|(_, score)| *score <= lowest + SCORE_BEHIND_MAX)
        .map(|(hypothesis, _)| hypothesis)
        .collect()
}

/// The extent of the next grid: all answers but the outermost, with a margin.
fn around<'a>(best: impl Iterator<Item = &'a Best>, extent: Extent, step_m: f64) -> Option<Extent> {
    let (mut east, mut north): (Vec<f64>, Vec<f64>) = best.map(|best| (best.east_m, best.north_m)).unzip();
    east.sort_unstable_by(f64::total_cmp);
    north.sort_unstable_by(f64::total_cmp);
    let cut = whole(east.len() as f64 * OUTSIDE_SHARE);
    let kept = |values: &[f64]| Some((*values.get(cut)?, *values.get(values.len().checked_sub(cut + 1)?)?));
    let ((west_m, east_m), (south_m, north_m)) = (kept(&east)?, kept(&north)?);
    Some(Extent { west_m, south_m, east_m, north_m }.with_margin(2.0 * step_m).within(extent))
}
