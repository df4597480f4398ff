//! Quality flags that a person sets on stored readings: rows, ledger and rules agree, live and after a restart.

use crate::support::oracle::{Bits, bits, rows};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use vocdb::base::clock::{Clock, ManualClock};
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Batch, Channel, ChannelSet, Compaction, Config, Database, Durability, Error, ExportScope, Instrument,
    InstrumentId, Interval, Quality, QualityChange, QualityReport, ReadOnly, Sample, Station, TimeRange, Timers,
    Timestamp, Unit,
};

const BEGIN_MS: i64 = 1_717_200_000_000;
const MINUTE_MS: i64 = 60_000;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_ms(BEGIN_MS + minute * MINUTE_MS)
}

fn open(dir: &Path, clock: &Arc<ManualClock>) -> Database {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let config = Config { durability: Durability::Buffered, timers: Timers::Clock, clock, ..Config::default() };
    Database::open(dir, config).unwrap()
}

/// A store whose gas chromatograph measures benzene and toluene every minute.
fn store(dir: &Path, clock: &Arc<ManualClock>) -> (Database, InstrumentId) {
    let db = open(dir, clock);
    let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
    let channels = ["benzene", "toluene"].map(|name| Channel::species(name, Unit::Ppb).unwrap()).to_vec();
    let id = db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, channels).unwrap()).unwrap();
    (db, id)
}

fn change(id: InstrumentId, channels: ChannelSet, minutes: std::ops::Range<i64>, quality: Quality) -> QualityChange {
    let range = TimeRange::new(at(minutes.start), at(minutes.end));
    let (by, reason) = ("laboratory".to_owned(), "span check with 400 ppb".to_owned());
    QualityChange { instrument: id, channels, range, quality, by, reason }
}

/// The bodies of the ledger's records of corrections.
fn corrections(db: &Database) -> Vec<Value> {
    let mut text = Vec::new();
    db.export_ledger(ExportScope::History, &mut text).unwrap();
    let lines = std::str::from_utf8(&text).unwrap().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] == "correction").map(|line| line["body"].clone()).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Append(i64, [Option<u8>; 2]),
    Flag(ChannelSet, std::ops::Range<i64>, Quality),
    Seal,
    Compact,
    Reopen,
}

fn any_step() -> impl Strategy<Value = Step> {
    let channels = prop::sample::select(vec![
        ChannelSet::All,
        ChannelSet::Places(vec![0]),
        ChannelSet::Places(vec![1]),
        ChannelSet::Places(vec![1, 0, 1]),
    ]);
    let flag = prop::sample::select(&Quality::ALL[..]);
    prop_oneof![
        6 => (0_i64..40, any::<[Option<u8>; 2]>()).prop_map(|(minute, values)| Step::Append(minute, values)),
        4 => (channels, 0_i64..40, 1_i64..40, flag)
            .prop_map(|(channels, from, length, flag)| Step::Flag(channels, from..from + length, flag)),
        1 => Just(Step::Seal),
        1 => Just(Step::Compact),
        1 => Just(Step::Reopen),
    ]
}

/// Rows by minute, and the flags that people set on minutes of channels.
#[derive(Default)]
struct Model {
    rows: BTreeMap<i64, [Sample; 2]>,
    by_hand: BTreeMap<(i64, usize), Quality>,
}

/// Sets flags in the model, and says what the store must report.
fn flag_model(model: &mut Model, channels: &ChannelSet, minutes: std::ops::Range<i64>, flag: Quality) -> QualityReport {
    let mut report = QualityReport::default();
    for (_, samples) in model.rows.range_mut(minutes.clone()) {
        report.rows += 1;
        for (place, sample) in samples.iter_mut().enumerate() {
            if matches!(channels, ChannelSet::Places(places) if !places.contains(&place)) {
                continue;
            }
            let count = match sample {
                Sample { value: None, .. } => &mut report.missing,
                Sample { quality, .. } if *quality == flag => &mut report.unchanged,
                Sample { quality, .. } => {
                    *quality = flag;
                    &mut report.changed
                }
            };
            *count += 1;
        }
    }
    if report.rows > 0 {
        let places = |place: &usize| !matches!(channels, ChannelSet::Places(places) if !places.contains(place));
        let cells = minutes.flat_map(|minute| [0, 1].map(|place| (minute, place)));
        model.by_hand.extend(cells.filter(|(_, place)| places(place)).map(|cell| (cell, flag)));
    }
    report
}

