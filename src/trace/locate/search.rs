//! The search for the best source of every draw, from a coarse grid over the district to a fine one around the answers.

use super::bootstrap::{Best, Draws};
use super::fit::{Hypothesis, Question, for_each_band};
use super::grid::{Extent, Grid, whole};

/// Cells of the first grid and of the last, and of those between.
const CELLS: usize = 1_200;
const FINE_CELLS: usize = 1_000;
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

/// The same for a cell of a grid.
const CELL_SCORE_BEHIND_MAX: f32 = 1.0;
/// Finest cell of all in metres, however large the domain.
const STEP_MAX_M: f64 = 10.0;

/// Returns the best source of every draw; the first draw has equal weights.
pub(super) fn search(question: &Question<'_>, draws: &Draws) -> Vec<Best> {
    let step_min_m = (question.domain.diagonal_m() / FINEST_PER_DIAGONAL).clamp(STEP_MIN_M, STEP_MAX_M);
    let Some(start) = plausible(question, draws, &Grid::covering(question.domain, CELLS, step_min_m)) else {
        return Vec::new();
    };
    let Plausible { mut hypotheses, mut extent, mut lowest } = start;
    let mut best: Vec<Option<Best>> = vec![None; draws.count];
    let mut cells = FINE_CELLS;
    for _ in 0..LEVELS_MAX {
        let grid = Grid::covering(extent, cells, step_min_m);
        let mut level: Vec<Option<Best>> = vec![None; draws.count];
        for hypothesis in &hypotheses {
            for_each_band(question, *hypothesis, &grid, |footprints| {
                draws.improve(&mut level, footprints, *hypothesis, lowest + CELL_SCORE_BEHIND_MAX);
            });
        }
        for (best, found) in best.iter_mut().zip(level) {
            let is_inside = best.as_ref().is_none_or(|best| extent.holds(best.east_m, best.north_m));
            if is_inside && found.is_some() {
                *best = found;
            }
        }
        lowest = best.first().and_then(|best| *best).map_or(lowest, |best| best.score);
        hypotheses.retain(|hypothesis| best.iter().flatten().any(|best| best.hypothesis == *hypothesis));
        let Some(next) = around(best.iter().flatten(), extent, grid.step_m) else { break };
        if cells == CELLS || grid.step_m <= step_min_m * 1.01 {
            break;
        }
        // Where the answers fill the extent, smaller cells are all that is left to gain.
        if next.diagonal_m() > 0.8 * extent.diagonal_m() {
            cells = CELLS;
        }
        extent = next;
    }
    best.into_iter().flatten().collect()
}

/// What is left after a first look with equal weights.
struct Plausible {
    hypotheses: Vec<Hypothesis>,
    /// Rectangle around the cells that are not much worse than the best.
    extent: Extent,
    /// The best score.
    lowest: f32,
}

/// The hypotheses and the cells that are not much worse than the best with equal weights. `None` where no cell explains anything.
fn plausible(question: &Question<'_>, draws: &Draws, grid: &Grid) -> Option<Plausible> {
    let mut scored: Vec<(Hypothesis, f32)> = Vec::new();
    let mut cells: Vec<f32> = vec![f32::INFINITY; grid.cells()];
    for hypothesis in Hypothesis::all() {
        let (mut lowest, mut first) = (f32::INFINITY, 0);
        for_each_band(question, hypothesis, grid, |footprints| {
            let scores = draws.equal_scores(footprints, hypothesis);
            for (cell, score) in cells.iter_mut().skip(first).zip(&scores) {
                *cell = cell.min(*score);
                lowest = lowest.min(*score);
            }
            first += scores.len();
        });
        scored.push((hypothesis, lowest));
    }
    let lowest = scored.iter().map(|(_, score)| *score).fold(f32::INFINITY, f32::min);
    let near = (0..).zip(&cells).filter(|(_, score)| **score <= lowest + CELL_SCORE_BEHIND_MAX && score.is_finite());
    let extent = Extent::around(near.map(|(cell, _)| grid.middle(cell)))?;
    let hypotheses = scored.into_iter().filter(|(_, score)| *score <= lowest + SCORE_BEHIND_MAX);
    Some(Plausible {
        hypotheses: hypotheses.map(|(hypothesis, _)| hypothesis).collect(),
        extent: extent.with_margin(2.0 * grid.step_m).within(question.domain),
        lowest,
    })
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
