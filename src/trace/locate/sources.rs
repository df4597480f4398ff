//! Two sources at once: forward selection by non-negative least squares, claimed only where it predicts what it was not fitted to.

use super::answer::KERNEL_SHARE;
use super::error::LocateError;
use super::fit::{Footprints, Hypothesis, Question, VALUES_MAX, for_each_band};
use super::grid::{Extent, Grid};
use super::options::LocateOptions;
use super::scene::{Pair, Scene};
use std::collections::BTreeSet;

/// One of the sources that the readings of a scene are explained by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeparateSource {
    /// Metres east.
    pub east_m: f64,
    /// Metres north.
    pub north_m: f64,
    /// Rate in kg/s.
    pub kg_s: f64,
    /// Share of the modelled enhancements that this source causes, 0 to 1.
    pub share: f64,
}

/// Share of the misfit that a second source must take away in blocks that it was not fitted to: noise that is fitted makes it grow.
const MISFIT_CUT_MIN: f64 = 0.2;
/// Share of the modelled enhancements that the weaker source must cause.
const SHARE_MIN: f64 = 0.1;
/// Stations, or else blocks, with an enhancement that each source must cause for the greater part.
const OWN_STATIONS_MIN: usize = 2;
const OWN_BLOCKS_MIN: usize = 3;
/// Cells of the first grid, and of each finer one.
const CELLS: usize = 1_200;
const CELLS_MIN: usize = 16;
const FINE_CELLS: usize = 200;
/// Cells on each side of a place that the finer grid covers.
const FINE_REACH_CELLS: f64 = 3.0;
/// Rounds in which each place is searched again, given the other.
const ROUNDS: usize = 3;
const LEVELS: usize = 3;
/// Hypotheses that are looked at on finer grids: a coarse cell widens the plume, which favours too small a spread.
const FINE_HYPOTHESES: usize = 6;
/// Distance between two sources, in kernel widths of [`locate`](super::locate), below which the error of the model joins them.
const APART_MIN_KERNELS: f64 = 2.0;

/// Separates the sources that explain a scene: one or two, the stronger first.
///
/// There is none where nothing is enhanced, and there are never more than two.
///
/// A second source is claimed if, fitted to every other block, it takes at least a fifth off the misfit in the blocks between, both ways
/// round; if it causes a tenth of the enhancements; if each source causes most of what some stations or blocks show; and if the
/// two are further apart than the error of the model. Scenes of one block
/// have one source. The places are best fits without an area: [`locate`](super::locate) gives the area of a single source.
///
/// # Errors
/// [`LocateError`] as for [`locate`](super::locate).
///
/// ```
/// use vocdb::trace::{LocateError, LocateOptions, Scene, WindSeries, separate_sources};
/// let nowhere = Scene { receptors: vec![], wind: WindSeries { step_s: 60.0, steps: vec![] }, blocks: vec![] };
/// assert_eq!(separate_sources(&nowhere, &LocateOptions::default()), Err(LocateError::NoReceptors));
/// ```
pub fn separate_sources(scene: &Scene, options: &LocateOptions) -> Result<Vec<SeparateSource>, LocateError> {
    scene.check(options)?;
    let pairs = scene.pairs();
    if pairs.is_empty() {
        return Err(LocateError::NoReadings);
    }
    let Some((extent, domain)) = scene.extents(options) else { return Err(LocateError::NoReceptors) };
    let (even, odd) = halves(&pairs);
    let network_m = extent.diagonal_m();
    let [all, even, odd] = [&pairs, &even, &odd].map(|pairs| Question { scene, pairs, options, domain, network_m });
    let Some(one) = Fit::best(&all, 1) else { return Ok(Vec::new()) };
    if !is_second_predicted(&even, &odd) || !is_second_predicted(&odd, &even) {
        return Ok(one.sources(&all));
    }
    let two = Fit::best(&all, 2).filter(|fit| fit.is_separate(&all));
    Ok(two.unwrap_or(one).sources(&all))
}

