//! One chunk of one channel into a page and back: an input for each way in which blocks are packed.

use criterion::{BenchmarkId, Criterion, Throughput};
use std::sync::LazyLock;
use vocdb::codec::{Effort, MarkClasses, PageReader, PageWriter, TimesReader, encode_times};
use vocdb_district::{Species, T0_MS};

const ROWS_PER_BLOCK: usize = 1_024;
const BLOCKS: usize = 16;
const ROWS: usize = ROWS_PER_BLOCK * BLOCKS;
/// The one mark here: a value, and it counts.
const PRESENT: u8 = 1;

static CLASSES: LazyLock<MarkClasses> = LazyLock::new(|| {
    let is_present = std::array::from_fn(|mark| mark == usize::from(PRESENT));
    MarkClasses { is_present, is_valid: is_present }
});

pub(crate) fn run(criterion: &mut Criterion) {
    for (name, effort, values) in inputs() {
        values_both_ways(criterion, name, effort, &values);
    }
    times_both_ways(criterion);
}

/// Name, effort and values: what each is packed as, its name says.
fn inputs() -> Vec<(&'static str, Effort, Vec<f64>)> {
    let of = |value: &dyn Fn(u64) -> f64| -> Vec<f64> { (0..ROWS as u64).map(value).collect() };
    let scatter = |row: u64| row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let district: Vec<f64> = Species::new(0, 0).take(ROWS).collect();
    vec![
        ("constant", Effort::Fast, of(&|_| 21.5)),
        ("frame-of-reference", Effort::Fast, of(&|row| (scatter(row) % 800) as f64 / 100.0)),
        ("deltas", Effort::Fast, of(&|row| (row * 30 + scatter(row) % 8) as f64 / 10.0)),
        ("divisor", Effort::Fast, of(&|row| (scatter(row) % 36) as f64 * 10.0)),
        (
            "dictionary",
            Effort::Fast,
            of(&|row| [0.0, 17.0, 1_013.0, 98_765.0][usize::from(scatter(row).to_le_bytes()[0] % 4)]),
        ),
        ("doubles", Effort::Fast, of(&|row| (scatter(row) as f64).sqrt())),
        ("district", Effort::Fast, district.clone()),
        ("district-thorough", Effort::Thorough, district),
        ("small", Effort::Thorough, of(&|row| ((row / 40) as f64 * 0.05).sin().mul_add(20.0, 0.005).round())),
    ]
}

fn values_both_ways(criterion: &mut Criterion, name: &str, effort: Effort, values: &[f64]) {
    let mut writer = PageWriter::new(effort, &CLASSES);
    let page = encode(&mut writer, values);
    let mut reader = PageReader::new(&CLASSES);
    let (mut out, mut marks) = (vec![0.0; ROWS], vec![0; ROWS]);
    decode(&mut reader, &page, &mut out, &mut marks);
    assert!(values.iter().map(|value| value.to_bits()).eq(out.iter().map(|value| value.to_bits())), "{name}");
    assert!(marks.iter().all(|mark| *mark == PRESENT), "{name}");
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function(BenchmarkId::new("encode", name), |bench| bench.iter(|| encode(&mut writer, values)));
    group.bench_function(BenchmarkId::new("decode", name), |bench| {
        bench.iter(|| decode(&mut reader, &page, &mut out, &mut marks));
    });
}

fn encode(writer: &mut PageWriter, values: &[f64]) -> Vec<u8> {
    let mut page = Vec::new();
    writer.begin(None);
    let marks = [PRESENT; ROWS_PER_BLOCK];
    values.chunks(ROWS_PER_BLOCK).for_each(|block| writer.push_block(block, &marks[..block.len()]));
    writer.finish(&mut page);
    page
}

fn decode(reader: &mut PageReader, page: &[u8], values: &mut [f64], marks: &mut [u8]) {
    reader.open(page, std::iter::repeat_n(ROWS_PER_BLOCK, BLOCKS)).unwrap();
    let blocks = values.chunks_mut(ROWS_PER_BLOCK).zip(marks.chunks_mut(ROWS_PER_BLOCK));
    for (block, (values, marks)) in blocks.enumerate() {
        reader.read(page, block, values, marks).unwrap();
    }
}

fn times_both_ways(criterion: &mut Criterion) {
    let even = (0..ROWS as i64).map(|row| T0_MS + row * 1_000);
    let jittered = even.clone().map(|ms| ms + ms / 1_000 * 7_919 % 40);
    for (name, times) in [("times-even", even.collect::<Vec<i64>>()), ("times-jittered", jittered.collect())] {
        let encode = || {
            let mut bytes = Vec::new();
            encode_times(times.chunks(ROWS_PER_BLOCK), Effort::Fast, &mut bytes);
            bytes
        };
        let bytes = encode();
        let mut reader = TimesReader::default();
        let mut out = vec![0; ROWS];
        let mut decode = || {
            reader.open(&bytes, std::iter::repeat_n(ROWS_PER_BLOCK, BLOCKS)).unwrap();
            for (block, out) in out.chunks_mut(ROWS_PER_BLOCK).enumerate() {
                reader.read(&bytes, block, out).unwrap();
            }
            out.iter().fold(0_i64, |sum, ms| sum.wrapping_add(*ms))
        };
        assert_eq!(decode(), times.iter().sum::<i64>(), "{name}");
        let mut group = criterion.benchmark_group("codec");
        group.throughput(Throughput::Elements(ROWS as u64));
        group.bench_function(BenchmarkId::new("encode", name), |bench| bench.iter(encode));
        group.bench_function(BenchmarkId::new("decode", name), |bench| bench.iter(&mut decode));
    }
}
