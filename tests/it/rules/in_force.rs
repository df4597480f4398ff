//! Rule sets that do not run, and stations that come after the rules: no alarm is lost, and nothing is silent by accident.
#![cfg(test)]

mod crash;
mod warming;

use std::path::Path;
use std::sync::Arc;
use vocdb::alarm::event::{RulesState, RulesStateChange, Timing};
use vocdb::base::checksum::Digest;
use vocdb::base::clock::ManualClock;
use vocdb::io::{FsStorage, Storage};
use vocdb::ledger::{Kind, Ledger, Record};
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, AlarmLog, Backtest, Batch, Channel, Compaction, Config, Database, Durability, Error, Instrument,
    InstrumentId, Interval, Replayed, RulesOnOpen, Station, StationId, TimeRange, Timestamp, Unit,
};

pub(crate) const BEGIN_MS: i64 = 1_700_000_040_000;
const MINUTE_MS: i64 = 60_000;
pub(crate) const HIGH: &str = r#"alarm("high").scope(stations("park/*")).when(last("x") > 10.ppm).hold(2.minutes)
    .clear_when(last("x") < 5.ppm).on_missing("unknown", 30.minutes)
    .escalate(escalation("e").step(0.minutes, contact("duty"), "app"));"#;

pub(crate) fn file(text: &str) -> Vec<RuleFile> {
    vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]
}

pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::from_ms(BEGIN_MS + minute * MINUTE_MS)
}

pub(crate) fn open_on(dir: &Path, rules: RulesOnOpen, storage: Arc<dyn Storage>) -> Result<Database, Error> {
    open_with(dir, rules, (storage, Durability::Buffered))
}

pub(crate) fn open_with(
    dir: &Path,
    rules: RulesOnOpen,
    (storage, durability): (Arc<dyn Storage>, Durability),
) -> Result<Database, Error> {
    let clock = Arc::new(ManualClock::new(BEGIN_MS + 1_000 * MINUTE_MS));
    Database::open(dir, Config { durability, clock, rules, storage, ..Config::default() })
}

fn open(dir: &Path, rules: RulesOnOpen) -> Database {
    open_on(dir, rules, Arc::new(FsStorage)).unwrap()
}

pub(crate) fn register(db: &Database, station: &str, instrument: &str, channel: &str) -> InstrumentId {
    let station = db.register_station(Station::new(station).unwrap()).unwrap();
    let channels = vec![Channel::quantity(channel, Unit::Ppm).unwrap()];
    db.register_instrument(station, Instrument::new(instrument, Interval::MINUTE, channels).unwrap()).unwrap()
}

pub(crate) fn append(db: &Database, instrument: InstrumentId, minute: i64, value: f64) -> Result<(), Error> {
    let mut batch = Batch::new();
    batch.push_values(instrument, at(minute), &[Some(value)]);
    db.append(&batch).map(|receipt| assert_eq!(receipt.rejections, []))
}

/// Appends a value a minute.
fn feed(db: &Database, instrument: InstrumentId, minutes: std::ops::Range<i64>, value: impl Fn(i64) -> f64) {
    minutes.for_each(|minute| append(db, instrument, minute, value(minute)).unwrap());
}

/// Openings and closings: rule, scope, event time, whether it opened.
pub(crate) fn course(events: &[AlarmEvent]) -> Vec<(String, String, Timestamp, bool)> {
    let of_event = |event: &AlarmEvent| match event {
        AlarmEvent::Opened(one) => Some((one.rule.clone(), one.scope_key.clone(), one.opened_at, true)),
        AlarmEvent::Closed(one) => Some((one.rule.clone(), one.scope_key.clone(), one.closed_at, false)),
        _ => None,
    };
    events.iter().filter_map(of_event).collect()
}

fn states(db: &Database) -> Vec<RulesStateChange> {
    let of_event = |event: AlarmEvent| match event {
        AlarmEvent::RulesStateChanged(change) => Some(*change),
        _ => None,
    };
    db.events().unwrap().into_iter().filter_map(of_event).collect()
}

fn state_words(db: &Database) -> Vec<RulesState> {
    states(db).iter().map(|change| change.state).collect()
}

