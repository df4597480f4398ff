//! Made scenes in which the air travels: puffs are followed through a district.

use super::made::{BLOCK_STEPS, SOURCE_HEIGHT_M, Source};
use std::f64::consts::TAU;
use vocdb::trace::{Block, Receptor, Scene, Spread, WindSeries};

/// Puffs that leave in a minute.
const PUFFS_PER_MINUTE: usize = 3;
/// Seconds between two puffs.
const PUFF_S: f64 = 60.0 / PUFFS_PER_MINUTE as f64;
/// Steps of the wind before the first block: the air of the district fills in this time.
const FILL_STEPS: usize = 60;

/// The scene of a source in a wind of one-minute steps, with puffs that drift with the wind: what arrives at a station left its source long
/// before.
///
/// Written without the crate's models: each puff is followed forwards, with the wind of the minute that it is in.
pub(crate) fn drifting_scene(receptors: Vec<Receptor>, wind: WindSeries, source: &Source) -> Scene {
    let minutes = wind.steps.len();
    let mut means = vec![vec![0.0; receptors.len()]; minutes];
    let per_minute = PUFFS_PER_MINUTE;
    for puff in 0..minutes * per_minute {
        let (mut east_m, mut north_m, mut travelled_m) = (source.east_m, source.north_m, 0.0);
        for part in puff..minutes * per_minute {
            let wind = wind.steps[part / per_minute].unwrap();
            let half = if part == puff { 0.25 } else { 0.5 };
            east_m += wind.toward_east * wind.speed_m_s * PUFF_S * half;
            north_m += wind.toward_north * wind.speed_m_s * PUFF_S * half;
            travelled_m += wind.speed_m_s * PUFF_S * half;
            let spread = Spread::rural(wind.stability, travelled_m);
            let bell = |length: f64, width: f64| (-0.5 * (length / width).powi(2)).exp();
            let norm = TAU.powf(1.5) * spread.across_m.powi(2) * spread.vertical_m;
            for (mean, receptor) in means[part / per_minute].iter_mut().zip(&receptors) {
                let away = (receptor.east_m - east_m).hypot(receptor.north_m - north_m);
                if away < 5.0 * spread.across_m {
                    let vertical = bell(receptor.height_m - SOURCE_HEIGHT_M, spread.vertical_m)
                        + bell(receptor.height_m + SOURCE_HEIGHT_M, spread.vertical_m);
                    let kg = source.rate_kg_s * PUFF_S;
                    *mean += kg * bell(away, spread.across_m) * vertical / norm / per_minute as f64;
                }
            }
            east_m += wind.toward_east * wind.speed_m_s * PUFF_S * (1.0 - half);
            north_m += wind.toward_north * wind.speed_m_s * PUFF_S * (1.0 - half);
            travelled_m += wind.speed_m_s * PUFF_S * (1.0 - half);
        }
    }
    let blocks = (FILL_STEPS..minutes).step_by(BLOCK_STEPS).map(|start| {
        let steps = start..(start + BLOCK_STEPS).min(minutes);
        let mean = |place: usize| steps.clone().map(|minute| means[minute][place]).sum::<f64>() / steps.len() as f64;
        Block { steps: steps.clone(), enhancements: (0..receptors.len()).map(|place| Some(mean(place))).collect() }
    });
    let blocks = blocks.collect();
    Scene { receptors, wind, blocks }
}
