//! Random work under random power cuts, failed writes, failed syncs and full disks, by seed: many short cases, on all cores.

use super::{Step, assert_recovered, channel, config, frame, states, take};
use crate::support::faulty::{Fault, FaultyStorage, Unsynced, scrambled};
use crate::support::scratch::amount;
use std::sync::atomic::{AtomicU64, Ordering};
use vocdb::{ChannelChange, Config, Database, Durability, Error};

/// Runs of random work under random faults: how many, and from which seed on.
const CASES: &str = "VOCDB_FAULT_CASES";
const SEED: &str = "VOCDB_FAULT_SEED";
const CASES_DEFAULT: usize = 4_000;

/// Numbers that depend on a seed alone.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = scrambled(self.0);
        self.0 % end
    }
}

/// Channels of the first instrument, and whether the second of them is retired.
struct Width {
    channels: usize,
    is_retired: bool,
}

impl Width {
    /// A channel more, or the second one retired or back.
    fn change(&mut self, chance: &mut Chance) -> Step {
        if self.channels < 5 && chance.below(2) == 0 {
            self.channels += 1;
            return Step::Change(vec![ChannelChange::Add(channel(self.channels - 1))]);
        }
        self.is_retired = !self.is_retired;
        let change = if self.is_retired {
            ChannelChange::Retire("c1".to_owned())
        } else {
            ChannelChange::Add(channel(1).with_decimals(4).unwrap())
        };
        Step::Change(vec![change])
    }
}

/// Frames in time, late, very late or again, seals, merges, deletions, retention and changes of channels, in any order.
fn random_work(chance: &mut Chance) -> Vec<Step> {
    let value = |chance: &mut Chance| (chance.below(5) > 0).then(|| chance.below(400) as f64 / 100.0);
    let one = |chance: &mut Chance, width: &Width| match chance.below(3) {
        0 => frame(2, chance.below(12) as i64, &[value(chance)]),
        // Older than retention keeps.
        1 if chance.below(4) == 0 => frame(2, -300_000 + chance.below(3) as i64, &[value(chance)]),
        _ => {
            let mut values: Vec<Option<f64>> = (0..width.channels).map(|_| value(chance)).collect();
            values[1] = values[1].filter(|_| !width.is_retired);
            frame(1, chance.below(12) as i64, &values)
        }
    };
    let mut width = Width { channels: 2, is_retired: false };
    let mut steps = vec![Step::Register];
    for _ in 0..4 + chance.below(9) {
        steps.push(match chance.below(13) {
            0..6 => Step::Append((0..1 + chance.below(4)).map(|_| one(chance, &width)).collect()),
            6 | 7 => Step::Seal,
            8 | 9 => Step::Compact,
            10 => Step::Retain,
            11 => width.change(chance),
            _ => {
                let from = chance.below(10) as i64;
                let channels = if chance.below(2) == 0 { Vec::new() } else { vec![usize::from(chance.below(2) == 1)] };
                Step::Delete(channels, from, from + 1 + chance.below(5) as i64)
            }
        });
    }
    steps
}

/// What a case is about, drawn from its seed.
struct Case {
    durability: Durability,
    /// Now and then so little memory that rows are sealed behind the appends' back.
    head_bytes_max: usize,
    steps: Vec<Step>,
    unsynced: Unsynced,
    dir: tempfile::TempDir,
    storage: FaultyStorage,
}

impl Case {
    fn draw(chance: &mut Chance) -> Self {
        let durability = if chance.below(4) == 0 { Durability::Buffered } else { Durability::Always };
        let steps = random_work(chance);
        let seed = chance.below(1 << 40);
        let unsynced = match chance.below(9) {
            0 => Unsynced::Lost,
            1 => Unsynced::Kept,
            2 | 3 => Unsynced::Torn(seed),
            4 | 5 => Unsynced::Zeroed(seed),
            _ => Unsynced::Pieces(seed),
        };
        let head_bytes_max =
            if chance.below(2) == 0 { 40 + usize::try_from(chance.below(200)).unwrap() } else { usize::MAX };
        let (dir, storage) = (crate::support::scratch::dir(), FaultyStorage::default());
        Self { durability, head_bytes_max, steps, unsynced, dir, storage }
    }

