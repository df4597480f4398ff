//! A real child process does everything to readings that may be done to them, and is killed with SIGKILL at changes of files that an act makes,
//! half way through them and behind them: what it said was done is done, and the act that was under way is done or is not.

use super::halting::{Halt, HaltingStorage, Moment, say};
use super::{ROUNDS, STORE, XorShift};
use crate::support::faulty::scrambled;
use crate::support::oracle::{Oracle, instrument, places_of, scope_of};
use crate::support::scratch::amount;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::{
    Batch, Channel, ChannelChange, Compaction, Config, Database, Deletion, DuplicatePolicy, Durability, Frame,
    InstrumentChange, InstrumentId, Retention, RetentionAge, RetentionScope, Sample, TimeRange, Timestamp, Unit,
    ValueCorrection,
};

const NOW_MS: i64 = 1_700_000_000_000;
/// Midnight; the rows of the first acts lie before it.
const MIDNIGHT: Timestamp = Timestamp::from_ms(NOW_MS - 80_000_000);
/// What the child is to do, as numbers: which store it is, with which act to begin, from which on to stop, behind how many changes, and whether
/// half way.
const ORDER: &str = "VOCDB_TEST_CHANGES";
/// Kills of one store.
const ROUNDS_PER_STORE: usize = 50;
/// Rows that one act appends.
const ROWS: i64 = 20;
/// More channels than these an instrument does not get.
const CHANNELS_MAX: usize = 6;

/// What is done to a store, by number.
enum Act {
    Append(Vec<Frame>),
    Seal,
    Compact(Compaction),
    Correct(ValueCorrection),
    Delete(Deletion),
    Change(InstrumentChange),
    Retain(InstrumentId),
}

/// The row of a number, counted over all acts.
fn at(row: i64) -> Timestamp {
    MIDNIGHT.plus_ms((row - 3_000) * 1_000)
}

fn frame(oracle: &Oracle, id: InstrumentId, row: i64, number: u64) -> Frame {
    let channels = oracle.instruments[id.number() as usize - 1].channels();
    let value = |(place, channel): (u64, &Channel)| {
        let chance = scrambled(number * 8 + place);
        let is_there = !channel.is_retired() && !chance.is_multiple_of(7);
        is_there.then_some((chance % 400) as f64 / 100.0)
    };
    Frame::new(id, at(row), &(0..).zip(channels).map(value).collect::<Vec<_>>())
}

/// By chance, for the act of a number on a store of a number.
fn chance_of((store, number): (u64, u64)) -> u64 {
    scrambled(number + (store << 40))
}

/// The act of a number on a store that is as the oracle says.
fn act(oracle: &Oracle, (store, number): (u64, u64)) -> Act {
    let chance = chance_of((store, number));
    let id = InstrumentId::new(1 + u32::from(chance & 256 != 0));
    let first = number as i64 * ROWS;
    // Up to thirty acts back.
    let past = (first - (chance >> 16) as i64 % (30 * ROWS)).max(0);
    let (by, reason) = ("laboratory".to_owned(), format!("act {number}"));
    let channels = oracle.instruments[id.number() as usize - 1].channels();
    match chance % 16 {
        0 => Act::Seal,
        1 => Act::Compact(Compaction::Due),
        2 => Act::Compact(Compaction::Everything),
        3 | 4 => {
            let range = TimeRange::new(at(past - ROWS), at(past + ROWS));
            let stored = oracle.rows(id, &[0], range).into_iter().take(5);
            let samples = stored.map(|(time, _)| (time, Sample::normal(number as f64))).collect();
            Act::Correct(ValueCorrection { instrument: id, channel: 0, samples, by, reason })
        }
        5 => {
            let channels = if chance.is_multiple_of(3) { vec![0] } else { Vec::new() };
            let range = TimeRange::new(at(past), at(past + 7));
            Act::Delete(Deletion { instrument: id, scope: scope_of(&channels), range, by, reason })
        }
        6 => {
            let last = &channels[channels.len() - 1];
            let fresh = |name: &str| ChannelChange::Add(Channel::quantity(name, Unit::Ppb).unwrap());
            let change = match channels.len() {
                CHANNELS_MAX if last.is_retired() => fresh(last.name()),
                CHANNELS_MAX => ChannelChange::Retire(last.name().to_owned()),
                width => fresh(&format!("c{width}")),
            };
            Act::Change(InstrumentChange { instrument: id, channels: vec![change], by, reason })
        }
        7 => Act::Retain(id),
        // Late, and twice the same instants.
        8 | 9 => Act::Append((past..past + ROWS).map(|row| frame(oracle, id, row, number + row as u64)).collect()),
        _ => {
            let both = (first..first + ROWS).flat_map(|row| [1, 2].map(|id| (InstrumentId::new(id), row)));
            Act::Append(both.map(|(id, row)| frame(oracle, id, row, row as u64)).collect())
        }
    }
}

