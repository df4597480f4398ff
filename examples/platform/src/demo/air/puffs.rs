//! Plumes as puffs that drift with the wind and grow.

use super::STEP_S;
use super::weather::{Mixing, Wind};
use std::f64::consts::TAU;

/// Distance from the middle of the park at which a puff is forgotten, in metres.
const REACH_M: f64 = 3_500.0;
/// Smallest spread of a puff in metres: the size of a tank roof or of the wake of a building.
const SPREAD_MIN_M: (f64, f64) = (6.0, 3.0);
/// Standard deviations beyond which a puff is not felt.
const FELT_SIGMAS: f64 = 4.0;
/// Height of the inlets of the stations above ground, in metres.
pub(in crate::demo) const INLET_HEIGHT_M: f64 = 3.0;

/// A place in metres east and north of the middle of the park.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::demo) struct Place {
    /// Metres east.
    pub(in crate::demo) east_m: f64,
    /// Metres north.
    pub(in crate::demo) north_m: f64,
}

/// A source: its place and its height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::demo) struct Source {
    /// Place.
    pub(in crate::demo) place: Place,
    /// Height above ground in metres.
    pub(in crate::demo) height_m: f64,
}

#[derive(Debug, Clone, Copy)]
struct Puff {
    source: usize,
    height_m: f64,
    grams: f64,
    east_m: f64,
    north_m: f64,
    travelled_m: f64,
    mixing: Mixing,
}

/// The puffs of all sources.
#[derive(Debug)]
pub(in crate::demo) struct Plumes {
    sources: Vec<Source>,
    stations: Vec<Place>,
    puffs: Vec<Puff>,
}

impl Plumes {
    /// Air without plumes.
    pub(in crate::demo) const fn new(sources: Vec<Source>, stations: Vec<Place>) -> Self {
        Self { sources, stations, puffs: Vec::new() }
    }

    /// Lets a step pass: each source releases a puff of its rate in g/s, and all puffs drift.
    pub(in crate::demo) fn step(&mut self, wind: &Wind, rates_g_s: &[f64]) {
        let seconds = STEP_S as f64;
        let (east, north) = wind.toward();
        for (number, (source, rate)) in
            self.sources.iter().zip(rates_g_s).enumerate().filter(|(_, (_, rate))| **rate > 0.0)
        {
            let Source { place, height_m } = *source;
            self.puffs.push(Puff {
                source: number,
                height_m,
                grams: rate * seconds,
                // A puff stands for what was released during the step: it starts half a step behind.
                east_m: place.east_m - 0.5 * east * seconds,
                north_m: place.north_m - 0.5 * north * seconds,
                travelled_m: 0.0,
                mixing: wind.mixing,
            });
        }
        for puff in &mut self.puffs {
            puff.east_m += east * seconds;
            puff.north_m += north * seconds;
            puff.travelled_m += wind.speed_m_s * seconds;
        }
        self.puffs.retain(|puff| puff.east_m.hypot(puff.north_m) < REACH_M);
    }

    /// Concentrations in g/m3: of each station, for each source.
    pub(in crate::demo) fn concentrations(&self) -> Vec<Vec<f64>> {
        let mut all = vec![vec![0.0; self.sources.len()]; self.stations.len()];
        for puff in &self.puffs {
            let (across, vertical) = puff.mixing.spread_m(puff.travelled_m);
            let (across, vertical) = (across.hypot(SPREAD_MIN_M.0), vertical.hypot(SPREAD_MIN_M.1));
            let felt = FELT_SIGMAS * across;
            let (low, high) =
                (bell(INLET_HEIGHT_M - puff.height_m, vertical), bell(INLET_HEIGHT_M + puff.height_m, vertical));
            let peak = puff.grams * (low + high) / (TAU.powf(1.5) * across * across * vertical);
            for (station, sums) in self.stations.iter().zip(&mut all) {
                let (east, north) = (station.east_m - puff.east_m, station.north_m - puff.north_m);
                if east.abs() > felt || north.abs() > felt {
                    continue;
                }
                if let Some(sum) = sums.get_mut(puff.source) {
                    *sum += peak * bell(east.hypot(north), across);
                }
            }
        }
        all
    }
}

/// The height of a bell curve of height 1 at a distance.
fn bell(distance: f64, sigma: f64) -> f64 {
    (-0.5 * (distance / sigma).powi(2)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_plume_has_the_concentration_of_the_closed_form_and_carries_all_that_was_released() {
        let source = Source { place: Place { east_m: 0.0, north_m: 0.0 }, height_m: 3.0 };
        let stations: Vec<Place> =
            (-40..=40).map(|step| Place { east_m: 800.0, north_m: f64::from(step) * 10.0 }).collect();
        let mut plumes = Plumes::new(vec![source], stations);
        let wind = Wind { from_deg: 270.0, speed_m_s: 2.0, mixing: Mixing::Neutral };
        for _ in 0..400 {
            plumes.step(&wind, &[1.0]);
        }
        let all = plumes.concentrations();
        let (across, vertical) = Mixing::Neutral.spread_m(800.0);
        let (across, vertical) = (across.hypot(6.0), vertical.hypot(3.0));
        // Puffs ahead and behind have other spreads: that makes some multiples of the square of spread over distance, 0.6 %.
        let tolerance = 0.03;
        let expected = (1.0 + bell(6.0, vertical)) / (TAU * across * vertical * 2.0);
        assert!((all[40][0] / expected - 1.0).abs() < tolerance, "{} {expected}", all[40][0]);
        // What crosses a line of samplers: sum over the line, times the height of the mixed layer of the plume at the ground.
        let line: f64 = all.iter().map(|at| at[0] * 10.0).sum();
        let crosswind = TAU.sqrt() * across * expected;
        assert!((line / crosswind - 1.0).abs() < tolerance, "{line} {crosswind}");
        let upwind = Plumes { stations: vec![Place { east_m: -200.0, north_m: 0.0 }], ..plumes };
        assert_eq!(upwind.concentrations()[0][0], 0.0);
    }
}
