//! A store and a map, given the same frames: bytes are steps, and both answer alike after each.

use super::files::{NOW_MS, config, register};
use crate::memory::MemoryStorage;
use crate::random::Random;
use std::collections::BTreeMap;
use vocdb::{Batch, Database, Frame, InstrumentId, Quality, Sample, TimeRange, Timestamp};

type Model = BTreeMap<(u32, i64), [Sample; 2]>;

fn sample(byte: u8) -> Sample {
    let value = (!byte.is_multiple_of(5)).then(|| f64::from(byte / 4) / 10.0);
    let quality =
        if byte.is_multiple_of(7) { Quality::ALL[usize::from(byte) % Quality::ALL.len()] } else { Quality::Normal };
    Sample { value, quality }
}

/// A missing sample takes nothing away; anything else replaces what is there.
fn accept(model: &mut Model, frame: &Frame) {
    let row = model.entry((frame.instrument.number(), frame.time.as_ms()));
    let is_new = matches!(row, std::collections::btree_map::Entry::Vacant(_));
    let stored = row.or_insert([Sample::MISSING; 2]);
    for (kept, new) in stored.iter_mut().zip(&frame.samples) {
        let adds_nothing = new.value.is_none() && (kept.value.is_some() || new.quality == Quality::Normal);
        if is_new || !adds_nothing {
            *kept = *new;
        }
    }
}

fn assert_alike(db: &Database, model: &Model, range: TimeRange) {
    for number in 1..=2 {
        let rows = db.readings().rows(InstrumentId::new(number), &[0, 1], range).expect("rows");
        let read: Vec<_> = rows.samples(0).zip(rows.samples(1)).map(|((time, a), (_, b))| (time, [a, b])).collect();
        let times = (number, i64::MIN)..=(number, i64::MAX);
        let wanted = model.range(times).map(|((_, time), samples)| (Timestamp::from_ms(*time), *samples));
        assert_eq!(read, wanted.filter(|(time, _)| range.contains(*time)).collect::<Vec<_>>());
    }
}

fn frames(steps: &mut impl Iterator<Item = u8>, count: u8) -> Vec<Frame> {
    let mut one = || {
        let (slot, a, b) = (steps.next()?, steps.next()?, steps.next()?);
        let time = Timestamp::from_ms(NOW_MS - 500_000 + i64::from(slot / 2) * 1000);
        let instrument = InstrumentId::new(1 + u32::from(slot % 2));
        Some(Frame { instrument, time, samples: vec![sample(a), sample(b)] })
    };
    (0..count).map_while(|_| one()).collect()
}

/// Appends in any order, runs long enough for blocks, seals, restarts and questions.
pub fn run(input: &[u8]) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let storage = MemoryStorage::default();
    let open = || Database::open(dir.path(), config(&storage)).expect("a store opens");
    let mut db = Some(open());
    let mut model = Model::new();
    register(db.as_ref().expect("an open store")).expect("stations");
    let mut steps = input.iter().copied().take(600);
    while let Some(step) = steps.next() {
        let store = db.get_or_insert_with(open);
        match step % 16 {
            0..8 => append(store, &mut model, frames(&mut steps, 1 + step / 16)),
            8 | 9 => store.seal().expect("a seal"),
            10 if step > 128 => db.take().into_iter().for_each(|db| db.close().expect("a good end")),
            10 => drop(db.take()),
            11 => {
                let from = i64::from(step / 16) * 1000;
                let run = (0..1200).map(|row| {
                    let time = Timestamp::from_ms(NOW_MS - 3_000_000 + from + row * 1000);
                    Frame { instrument: InstrumentId::new(1), time, samples: vec![sample(row as u8), sample(3)] }
                });
                append(store, &mut model, run.collect());
            }
            _ => {
                let edge = |byte: u8| Timestamp::from_ms(NOW_MS - 501_000 + i64::from(byte) * 700);
                let (a, b) = (edge(step), edge(steps.next().unwrap_or(255)));
                assert_alike(store, &model, TimeRange::new(a.min(b), a.max(b)));
            }
        }
    }
    assert_alike(db.get_or_insert_with(open), &model, TimeRange::ALL);
    drop(db.take());
    assert_alike(&open(), &model, TimeRange::ALL);
}

fn append(store: &Database, model: &mut Model, frames: Vec<Frame>) {
    frames.iter().for_each(|frame| accept(model, frame));
    let receipt = store.append(&Batch::from_iter(frames)).expect("an append");
    assert!(receipt.rejections.is_empty(), "{:?}", receipt.rejections);
}

/// Steps at random.
pub fn seeds() -> Vec<Vec<u8>> {
    (1..20)
        .map(|seed| {
            let mut random = Random::new(seed);
            (0..20 + seed * 6).map(|_| random.draw() as u8).collect()
        })
        .collect()
}
