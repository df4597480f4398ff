//! The path of the air back in time from a moment, as puffs along it that overlap.

use super::super::grid::whole;
use super::cloud::{Cloud, Drift};
use super::shape::PlumeShape;
use super::wind::{SPEED_MIN_M_S, WindSeries, WindStep};
use std::ops::Range;

/// Time between two interpolated winds in seconds.
const FINE_STEP_S: f64 = 20.0;
/// Longest step of a wind that may be interpolated: over more, the wind between two steps is not known.
const STEP_MAX_S: f64 = 300.0;
/// Below this speed in m/s, the wind of a moment says little of the path that the air has taken.
const LIGHT_M_S: f64 = 2.0;
/// Turn within the travel time beyond which the path is no straight line: the cosine of 45 degrees.
const TURN_COSINE: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// Age in seconds beyond which a path is not followed.
const AGE_MAX_S: f64 = 3.0 * 3_600.0;
/// Distance between two puffs in standard deviations: their sum differs from a continuous release by less than 0.1 %.
const SPACING_SIGMAS: f64 = 1.5;
/// Shortest way in metres that a puff stands for.
const LENGTH_MIN_M: f64 = 0.5;
/// Turn of the wind within a step, in degrees, for which it has one path more: a third of a neutral plume's width.
const TURN_PER_PART_DEG: f64 = 5.0;
/// Puffs of one step at most.
const PUFFS_MAX: usize = 2_000;

/// A wind with the paths of the steps at which the wind is light, or turns while the air travels.
#[derive(Debug)]
pub(super) struct Paths {
    /// For each step of the wind: its puffs, seen from the receptor; `None` where a straight plume does.
    steps: Vec<Option<Vec<Cloud>>>,
}

impl Paths {
    /// Follows the air back from the steps of each block.
    pub(super) fn new(wind: &WindSeries, shape: PlumeShape, blocks: &[Range<usize>]) -> Self {
        let mut steps: Vec<Option<Vec<Cloud>>> = vec![None; wind.steps.len()];
        for block in blocks.iter().filter(|_| wind.step_s <= STEP_MAX_S) {
            let block_s = block.len() as f64 * wind.step_s;
            for (step, slot) in block.clone().zip(steps.get_mut(block.clone()).unwrap_or_default()) {
                let is_needed = is_light_or_turning(wind, step, (shape.network_m, block_s));
                *slot = is_needed.then(|| clouds(wind, shape, step));
            }
        }
        Self { steps }
    }

    /// Returns the puffs of a step; `None` where a straight plume does.
    pub(super) fn at(&self, step: usize) -> Option<&[Cloud]> {
        self.steps.get(step).and_then(Option::as_deref)
    }
}

/// Whether the air takes longer than a block to cross the network, and its wind is light or turns by more than 45 degrees meanwhile.
///
/// Air that arrives within the block in which it left is carried by the winds of that block, and the mean over the block is that of straight
/// plumes.
fn is_light_or_turning(wind: &WindSeries, step: usize, (network_m, block_s): (f64, f64)) -> bool {
    let Some(now) = wind.steps.get(step).copied().flatten() else { return false };
    let (mut travelled_m, mut age_s, mut is_turning) = (0.0, 0.0, now.speed_m_s < LIGHT_M_S);
    for before in wind.steps.get(..step).unwrap_or_default().iter().rev() {
        // Without the winds before, the path is a straight line as well.
        let Some(before) = before else { return false };
        is_turning |= before.toward_east * now.toward_east + before.toward_north * now.toward_north < TURN_COSINE;
        travelled_m += before.speed_m_s.max(SPEED_MIN_M_S) * wind.step_s;
        age_s += wind.step_s;
        if travelled_m >= network_m || age_s >= AGE_MAX_S || (is_turning && age_s >= block_s) {
            return is_turning && age_s >= block_s;
        }
    }
    false
}

