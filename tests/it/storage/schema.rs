//! Channels come, go and come back: every question is answered over the change, and nothing stored changes its meaning.

use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::store::RejectReason;
use vocdb::{
    AlarmEvent, Backtest, Batch, Channel, ChannelChange, Compaction, Config, Database, Durability, Error, Instrument,
    InstrumentChange, InstrumentId, Interval, ReadOnly, Replayed, Station, TimeRange, Timers, Timestamp, Unit,
};

const FIRST_MS: i64 = 1_700_000_040_000;
const MINUTES: i64 = 3_000;

fn open(dir: &Path) -> Database {
    let clock = Arc::new(ManualClock::new(FIRST_MS + 30 * 86_400_000));
    let config = Config { durability: Durability::Buffered, clock, timers: Timers::Frames, ..Config::default() };
    Database::open(dir, config).unwrap()
}

fn ppb(name: &str) -> Channel {
    Channel::species(name, Unit::Ppb).unwrap()
}

/// A gas chromatograph that measures benzene and toluene.
fn register(db: &Database) -> InstrumentId {
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let gc = Instrument::new("gc", Interval::MINUTE, vec![ppb("benzene"), ppb("toluene")]).unwrap();
    db.register_instrument(station, gc).unwrap()
}

fn change(db: &Database, id: InstrumentId, channels: Vec<ChannelChange>) -> Result<Instrument, Error> {
    let (by, reason) = ("laboratory".to_owned(), "another column".to_owned());
    db.change_instrument(&InstrumentChange { instrument: id, channels, by, reason })
}

fn retire(name: &str) -> ChannelChange {
    ChannelChange::Retire(name.to_owned())
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_ms(FIRST_MS + minute * 60_000)
}

/// Benzene 1, toluene 2, styrene 3 and so on, in the channels that there are.
fn append(db: &Database, id: InstrumentId, minutes: std::ops::Range<i64>, values: &[Option<f64>]) {
    let mut batch = Batch::new();
    minutes.for_each(|minute| batch.push_values(id, at(minute), values));
    let receipt = db.append(&batch).unwrap();
    assert!(receipt.rejections.is_empty(), "{receipt:?}");
}

/// Two channels, then three, then three with the first retired.
fn three_ages(db: &Database) -> InstrumentId {
    let id = register(db);
    append(db, id, 0..MINUTES, &[Some(1.0), Some(2.0)]);
    change(db, id, vec![ChannelChange::Add(ppb("styrene"))]).unwrap();
    append(db, id, MINUTES..2 * MINUTES, &[Some(1.0), Some(2.0), Some(3.0)]);
    change(db, id, vec![retire("benzene")]).unwrap();
    append(db, id, 2 * MINUTES..3 * MINUTES, &[None, Some(2.0), Some(3.0)]);
    id
}

/// Valid values of each channel in each age.
fn counts(readings: &vocdb::query::Readings, id: InstrumentId) -> Vec<Vec<u64>> {
    let of_age = |age: i64| {
        let range = TimeRange::new(at(age * MINUTES), at((age + 1) * MINUTES));
        let aggregate = readings.aggregate(id, &[0, 1, 2], range).unwrap();
        aggregate.channels.iter().map(|channel| channel.valid).collect()
    };
    (0..3).map(of_age).collect()
}

fn wanted() -> Vec<Vec<u64>> {
    let all = MINUTES as u64;
    vec![vec![all, all, 0], vec![all, all, all], vec![0, all, all]]
}

