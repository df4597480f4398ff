//! No right to write, no space, syncs that fail and power that goes: what was acknowledged is there afterwards, and nothing else.

mod seeds;

use crate::support::faulty::{Fault, FaultyStorage, Unsynced};
use crate::support::oracle::{Oracle, instrument, scope_of};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::io::log::{LogKind, read_log};
use vocdb::journal::JournalError;
use vocdb::ledger::LedgerError;
use vocdb::query::QueryError;
use vocdb::store::StoreError;
use vocdb::{
    Batch, Channel, ChannelChange, Compaction, Config, Database, Deletion, DuplicatePolicy, Durability, Error, Frame,
    InstrumentChange, InstrumentId, Quality, Retention, RetentionAge, RetentionScope, Sample, Station, TimeRange,
    Timestamp, Unit,
};

const NOW_MS: i64 = 1_700_000_000_000;
/// The first instant that [`RETENTION`] keeps: midnight a day before the host's day.
const KEPT_FROM_MS: i64 = (NOW_MS / 86_400_000 - 1) * 86_400_000;
const RETAINED: InstrumentId = InstrumentId::new(2);
const RETENTION: Retention =
    Retention { scope: RetentionScope::Instrument(RETAINED), age_max: Some(RetentionAge::DAY), bytes_max: None };

fn config(storage: &FaultyStorage, durability: Durability) -> Config {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    Config { durability, clock, storage: Arc::new(storage.clone()), ..Config::default() }
}

fn oracle() -> Oracle {
    Oracle::new(vec![instrument("gc", 2, DuplicatePolicy::KeepLast), instrument("mast", 1, DuplicatePolicy::KeepFirst)])
}

/// What is done to a store, in order.
#[derive(Debug, Clone)]
enum Step {
    Register,
    Append(Vec<Frame>),
    Seal,
    Compact,
    /// Nothing older than a day.
    Retain,
    /// Of the first instrument.
    Change(Vec<ChannelChange>),
    /// Rows of the first instrument, or one of its channels, from slot to slot.
    Delete(Vec<usize>, i64, i64),
}

fn frame(instrument: u32, slot: i64, values: &[Option<f64>]) -> Frame {
    Frame::new(InstrumentId::new(instrument), Timestamp::from_ms(NOW_MS - 100_000 + slot * 1_000), values)
}

/// A channel of the first instrument, as it is there or as it comes.
fn channel(place: usize) -> Channel {
    Channel::quantity(format!("c{place}"), Unit::Ppb).unwrap()
}

fn slots(from: i64, to: i64) -> TimeRange {
    let at = |slot: i64| Timestamp::from_ms(NOW_MS - 100_000 + slot * 1_000);
    TimeRange::new(at(from), at(to))
}

/// Frames in and out of order, corrections of rows in the head and in segments, and seals between them.
fn workload() -> Vec<Step> {
    let flagged = Sample { value: Some(2.5), quality: Quality::Suspect };
    let suspect = Frame { samples: vec![flagged, Sample::MISSING], ..frame(1, 1, &[]) };
    vec![
        Step::Register,
        Step::Append(vec![frame(1, 1, &[Some(0.1), None]), frame(2, 1, &[Some(7.0)])]),
        Step::Append(vec![frame(1, 3, &[Some(0.3), Some(-0.0)]), frame(1, 2, &[None, Some(0.2)])]),
        Step::Append(vec![suspect, frame(2, 1, &[Some(8.0)]), frame(2, 2, &[Some(9.0)])]),
        Step::Seal,
        Step::Append(vec![frame(1, 4, &[Some(0.4), None]), frame(1, 3, &[Some(3.3), Some(3.3)])]),
        Step::Append(vec![frame(1, 2, &[Some(0.2), None]), frame(2, 0, &[None])]),
        Step::Seal,
        Step::Append(vec![frame(1, 4, &[Some(0.5), Some(0.5)])]),
        Step::Compact,
        Step::Append(vec![frame(2, 5, &[Some(5.0)])]),
        Step::Change(vec![
            ChannelChange::Add(channel(2)),
            ChannelChange::Decimals { channel: "c0".to_owned(), decimals: 5 },
        ]),
        Step::Append(vec![frame(1, 5, &[Some(0.00005), None, Some(7.5)]), frame(1, 3, &[None, None, Some(3.3)])]),
        Step::Change(vec![ChannelChange::Retire("c1".to_owned())]),
        Step::Append(vec![frame(1, 6, &[Some(0.6), None, None]), frame(1, 4, &[Some(0.9), None, Some(0.9)])]),
        Step::Delete(vec![1], 2, 4),
        Step::Append(vec![frame(1, 3, &[Some(1.3), None, None])]),
        Step::Delete(Vec::new(), 1, 3),
        Step::Compact,
        Step::Append(vec![frame(2, 6, &[Some(6.0)])]),
    ]
}

