//! A real child process does everything to readings that may be done to them, and is killed with SIGKILL: what it said was done is done, and the
//! act that was under way is done or is not.

use super::{ROUNDS, STORE, XorShift};
use crate::faulty::scrambled;
use crate::oracle::{Oracle, instrument};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::{
    Batch, Channel, ChannelChange, Compaction, Config, Database, Deletion, DuplicatePolicy, Durability, Frame,
    InstrumentChange, InstrumentId, Interval, Retention, RetentionScope, Sample, TimeRange, Timestamp, Unit,
    ValueCorrection,
};

const NOW_MS: i64 = 1_700_000_000_000;
/// Midnight; the rows of the first acts lie before it.
const MIDNIGHT: Timestamp = Timestamp::from_ms(NOW_MS - 80_000_000);
/// Which store it is and with which act to begin, for the child.
const BEGIN: &str = "VOCDB_TEST_BEGIN";
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
            Act::Delete(Deletion { instrument: id, channels, range, by, reason })
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
            oracle.delete(deletion.instrument, &deletion.channels, deletion.range);
        }
        Act::Change(change) => {
            db.map(|db| db.change_instrument(&change).unwrap());
            oracle.change(change.instrument, &change.channels);
        }
        Act::Retain(id) => {
            let (scope, age_max) = (RetentionScope::Instrument(id), Some(Interval::hours(24)));
            let now = MIDNIGHT.plus_ms(86_400_000);
            db.map(|db| db.retain(&[Retention { scope, age_max, bytes_max: None }], now).unwrap());
            oracle.delete(id, &[], TimeRange::new(Timestamp::MIN, MIDNIGHT));
        }
    }
}

fn beginning() -> Oracle {
    Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast), instrument("mast", 1, DuplicatePolicy::KeepFirst)])
}

fn open(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Database::open(dir, Config { durability: Durability::Always, clock, ..Config::default() }).unwrap()
}

/// Not a test of its own: the test below starts it, and kills it. Says after each act that it is done.
#[test]
#[ignore = "the child process of the test below, which runs it"]
fn child_that_changes_readings_until_it_is_killed() {
    let dir = std::env::var(STORE).expect("started by the test below");
    let begin = std::env::var(BEGIN).expect("started by the test below");
    let (store, begin): (u64, u64) =
        begin.split_once(' ').map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap())).unwrap();
    let mut oracle = beginning();
    (0..begin).for_each(|number| take(None, &mut oracle, (store, number)));
    let db = open(Path::new(&dir));
    oracle.register(&db).unwrap();
    let mut out = std::io::stdout().lock();
    for number in begin.. {
        take(Some(&db), &mut oracle, (store, number));
        writeln!(out, "\ndone {}", number + 1).unwrap();
    }
}

/// Lets a child work on from an act, hears of so many acts, and kills it; gives the act behind the last that it said was done.
fn work(dir: &Path, (store, begin): (u64, u64), acts: usize) -> u64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = "crash::every_change::child_that_changes_readings_until_it_is_killed";
    command.args(["--exact", name, "--ignored", "--nocapture"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.env(STORE, dir).env(BEGIN, format!("{store} {begin}")).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut done = lines.filter_map(|line| line.strip_prefix("done ")?.parse::<u64>().ok());
    let heard = done.by_ref().take(acts).last();
    assert!(acts == 0 || heard.is_some_and(|heard| heard == begin + acts as u64), "the child ended: {heard:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    done.last().or(heard).unwrap_or(begin)
}

/// Kills children at work on one store so often. Gives how many acts under way were done, and how many of each kind were.
fn kill_and_look(store: u64, rounds: usize, kinds: &mut BTreeMap<u64, usize>) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let mut random = XorShift(0x0123_4567_89AB_CDEF + store);
    let (mut oracle, mut next, mut under_way) = (beginning(), 0, 0);
    oracle.register(&open(dir.path())).unwrap();
    for round in 0..rounds {
        let done = work(dir.path(), (store, next), random.below(12));
        for number in next..done {
            *kinds.entry(chance_of((store, number)) % 16).or_default() += 1;
            take(None, &mut oracle, (store, number));
        }
        next = done;
        let db = open(dir.path());
        assert!(db.open_report().quarantined.is_empty(), "round {round}: {:?}", db.open_report());
        let Some(difference) = oracle.difference(&db) else { continue };
        // The act that was under way is done, though nobody was told.
        take(None, &mut oracle, (store, done));
        oracle.adopt_unnamed_corrections(&db);
        let other = oracle.difference(&db);
        assert_eq!(other, None, "store {store}, round {round}, behind act {done}: it is neither so nor {difference}");
        (under_way, next) = (under_way + 1, done + 1);
    }
    assert!(Database::verify(dir.path(), |_, _| {}).unwrap().is_sound());
    under_way
}

#[test]
fn every_change_of_readings_that_was_promised_is_there_after_fifty_kills_and_no_other_but_the_last() {
    let rounds: usize = std::env::var(ROUNDS).ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let (mut under_way, mut kinds) = (0, BTreeMap::new());
    for (store, first) in (0..).zip((0..rounds).step_by(ROUNDS_PER_STORE)) {
        under_way += kill_and_look(store, ROUNDS_PER_STORE.min(rounds - first), &mut kinds);
    }
    assert!(under_way > 0 && kinds.len() > 12, "{under_way} acts were under way, of {kinds:?}");
}