/// Whether a second source, fitted to some blocks, takes enough off the misfit in others.
fn is_second_predicted(fitted: &Question<'_>, others: &Question<'_>) -> bool {
    let misfit = |sources| Fit::best(fitted, sources).map(|fit| fit.misfit(others));
    let is_better = |(two, one): (f64, f64)| two <= (1.0 - MISFIT_CUT_MIN) * one;
    !others.pairs.is_empty() && misfit(2).zip(misfit(1)).is_some_and(is_better)
}

/// The pairs of every other block, and those of the blocks between.
fn halves(pairs: &[Pair]) -> (Vec<Pair>, Vec<Pair>) {
    let blocks: BTreeSet<usize> = pairs.iter().map(|pair| pair.block).collect();
    let even: BTreeSet<usize> = blocks.into_iter().step_by(2).collect();
    pairs.iter().partition(|pair| even.contains(&pair.block))
}

/// Places and rates that explain the enhancements, and what the fit assumes.
#[derive(Debug, Clone)]
struct Fit {
    hypothesis: Hypothesis,
    /// Side of the cell that each place is the middle of, in metres.
    step_m: f64,
    places: Vec<(f64, f64)>,
    /// Rates in kg/s.
    rates: Vec<f64>,
    /// Weighted sum of squares that is left.
    residual: f64,
}

/// The best cell beside a fixed source.
#[derive(Debug, Clone, Copy)]
struct Found {
    place: (f64, f64),
    /// Rate of the fixed source, and of the one found.
    rates: (f64, f64),
    residual: f64,
}

impl Fit {
    /// Returns the best fit of one or two sources; `None` where no place explains anything.
    fn best(question: &Question<'_>, sources: usize) -> Option<Self> {
        // The footprints of the first grid are held as a whole: fewer cells for more pairs.
        let cells = (VALUES_MAX / question.pairs.len().max(1)).clamp(CELLS_MIN, CELLS);
        let grid = Grid::covering(question.domain, cells, 0.5);
        let coarse = |hypothesis| Self::coarse(question, hypothesis, &grid, sources);
        let mut fits: Vec<Self> = Hypothesis::all().into_iter().filter_map(coarse).collect();
        fits.sort_by(|a, b| a.residual.total_cmp(&b.residual));
        let refine = |fit: Self| (0..LEVELS).fold(fit, |fit, _| fit.clone().refined(question).unwrap_or(fit));
        fits.into_iter().take(FINE_HYPOTHESES).map(refine).min_by(|a, b| a.residual.total_cmp(&b.residual))
    }

    fn coarse(question: &Question<'_>, hypothesis: Hypothesis, grid: &Grid, sources: usize) -> Option<Self> {
        let bands = footprints(question, hypothesis, grid);
        let found = scan(question, &bands, &[])?;
        let mut fit = Self {
            hypothesis,
            step_m: grid.step_m,
            places: vec![found.place],
            rates: vec![found.rates.1],
            residual: found.residual,
        };
        if sources == 2 {
            let found = scan(question, &bands, &fit.transports(question, 0))?;
            fit.places.push(found.place);
            fit.take(0, found);
            (0..ROUNDS).for_each(|round| fit.improve(question, &bands, round % 2));
        }
        Some(fit)
    }

    /// Searches one place again, on a grid, with the other one fixed.
    fn improve(&mut self, question: &Question<'_>, bands: &[Footprints], place: usize) {
        let fixed = if self.places.len() > 1 { self.transports(question, 1 - place) } else { Vec::new() };
        let Some(found) = scan(question, bands, &fixed) else { return };
        if let Some(changed) = self.places.get_mut(place) {
            *changed = found.place;
        }
        self.take(if place == 0 { self.places.len() - 1 } else { 0 }, found);
    }

    /// Takes the rates of a search in which one place was fixed.
    fn take(&mut self, fixed: usize, found: Found) {
        let (of_fixed, of_found) = found.rates;
        self.rates = (0..self.places.len()).map(|place| if place == fixed { of_fixed } else { of_found }).collect();
        if self.places.len() == 1 {
            self.rates = vec![of_found];
        }
        self.residual = found.residual;
    }

