//! One district hour, read in every way: whole, by the hour, the last ten minutes, the newest value.

use super::{Site, VALUES, rows};
use crate::setup::time;
use criterion::{Criterion, Throughput};
use vocdb::query::Aggregate;
use vocdb::{Durability, InstrumentId, Interval, TimeRange};
use vocdb_district::{ROWS, SPECIES, STATIONS, station_rows};

/// Ten minutes at 1 Hz.
const MEAN_ROWS: usize = 600;

pub(crate) fn run(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let site = Site::open(dir.path(), Durability::Buffered);
    site.feed(&rows(), 0..ROWS, 100);
    let source: Vec<Vec<f64>> = (0..STATIONS as u64).map(|station| station_rows(station, ROWS)).collect();
    scanning(criterion, &site, &source, "scan/fresh");
    site.settle();
    scanning(criterion, &site, &source, "scan/settled");
    hours(criterion, &site, &source);
    last_ten_minutes(criterion, &site, &source);
    latest(criterion, &site, &source);
}

/// Sums that were added up in another order.
fn agrees(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn scanning(criterion: &mut Criterion, site: &Site, source: &[Vec<f64>], name: &str) {
    let readings = site.db.readings();
    let channels: Vec<usize> = (0..SPECIES).collect();
    let scan = || {
        let (mut count, mut sum) = (0, 0.0);
        for instrument in &site.instruments {
            let mut scan = readings.scan(*instrument, &channels, TimeRange::ALL).unwrap();
            let mut add = |_: usize, _: &[vocdb::Timestamp], column: &vocdb::store::read::Column| {
                count += column.values.len() as u64;
                sum += total(&column.values);
            };
            while scan.visit(&mut add).unwrap() {}
        }
        (count, sum)
    };
    let expected: f64 = source.iter().flatten().sum();
    let (count, sum) = scan();
    assert!(count == VALUES && agrees(sum, expected), "{name}: {count} values sum up to {sum}, not {expected}");
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(VALUES)).sample_size(20);
    group.bench_function("all", |bench| bench.iter(scan));
}

/// The sum of a slice in lanes that run side by side.
fn total(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<16>();
    let mut lanes = [0.0; 16];
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

fn hours(criterion: &mut Criterion, site: &Site, source: &[Vec<f64>]) {
    let readings = site.db.readings();
    let channels: Vec<usize> = (0..SPECIES).collect();
    let means = || {
        let (mut valid, mut sum) = (0, 0.0);
        for instrument in &site.instruments {
            for hour in readings.rollups(*instrument, &channels, Interval::HOUR, TimeRange::ALL).unwrap() {
                valid += hour.channels.iter().map(|channel| channel.valid).sum::<u64>();
                sum += hour.channels.iter().filter_map(Aggregate::mean).sum::<f64>();
            }
        }
        (valid, sum)
    };
    // A window includes its end: the full hour lies in the hour that it ends.
    let first_hour = (0..ROWS).filter(|row| time(*row).ceil_to(3_600_000) == time(0).ceil_to(3_600_000)).count();
    let mean = |rows: &[f64], channel: usize| {
        let column = rows.iter().skip(channel).step_by(SPECIES);
        column.clone().sum::<f64>() / column.count() as f64
    };
    let of_channel = |rows: &[f64], channel: usize| {
        let (before, after) = rows.split_at(first_hour * SPECIES);
        mean(before, channel) + mean(after, channel)
    };
    let expected: f64 = source.iter().flat_map(|rows| (0..SPECIES).map(|channel| of_channel(rows, channel))).sum();
    let (valid, sum) = means();
    assert!(valid == VALUES && agrees(sum, expected), "{valid} values have means that sum up to {sum}, not {expected}");
    let mut group = criterion.benchmark_group("window/hourly-mean");
    group.throughput(Throughput::Elements(VALUES));
    group.bench_function("all", |bench| bench.iter(means));
}

/// Every channel of every station in turn.
fn channels(site: &Site) -> impl Iterator<Item = (InstrumentId, usize)> + '_ {
    site.instruments.iter().flat_map(|instrument| (0..SPECIES).map(|channel| (*instrument, channel)))
}

fn last_ten_minutes(criterion: &mut Criterion, site: &Site, source: &[Vec<f64>]) {
    let readings = site.db.readings();
    let range = TimeRange::new(time(ROWS - MEAN_ROWS), time(ROWS));
    let mean = |instrument, channel| readings.aggregate(instrument, &[channel], range).unwrap().channels[0].mean();
    for (place, (instrument, channel)) in channels(site).enumerate() {
        let column = source[place / SPECIES].iter().skip(channel).step_by(SPECIES);
        let expected = column.skip(ROWS - MEAN_ROWS).sum::<f64>() / MEAN_ROWS as f64;
        assert!(mean(instrument, channel).is_some_and(|mean| agrees(mean, expected)), "channel {channel}");
    }
    let mut group = criterion.benchmark_group("window/mean-10min");
    group.throughput(Throughput::Elements(1));
    let mut turn = channels(site).collect::<Vec<_>>().into_iter().cycle();
    group.bench_function("one-channel", |bench| {
        bench.iter(|| turn.next().and_then(|(instrument, channel)| mean(instrument, channel)));
    });
}

fn latest(criterion: &mut Criterion, site: &Site, source: &[Vec<f64>]) {
    let readings = site.db.readings();
    for (place, (instrument, channel)) in channels(site).enumerate() {
        let expected = source[place / SPECIES][(ROWS - 1) * SPECIES + channel];
        let (at, sample) = readings.latest(instrument, channel).unwrap().unwrap();
        assert_eq!((at, sample.value), (time(ROWS - 1), Some(expected)), "channel {channel}");
    }
    let mut group = criterion.benchmark_group("latest");
    group.throughput(Throughput::Elements(1));
    let mut turn = channels(site).collect::<Vec<_>>().into_iter().cycle();
    group.bench_function("one-channel", |bench| {
        bench.iter(|| turn.next().map(|(instrument, channel)| readings.latest(instrument, channel)));
    });
}