#[test]
fn questions_over_a_change_find_the_old_part_and_gaps_in_both_directions() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let id = three_ages(&db);
    let assert_all = |db: &Database, when: &str| {
        assert_eq!(counts(&db.readings(), id), wanted(), "{when}");
        let newest = |name: &str| db.latest("park/S1", name).unwrap().map(|(time, sample)| (time, sample.value));
        assert_eq!(newest("benzene"), Some((at(2 * MINUTES - 1), Some(1.0))), "{when}");
        assert_eq!(newest("styrene"), Some((at(3 * MINUTES - 1), Some(3.0))), "{when}");
        let stats = db.stats().unwrap().stations[0].instruments[0].stored;
        assert_eq!((stats.rows, stats.values), (3 * MINUTES as u64, 7 * MINUTES as u64), "{when}");
    };
    assert_all(&db, "as written");
    assert_eq!(db.stats().unwrap().segments.count, 2, "each change seals what was before it");
    db.seal().unwrap();
    assert_all(&db, "sealed");
    assert_eq!(counts(&ReadOnly::open(dir.path()).unwrap().readings(), id), wanted());
    db.compact(Compaction::Everything).unwrap();
    assert_eq!(db.stats().unwrap().segments.count, 1);
    assert_all(&db, "compacted");
    let backup = crate::support::scratch::dir();
    db.backup(backup.path()).unwrap();
    db.close().unwrap();
    std::fs::remove_dir_all(dir.path().join("catalog")).unwrap();
    assert!(Database::verify(dir.path(), |_, _| {}).unwrap().is_sound());
    let db = open(dir.path());
    assert_eq!(db.open_report().summaries_rebuilt, 1);
    assert_all(&db, "opened without a catalog");
    assert_all(&open(backup.path()), "copied");
    drop(db);
    let clock = Arc::new(ManualClock::new(FIRST_MS + 30 * 86_400_000));
    let config = Config { clock, ..Config::default() };
    assert_all(&Database::repair(dir.path(), config, |_, _| {}).unwrap(), "repaired");
}

#[test]
fn a_late_frame_fills_a_new_channel_of_an_old_row_and_leaves_the_rest() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let id = three_ages(&db);
    append(&db, id, 7..8, &[None, None, Some(9.0)]);
    let row = |db: &Database| {
        let rows = db.readings().rows(id, &[0, 1, 2], TimeRange::new(at(7), at(8))).unwrap();
        (0..3).map(|column| rows.samples(column).next().unwrap().1.value).collect::<Vec<_>>()
    };
    let filled = [Some(1.0), Some(2.0), Some(9.0)];
    assert_eq!(row(&db), filled);
    drop(db);
    let db = open(dir.path());
    assert_eq!(row(&db), filled);
    db.compact(Compaction::Everything).unwrap();
    assert_eq!(row(&db), filled);
}

#[test]
fn frames_of_another_width_or_with_a_retired_channel_are_refused_and_counted() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let id = three_ages(&db);
    let mut batch = Batch::new();
    batch.push_values(id, at(9_001), &[Some(1.0), Some(2.0)]);
    batch.push_values(id, at(9_002), &[Some(1.0), Some(2.0), Some(3.0)]);
    batch.push_values(id, at(9_003), &[None, Some(2.0), Some(3.0)]);
    let receipt = db.append(&batch).unwrap();
    let reasons: Vec<RejectReason> = receipt.rejections.into_iter().map(|one| one.reason).collect();
    let retired = RejectReason::RetiredChannel { channel: "benzene".to_owned() };
    assert_eq!(reasons, [RejectReason::ChannelCount { expected: 3, found: 2 }, retired]);
    let counters = db.stats().unwrap().counters;
    assert_eq!((counters.rejected_channel_count, counters.rejected_retired_channel), (1, 1));
    change(&db, id, vec![ChannelChange::Add(ppb("benzene"))]).unwrap();
    append(&db, id, 9_004..9_005, &[Some(1.0), Some(2.0), Some(3.0)]);
    assert_eq!(db.latest("park/S1", "benzene").unwrap().unwrap().0, at(9_004));
}