fn count(dir: &Path, kind: Kind) -> usize {
    let content = Ledger::read(&FsStorage, &dir.join("ledger")).unwrap();
    content.records.iter().filter(|record| record.kind() == kind).count()
}

/// Puts a rule set on record as in force, as a release would have that understood it.
pub(crate) fn load_by_another_release(dir: &Path, text: &str) {
    let (mut ledger, _) = Ledger::open(&FsStorage, &dir.join("ledger")).unwrap();
    let files = vec![("r.rhai".to_owned(), text.to_owned())];
    let (stations, idle): (Vec<StationId>, Vec<String>) = (vec![StationId::new(1)], Vec::new());
    let body = (Digest([7; 32]), files, "anna", "another release", at(0), stations, idle);
    ledger.commit(&[Record::new(Kind::RuleSetLoaded, &body).unwrap()]).unwrap();
}

/// Values of an hour that trips twice: from minute 10 to 19, and from minute 30 to 39.
fn twice(minute: i64) -> f64 {
    if (10..20).contains(&minute) || (30..40).contains(&minute) { 20.0 } else { 1.0 }
}

#[test]
fn a_rule_set_that_does_not_compile_fails_open_with_a_typed_error_and_loudly_opens_suspended() {
    let home = crate::support::scratch::dir();
    let dir = home.path();
    let db = open(dir, RulesOnOpen::Resume);
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..15, twice);
    assert_eq!(db.alarms().len(), 1);
    db.close().unwrap();
    load_by_another_release(dir, "alarm(\"high\").word_of_another_release(3);");

    let Err(Error::RulesNotRunnable { rule_set, found }) = open_on(dir, RulesOnOpen::Resume, Arc::new(FsStorage))
    else {
        panic!("alarms would be off without a word")
    };
    assert_eq!(rule_set, Digest([7; 32]));
    assert!(found.to_string().contains("word_of_another_release"), "{found}");
    assert_eq!(AlarmLog::open(dir).unwrap().rule_set().unwrap().by, "anna");

    let db = open(dir, RulesOnOpen::Suspended);
    assert_eq!(state_words(&db), [RulesState::Suspended]);
    assert_eq!(db.stats().unwrap().rules_state, Some(RulesState::Suspended));
    assert!(db.audit().to_string().starts_with("rules suspended: "), "{}", db.audit());
    assert_eq!(db.alarms().len(), 1, "an open alarm stays open");
    feed(&db, id, 15..40, twice);
    assert_eq!(db.stats().unwrap().rules_unseen, 25);
    drop(db);
    let db = open(dir, RulesOnOpen::Suspended);
    assert_eq!(state_words(&db), [RulesState::Suspended], "it is said once");
    // Rules that do compile see everything that was stored meanwhile.
    db.load_rule_set(file(HIGH), "bert", "mended").unwrap();
    assert_eq!(state_words(&db), [RulesState::Suspended, RulesState::Running]);
    assert_eq!(states(&db)[1].frames_unseen, 25);
    assert_eq!(db.stats().unwrap().rules_state, Some(RulesState::Running));
    let high = |minute, opens| ("high".to_owned(), "park/S1".to_owned(), at(minute), opens);
    assert_eq!(course(&db.events().unwrap()), [high(12, true), high(20, false), high(32, true)]);
    let rules = db.rule_set().unwrap();
    assert_eq!(
        (rules.by.as_str(), rules.reason.as_str(), rules.stations),
        ("bert", "mended", vec!["park/S1".to_owned()])
    );
}