/// The wind at a time in steps, interpolated between the middles of steps. Where one is missing, the wind is that of the later one.
fn interpolated(wind: &WindSeries, time: f64) -> Option<WindStep> {
    let before = (time - 0.5).max(0.0);
    let first = whole(before.floor());
    let share = before - before.floor();
    let at = |place: usize| wind.steps.get(place).copied().flatten();
    match (at(first), at(first + 1)) {
        (Some(a), Some(b)) => Some(a.between(&b, share)),
        (Some(only), None) | (None, Some(only)) => Some(only),
        (None, None) => None,
    }
}

/// The puffs on the way back from a step: those that reach a receptor in the middle of each part of the step.
fn clouds(wind: &WindSeries, shape: PlumeShape, step: usize) -> Vec<Cloud> {
    let parts = parts_of(wind, step);
    let mut clouds = Vec::new();
    for part in 0..parts {
        let end = step as f64 + (part as f64 + 0.5) / parts as f64;
        let share = 1.0 / parts as f64;
        let mut path = Path { shape, share, clouds: &mut clouds, drift: Drift::default(), piece: Piece::default() };
        path.piece.length_max_m = SPACING_SIGMAS * shape.blur_m.max(LENGTH_MIN_M);
        path.follow(wind, end);
    }
    clouds
}

/// The number of paths that stand for a step: as many as the wind turns, from its beginning to its end, by parts of a plume's width.
fn parts_of(wind: &WindSeries, step: usize) -> usize {
    let at = |time: f64| interpolated(wind, time);
    let (Some(from), Some(to)) = (at(step as f64), at(step as f64 + 1.0)) else { return 1 };
    let cosine = from.toward_east * to.toward_east + from.toward_north * to.toward_north;
    let turn_deg = cosine.clamp(-1.0, 1.0).acos().to_degrees();
    whole((turn_deg / TURN_PER_PART_DEG).ceil().clamp(1.0, (wind.step_s / FINE_STEP_S).ceil().max(1.0)))
}

/// A path that grows backwards.
struct Path<'a> {
    shape: PlumeShape,
    /// The path's share of its step.
    share: f64,
    clouds: &'a mut Vec<Cloud>,
    drift: Drift,
    piece: Piece,
}

/// The last piece of a path, for which there is no puff yet.
#[derive(Debug, Default)]
struct Piece {
    from: Drift,
    length_max_m: f64,
    length_m: f64,
    seconds: f64,
}

