//! `cargo bench --bench hj212 --features hj212`: HJ 212 frames to numbers and into batches, on one core; throughput in bytes of frames.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench ends where its answer is wrong")]

use criterion::{Criterion, Throughput};
use std::hint::black_box;
use vocdb::interop::hj212::{
    Command, Content, ContentKey, Decoder, Deframer, Edition, FactorTable, Intake, LocalTime, MeasurementKind, Mode,
    Outgoing, SubItem, checksum,
};
use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Quality, Unit};

/// Factors of a frame, frames of a stream.
const FACTORS: usize = 36;
const FRAMES: usize = 400;
const STATION: &str = "010000A8900016F000169DC0";

/// Codes of the table in mg/m3.
fn codes(table: &FactorTable) -> Vec<String> {
    let of_mass = table.iter().filter(|(_, entry)| entry.unit == Some(Unit::MilligramPerM3));
    of_mass.map(|(code, _)| code.to_owned()).take(FACTORS).collect()
}

/// Real-time frames of 36 factors, and the sum of their values.
fn stream(edition: Edition, key: Option<&ContentKey>) -> (Vec<u8>, f64) {
    let (codes, mut sum, mut bytes) = (codes(&FactorTable::air_2017()), 0.0, Vec::new());
    let qn = LocalTime::parse("20261123020500123").unwrap();
    for frame in 0..FRAMES {
        let mut message = Outgoing::new(Command::RealTime, qn, STATION)
            .system("27")
            .password("123456")
            .edition(edition)
            .wants_answer(true)
            .parameter("DataTime", "20261123020500");
        for (place, code) in codes.iter().enumerate() {
            let value = format!("{}.{:04}", frame % 7, (frame * 131 + place * 977) % 10_000);
            sum += value.parse::<f64>().unwrap();
            message = message.factor(code, &[(SubItem::Rtd, &value), (SubItem::Flag, "N")]);
        }
        bytes.extend(message.encode(key).unwrap());
    }
    (bytes, sum)
}

/// Every value of every frame, by length, checksum, fields and flags.
fn decode(bytes: &[u8], decoder: Decoder) -> (usize, f64) {
    let mut deframer = Deframer::new(decoder);
    let (mut values, mut sum) = (0, 0.0);
    for mut piece in bytes.chunks(4_096) {
        while !piece.is_empty() {
            let taken = deframer.push(piece);
            piece = piece.get(taken..).unwrap_or_default();
            while let Some(frame) = deframer.next_frame() {
                let frame = frame.unwrap();
                let Ok(Content::Measurement(measurement)) = Content::of(&frame.segment) else { panic!("no data") };
                for factor in measurement.factors().filter(|factor| factor.quality() == Some(Quality::Normal)) {
                    sum += factor.number(SubItem::Rtd).unwrap();
                    values += 1;
                }
            }
        }
    }
    (values, sum)
}

fn take(bytes: &[u8], intake: &mut Intake, batch: &mut Batch) -> usize {
    let mut deframer = Deframer::new(Decoder::new(Mode::Tolerant));
    let mut values = 0;
    batch.clear();
    for mut piece in bytes.chunks(4_096) {
        while !piece.is_empty() {
            let taken = deframer.push(piece);
            piece = piece.get(taken..).unwrap_or_default();
            while let Some(frame) = deframer.next_frame() {
                values += intake.read(&frame.unwrap().segment, batch).unwrap().values;
            }
        }
    }
    values
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let key = ContentKey::new([7; 16]);
    let (plain, sum) = stream(Edition::Of2017, None);
    let (encrypted, _) = stream(Edition::Of2025, Some(&key));
    let right = |(values, found): (usize, f64)| values == FRAMES * FACTORS && (found - sum).abs() < 1e-6;
    let table = FactorTable::air_2017();
    let channel = |code: &String| {
        let entry = table.get(code).unwrap();
        Channel::quantity(entry.channel.as_str(), Unit::MicrogramPerM3).unwrap()
    };
    let gc = Instrument::new("gc", Interval::SECOND, codes(&table).iter().map(channel).collect()).unwrap();
    let mut intake = Intake::new(table.clone());
    intake.map(STATION, MeasurementKind::RealTime, InstrumentId::new(1), &gc).unwrap();
    let mut batch = Batch::new();
    assert!(right(decode(&plain, Decoder::new(Mode::Strict))), "the strict mode reads other values");
    assert!(right(decode(&plain, Decoder::new(Mode::Tolerant))), "the tolerant mode reads other values");
    assert!(
        right(decode(&encrypted, Decoder::new(Mode::Strict).with_key(key.clone()))),
        "decryption gives other values"
    );
    assert_eq!(take(&plain, &mut intake, &mut batch), FRAMES * FACTORS);
    assert_eq!(batch.len(), FRAMES);

    let mut group = criterion.benchmark_group("hj212");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("checksum", |bench| bench.iter(|| checksum(black_box(&plain))));
    group.bench_function("decode-strict", |bench| bench.iter(|| decode(black_box(&plain), Decoder::new(Mode::Strict))));
    group.bench_function("decode-tolerant", |bench| {
        bench.iter(|| decode(black_box(&plain), Decoder::new(Mode::Tolerant)));
    });
    group.bench_function("decode-sm4", |bench| {
        bench.iter(|| decode(black_box(&encrypted), Decoder::new(Mode::Strict).with_key(key.clone())));
    });
    group.bench_function("intake", |bench| bench.iter(|| take(black_box(&plain), &mut intake, &mut batch)));
    group.finish();
    criterion.final_summary();
}