#[test]
fn what_is_appended_as_history_while_rules_are_suspended_stays_history() {
    let home = crate::support::scratch::dir();
    let (id, timings) = {
        let db = open(home.path(), RulesOnOpen::Resume);
        let id = register(&db, "park/S1", "pid", "x");
        db.load_rule_files(file(HIGH)).unwrap();
        feed(&db, id, 0..5, twice);
        let timings = |db: &Database| {
            let events = db.events().unwrap();
            let opened = events.iter().filter_map(|event| match event {
                AlarmEvent::Opened(opened) => Some(opened.timing),
                _ => None,
            });
            let told =
                events.iter().filter(|event| matches!(event, AlarmEvent::Notification(of) if of.alarm.is_some()));
            (opened.collect::<Vec<_>>(), told.count())
        };
        (id, timings)
    };
    let db = open(home.path(), RulesOnOpen::Suspended);
    let mut history = Batch::new();
    (5..25).for_each(|minute| history.push_values(id, at(minute), &[Some(twice(minute))]));
    db.append_history(&history).unwrap().all_accepted().unwrap();
    drop(db);
    let db = open(home.path(), RulesOnOpen::Suspended);
    feed(&db, id, 25..60, twice);
    drop(db);
    let db = open(home.path(), RulesOnOpen::Resume);
    assert_eq!(course(&db.events().unwrap()).len(), 4);
    assert_eq!(timings(&db), (vec![Timing::Backfill, Timing::Late], 2), "of the second alarm: its opening and its end");
}

/// What is done to a store while its rules are suspended.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Upkeep {
    Nothing,
    Seal,
    Compact,
    Close,
    DumpAndRestore,
}

#[test]
fn frames_stored_while_rules_were_suspended_are_evaluated_as_if_they_had_run() {
    let undisturbed = {
        let home = crate::support::scratch::dir();
        let db = open(home.path(), RulesOnOpen::Resume);
        let id = register(&db, "park/S1", "pid", "x");
        db.load_rule_files(file(HIGH)).unwrap();
        feed(&db, id, 0..60, twice);
        course(&db.events().unwrap())
    };
    assert_eq!(undisturbed.len(), 4);
    for upkeep in [Upkeep::Nothing, Upkeep::Seal, Upkeep::Compact, Upkeep::Close, Upkeep::DumpAndRestore] {
        for (from, to) in [(5, 11), (5, 25), (11, 12), (15, 45), (0, 59)] {
            let home = crate::support::scratch::dir();
            let mut dir = home.path().join("store");
            let db = open(&dir, RulesOnOpen::Resume);
            let id = register(&db, "park/S1", "pid", "x");
            db.load_rule_files(file(HIGH)).unwrap();
            feed(&db, id, 0..from, twice);
            drop(db);
            let db = open(&dir, RulesOnOpen::Suspended);
            let half = i64::midpoint(from, to);
            feed(&db, id, from..half, twice);
            match upkeep {
                Upkeep::Nothing | Upkeep::Close => {}
                Upkeep::Seal | Upkeep::DumpAndRestore => db.seal().unwrap(),
                Upkeep::Compact => {
                    db.seal().unwrap();
                    db.compact(Compaction::Everything).unwrap();
                }
            }
            feed(&db, id, half..to, twice);
            assert!(db.stats().unwrap().rules_unseen >= u64::try_from(to - from).unwrap());
            if upkeep == Upkeep::Close {
                db.close().unwrap()
            } else {
                drop(db)
            }
            if upkeep == Upkeep::DumpAndRestore {
                let mut dump = Vec::new();
                let source = vocdb::ReadOnly::open(&dir).unwrap();
                source.dump(&vocdb::DumpScope::WHOLE, &mut dump, |_| {}).unwrap();
                dir = home.path().join("restored");
                Database::restore(dump.as_slice(), &dir, |_| {}).unwrap();
            }
            let db = open(&dir, RulesOnOpen::Resume);
            feed(&db, id, to..60, twice);
            let context = format!("{upkeep:?}, {from} to {to}");
            assert_eq!(course(&db.events().unwrap()), undisturbed, "{context}");
            assert_eq!(state_words(&db), [RulesState::Suspended, RulesState::Running], "{context}");
            assert_eq!(db.stats().unwrap().rules_unseen, 0, "{context}");
            db.close().unwrap();
            let db = open(&dir, RulesOnOpen::Resume);
            assert_eq!(course(&db.events().unwrap()), undisturbed, "{context}: nothing is said twice");
        }
    }
}

