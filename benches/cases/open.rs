//! Opening: a settled store, and one whose rows are all in the write-ahead log.

use super::{Site, VALUES, VALUES_PER_INSTANT, rows};
use crate::setup::time;
use criterion::{Criterion, SamplingMode, Throughput};
use std::path::Path;
use std::time::{Duration, Instant};
use vocdb::{Config, Database, Durability, Timestamp};
use vocdb_district::ROWS;

/// Rows of each station in the log: as many as the head holds unsealed.
const ROWS_IN_LOG: usize = 3_000;

pub(crate) fn run(criterion: &mut Criterion) {
    let all = rows();
    let settled = tempfile::tempdir().unwrap();
    let site = Site::open(settled.path(), Durability::Buffered);
    site.feed(&all, 0..ROWS, 100);
    site.settle();
    site.db.close().unwrap();
    opening(criterion, settled.path(), ("open/settled", VALUES), time(ROWS - 1));

    let crashed = tempfile::tempdir().unwrap();
    let site = Site::open(crashed.path(), Durability::Buffered);
    site.feed(&all, 0..ROWS_IN_LOG, 100);
    drop(site);
    opening(
        criterion,
        crashed.path(),
        ("recovery/log", VALUES_PER_INSTANT * ROWS_IN_LOG as u64),
        time(ROWS_IN_LOG - 1),
    );
}

/// Until the first answer, which is the newest value. Letting go of the store does not count.
fn opening(criterion: &mut Criterion, dir: &Path, (name, values): (&str, u64), newest: Timestamp) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(values)).sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("first-answer", |bench| {
        bench.iter_custom(|rounds| {
            let mut taken = Duration::ZERO;
            for _ in 0..rounds {
                let begun = Instant::now();
                let db = Database::open(dir, Config::default()).unwrap();
                let latest = db.latest("district/11", "c35").unwrap();
                taken += begun.elapsed();
                assert_eq!(latest.map(|(at, _)| at), Some(newest), "the last row is there");
            }
            taken
        });
    });
}