    fn open(&self) -> Result<Database, Error> {
        let config = config(&self.storage, self.durability);
        Database::open(self.dir.path(), Config { head_bytes_max: self.head_bytes_max, ..config })
    }

    /// The store must be as it was after some number of steps.
    fn assert_recovered_to(&self, promised: usize, reached: usize, fault: &str) {
        let states = states(&self.steps, self.durability);
        let Self { durability, head_bytes_max, steps, unsynced, .. } = self;
        let context = format!("{durability:?}, head of {head_bytes_max}, {fault}, {unsynced:?}, {steps:?}");
        let possible = &states[promised..=reached.min(states.len() - 1)];
        assert_recovered(&self.open().unwrap(), possible, &context);
    }

    /// So many steps, if they were acknowledged as durable.
    fn promised(&self, acknowledged: usize) -> usize {
        if self.durability == Durability::Always { acknowledged } else { 0 }
    }
}

/// Work, a power cut at a random change, perhaps another while recovering, and what must then be there.
fn assert_a_power_cut_loses_nothing(case: &Case, chance: &mut Chance) {
    let changes = chance.below(12 * case.steps.len() as u64);
    let is_done = chance.below(2) == 0;
    case.storage.set_fault(Fault::PowerFor { changes, is_done });
    let opened = case.open().ok();
    let acknowledged =
        opened.as_ref().map_or(0, |db| case.steps.iter().take_while(|step| take(db, step).is_ok()).count());
    drop(opened);
    case.storage.restart(case.unsynced);
    if chance.below(3) == 0 {
        case.storage.set_fault(Fault::PowerFor { changes: chance.below(8), is_done });
        drop(case.open());
        case.storage.restart(case.unsynced);
    }
    case.assert_recovered_to(case.promised(acknowledged), acknowledged + 1, &format!("power for {changes} changes"));
}

/// Work with a fault in the middle of it: whoever is refused asks again, and goes on where that is possible. Then the power goes.
fn assert_a_fault_loses_nothing(case: &Case, chance: &mut Chance) {
    let changes = chance.below(6 * case.steps.len() as u64);
    let fault = match chance.below(4) {
        0 => Fault::SpaceFor(changes),
        1 => Fault::SpaceForAndNoCut(changes),
        2 => Fault::SyncsBefore(changes),
        _ => Fault::WritesBefore(changes),
    };
    let db = case.open().unwrap();
    case.storage.set_fault(fault);
    let (mut acknowledged, mut reached, mut is_shut) = (0, 0, false);
    for (number, step) in (1..).zip(&case.steps) {
        let last_lsn = db.stats().unwrap().last_lsn;
        let mut result = take(&db, step);
        // Frames that are in the log and in memory are stored, though not promised: sent again, they would repeat themselves.
        let is_stored = || matches!(step, Step::Append(_)) && db.stats().unwrap().last_lsn > last_lsn;
        if result.is_err() {
            case.storage.set_fault(Fault::None);
            result = if is_stored() { result } else { take(&db, step) };
        }
        is_shut = result.is_err() && !is_stored();
        if is_shut {
            break;
        }
        reached = number;
        acknowledged = if result.is_ok() { number } else { acknowledged };
    }
    // Where the files are in a known state, everything is there; where they are not, what was promised is.
    case.storage.set_fault(Fault::None);
    let is_whole = !is_shut && db.seal().is_ok();
    drop(db);
    case.storage.restart(case.unsynced);
    if is_whole {
        case.assert_recovered_to(reached, reached, &format!("{fault:?}"));
    } else {
        case.assert_recovered_to(case.promised(acknowledged), reached + 1, &format!("{fault:?}"));
    }
}

/// One run.
fn assert_one_seed_loses_nothing(seed: u64) {
    let mut chance = Chance(seed);
    let case = Case::draw(&mut chance);
    if chance.below(3) == 0 {
        assert_a_fault_loses_nothing(&case, &mut chance);
    } else {
        assert_a_power_cut_loses_nothing(&case, &mut chance);
    }
}

#[test]
fn thousands_of_seeds_of_random_work_power_cuts_and_faults_lose_nothing_acknowledged() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number(SEED).unwrap_or(0);
    let cases = number(CASES).unwrap_or(if number(SEED).is_some() { 1 } else { amount(CASES_DEFAULT) as u64 });
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
    println!("{run} cases of random work, power cuts and faults");
    assert_eq!(run, cases);
}
