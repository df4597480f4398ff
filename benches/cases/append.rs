//! Rows on their way in: batches and single rows into the write-ahead log and the head, and the head into a segment.

use super::{Site, VALUES_PER_INSTANT, rows};
use crate::setup::Rows;
use criterion::{Criterion, SamplingMode, Throughput};
use std::time::{Duration, Instant};
use vocdb::{Batch, Durability, TimeRange};
use vocdb_district::{SPECIES, STATIONS};

const ROWS_PER_BATCH: usize = 10;
/// Rows of each station in a head that is sealed.
const ROWS_PER_SEAL: usize = 300;
const SYNC_INTERVAL: Duration = Duration::from_millis(200);

pub(crate) fn run(criterion: &mut Criterion) {
    let all = rows();
    appending(criterion, &all, "append/batch-10/interval", (Durability::Interval(SYNC_INTERVAL), ROWS_PER_BATCH));
    appending(criterion, &all, "append/row/always", (Durability::Always, 1));
    sealing(criterion, &all);
}

/// Appends batches of one station, stations in turn; what seals the head meanwhile counts.
fn appending(criterion: &mut Criterion, all: &[Rows], name: &str, (durability, rows): (Durability, usize)) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements((rows * SPECIES) as u64)).sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("append", |bench| {
        bench.iter_custom(|appends| {
            let dir = tempfile::tempdir().unwrap();
            let site = Site::open(dir.path(), durability);
            let appends = usize::try_from(appends).unwrap();
            let mut batch = Batch::new();
            let begun = Instant::now();
            for append in 0..appends {
                let (round, station) = (append / STATIONS, append % STATIONS);
                batch.clear();
                all[station].push(&mut batch, site.instruments[station], round * rows..(round + 1) * rows);
                site.db.append(&batch).unwrap().all_accepted().unwrap();
            }
            let taken = begun.elapsed();
            assert_eq!(stored(&site), (appends * rows) as u64, "every row that was appended is there");
            taken
        });
    });
}

/// Rows that the store has.
fn stored(site: &Site) -> u64 {
    let readings = site.db.readings();
    let of_instrument = |id: &vocdb::InstrumentId| readings.aggregate(*id, &[], TimeRange::ALL).unwrap().rows;
    site.instruments.iter().map(of_instrument).sum()
}

/// Writes the head as a segment, again and again; filling it does not count.
fn sealing(criterion: &mut Criterion, all: &[Rows]) {
    let mut group = criterion.benchmark_group("seal");
    group.throughput(Throughput::Elements(VALUES_PER_INSTANT * ROWS_PER_SEAL as u64));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("head", |bench| {
        bench.iter_custom(|seals| {
            let dir = tempfile::tempdir().unwrap();
            let site = Site::open(dir.path(), Durability::Buffered);
            let mut taken = Duration::ZERO;
            for seal in 0..usize::try_from(seals).unwrap() {
                site.feed(all, seal * ROWS_PER_SEAL..(seal + 1) * ROWS_PER_SEAL, ROWS_PER_SEAL);
                let begun = Instant::now();
                site.db.seal().unwrap();
                taken += begun.elapsed();
            }
            assert_eq!(stored(&site), seals * (STATIONS * ROWS_PER_SEAL) as u64, "every row that was sealed is there");
            taken
        });
    });
}