/// The states that the store goes through: before the first step, and after each.
fn states(steps: &[Step], durability: Durability) -> Vec<Oracle> {
    let mut states = vec![oracle()];
    for step in steps {
        let mut state = states.last().unwrap().clone();
        if let Step::Append(frames) = step {
            let _ = state.append(frames, Timestamp::from_ms(NOW_MS), durability == Durability::Always);
        }
        if let Step::Delete(channels, from, to) = step {
            state.delete(InstrumentId::new(1), channels, slots(*from, *to));
        }
        if let Step::Change(changes) = step {
            state.change(InstrumentId::new(1), changes);
        }
        if matches!(step, Step::Retain) {
            state.delete(RETAINED, &[], TimeRange::new(Timestamp::MIN, Timestamp::from_ms(KEPT_FROM_MS)));
        }
        states.push(state);
    }
    states
}

fn take(db: &Database, step: &Step) -> Result<(), Error> {
    match step {
        Step::Register => oracle().register(db).map(|_| ()),
        Step::Append(frames) => db.append(&Batch::from_iter(frames.clone())).map(|_| ()),
        Step::Seal => db.seal(),
        Step::Compact => db.compact(Compaction::Everything).map(|_| ()),
        Step::Retain => db.retain(&[RETENTION], Timestamp::from_ms(NOW_MS)).map(|_| ()),
        Step::Change(changes) => {
            let (by, reason) = ("laboratory".to_owned(), "another column".to_owned());
            let change = InstrumentChange { instrument: InstrumentId::new(1), channels: changes.clone(), by, reason };
            db.change_instrument(&change).map(|_| ())
        }
        Step::Delete(channels, from, to) => {
            let (instrument, range) = (InstrumentId::new(1), slots(*from, *to));
            let (by, reason) = ("data office".to_owned(), "a leak in the inlet".to_owned());
            db.delete(&Deletion { instrument, scope: scope_of(channels), range, by, reason }).map(|_| ())
        }
    }
}

/// What the system said, where it said something.
fn io_kind(error: &Error) -> Option<ErrorKind> {
    match error {
        Error::Store(StoreError::Io { source, .. } | StoreError::Journal(JournalError::Io { source, .. }))
        | Error::Ledger(LedgerError::Io { source, .. })
        | Error::Query(QueryError::Store(
            StoreError::Io { source, .. } | StoreError::Journal(JournalError::Io { source, .. }),
        )) => Some(source.kind()),
        _ => None,
    }
}

fn is_poisoned(error: &Error) -> bool {
    matches!(
        error,
        Error::Store(StoreError::Journal(JournalError::Poisoned { .. })) | Error::Ledger(LedgerError::Poisoned { .. })
    )
}

fn assert_names_a_file(error: &Error, dir: &Path) {
    assert!(error.to_string().contains(dir.to_str().unwrap()), "`{error}` names no file");
}

/// Opens until it succeeds, with the power going during the first change, then during the second, and so on.
fn open_under_power_cuts(dir: &Path, storage: &FaultyStorage, durability: Durability, unsynced: Unsynced) -> Database {
    for changes in 0.. {
        storage.set_fault(Fault::PowerFor { changes, is_done: changes % 2 == 0 });
        match Database::open(dir, config(storage, durability)) {
            Ok(db) if !storage.is_off() => {
                storage.set_fault(Fault::None);
                return db;
            }
            Ok(_) => {}
            Err(error) => assert!(storage.is_off(), "{error}"),
        }
        storage.restart(unsynced);
    }
    unreachable!("an open makes finitely many changes")
}

