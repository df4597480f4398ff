//! A store and a map, given the same frames: bytes are steps, and both answer alike after each.

use super::specimens::{NOW_MS, config, register};
use crate::memory::MemoryStorage;
use crate::random::Random;
use std::collections::BTreeMap;
use vocdb::{
    Batch, Compaction, Database, Deletion, DeletionScope, Frame, InstrumentId, Quality, Retention, RetentionAge,
    RetentionScope, Sample, TimeRange, Timestamp,
};

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

/// Appends in any order, runs long enough for blocks, seals, merges, deletions, retention, backups, restarts and questions.
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
            12 => upkeep((store, &storage), &mut model, step, steps.next().unwrap_or(255)),
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

/// Merges, deletes, retains or copies; a copy answers like the store.
fn upkeep((store, storage): (&Database, &MemoryStorage), model: &mut Model, step: u8, other: u8) {
    let instrument = InstrumentId::new(1 + u32::from(other % 2));
    let edge = |byte: u8| Timestamp::from_ms(NOW_MS - 501_000 + i64::from(byte) * 700);
    let channels: Vec<usize> = (0..2).filter(|channel| other >> 2 & 1 << channel != 0).collect();
    match step / 16 {
        0..4 => assert!(store.compact(Compaction::Due).is_ok()),
        4..8 => assert!(store.compact(Compaction::Everything).is_ok()),
        8..12 => {
            let (a, b) = (edge(step), edge(other));
            let range = TimeRange::new(a.min(b), a.max(b));
            let (by, reason) = ("fuzzing".to_owned(), "a wish".to_owned());
            let scope = match channels.as_slice() {
                [] => DeletionScope::Rows,
                some => DeletionScope::Channels(some.to_vec()),
            };
            store.delete(&Deletion { instrument, scope, range, by, reason }).expect("a deletion");
            forget(model, instrument, &channels, range);
        }
        12 | 13 => {
            // Whole days: what is kept begins with the day in which the age falls.
            let now = Timestamp::from_ms(NOW_MS + i64::from(other) * 3_600_000);
            let age_max = Some(RetentionAge::DAY);
            let rule = Retention { scope: RetentionScope::Instrument(instrument), age_max, bytes_max: None };
            store.retain(&[rule], now).expect("retention");
            let until = Timestamp::from_ms((now.as_ms() - 86_400_000).div_euclid(86_400_000) * 86_400_000);
            forget(model, instrument, &[], TimeRange::new(Timestamp::MIN, until));
        }
        _ => {
            let copy = tempfile::tempdir().expect("a temporary directory");
            store.backup(copy.path()).expect("a backup");
            assert_alike(&Database::open(copy.path(), config(storage)).expect("a backup opens"), model, TimeRange::ALL);
        }
    }
}

fn forget(model: &mut Model, instrument: InstrumentId, channels: &[usize], range: TimeRange) {
    let is_meant =
        |(number, time): &(u32, i64)| *number == instrument.number() && range.contains(Timestamp::from_ms(*time));
    if channels.is_empty() {
        model.retain(|row, _| !is_meant(row));
    }
    for (_, samples) in model.iter_mut().filter(|(row, _)| is_meant(row)) {
        channels.iter().for_each(|channel| samples[*channel] = Sample::MISSING);
    }
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