    /// Returns the fit on cells of a third of the size around its places.
    fn refined(mut self, question: &Question<'_>) -> Option<Self> {
        let step_m = self.step_m;
        self.step_m = 2.0 * FINE_REACH_CELLS * step_m / (FINE_CELLS as f64).sqrt();
        for place in (0..self.places.len()).cycle().take(self.places.len() * 2) {
            let around = Extent::around([*self.places.get(place)?])?.with_margin(FINE_REACH_CELLS * step_m);
            let grid = Grid::covering(around.within(question.domain), FINE_CELLS, self.step_m);
            let bands = footprints(question, self.hypothesis, &grid);
            self.improve(question, &bands, place);
        }
        Some(self)
    }

    /// The transport from a place to each pair in s/m3.
    fn transports(&self, question: &Question<'_>, place: usize) -> Vec<f32> {
        let mut transports = Vec::new();
        if let Some(&(east_m, north_m)) = self.places.get(place) {
            let cell = Grid { west_m: east_m, south_m: north_m, step_m: self.step_m, columns: 1, rows: 1 };
            for_each_band(question, self.hypothesis, &cell, |band| transports.clone_from(&band.values));
        }
        transports
    }

    /// The modelled enhancements that each source causes at each pair, in kg/m3.
    fn modelled(&self, question: &Question<'_>) -> Vec<Vec<f64>> {
        let of_place = |(place, rate): (usize, &f64)| {
            self.transports(question, place).iter().map(|transport| rate * f64::from(*transport)).collect()
        };
        self.rates.iter().enumerate().map(of_place).collect()
    }

    /// The sum of squares of the differences of roots.
    fn misfit(&self, question: &Question<'_>) -> f64 {
        let modelled = self.modelled(question);
        let at = |pair: usize| modelled.iter().filter_map(|source| source.get(pair)).sum::<f64>();
        let pairs = question.pairs.iter().enumerate();
        pairs.map(|(place, pair)| (pair.enhancement.sqrt() - at(place).sqrt()).powi(2)).sum()
    }

    /// Whether each source causes enough, and most of what some stations or blocks show.
    fn is_separate(&self, question: &Question<'_>) -> bool {
        let [first, second] = self.modelled(question).try_into().unwrap_or_default();
        let is_enough = |own: &[f64], other: &[f64]| {
            let share = own.iter().sum::<f64>() / own.iter().chain(other).sum::<f64>();
            let (mut stations, mut blocks) = (BTreeSet::new(), BTreeSet::new());
            for ((pair, own), other) in question.pairs.iter().zip(own).zip(other) {
                if own > other && pair.enhancement > *own / 2.0 {
                    stations.insert(pair.receptor);
                    blocks.insert(pair.block);
                }
            }
            share >= SHARE_MIN && (stations.len() >= OWN_STATIONS_MIN || blocks.len() >= OWN_BLOCKS_MIN)
        };
        let (first, second): (Vec<f64>, Vec<f64>) = (first, second);
        is_enough(&first, &second) && is_enough(&second, &first) && self.is_apart(question)
    }

    /// Whether the places are further apart than the error of the model.
    fn is_apart(&self, question: &Question<'_>) -> bool {
        let [first, second] = *self.places.as_slice() else { return false };
        let apart_m = (first.0 - second.0).hypot(first.1 - second.1);
        let width_m = |place| KERNEL_SHARE * question.scene.mean_distance_m(question.pairs, place);
        apart_m >= APART_MIN_KERNELS * width_m(first).max(width_m(second))
    }

    /// The sources, the one that causes more first.
    fn sources(&self, question: &Question<'_>) -> Vec<SeparateSource> {
        let caused: Vec<f64> = self.modelled(question).iter().map(|source| source.iter().sum()).collect();
        let total: f64 = caused.iter().sum();
        let each = self.places.iter().zip(&self.rates).zip(&caused);
        let source = |((place, kg_s), caused): ((&(f64, f64), &f64), &f64)| SeparateSource {
            east_m: place.0,
            north_m: place.1,
            kg_s: *kg_s,
            share: caused / total,
        };
        let mut sources: Vec<SeparateSource> = each.map(source).filter(|source| source.kg_s > 0.0).collect();
        sources.sort_by(|a, b| b.share.total_cmp(&a.share));
        sources
    }
}