#[test]
fn a_change_that_cannot_be_made_changes_nothing_and_one_made_before_costs_nothing() {
    let dir = crate::support::scratch::dir();
    let db = open(dir.path());
    let id = three_ages(&db);
    let (registry, records) = (db.registry(), db.stats().unwrap().ledger_records);
    let in_ppm = ChannelChange::Add(Channel::species("styrene", Unit::Ppm).unwrap());
    let error = change(&db, id, vec![ChannelChange::Add(ppb("ethylene")), in_ppm]).unwrap_err();
    assert!(matches!(error, Error::Model(_)) && error.to_string().contains("under another name"), "{error}");
    let error = change(&db, InstrumentId::new(7), vec![retire("benzene")]).unwrap_err();
    assert!(matches!(error, Error::NoInstrument(_)), "{error}");
    change(&db, id, vec![retire("benzene"), ChannelChange::Add(ppb("styrene"))]).unwrap();
    assert_eq!((db.registry(), db.stats().unwrap().ledger_records), (registry, records));
    let mut history = Vec::new();
    db.export_ledger(vocdb::ExportScope::History, &mut history).unwrap();
    let history = String::from_utf8(history).unwrap();
    assert_eq!(history.matches("instrument_changed").count(), 2);
    assert!(history.contains("another column"), "{history}");
}

const RULES: &str = r#"
    let duty = escalation("e").step(0.minutes, contact("duty"), "app");
    alarm("benzene").scope(stations("park/*")).when(avg("benzene", 5.minutes) > 10.ppb).escalate(duty);
    alarm("toluene").scope(stations("park/*")).when(avg("toluene", 5.minutes) > 10.ppb).escalate(duty);
"#;
const LATER_RULES: &str = r#"
    let duty = escalation("e").step(0.minutes, contact("duty"), "app");
    alarm("styrene").scope(stations("park/*")).when(avg("styrene", 5.minutes) > 10.ppb).escalate(duty);
    alarm("benzene").scope(stations("park/*")).when(avg("benzene", 5.minutes) > 10.ppb).escalate(duty);
"#;

fn file(text: &str) -> Vec<RuleFile> {
    vec![RuleFile { name: "park.rhai".to_owned(), text: text.to_owned() }]
}

fn opened(events: &[AlarmEvent]) -> Vec<(String, Timestamp)> {
    let of_event = |event: &AlarmEvent| match event {
        AlarmEvent::Opened(one) => Some((one.rule.clone(), one.opened_at)),
        _ => None,
    };
    events.iter().filter_map(of_event).collect()
}

#[test]
fn rules_go_on_over_a_change_and_may_name_what_is_retired_or_new() {
    let dir = crate::support::scratch::dir();
    let mut db = open(dir.path());
    let id = register(&db);
    db.load_rule_files(file(RULES)).unwrap();
    append(&db, id, 0..20, &[Some(1.0), Some(1.0)]);
    append(&db, id, 20..40, &[Some(99.0), Some(1.0)]);
    change(&db, id, vec![retire("benzene"), ChannelChange::Add(ppb("styrene"))]).unwrap();
    append(&db, id, 40..60, &[None, Some(1.0), Some(99.0)]);
    append(&db, id, 60..80, &[None, Some(99.0), Some(99.0)]);
    let rules = |events: &[AlarmEvent]| opened(events).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
    let before = db.events().unwrap();
    assert_eq!(rules(&before), ["benzene", "toluene"]);
    drop(db);
    db = open(dir.path());
    assert_eq!(db.events().unwrap().len(), before.len(), "nothing is said twice");
    db.load_rule_files(file(LATER_RULES)).unwrap();
    append(&db, id, 80..100, &[None, Some(99.0), Some(99.0)]);
    assert_eq!(rules(&db.events().unwrap()), ["benzene", "toluene", "styrene"]);
    let mut seen = Vec::new();
    let mut watch = |step| match step {
        Replayed::Event(event) => seen.push(event),
        Replayed::Begins(_) | Replayed::Reached(_) => {}
    };
    db.backtest(&file(&RULES.replace("toluene", "styrene")), &Backtest::new(TimeRange::ALL), &mut watch).unwrap();
    let opened = opened(&seen);
    let names: Vec<&str> = opened.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(names, ["benzene", "styrene"], "a backtest sees both sides of the change");
    assert!(
        opened[0].1 >= at(20) && opened[0].1 < at(40) && opened[1].1 >= at(40) && opened[1].1 < at(60),
        "{opened:?}"
    );
}