/// Runs the workload until the power goes; gives how many steps were acknowledged, and whether it went at all.
fn run_into_power_cut(dir: &Path, storage: &FaultyStorage, durability: Durability) -> (usize, bool) {
    let Ok(db) = Database::open(dir, config(storage, durability)) else { return (0, storage.is_off()) };
    let steps = workload();
    let acknowledged = steps.iter().take_while(|step| take(&db, step).is_ok()).count();
    (acknowledged, storage.is_off())
}

/// What a crash must leave: one of these states, and a store that goes on from there.
fn assert_recovered(db: &Database, states: &[Oracle], context: &str) {
    // A registration that the crash cut short is made now; nothing else may have an answer before it.
    states[0].register(db).unwrap();
    let differences: Vec<Option<String>> = states.iter().map(|state| state.difference(db)).collect();
    // What was appended and deleted leaves equal rows behind, but not equal numbers.
    let last_lsn = db.stats().unwrap().last_lsn;
    let equal =
        || states.iter().zip(&differences).filter(|(_, difference)| difference.is_none()).map(|(state, _)| state);
    let Some(state) = equal().find(|state| state.last_lsn == last_lsn).or_else(|| equal().next()) else {
        panic!("{context}: {}", differences.into_iter().flatten().collect::<Vec<_>>().join("\n"))
    };
    let mut state = state.clone();
    let channels = state.instruments[0].channels().to_vec();
    let values = |value: f64| channels.iter().map(|one| Some(value).filter(|_| !one.is_retired())).collect::<Vec<_>>();
    let more = [frame(1, 60, &values(6.0)), frame(1, 1, &values(6.1)), frame(2, 61, &[Some(6.2)])];
    let _ = state.append(&more, Timestamp::from_ms(NOW_MS), false);
    assert_eq!(db.append(&Batch::from_iter(more)).unwrap().lsn, state.last_lsn, "{context}");
    db.seal().unwrap();
    assert_eq!(state.difference(db), None, "{context}");
}

fn assert_power_cuts_lose_nothing_acknowledged(durability: Durability, seeds: std::ops::Range<u64>) {
    let states = states(&workload(), durability);
    for (unsynced, is_done) in Unsynced::all(seeds).into_iter().flat_map(|one| [(one, false), (one, true)]) {
        for changes in 0.. {
            let dir = crate::support::scratch::dir();
            let storage = FaultyStorage::default();
            storage.set_fault(Fault::PowerFor { changes, is_done });
            let (acknowledged, is_off) = run_into_power_cut(dir.path(), &storage, durability);
            storage.restart(unsynced);
            let db = Database::open(dir.path(), config(&storage, durability)).unwrap();
            let promised = if durability == Durability::Always { acknowledged } else { 0 };
            let possible = &states[promised..=(acknowledged + 1).min(states.len() - 1)];
            let context = format!("{durability:?}, power for {changes} changes, {unsynced:?}, done {is_done}");
            assert_recovered(&db, possible, &context);
            if !is_off {
                assert_eq!(acknowledged, workload().len());
                break;
            }
        }
    }
}

#[test]
fn a_power_cut_at_any_change_loses_nothing_that_was_acknowledged_as_durable() {
    assert_power_cuts_lose_nothing_acknowledged(Durability::Always, 0..3);
}

#[test]
fn a_power_cut_leaves_a_prefix_of_what_was_buffered() {
    assert_power_cuts_lose_nothing_acknowledged(Durability::Buffered, 0..2);
}

#[test]
fn a_later_page_that_the_medium_kept_without_an_earlier_one_is_cut_off_and_told_and_is_no_damage() {
    let kind = LogKind { name: "log", magic: *b"VOCDBWAL", version: 1 };
    let steps: Vec<Step> = workload().into_iter().take(4).collect();
    let states = states(&steps, Durability::Buffered);
    let mut stranded = 0;
    for seed in 0..200 {
        let dir = crate::support::scratch::dir();
        let storage = FaultyStorage::default();
        let db = Database::open(dir.path(), config(&storage, Durability::Buffered)).unwrap();
        steps[..3].iter().for_each(|step| take(&db, step).unwrap());
        db.append(&Batch::from_iter([frame(2, 9, &[Some(9.0)])])).unwrap().all_accepted().unwrap();
        drop(db);
        storage.restart(Unsynced::Pieces(seed));
        let files = storage.files();
        let (_, log) = files.iter().find(|(path, _)| path.extension().is_some_and(|kind| kind == "wal")).unwrap();
        let is_stranded = !read_log(log, kind).unwrap().stranded.is_empty();
        let db = Database::open(dir.path(), config(&storage, Durability::Buffered)).unwrap();
        if is_stranded {
            stranded += 1;
            assert!(db.open_report().wal_torn_bytes > 0, "seed {seed}");
            assert_recovered(&db, &states[1..4], &format!("seed {seed}"));
        }
    }
    assert!(stranded > 10, "{stranded} cases left a later frame without an earlier one");
}

