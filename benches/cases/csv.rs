//! A wide CSV file into batches, on one core: throughput in bytes of the file.

use crate::setup::{instrument, time};
use criterion::{Criterion, Throughput};
use std::fmt::Write;
use std::hint::black_box;
use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
use vocdb::{Batch, Instrument, InstrumentId, Unit};
use vocdb_district::{ROWS, SPECIES, station_rows};

/// Rows of a batch.
const ROWS_PER_BATCH: usize = 8_192;

pub(crate) fn run(criterion: &mut Criterion) {
    let values = station_rows(0, ROWS);
    let (text, instrument) = (wide(&values), instrument());
    let sum: f64 = values.iter().sum();
    assert!((read(&text, &instrument) - sum).abs() < 1e-6 * sum, "every value is read");
    let mut group = criterion.benchmark_group("csv");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read/wide", |bench| bench.iter(|| read(black_box(&text), &instrument)));
    group.finish();
}

/// A row a second, a column a species.
fn wide(values: &[f64]) -> String {
    let mut text = "time".to_owned();
    for species in 0..SPECIES {
        let _ = write!(text, ",c{species:02}");
    }
    for (row, values) in values.chunks(SPECIES).enumerate() {
        let _ = write!(text, "\n{}", time(row));
        for value in values {
            let _ = write!(text, ",{value:.2}");
        }
    }
    text.push('\n');
    text
}

/// Reads the text, and returns the sum of its values.
fn read(text: &str, instrument: &Instrument) -> f64 {
    let mut target = CsvTarget::new(InstrumentId::new(1), instrument);
    for channel in instrument.channels() {
        target = target.column(channel.name(), channel.name(), Unit::Ppb);
    }
    let spec = CsvSpec::new(TimeColumn::new("time", TimeFormat::Rfc3339)).map(target);
    let mut reader = CsvReader::from_reader(text.as_bytes(), "wide.csv", spec).unwrap();
    let (mut batch, mut sum) = (Batch::new(), 0.0);
    while reader.read_batch(ROWS_PER_BATCH, &mut batch).unwrap() > 0 {
        sum += batch.frames().map(|frame| frame.values.iter().sum::<f64>()).sum::<f64>();
    }
    sum
}