/// What an instrument's frame makes of a row: a missing sample leaves the stored one alone, any other replaces it, but for a flag that a
/// person set.
fn append_model(model: &mut Model, minute: i64, values: [Option<u8>; 2]) {
    let row = model.rows.entry(minute).or_insert([Sample::MISSING; 2]);
    for (place, (sample, value)) in row.iter_mut().zip(values).enumerate() {
        if let Some(value) = value {
            let is_by_hand = sample.value.is_some() && model.by_hand.get(&(minute, place)) == Some(&sample.quality);
            let quality = if is_by_hand { sample.quality } else { Quality::Normal };
            *sample = Sample { value: Some(f64::from(value)), quality };
        }
    }
}

fn cells(model: &Model) -> Vec<(Timestamp, Vec<Bits>)> {
    model.rows.iter().map(|(minute, samples)| (at(*minute), samples.iter().map(bits).collect())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(crate::support::scratch::amount(60)).unwrap()))]

    #[test]
    fn flags_are_those_of_a_model_in_memory_in_segments_and_after_opening_again(
        steps in prop::collection::vec(any_step(), 1..40)
    ) {
        let (dir, clock) = (crate::support::scratch::dir(), Arc::new(ManualClock::new(at(60).as_ms())));
        let (mut db, id) = store(dir.path(), &clock);
        let (mut model, mut changed) = (Model::default(), 0);
        for step in steps {
            match step {
                Step::Append(minute, values) => {
                    let mut batch = Batch::new();
                    batch.push_values(id, at(minute), &values.map(|value| value.map(f64::from)));
                    changed += db.append(&batch).unwrap().corrected;
                    append_model(&mut model, minute, values);
                }
                Step::Flag(channels, minutes, quality) => {
                    let wanted = flag_model(&mut model, &channels, minutes.clone(), quality);
                    let asked = change(id, channels, minutes, quality);
                    prop_assert_eq!(db.set_quality(&asked).unwrap(), wanted);
                    let again = db.set_quality(&asked).unwrap();
                    prop_assert_eq!((again.changed, again.unchanged), (0, wanted.changed + wanted.unchanged));
                    changed += wanted.changed;
                }
                Step::Seal => db.seal().map(drop).unwrap(),
                Step::Compact => db.compact(Compaction::Everything).map(drop).unwrap(),
                Step::Reopen => {
                    drop(db);
                    db = open(dir.path(), &clock);
                }
            }
            prop_assert_eq!(rows(&db, id, &[0, 1], TimeRange::ALL), cells(&model));
        }
        prop_assert_eq!(corrections(&db).len() as u64, changed);
        let beside = ReadOnly::open(dir.path()).unwrap();
        prop_assert_eq!(beside.readings().rows(id, &[0, 1], TimeRange::ALL).unwrap().len(), model.rows.len());
    }
}

#[test]
fn the_ledger_records_old_and_new_flag_person_and_reason_of_each_value() {
    let (dir, clock) = (crate::support::scratch::dir(), Arc::new(ManualClock::new(at(60).as_ms())));
    let (db, id) = store(dir.path(), &clock);
    let mut batch = Batch::new();
    (0..3).for_each(|minute| batch.push_values(id, at(minute), &[Some(400.0), None]));
    db.append(&batch).unwrap().all_accepted().unwrap();
    db.seal().unwrap();
    db.set_quality(&change(id, ChannelSet::All, 1..2, Quality::Calibration)).unwrap();
    let wanted = serde_json::json!([{
        "instrument": id, "channel": "benzene", "time": at(1),
        "old": Sample::normal(400.0), "new": Sample { value: Some(400.0), quality: Quality::Calibration },
        "by": "laboratory", "reason": "span check with 400 ppb", "at": at(60),
    }]);
    assert_eq!(Value::from(corrections(&db)), wanted);
    drop(db);
    assert_eq!(Value::from(corrections(&open(dir.path(), &clock))), wanted);
}