#[test]
fn recovery_that_is_cut_short_itself_is_recovered_from() {
    let states = states(&workload(), Durability::Always);
    for (seed, changes) in (0_u64..).zip((9..60).step_by(3)) {
        let dir = crate::support::scratch::dir();
        let storage = FaultyStorage::default();
        storage.set_fault(Fault::PowerFor { changes, is_done: false });
        let (acknowledged, _) = run_into_power_cut(dir.path(), &storage, Durability::Always);
        storage.restart(Unsynced::Torn(seed));
        let db = open_under_power_cuts(dir.path(), &storage, Durability::Always, Unsynced::Torn(seed));
        let possible = &states[acknowledged..=(acknowledged + 1).min(states.len() - 1)];
        assert_recovered(&db, possible, &format!("power for {changes} changes"));
    }
}

#[test]
fn a_full_disk_fails_an_append_and_writing_goes_on_once_there_is_space() {
    let states = states(&workload(), Durability::Always);
    for space in 0.. {
        let dir = crate::support::scratch::dir();
        let storage = FaultyStorage::default();
        let open = || Database::open(dir.path(), config(&storage, Durability::Always));
        let mut failures = 0;
        storage.set_fault(Fault::SpaceFor(space));
        let mut assert_full_then_free = |error: &Error| {
            assert_eq!(io_kind(error), Some(ErrorKind::StorageFull), "{error}");
            assert_names_a_file(error, dir.path());
            failures += 1;
            storage.set_fault(Fault::None);
        };
        let db = open().unwrap_or_else(|error| {
            assert_full_then_free(&error);
            open().unwrap()
        });
        for step in &workload() {
            if let Err(error) = take(&db, step) {
                // While it is full it stays so.
                assert_eq!(take(&db, step).err().as_ref().and_then(io_kind), Some(ErrorKind::StorageFull), "{step:?}");
                assert_full_then_free(&error);
                take(&db, step).unwrap();
            }
        }
        let last = states.last().unwrap();
        assert_eq!(last.difference(&db), None, "space for {space}");
        drop(db);
        storage.restart(Unsynced::Lost);
        assert_eq!(last.difference(&open().unwrap()), None, "space for {space}, reopened");
        if failures == 0 {
            return;
        }
    }
}

#[test]
fn a_seal_that_found_no_space_and_a_torn_append_after_it_do_not_stop_the_start() {
    let steps = workload();
    for space in 0..4 {
        let dir = crate::support::scratch::dir();
        let storage = FaultyStorage::default();
        let db = Database::open(dir.path(), config(&storage, Durability::Buffered)).unwrap();
        steps[..4].iter().for_each(|step| take(&db, step).unwrap());
        storage.set_fault(Fault::SpaceFor(space));
        let sealed = db.seal();
        storage.set_fault(Fault::None);
        assert!(sealed.is_err(), "space for {space}");
        take(&db, &steps[5]).unwrap();
        let unsynced = [frame(1, 30, &[Some(3.0), Some(3.0)]), frame(1, 31, &[Some(3.1), None])];
        db.append(&Batch::from_iter(unsynced)).unwrap().all_accepted().unwrap();
        drop(db);
        storage.restart(Unsynced::Torn(space));
        let db = Database::open(dir.path(), config(&storage, Durability::Buffered)).unwrap();
        assert!(db.open_report().wal_torn_bytes > 0);
        assert_recovered(&db, &states(&steps, Durability::Buffered)[6..7], &format!("space for {space}"));
    }
}