/// Does it to the store, if there is one, and to the oracle.
fn take(db: Option<&Database>, oracle: &mut Oracle, act_of: (u64, u64)) {
    match act(oracle, act_of) {
        Act::Append(frames) => {
            let batch = Batch::from_iter(frames.clone());
            let wanted = oracle.append(&frames, Timestamp::from_ms(NOW_MS), true);
            db.inspect(|db| assert_eq!(format!("{:?}", db.append(&batch).unwrap()), format!("{wanted:?}")));
        }
        Act::Seal => drop(db.inspect(|db| db.seal().unwrap())),
        Act::Compact(compaction) => drop(db.map(|db| db.compact(compaction).unwrap())),
        Act::Correct(correction) => {
            let wanted = oracle.correct(&correction);
            db.inspect(|db| assert_eq!(db.correct(&correction).ok(), wanted));
        }
        Act::Delete(deletion) => {
            db.map(|db| db.delete(&deletion).unwrap());
            oracle.delete(deletion.instrument, &places_of(&deletion.scope), deletion.range);
        }
        Act::Change(change) => {
            db.map(|db| db.change_instrument(&change).unwrap());
            oracle.change(change.instrument, &change.channels);
        }
        Act::Retain(id) => {
            let (scope, age_max) = (RetentionScope::Instrument(id), Some(RetentionAge::DAY));
            let now = MIDNIGHT.plus_ms(86_400_000);
            db.map(|db| db.retain(&[Retention { scope, age_max, bytes_max: None }], now).unwrap());
            oracle.delete(id, &[], TimeRange::new(Timestamp::MIN, MIDNIGHT));
        }
    }
}

fn beginning() -> Oracle {
    Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast), instrument("mast", 1, DuplicatePolicy::KeepFirst)])
}

fn open(dir: &Path, storage: HaltingStorage) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let config = Config { durability: Durability::Always, clock, storage: Arc::new(storage), ..Config::default() };
    Database::open(dir, config).unwrap()
}

/// Not a test of its own: the test below starts it, and kills it. Says after each act that it is done.
#[test]
#[ignore = "the child process of the test below, which runs it"]
fn child_that_changes_readings_until_it_is_killed() {
    let dir = std::env::var(STORE).expect("started by the test below");
    let order = std::env::var(ORDER).expect("started by the test below");
    let order: Vec<u64> = order.split(' ').map(|word| word.parse().unwrap()).collect();
    let [store, begin, stop_from, changes, half] = order[..] else { panic!("{order:?}") };
    let mut oracle = beginning();
    (0..begin).for_each(|number| take(None, &mut oracle, (store, number)));
    let storage = HaltingStorage::default();
    let changes = usize::try_from(changes).unwrap();
    let db = open(Path::new(&dir), storage.clone());
    oracle.register(&db).unwrap();
    let moment = if half == 1 { Moment::Half } else { Moment::Behind };
    for number in begin.. {
        storage.arm((number >= stop_from).then_some(Halt { changes, moment }));
        take(Some(&db), &mut oracle, (store, number));
        storage.arm(None);
        say(&format!("done {}", number + 1));
    }
}

