//! Scenes that are made: a plume without noise over stations whose places and winds a seed determines.

use std::f64::consts::TAU;
use vocdb::trace::{Block, Receptor, Scene, Spread, Stability, StabilityMix, WindSeries, WindStep};

/// A source that releases steadily.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) east_m: f64,
    pub(crate) north_m: f64,
    pub(crate) rate_kg_s: f64,
}

/// Height of every made source in metres.
pub(crate) const SOURCE_HEIGHT_M: f64 = 2.0;
/// Steps of one block.
pub(crate) const BLOCK_STEPS: usize = 10;

/// Numbers of 0 to 1 that a seed determines.
#[derive(Debug)]
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Stations in columns and rows over a rectangle, each moved by up to a third of their distance.
pub(crate) fn stations(columns: u32, rows: u32, (width_m, height_m): (f64, f64), seed: u64) -> Vec<Receptor> {
    let mut random = Seeded(seed);
    let (east, north) = (width_m / f64::from(columns), height_m / f64::from(rows));
    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
    places
        .map(|(column, row)| Receptor {
            east_m: (f64::from(column) + 0.5 + (random.next() - 0.5) * 0.66) * east,
            north_m: (f64::from(row) + 0.5 + (random.next() - 0.5) * 0.66) * north,
            height_m: 3.0,
        })
        .collect()
}

/// A neutral wind of so many minutes that swings around a direction, with gusts.
pub(crate) fn winds(minutes: u32, from_deg: f64, swing_deg: f64, seed: u64) -> WindSeries {
    let mut random = Seeded(seed);
    let step = |minute: u32| {
        let swing = swing_deg * (f64::from(minute) * TAU / 170.0).sin() + (random.next() - 0.5) * 16.0;
        let speed = 3.0 + (random.next() - 0.5) * 1.5;
        Some(WindStep::new(speed, from_deg + swing, StabilityMix::pure(Stability::D)))
    };
    WindSeries { step_s: 60.0, steps: (0..minutes).map(step).collect() }
}

/// The concentration of a plume in kg/m3, as the textbook has it.
fn plume(source: &Source, wind: &WindStep, receptor: &Receptor) -> f64 {
    let (east, north) = (receptor.east_m - source.east_m, receptor.north_m - source.north_m);
    let along = east * wind.toward_east + north * wind.toward_north;
    if along <= 0.0 {
        return 0.0;
    }
    let across = east * wind.toward_north - north * wind.toward_east;
    let spread = Spread::rural(wind.stability, along);
    let bell = |length: f64, width: f64| (-0.5 * (length / width).powi(2)).exp();
    let vertical = bell(receptor.height_m - SOURCE_HEIGHT_M, spread.vertical_m)
        + bell(receptor.height_m + SOURCE_HEIGHT_M, spread.vertical_m);
    let norm = TAU * spread.across_m * spread.vertical_m * wind.speed_m_s;
    source.rate_kg_s * bell(across, spread.across_m) * vertical / norm
}

/// The scene of sources in a wind, in blocks of ten steps.
pub(crate) fn scene(receptors: Vec<Receptor>, wind: WindSeries, sources: &[Source]) -> Scene {
    let mean = |receptor: &Receptor, steps: std::ops::Range<usize>| {
        let known = wind.steps[steps.clone()].iter().flatten();
        let sum: f64 = known.flat_map(|wind| sources.iter().map(|source| plume(source, wind, receptor))).sum();
        sum / steps.len() as f64
    };
    let blocks = (0..wind.steps.len()).step_by(BLOCK_STEPS).map(|start| {
        let steps = start..(start + BLOCK_STEPS).min(wind.steps.len());
        let enhancements = receptors.iter().map(|receptor| Some(mean(receptor, steps.clone()))).collect();
        Block { steps, enhancements }
    });
    let blocks = blocks.collect();
    Scene { receptors, wind, blocks }
}

/// Where the source of [`district`] is, metres east and north.
pub(crate) const DISTRICT_SOURCE: (f64, f64) = (2_900.0, 3_300.0);

/// A district of 30 km2 with 50 stations, six hours of one-minute wind, and one source of 5 g/s.
pub(crate) fn district() -> Scene {
    let (east_m, north_m) = DISTRICT_SOURCE;
    let source = Source { east_m, north_m, rate_kg_s: 0.005 };
    scene(stations(5, 10, (5_000.0, 6_000.0), 7), winds(360, 250.0, 60.0, 11), &[source])
}