#[test]
fn a_failed_append_that_cannot_be_cut_off_ends_writing_until_the_store_is_opened_again() {
    let (steps, states) = (workload(), states(&workload(), Durability::Always));
    let dir = crate::support::scratch::dir();
    let storage = FaultyStorage::default();
    let db = Database::open(dir.path(), config(&storage, Durability::Always)).unwrap();
    steps[..3].iter().for_each(|step| take(&db, step).unwrap());
    storage.set_fault(Fault::SpaceForAndNoCut(0));
    assert_eq!(io_kind(&take(&db, &steps[3]).unwrap_err()), Some(ErrorKind::StorageFull));
    storage.set_fault(Fault::None);
    for step in &steps[3..] {
        assert!(is_poisoned(&take(&db, step).unwrap_err()), "{step:?}");
    }
    assert_eq!(states[3].difference(&db), None, "reading goes on");
    drop(db);
    let db = Database::open(dir.path(), config(&storage, Durability::Always)).unwrap();
    assert!(db.open_report().wal_torn_bytes > 0);
    assert_recovered(&db, &states[3..4], "after half an append");
}

#[test]
fn a_failed_sync_ends_writing_until_the_store_is_opened_again() {
    let (steps, states) = (workload(), states(&workload(), Durability::Always));
    for (syncs, unsynced) in
        (0..).flat_map(|syncs| Unsynced::all(syncs..syncs + 1).into_iter().map(move |u| (syncs, u)))
    {
        let dir = crate::support::scratch::dir();
        let storage = FaultyStorage::default();
        let open = || Database::open(dir.path(), config(&storage, Durability::Always));
        let db = open().unwrap();
        take(&db, &Step::Register).unwrap();
        storage.set_fault(Fault::SyncsBefore(syncs));
        let results: Vec<Result<(), Error>> = steps.iter().map(|step| take(&db, step)).collect();
        let Some(failed) = results.iter().position(Result::is_err) else { return };
        let error = results[failed].as_ref().unwrap_err();
        assert_eq!(io_kind(error), Some(ErrorKind::Other), "{error}");
        assert_names_a_file(error, dir.path());
        let is_wal = matches!(error, Error::Store(_));
        for (step, result) in steps.iter().zip(&results).skip(failed + 1) {
            match result {
                Err(error) => assert!(is_poisoned(error), "{syncs} syncs, {step:?}: {error}"),
                // The ledger's end is unknown, the log's is not: what asks nothing of the ledger may go on.
                Ok(()) => assert!(!is_wal && matches!(step, Step::Append(_)), "{syncs} syncs, {step:?}"),
            }
        }
        // A commit that is owed, or stands in the file without its sync, is read once.
        db.events().unwrap();
        let is_ledger_shut = db.register_station(Station::new("park/S2").unwrap()).as_ref().is_err_and(is_poisoned);
        assert!(is_wal || is_ledger_shut, "{syncs} syncs");
        drop(db);
        storage.restart(unsynced);
        let promised = results.iter().rposition(Result::is_ok).map_or(0, |last| last + 1);
        assert_recovered(&open().unwrap(), &states[promised..], &format!("{syncs} syncs, {unsynced:?}"));
    }
}

#[test]
fn a_store_that_may_not_be_written_says_where_and_what_to_do() {
    let (steps, states) = (workload(), states(&workload(), Durability::Always));
    for (kind, advice) in
        [(ErrorKind::PermissionDenied, "give this process the right"), (ErrorKind::ReadOnlyFilesystem, "remount")]
    {
        let dir = crate::support::scratch::dir();
        let storage = FaultyStorage::default();
        let open = |inner: &str| Database::open(dir.path().join(inner), config(&storage, Durability::Always));
        let assert_denied = |error: Error| {
            assert_eq!(io_kind(&error), Some(kind), "{error}");
            assert_names_a_file(&error, dir.path());
            assert!(
                matches!(error, Error::Store(_) | Error::Ledger(_)) && error.to_string().contains(advice),
                "{error}"
            );
        };
        let db = open("a").unwrap();
        steps[..3].iter().for_each(|step| take(&db, step).unwrap());
        storage.set_fault(Fault::Denied(kind));
        assert_denied(take(&db, &steps[3]).unwrap_err());
        assert!(is_poisoned(&take(&db, &steps[3]).unwrap_err()));
        assert_eq!(states[3].difference(&db), None, "reading goes on");
        drop(db);
        assert_denied(open("a").unwrap_err());
        assert_denied(open("b").unwrap_err());
        storage.set_fault(Fault::None);
        assert_recovered(&open("a").unwrap(), &states[3..4], "once it may be written");
    }
}
