//! Random work under random power cuts, by seed: many short cases, on all cores.

use super::{Step, assert_recovered, config, frame, states, take};
use crate::faulty::{Fault, FaultyStorage, Unsynced, scrambled};
use std::sync::atomic::{AtomicU64, Ordering};
use vocdb::{Config, Database, Durability};

/// Runs of random work under random faults: how many, and from which seed on.
const CASES: &str = "VOCDB_FAULT_CASES";
const SEED: &str = "VOCDB_FAULT_SEED";
const CASES_DEFAULT: u64 = 4_000;

/// Numbers that depend on a seed alone.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = scrambled(self.0);
        self.0 % end
    }
}

/// Frames in time, late, very late or again, seals, merges, deletions and retention, in any order.
fn random_work(chance: &mut Chance) -> Vec<Step> {
    let value = |chance: &mut Chance| (chance.below(5) > 0).then(|| chance.below(400) as f64 / 100.0);
    let one = |chance: &mut Chance| match chance.below(3) {
        0 => frame(2, chance.below(12) as i64, &[value(chance)]),
        // Older than retention keeps.
        1 if chance.below(4) == 0 => frame(2, -300_000 + chance.below(3) as i64, &[value(chance)]),
        _ => frame(1, chance.below(12) as i64, &[value(chance), value(chance)]),
    };
    let mut steps = vec![Step::Register];
    for _ in 0..4 + chance.below(9) {
        steps.push(match chance.below(12) {
            0..6 => Step::Append((0..1 + chance.below(4)).map(|_| one(chance)).collect()),
            6 | 7 => Step::Seal,
            8 | 9 => Step::Compact,
            10 => Step::Retain,
            _ => {
                let from = chance.below(10) as i64;
                let channels = if chance.below(2) == 0 { Vec::new() } else { vec![usize::from(chance.below(2) == 1)] };
                Step::Delete(channels, from, from + 1 + chance.below(5) as i64)
            }
        });
    }
    steps
}

/// One run: work, a power cut at a random change, perhaps another while recovering, and what must then be there.
fn assert_one_seed_loses_nothing(seed: u64) {
    let mut chance = Chance(seed);
    let durability = if chance.below(4) == 0 { Durability::Buffered } else { Durability::Always };
    let steps = random_work(&mut chance);
    let changes = chance.below(12 * steps.len() as u64);
    let unsynced = match chance.below(6) {
        0 => Unsynced::Lost,
        1 => Unsynced::Kept,
        2 | 3 => Unsynced::Torn(chance.below(1 << 40)),
        _ => Unsynced::Zeroed(chance.below(1 << 40)),
    };
    let is_done = chance.below(2) == 0;
    let dir = tempfile::tempdir().unwrap();
    let storage = FaultyStorage::default();
    storage.set_fault(Fault::PowerFor { changes, is_done });
    // Now and then so little memory that rows are sealed behind the appends' back.
    let head_bytes_max =
        if chance.below(2) == 0 { 40 + usize::try_from(chance.below(200)).unwrap() } else { usize::MAX };
    let config = |storage: &FaultyStorage, durability| Config { head_bytes_max, ..config(storage, durability) };
    let opened = Database::open(dir.path(), config(&storage, durability)).ok();
    let acknowledged = opened.as_ref().map_or(0, |db| steps.iter().take_while(|step| take(db, step).is_ok()).count());
    drop(opened);
    storage.restart(unsynced);
    if chance.below(3) == 0 {
        storage.set_fault(Fault::PowerFor { changes: chance.below(8), is_done });
        drop(Database::open(dir.path(), config(&storage, durability)));
        storage.restart(unsynced);
    }
    let states = states(&steps, durability);
    let promised = if durability == Durability::Always { acknowledged } else { 0 };
    let possible = &states[promised..=(acknowledged + 1).min(states.len() - 1)];
    let db = Database::open(dir.path(), config(&storage, durability)).unwrap();
    assert_recovered(
        &db,
        possible,
        &format!("{durability:?}, head of {head_bytes_max}, power for {changes} changes, {unsynced:?}, {steps:?}"),
    );
}

#[test]
fn thousands_of_seeds_of_random_work_and_power_cuts_lose_nothing_acknowledged() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number(SEED).unwrap_or(0);
    let cases = number(CASES).unwrap_or(if number(SEED).is_some() { 1 } else { CASES_DEFAULT });
    let (next, run) = (AtomicU64::new(first), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let work = || {
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < first + cases) {
            let attempt = std::panic::AssertUnwindSafe(|| assert_one_seed_loses_nothing(seed));
            let is_good = std::panic::catch_unwind(attempt).is_ok();
            assert!(is_good, "seed {seed} fails; run it alone with {SEED}={seed}");
            run.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let run = run.into_inner();
    println!("{run} cases of random work and power cuts");
    assert_eq!(run, cases);
}