#[test]
fn a_file_that_is_imported_again_does_not_take_away_a_flag_that_a_person_set() {
    let (dir, clock) = (crate::support::scratch::dir(), Arc::new(ManualClock::new(at(60).as_ms())));
    let (db, id) = store(dir.path(), &clock);
    let mut batch = Batch::new();
    (0..4).for_each(|minute| batch.push_values(id, at(minute), &[Some(400.0), Some(1.0)]));
    db.append(&batch).unwrap().all_accepted().unwrap();
    let flag =
        |db: &Database, quality| db.set_quality(&change(id, ChannelSet::Places(vec![0]), 1..3, quality)).unwrap();
    flag(&db, Quality::Calibration);
    let stored = rows(&db, id, &[0, 1], TimeRange::ALL);
    let again = db.append(&batch).unwrap();
    assert_eq!((again.identical, again.corrected), (4, 0));
    assert_eq!(rows(&db, id, &[0, 1], TimeRange::ALL), stored);

    // Another value is taken, and keeps the flag; another flag of the instrument is not.
    drop(db);
    let db = open(dir.path(), &clock);
    let mut other = Batch::new();
    let span = [Sample { value: Some(401.0), quality: Quality::Suspect }, Sample::normal(1.0)];
    other.push_samples(id, at(1), span);
    assert_eq!(db.append(&other).unwrap().corrected, 1);
    let flagged = Sample { value: Some(401.0), quality: Quality::Calibration };
    assert_eq!(rows(&db, id, &[0], TimeRange::ALL)[1].1, [bits(&flagged)]);

    // A person takes the flag away, for good.
    flag(&db, Quality::Normal);
    assert_eq!(db.append(&other).unwrap().corrected, 0);
    assert_eq!(rows(&db, id, &[0], TimeRange::ALL)[1].1, [bits(&Sample::normal(401.0))]);
}

#[test]
fn a_change_of_nothing_known_is_an_error_and_changes_nothing() {
    let (dir, clock) = (crate::support::scratch::dir(), Arc::new(ManualClock::new(at(60).as_ms())));
    let (db, id) = store(dir.path(), &clock);
    let mut batch = Batch::new();
    batch.push_values(id, at(0), &[Some(1.0), Some(2.0)]);
    db.append(&batch).unwrap().all_accepted().unwrap();
    let right = change(id, ChannelSet::All, 0..9, Quality::Suspect);
    let refused = |change: &QualityChange| db.set_quality(change).unwrap_err();
    let instrument = InstrumentId::new(9);
    assert!(
        matches!(refused(&QualityChange { instrument, ..right.clone() }), Error::NoInstrument(id) if id == instrument)
    );
    let channels = ChannelSet::Places(vec![0, 2]);
    assert!(matches!(refused(&QualityChange { channels, ..right.clone() }), Error::NoChannel { channel: 2, .. }));
    for empty in [
        QualityChange { channels: ChannelSet::Places(Vec::new()), ..right.clone() },
        QualityChange { range: TimeRange::new(at(3), at(3)), ..right.clone() },
        QualityChange { range: TimeRange::new(at(3), at(2)), ..right.clone() },
    ] {
        assert!(matches!(refused(&empty), Error::NothingSelected { .. }), "{empty:?}");
    }
    for (by, reason) in [("", "why"), ("who", ""), (" ", "why"), ("who", "two\nlines")] {
        let nameless = QualityChange { by: by.to_owned(), reason: reason.to_owned(), ..right.clone() };
        assert!(matches!(refused(&nameless), Error::Model(_)), "{nameless:?}");
    }
    assert_eq!(corrections(&db), Vec::<Value>::new());
    assert_eq!(db.set_quality(&right).unwrap().changed, 2);
}

/// Appends some minutes of benzene, at the time at which they were measured.
fn send(db: &Database, clock: &ManualClock, id: InstrumentId, minutes: std::ops::Range<i64>, value: f64) {
    for minute in minutes {
        clock.set_ms(at(minute).as_ms().max(clock.now_ms()));
        let mut batch = Batch::new();
        batch.push_values(id, at(minute), &[Some(value), None]);
        db.append(&batch).unwrap().all_accepted().unwrap();
    }
}

fn words(db: &Database) -> Vec<String> {
    let events = db.events().unwrap();
    events
        .iter()
        .filter_map(|event| if let AlarmEvent::Amended(one) = event { Some(one.words()) } else { None })
        .collect()
}

fn notified(db: &Database) -> usize {
    db.events().unwrap().iter().filter(|event| matches!(event, AlarmEvent::Notification(_))).count()
}