#[test]
fn late_frames_stored_while_rules_were_suspended_amend_the_record() {
    let home = crate::support::scratch::dir();
    let db = open(home.path(), RulesOnOpen::Resume);
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..10, |_| 1.0);
    feed(&db, id, 20..60, |_| 1.0);
    db.close().unwrap();
    let db = open(home.path(), RulesOnOpen::Suspended);
    feed(&db, id, 10..20, |_| 20.0);
    assert_eq!(db.stats().unwrap().rules_unseen, 10);
    db.seal().unwrap();
    drop(db);
    let db = open(home.path(), RulesOnOpen::Resume);
    db.advance().unwrap();
    let amended = db.events().unwrap().into_iter().filter(|event| matches!(event, AlarmEvent::Amended(_))).count();
    assert_eq!(amended, 1, "readings that nobody evaluated are evaluated, however late they came");
}

#[test]
fn maintenance_leaves_no_trace_until_a_frame_comes() {
    let home = crate::support::scratch::dir();
    let db = open(home.path(), RulesOnOpen::Resume);
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..11, twice);
    drop(db);
    let db = open(home.path(), RulesOnOpen::Maintenance);
    db.seal().unwrap();
    db.compact(Compaction::Everything).unwrap();
    assert_eq!(db.stats().unwrap().rules_state, Some(RulesState::Suspended));
    db.close().unwrap();
    let db = open(home.path(), RulesOnOpen::Resume);
    assert_eq!(state_words(&db), []);
    feed(&db, id, 11..13, twice);
    assert_eq!(db.alarms().len(), 1, "a hold goes on over maintenance");
    drop(db);
    let db = open(home.path(), RulesOnOpen::Maintenance);
    append(&db, id, 13, 20.0).unwrap();
    assert_eq!(state_words(&db), [RulesState::Suspended], "readings come, and nobody evaluates them");
    db.acknowledge(db.alarms()[0].opened.alarm, "anna", "").unwrap();
    drop(db);
    let db = open(home.path(), RulesOnOpen::Resume);
    assert_eq!(state_words(&db), [RulesState::Suspended, RulesState::Running]);
}

#[test]
fn rules_that_do_not_run_can_be_unloaded_and_the_store_opens_again() {
    let home = crate::support::scratch::dir();
    let db = open(home.path(), RulesOnOpen::Resume);
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..15, twice);
    drop(db);
    load_by_another_release(home.path(), "alarm(\"high\").word_of_another_release(3);");
    let db = open(home.path(), RulesOnOpen::Maintenance);
    db.switch_rules_off("anna", "does not compile").unwrap();
    assert_eq!((db.alarms().len(), db.rule_set()), (0, None));
    drop(db);
    let db = open(home.path(), RulesOnOpen::Resume);
    assert_eq!((db.stats().unwrap().rules_state, db.stats().unwrap().rules_unseen), (None, 0));
    db.load_rule_set(file(HIGH), "anna", "back").unwrap();
    feed(&db, id, 15..20, twice);
    assert_eq!(db.alarms().len(), 1);
    assert!(matches!(db.load_rule_set(file(HIGH), "", "nobody"), Err(Error::Alarm(_))));
}

#[test]
fn stations_registered_after_loading_are_covered_and_nothing_under_way_is_lost() {
    let quorum = r#"alarm("cloud").scope(stations("park/*")).when(last("x") > 10.ppm).quorum(2).hold(5.minutes)
        .clear_when(last("x") < 5.ppm).on_missing("unknown", 30.minutes);"#;
    let rules = file(&format!("{HIGH}\n{quorum}"));
    let run = |restart_at: i64| {
        let home = crate::support::scratch::dir();
        let mut db = open(home.path(), RulesOnOpen::Resume);
        let mut ids: Vec<InstrumentId> =
            (1..3).map(|number| register(&db, &format!("park/S{number}"), "pid", "x")).collect();
        db.load_rule_files(rules.clone()).unwrap();
        for minute in 0..30 {
            if minute == 13 {
                // In the middle of the hold of a quorum, with an alarm open at each station.
                ids.extend((3..23).map(|number| register(&db, &format!("park/S{number}"), "pid", "x")));
            }
            let high = (10..25).contains(&minute);
            for (place, id) in ids.iter().enumerate().take(3) {
                append(&db, *id, minute, if high { 20.0 + place as f64 } else { 1.0 }).unwrap();
            }
            if minute == restart_at {
                drop(db);
                db = open(home.path(), RulesOnOpen::Resume);
            }
        }
        let bound = count(home.path(), Kind::RulesBound);
        let covered = db.rule_set().unwrap().stations.len();
        (course(&db.events().unwrap()), bound, covered)
    };
    let (plain, bound, covered) = run(-1);
    assert_eq!((bound, covered), (1, 22), "twenty registrations are one binding");
    let opened =
        |rule: &str, scope: &str, minute| plain.contains(&(rule.to_owned(), scope.to_owned(), at(minute), true));
    assert!(opened("high", "park/S1", 12) && opened("high", "park/S3", 15), "{plain:?}");
    assert!(opened("cloud", "park/*", 15), "the hold of a quorum goes on: {plain:?}");
    for restart_at in [12, 13, 14, 20] {
        assert_eq!(run(restart_at).0, plain, "restart at {restart_at}");
    }
}

