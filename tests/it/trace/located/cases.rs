//! Releases of known place and rate as scenes: METEC 2022 and Prairie Grass 1956.

use super::prairie;
use std::collections::BTreeMap;
use std::path::Path;
use vocdb::trace::{Block, Receptor, Scene, StabilityMix, WindSeries, WindStep, enhancement};

/// A release, and what was measured of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) scene: Scene,
    /// Metres east and north.
    pub(crate) truth: (f64, f64),
    pub(crate) rate_kg_s: f64,
}

/// Parts per million of methane in a kg/m3 of air, as the data's authors use it.
pub(crate) const PPM_PER_KG_M3: f64 = 1.524e6;
/// Minutes of a block of METEC's readings.
const BLOCK_MIN: usize = 5;
/// Steps on each side of the window that the background is taken from: two hours in all.
const HALF_WINDOW_MIN: usize = 60;

pub(crate) fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of a file of comma-separated values, without its header.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

pub(crate) fn number(field: &str) -> f64 {
    field.parse().unwrap_or_else(|_| panic!("{field:?} is not a number"))
}

/// The named points of `sensors.csv` or `sources.csv`.
pub(crate) fn points(file: &str) -> BTreeMap<String, Receptor> {
    let point = |f: &[&str]| Receptor { east_m: number(f[4]), north_m: number(f[5]), height_m: number(f[2]) };
    rows(&text(file)).map(|f| (f[3].to_owned(), point(&f))).collect()
}

/// A point in metres east and north of METEC's tank.
fn from_tank(latitude: f64, longitude: f64) -> (f64, f64) {
    let phi = 40.595_79_f64.to_radians();
    let (per_latitude, per_longitude) =
        (111_132.92 - 559.82 * (2.0 * phi).cos(), 111_412.84 * phi.cos() - 93.5 * (3.0 * phi).cos());
    ((longitude + 105.139_86) * per_longitude, (latitude - 40.595_79) * per_latitude)
}

/// The height of the sun over METEC in May in degrees, roughly: 67 at noon, which is 19 h UTC.
fn sun_elevation_deg(time: &str) -> f64 {
    let hours = number(&time[11..13]) + number(&time[14..16]) / 60.0;
    let from_noon = ((hours - 7.0).rem_euclid(24.0) - 12.0).abs() / 12.0;
    (from_noon * std::f64::consts::PI).cos() * 55.0 + 12.0
}

/// METEC's seven releases, from the minute of the start of each to that of its end.
pub(crate) fn metec() -> Vec<Case> {
    let readings = text("metec/ch4_wind_1min.csv");
    let sensors = points("metec/sensors.csv");
    let header: Vec<&str> = readings.lines().next().unwrap().split(',').skip(3).collect();
    let receptors: Vec<Receptor> = header.iter().map(|name| sensors[&name["ch4_ppm_".len()..]]).collect();
    let mut minutes = BTreeMap::new();
    let mut steps = Vec::new();
    let mut columns = vec![Vec::new(); receptors.len()];
    for row in rows(&readings) {
        minutes.insert(row[0][..16].replace('T', " "), steps.len());
        let speed = number(row[1]);
        let stability = StabilityMix::from_sun(speed, sun_elevation_deg(row[0]));
        steps.push(Some(WindStep::new(speed, number(row[2]), stability)));
        columns.iter_mut().zip(&row[3..]).for_each(|(column, field)| column.push(field.parse::<f64>().ok()));
    }
    let above: Vec<_> = columns.iter().map(|column| enhancement(column, HALF_WINDOW_MIN)).collect();
    let wind = WindSeries { step_s: 60.0, steps };
    let releases = text("metec/releases.csv");
    let case = |f: Vec<&str>| Case {
        name: format!("{} {}", &f[1][..16], f[4]),
        unit: f[4].to_owned(),
        scene: Scene {
            receptors: receptors.clone(),
            wind: wind.clone(),
            blocks: blocks(&above, minutes[&f[1][..16]], minutes[&f[2][..16]]),
        },
        truth: from_tank(number(f[5]), number(f[6])),
        rate_kg_s: number(f[7]) / 3_600.0,
    };
    rows(&releases).map(case).collect()
}

/// The mean enhancements of blocks; `None` where less than half was measured. What is left at the end counts as a block from half of one on.
fn blocks(above_ppm: &[Vec<Option<f64>>], from: usize, to: usize) -> Vec<Block> {
    let mean = |column: &Vec<Option<f64>>, steps: std::ops::Range<usize>| {
        let known: Vec<f64> = column[steps.clone()].iter().flatten().copied().collect();
        let is_enough = known.len() * 2 >= steps.len();
        is_enough.then(|| known.iter().sum::<f64>() / known.len() as f64 / PPM_PER_KG_M3)
    };
    let starts = (from..to).step_by(BLOCK_MIN).filter(|start| start + BLOCK_MIN / 2 < to);
    starts
        .map(|start| start..(start + BLOCK_MIN).min(to))
        .map(|steps| Block {
            enhancements: above_ppm.iter().map(|column| mean(column, steps.clone())).collect(),
            steps,
        })
        .collect()
}

/// Prairie Grass runs with a measured wind: samplers every 10 degrees on the arcs named, the frame shifted by up to 200 m each way.
pub(crate) fn prairie_grass(arcs_m: &[f64], seed: u64) -> Vec<Case> {
    let case = |run: prairie::Run| Case {
        name: format!("Prairie Grass {}", run.number),
        unit: String::new(),
        scene: run.scene,
        truth: run.truth,
        rate_kg_s: run.rate_kg_s,
    };
    prairie::runs(arcs_m, seed).unwrap().into_iter().map(case).collect()
}