fn load(db: &Database) {
    let text = "alarm(\"high\").scope(\"park/S1\").when(avg(\"benzene\", 5.minutes) > 50.ppb)\n\
                .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));";
    db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]).unwrap();
}

#[test]
fn an_alarm_of_span_gas_would_not_have_opened_once_its_readings_are_flagged_live_and_after_a_restart() {
    let histories = [false, true].map(|is_restarted| {
        let (dir, clock) = (crate::support::scratch::dir(), Arc::new(ManualClock::new(BEGIN_MS)));
        let (mut db, id) = store(dir.path(), &clock);
        load(&db);
        send(&db, &clock, id, 0..10, 10.0);
        send(&db, &clock, id, 10..20, 400.0);
        db.seal().unwrap();
        send(&db, &clock, id, 20..40, 10.0);
        let alarm = db.events().unwrap().iter().find_map(AlarmEvent::alarm).unwrap();
        let told = notified(&db);
        if is_restarted {
            drop(db);
            db = open(dir.path(), &clock);
        }
        let report = db.set_quality(&change(id, ChannelSet::Places(vec![0]), 10..20, Quality::Calibration)).unwrap();
        assert_eq!((report.changed, report.alarms_opened), (10, 0));
        if is_restarted {
            drop(db);
            db = open(dir.path(), &clock);
        }
        db.advance().unwrap();
        let words = words(&db);
        assert!(words.iter().any(|words| words.starts_with(&format!("{alarm} would not have opened"))), "{words:?}");
        assert_eq!(report.amendments, words.len() as u64, "the change itself amends");
        assert_eq!(notified(&db), told, "nobody is notified of the past");
        let mut text = Vec::new();
        db.export_ledger(ExportScope::History, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    });
    assert_eq!(histories[0], histories[1]);
}

#[test]
fn an_open_alarm_of_flagged_readings_closes_and_readings_made_valid_notify_nobody() {
    let (dir, clock) = (crate::support::scratch::dir(), Arc::new(ManualClock::new(BEGIN_MS)));
    let (db, id) = store(dir.path(), &clock);
    load(&db);
    send(&db, &clock, id, 0..10, 10.0);
    send(&db, &clock, id, 10..20, 400.0);
    assert_eq!(db.alarms().len(), 1);
    db.set_quality(&change(id, ChannelSet::All, 10..20, Quality::Calibration)).unwrap();
    send(&db, &clock, id, 20..30, 10.0);
    db.advance().unwrap();
    assert_eq!(db.alarms(), []);
    let told = notified(&db);
    let report = db.set_quality(&change(id, ChannelSet::All, 10..20, Quality::Normal)).unwrap();
    assert_eq!(report.changed, 10);
    db.advance().unwrap();
    assert_eq!((db.alarms(), notified(&db)), (Vec::new(), told));
}

#[test]
fn memory_for_a_long_range_is_that_for_a_short_one() {
    let peak = |minutes: i64| {
        let (dir, clock) = (crate::support::scratch::dir(), Arc::new(ManualClock::new(at(1_000_000).as_ms())));
        let clock_now = Arc::clone(&clock) as Arc<dyn Clock>;
        let durability = Durability::Buffered;
        let config = Config { durability, clock: clock_now, head_bytes_max: 1 << 20, ..Config::default() };
        let db = Database::open(dir.path(), config).unwrap();
        let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
        let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
        let gc = Instrument::new("gc", Interval::MINUTE, channels).unwrap();
        let id = db.register_instrument(station, gc).unwrap();
        for from in (0..minutes).step_by(4_000) {
            let mut batch = Batch::new();
            (from..from + 4_000).for_each(|minute| batch.push_values(id, at(minute), &[Some((minute % 97) as f64)]));
            db.append(&batch).unwrap().all_accepted().unwrap();
        }
        db.seal().unwrap();
        let asked = change(id, ChannelSet::All, 0..minutes, Quality::Suspect);
        let used = allocation_counter::measure(|| {
            assert_eq!(db.set_quality(&asked).unwrap().changed, minutes as u64);
        });
        used.bytes_max
    };
    let [short, long] = [48_000, 96_000].map(peak);
    assert!(long < short + short / 4, "{short} bytes at most for 48,000 rows, {long} for 96,000");
}