/// Searches a grid for the cell that, with the transports of a fixed source (or none), leaves the least weighted sum of squares.
fn scan(question: &Question<'_>, bands: &[Footprints], fixed: &[f32]) -> Option<Found> {
    let pairs = question.pairs;
    let scale = pairs.iter().map(|pair| pair.enhancement).sum::<f64>() / pairs.len().max(1) as f64;
    // Errors grow with the enhancement: weights stand between those of equal and of proportional errors.
    let weight = |pair: &Pair| 1.0 / (pair.enhancement + scale).max(f64::MIN_POSITIVE);
    let fixed = |place: usize| fixed.get(place).map_or(0.0, |transport| f64::from(*transport));
    let (mut total, mut own, mut toward) = (0.0, 0.0, 0.0);
    for (place, pair) in pairs.iter().enumerate() {
        total += weight(pair) * pair.enhancement * pair.enhancement;
        own += weight(pair) * fixed(place) * fixed(place);
        toward += weight(pair) * fixed(place) * pair.enhancement;
    }
    let mut best: Option<Found> = None;
    for band in bands {
        let cells = band.grid.cells();
        // For each cell: its transports' square, product with the fixed ones, and product with the enhancements.
        let mut sums = vec![[0.0_f64; 3]; cells];
        for ((place, pair), row) in pairs.iter().enumerate().zip(band.values.chunks_exact(cells.max(1))) {
            let (weight, fixed) = (weight(pair), fixed(place));
            for (sums, transport) in sums.iter_mut().zip(row).filter(|(_, transport)| **transport > 0.0) {
                let transport = f64::from(*transport);
                sums[0] += weight * transport * transport;
                sums[1] += weight * transport * fixed;
                sums[2] += weight * transport * pair.enhancement;
            }
        }
        for (cell, sums) in sums.iter().enumerate() {
            let Some((rates, residual)) = least_squares((own, toward, total), *sums) else { continue };
            if best.is_none_or(|best| residual < best.residual) {
                best = Some(Found { place: band.grid.middle(cell), rates, residual });
            }
        }
    }
    best
}

/// All footprints of a grid under a hypothesis.
fn footprints(question: &Question<'_>, hypothesis: Hypothesis, grid: &Grid) -> Vec<Footprints> {
    let mut bands = Vec::new();
    for_each_band(question, hypothesis, grid, |band| bands.push(band.clone()));
    bands
}

/// The rates, none of them negative, of a fixed source and of a cell, and the sum of squares that they leave. `None` where the cell adds nothing.
fn least_squares(
    (own, toward, total): (f64, f64, f64),
    [square, product, with]: [f64; 3],
) -> Option<((f64, f64), f64)> {
    if square <= 0.0 || with <= 0.0 {
        return None;
    }
    let alone = ((0.0, with / square), total - with * with / square);
    let determinant = own * square - product * product;
    // Nearly parallel transports cannot be separated.
    if determinant <= 1e-6 * own * square {
        return Some(alone);
    }
    let rates = ((toward * square - with * product) / determinant, (with * own - toward * product) / determinant);
    match rates {
        (fixed, found) if fixed >= 0.0 && found > 0.0 => Some((rates, total - fixed * toward - found * with)),
        (fixed, _) if fixed < 0.0 => Some(alone),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_squares_give_both_rates_and_never_a_negative_one() {
        let fit = |fixed: [f64; 3], cell: [f64; 3], read: [f64; 3]| {
            let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let of_fixed = (dot(fixed, fixed), dot(fixed, read), dot(read, read));
            least_squares(of_fixed, [dot(cell, cell), dot(cell, fixed), dot(cell, read)])
        };
        let ((first, second), rest) = fit([1.0, 0.0, 1.0], [0.0, 2.0, 1.0], [3.0, 4.0, 5.0]).unwrap();
        assert!((first - 3.0).abs() < 1e-12 && (second - 2.0).abs() < 1e-12 && rest.abs() < 1e-9);
        let ((first, second), rest) = fit([1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]).unwrap();
        assert_eq!((first, second, rest), (0.0, 1.0, 0.0));
        assert_eq!(fit([1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 0.0, 0.0]), None);
        let ((first, second), _) = fit([0.0; 3], [1.0, 1.0, 0.0], [2.0, 2.0, 1.0]).unwrap();
        assert_eq!((first, second), (0.0, 2.0));
    }
}