/// Acts after which a child is killed though it never stopped.
const ACTS_MAX: usize = 60;

/// Lets a child work on from an act, until it stops or has done many acts, and kills it; gives the act behind the last that it said was done,
/// and whether it had stopped in that one.
fn work(dir: &Path, order: [u64; 5]) -> (u64, bool) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = "crash::every_change::child_that_changes_readings_until_it_is_killed";
    command.args(["--exact", name, "--ignored", "--nocapture"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.env(STORE, dir).env(ORDER, order.map(|word| word.to_string()).join(" ")).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (mut done, mut acts, mut has_halted) = (order[1], 0, false);
    while !has_halted && acts < ACTS_MAX {
        let line = lines.next().unwrap_or_else(|| panic!("the child ended by itself behind act {done}"));
        has_halted = line == "halted";
        if let Some(number) = line.strip_prefix("done ") {
            (done, acts) = (number.parse().unwrap(), acts + 1);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let later = lines.filter_map(|line| line.strip_prefix("done ")?.parse().ok()).last();
    (later.unwrap_or(done), has_halted)
}

/// In which acts children were killed, by kind, and how often such an act was done all the same.
#[derive(Debug, Default)]
struct Killed {
    kinds: BTreeMap<&'static str, usize>,
    done: usize,
}

impl Act {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Append(_) => "append",
            Self::Seal => "seal",
            Self::Compact(_) => "compact",
            Self::Correct(_) => "correct",
            Self::Delete(_) => "delete",
            Self::Change(_) => "change",
            Self::Retain(_) => "retain",
        }
    }
}

/// Kills children at work on one store so often.
fn kill_and_look(store: u64, rounds: usize, killed: &mut Killed) {
    let dir = crate::support::scratch::dir();
    let mut random = XorShift(0x0123_4567_89AB_CDEF + store);
    let (mut oracle, mut next) = (beginning(), 0);
    oracle.register(&open(dir.path(), HaltingStorage::default())).unwrap();
    for round in 0..rounds {
        // Acts make one to some fifteen changes; most make few.
        let changes = random.below(4) * random.below(4);
        let stop_from = next + random.below(6) as u64;
        let (done, has_halted) = work(dir.path(), [store, next, stop_from, changes as u64, random.below(2) as u64]);
        (next..done).for_each(|number| take(None, &mut oracle, (store, number)));
        next = done;
        if has_halted {
            *killed.kinds.entry(act(&oracle, (store, done)).kind()).or_default() += 1;
        }
        let db = open(dir.path(), HaltingStorage::default());
        assert!(db.open_report().quarantined.is_empty(), "round {round}: {:?}", db.open_report());
        let Some(difference) = oracle.difference(&db) else { continue };
        // The act that was under way is done, though nobody was told.
        take(None, &mut oracle, (store, done));
        let other = oracle.difference(&db);
        assert_eq!(other, None, "store {store}, round {round}, behind act {done}: it is neither so nor {difference}");
        (killed.done, next) = (killed.done + 1, done + 1);
    }
    assert!(Database::verify(dir.path(), |_, _| {}).unwrap().is_sound());
}

#[test]
fn every_change_of_readings_that_was_promised_is_there_after_fifty_kills_and_no_other_but_the_last() {
    let rounds: usize = std::env::var(ROUNDS).ok().map_or(amount(50), |text| text.parse().unwrap());
    let mut killed = Killed::default();
    for (store, first) in (0..).zip((0..rounds).step_by(ROUNDS_PER_STORE)) {
        kill_and_look(store, ROUNDS_PER_STORE.min(rounds - first), &mut killed);
    }
    println!("{killed:?}");
    assert!(rounds < 50 || killed.done > 0 && killed.kinds.len() >= 6, "{killed:?}");
}