#[test]
fn a_backtest_opens_what_the_running_store_opens_that_got_its_stations_after_the_rules() {
    let home = crate::support::scratch::dir();
    let db = open(home.path(), RulesOnOpen::Resume);
    let rules = file(HIGH);
    // No station yet: the rule comes alive with the first.
    let warnings = db.load_rule_files(rules.clone()).unwrap();
    assert!(warnings.to_string().contains("no station matches `park/*`"), "{warnings}");
    assert_eq!(db.rule_set().unwrap().idle, ["high"]);
    let ids = ["park/S1", "park/S2"].map(|name| register(&db, name, "pid", "x"));
    for minute in 0..60 {
        ids.iter().for_each(|id| append(&db, *id, minute, twice(minute)).unwrap());
    }
    assert_eq!(db.rule_set().unwrap().idle, Vec::<String>::new());
    let live = course(&db.events().unwrap());
    let mut replayed = Vec::new();
    db.backtest(&rules, &Backtest::new(TimeRange::ALL), &mut |step| {
        if let Replayed::Event(event) = step {
            replayed.push(event);
        }
    })
    .unwrap();
    assert_eq!(live.len(), 8);
    assert_eq!(course(&replayed), live);
}

#[test]
fn a_station_that_a_rule_cannot_cover_is_registered_with_a_system_alarm_and_the_other_stations_go_on() {
    let home = crate::support::scratch::dir();
    let db = open(home.path(), RulesOnOpen::Resume);
    let id = register(&db, "park/S1", "pid", "x");
    db.load_rule_files(file(HIGH)).unwrap();
    feed(&db, id, 0..12, twice);
    // A mast without what the rule asks for, and a second instrument that makes the channel ambiguous.
    register(&db, "park/mast", "vane", "direction");
    register(&db, "park/S1", "second", "x");
    db.register_station(Station::new("park/empty").unwrap()).unwrap();
    register(&db, "town/S1", "pid", "y");
    let events = db.subscribe();
    feed(&db, id, 12..14, twice);
    assert_eq!(course(&db.events().unwrap()).len(), 1, "the rule goes on at its station");
    let change = &states(&db)[0];
    assert!(events.try_iter().any(|event| matches!(event, AlarmEvent::RulesStateChanged(_))), "it is published");
    assert_eq!((change.state, change.uncovered.len()), (RulesState::PartlyBound, 1));
    let uncovered = &change.uncovered[0];
    assert_eq!((uncovered.rule.as_str(), uncovered.station.as_str()), ("high", "park/mast"));
    assert!(uncovered.reason.contains("no channel `x`"), "{uncovered:?}");
    assert_eq!(db.stats().unwrap().rules_uncovered, 1);
    drop(db);
    let db = open(home.path(), RulesOnOpen::Resume);
    assert_eq!(state_words(&db), [RulesState::PartlyBound], "it is said once");
    assert_eq!(db.alarms().len(), 1);
    let mended = register(&db, "park/mast", "pid", "x");
    feed(&db, mended, 14..18, |_| 20.0);
    assert_eq!(state_words(&db), [RulesState::PartlyBound, RulesState::Running]);
    assert!(course(&db.events().unwrap()).contains(&("high".to_owned(), "park/mast".to_owned(), at(16), true)));
}