impl Path<'_> {
    fn follow(&mut self, wind: &WindSeries, end: f64) {
        let (mut age_s, mut last) = (0.0, None);
        while age_s < AGE_MAX_S && self.drift.travelled_m < self.shape.reach_m {
            let time = end - (age_s + FINE_STEP_S / 2.0) / wind.step_s;
            // Where the wind before is not known, the air has come straight, as a plume would.
            let known = if time > 0.0 { interpolated(wind, time) } else { None };
            let Some(now) = known.or(last) else { return };
            last = Some(now);
            self.advance(&now);
            age_s += FINE_STEP_S;
        }
    }

    /// Goes back by one interpolated step. A puff stands for as much of the way as lets it overlap with the next.
    fn advance(&mut self, wind: &WindStep) {
        let speed = wind.speed_m_s.max(SPEED_MIN_M_S);
        let mut left_m = speed * FINE_STEP_S;
        while left_m > 0.0 && self.clouds.len() < PUFFS_MAX {
            let part_m = left_m.min(self.piece.length_max_m - self.piece.length_m).max(LENGTH_MIN_M);
            self.drift = self.drift.moved(wind, part_m);
            self.piece.length_m += part_m;
            self.piece.seconds += part_m / speed;
            left_m -= part_m;
            if self.piece.length_m >= self.piece.length_max_m {
                self.finish(wind);
            }
        }
    }

    fn finish(&mut self, wind: &WindStep) {
        let middle = self.piece.from.middle(self.drift);
        let cloud = Cloud::new(self.shape, wind.stability, middle, self.piece.seconds * self.share);
        self.clouds.push(cloud);
        let length_max_m = SPACING_SIGMAS * self.shape.across_m(wind.stability, self.drift.travelled_m);
        self.piece = Piece { from: self.drift, length_max_m: length_max_m.max(LENGTH_MIN_M), ..Piece::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::super::plume::Plume;
    use super::super::{Forward, Receptor, Stability, StabilityMix};
    use super::*;
    use crate::trace::locate::grid::Grid;
    use std::slice::from_ref;

    const SHAPE: PlumeShape = PlumeShape {
        spread_scale: 1.0,
        source_height_m: 2.0,
        blur_m: 10.0,
        mast_height_m: 10.0,
        reach_m: 4_000.0,
        network_m: 3_000.0,
    };
    const RECEPTOR: Receptor = Receptor { east_m: 0.0, north_m: 0.0, height_m: 3.0 };

    fn steady(speed_m_s: f64, steps: usize) -> WindSeries {
        let wind = WindStep::new(speed_m_s, 240.0, StabilityMix::pure(Stability::D));
        WindSeries { step_s: 60.0, steps: vec![Some(wind); steps] }
    }

    /// Sums of one block of ten steps over a grid upwind of the receptor.
    fn sums(wind: &WindSeries, first: usize) -> Vec<f32> {
        let grid = Grid { west_m: -2_400.0, south_m: -1_500.0, step_m: 60.0, columns: 40, rows: 25 };
        let block = first..first + 10;
        let mut sums = vec![0.0; grid.cells()];
        let model = Plume::new(wind, SHAPE, &[RECEPTOR], from_ref(&block));
        model.add(&RECEPTOR, block, &grid, &mut sums);
        sums
    }

    #[test]
    fn in_a_steady_light_wind_the_path_of_puffs_is_the_straight_plume() {
        let light = steady(1.5, 130);
        let paths = Paths::new(&light, SHAPE, &[100..110, 0..10]);
        assert!(paths.at(100).is_some() && paths.at(5).is_none(), "no wind is known before the first step");
        let (puffs, plume) = (sums(&light, 100), sums(&light, 0));
        let peak = plume.iter().copied().fold(0.0, f32::max);
        for (cell, (puffs, plume)) in puffs.iter().zip(&plume).enumerate() {
            assert!((puffs - plume).abs() <= 0.03 * plume + 0.001 * peak, "cell {cell}: {puffs} and {plume}");
        }
    }

    #[test]
    fn a_strong_steady_wind_a_short_way_and_a_coarse_wind_have_no_path() {
        let has_path = |wind: &WindSeries, shape| Paths::new(wind, shape, from_ref(&(100..110))).at(105).is_some();
        assert!(has_path(&steady(1.5, 130), SHAPE));
        assert!(!has_path(&steady(4.0, 130), SHAPE));
        assert!(!has_path(&steady(1.5, 130), PlumeShape { network_m: 300.0, ..SHAPE }));
        assert!(!has_path(&WindSeries { step_s: 600.0, ..steady(1.5, 130) }, SHAPE));
        let mut turning = steady(4.0, 130);
        turning.steps[..95].iter_mut().flatten().for_each(|wind| *wind = wind.turned(60.0));
        assert!(has_path(&turning, SHAPE));
    }

    #[test]
    fn air_that_left_before_the_wind_turned_comes_from_where_the_wind_came_from_then() {
        // Twenty minutes of south wind after a west wind: air from far left with the west wind.
        let d = StabilityMix::pure(Stability::D);
        let mut wind = steady(1.5, 130);
        wind.steps.iter_mut().for_each(|step| *step = Some(WindStep::new(1.5, 270.0, d)));
        wind.steps[90..].iter_mut().for_each(|step| *step = Some(WindStep::new(1.5, 180.0, d)));
        let model = Plume::new(&wind, SHAPE, &[RECEPTOR], from_ref(&(109..119)));
        let at = |east_m: f64, north_m: f64| {
            let mut sum = [0.0];
            model.add(&RECEPTOR, 110..111, &Grid::point(east_m, north_m), &mut sum);
            sum[0]
        };
        // 20.5 minutes at 1.5 m/s are 1,845 m.
        let (near, behind, beyond) = (at(0.0, -1_000.0), at(-600.0, -1_845.0), at(0.0, -2_600.0));
        assert!(near > 0.0 && behind > 0.15 * near && beyond < 1e-3 * near, "{near} {behind} {beyond}");
    }
}
