//! `cargo bench --bench rules`: a rule with two windowed terms as a plan, and the same rule as an interpreted closure. Both must say the
//! same at every instant before either is timed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench ends where its answer is wrong")]

#[path = "setup/rules.rs"]
mod load;
mod setup;

use criterion::{BatchSize, Criterion, Throughput};
use load::{Rise, count};
use vocdb::rules::Engine;

/// Rows of each station.
const ROWS: usize = 1_200;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let rise = Rise::over(ROWS);
    let mut group = criterion.benchmark_group("rules/eval");
    group.throughput(Throughput::Elements(rise.instants)).sample_size(10);
    for (name, plans) in [("plan", &rise.plan), ("closure", &rise.closure)] {
        group.bench_function(name, |bench| {
            bench.iter_batched_ref(
                || Engine::new(plans.clone()),
                |engine| assert_eq!(count(engine, &rise.batch), rise.trips),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
    criterion.final_summary();
}
