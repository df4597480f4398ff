//! `cargo bench --bench trace`: the location of a source in a district of 30 km2 with 50 stations, six hours at one minute, 200 draws.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench ends where its answer is wrong")]

#[path = "../tests/it/trace/located/made.rs"]
mod made;

use criterion::{Criterion, SamplingMode};
use std::hint::black_box;
use vocdb::trace::{LocateOptions, Verdict, locate};

/// Distance in metres within which the source must be found before anything is measured.
const ERROR_MAX_M: f64 = 60.0;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let scene = made::district();
    let options = LocateOptions { draws: 200, ..LocateOptions::default() };
    let found = locate(&scene, &options).unwrap();
    let (east_m, north_m) = found.mode.unwrap();
    let error_m = (east_m - made::DISTRICT_SOURCE.0).hypot(north_m - made::DISTRICT_SOURCE.1);
    assert!(found.verdict == Verdict::Located && error_m < ERROR_MAX_M, "{error_m:.0} m off: {}", found.reason);
    let mut group = criterion.benchmark_group("locate");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("district-30km2-50-stations-6h", |bench| {
        bench.iter(|| locate(black_box(&scene), &options).unwrap());
    });
    group.finish();
    criterion.final_summary();
}
