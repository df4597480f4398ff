//! Project Prairie Grass (Barad 1958): sulphur dioxide released near the ground for ten minutes, with samplers on arcs around the source.

use std::collections::BTreeMap;
use std::path::Path;
use vocdb::trace::{Block, Receptor, Scene, StabilityMix, WindSeries, WindStep};

/// Heights above ground in metres: of the wind that `met_by_run.csv` gives, and of the source.
pub(crate) const MAST_HEIGHT_M: f64 = 2.0;
pub(crate) const SOURCE_HEIGHT_M: f64 = 0.46;

/// A run of ten minutes.
pub(crate) struct Run {
    pub(crate) number: f64,
    pub(crate) scene: Scene,
    /// Metres east and north.
    pub(crate) truth: (f64, f64),
    pub(crate) rate_kg_s: f64,
}

/// Numbers of 0 to 1 that a seed determines.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The rows of a file of numbers, without its header. An empty field is not a number.
fn rows(file: &str) -> std::io::Result<Vec<Vec<f64>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/prairie_grass").join(file);
    let text = std::fs::read_to_string(path)?;
    let row = |line: &str| line.split(',').map(|field| field.parse().unwrap_or(f64::NAN)).collect();
    Ok(text.lines().skip(1).map(row).collect())
}

/// Reads the runs with a measured wind: samplers every 10 degrees on the arcs named by their radius in metres. The frame of each run is
/// shifted by up to 200 m each way, so that no answer profits from a source in the middle.
pub(crate) fn runs(arcs_m: &[f64], seed: u64) -> std::io::Result<Vec<Run>> {
    let mut shifts = Seeded(seed);
    let mut samples: BTreeMap<u64, Vec<[f64; 8]>> = BTreeMap::new();
    for row in rows("arcs.csv")? {
        if let [run, _, _, ref sample @ ..] = row[..] {
            samples.entry(run.to_bits()).or_default().extend(<[f64; 8]>::try_from(sample).ok());
        }
    }
    let mut runs = Vec::new();
    for met in rows("met_by_run.csv")? {
        let [run, obukhov_m, _, _, from_deg, _, speed_m_s, ..] = met[..] else { continue };
        let truth = ((shifts.next() - 0.5) * 400.0, (shifts.next() - 0.5) * 400.0);
        let all = samples.get(&run.to_bits()).map_or(&[][..], Vec::as_slice);
        let asked = all.iter().filter(|[arc_m, angle, ..]| arcs_m.contains(arc_m) && angle.rem_euclid(10.0) == 0.0);
        let (receptors, enhancements) = asked
            .map(|[arc_m, angle, _, _, height_m, mg_m3, ..]| {
                let (sin, cos) = angle.to_radians().sin_cos();
                let (east_m, north_m) = (arc_m * sin + truth.0, arc_m * cos + truth.1);
                (Receptor { east_m, north_m, height_m: *height_m }, Some(mg_m3 * 1e-6))
            })
            .unzip();
        let wind = WindStep::new(speed_m_s, from_deg, StabilityMix::from_obukhov(obukhov_m));
        let wind = WindSeries { step_s: 600.0, steps: vec![Some(wind)] };
        let scene = Scene { receptors, wind, blocks: vec![Block { steps: 0..1, enhancements }] };
        let rate_kg_s = all.first().map_or(f64::NAN, |[.., rate_g_s, _]| rate_g_s / 1_000.0);
        runs.push(Run { number: run, scene, truth, rate_kg_s });
    }
    Ok(runs)
}
