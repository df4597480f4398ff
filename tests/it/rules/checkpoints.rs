//! Checkpoints stay small and rare, and losing progress that none of them has stored changes nothing.

use crate::support::faulty::{Fault, FaultyStorage};
use proptest::prelude::*;
use proptest::test_runner::Config as CaseConfig;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::ledger::{Kind, Ledger};
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Durability, ExportScope, Instrument, InstrumentId, Interval, Station,
    Timestamp, Unit,
};

const BEGIN_MS: i64 = 1_750_000_020_000;
/// Runs the cases at the size at which they were first seen.
const FULL: &str = "VOCDB_TEST_CHECKPOINTS";

/// A store in memory whose clock stands still until it is told otherwise.
struct Site {
    storage: FaultyStorage,
    clock: Arc<ManualClock>,
    dir: tempfile::TempDir,
    db: Option<Database>,
    instruments: Vec<InstrumentId>,
    now_ms: i64,
}

impl Site {
    fn new(stations: usize, interval: Interval, rules: &str) -> Self {
        let (storage, clock) = (FaultyStorage::default(), Arc::new(ManualClock::new(BEGIN_MS)));
        let dir = crate::support::scratch::dir();
        let mut site = Self { storage, clock, dir, db: None, instruments: Vec::new(), now_ms: BEGIN_MS };
        site.open();
        for number in 0..stations {
            let db = site.db();
            let station = db.register_station(Station::new(format!("park/S{number}")).unwrap()).unwrap();
            let channels = vec![Channel::species("benzene", Unit::Ppb).unwrap()];
            let instrument = Instrument::new("pid", interval, channels).unwrap();
            let instrument = db.register_instrument(station, instrument).unwrap();
            site.instruments.push(instrument);
        }
        site.db().load_rule_files(vec![RuleFile { name: "park.rhai".to_owned(), text: rules.to_owned() }]).unwrap();
        site
    }

    fn db(&self) -> &Database {
        self.db.as_ref().unwrap()
    }

    fn open(&mut self) {
        self.db = None;
        let config = Config {
            clock: Arc::clone(&self.clock) as _,
            storage: Arc::new(self.storage.clone()),
            durability: Durability::Buffered,
            ..Config::default()
        };
        self.db = Some(Database::open(self.dir.path(), config).unwrap());
    }

    /// The clock goes on, and the host lets time pass.
    fn advance(&mut self, ms: i64) {
        self.now_ms += ms;
        self.clock.set_ms(self.now_ms);
        self.db().advance().unwrap();
    }

    fn append(&self, instruments: &[InstrumentId], time_ms: i64, value: f64) {
        let mut batch = Batch::new();
        for instrument in instruments {
            batch.push_values(*instrument, Timestamp::from_ms(time_ms), &[Some(value)]);
        }
        assert!(self.db().append(&batch).unwrap().rejections.is_empty());
    }

    fn ledger_bytes(&self) -> u64 {
        self.db().stats().unwrap().bytes.ledger
    }

    /// Bytes of each checkpoint.
    fn checkpoints(&self) -> Vec<usize> {
        let records = Ledger::read(&self.storage, &self.dir.path().join("ledger")).unwrap().records;
        let checkpoints = records.iter().filter(|record| record.kind() == Kind::Checkpoint);
        checkpoints.map(|record| record.bytes().1.len()).collect()
    }

    fn history(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.db().export_ledger(ExportScope::History, &mut text).unwrap();
        text
    }
}

/// A day without frames, hour by hour in the normal run.
#[test]
fn a_silent_link_adds_little_to_the_ledger_however_often_time_passes() {
    let (stations, rules, seconds) = if std::env::var_os(FULL).is_some() { (12, 30, 86_400) } else { (4, 6, 7_200) };
    let text = format!(
        "for r in 0..{rules} {{ alarm(`benzene-high-${{r}}`).scope(stations(\"park/*\")).when(avg(\"benzene\", 10.minutes) > 30.ppb)
            .clear_when(avg(\"benzene\", 10.minutes) < 25.ppb, 1.minutes).on_missing(\"unknown\", 15.minutes); }}"
    );
    let mut site = Site::new(stations, Interval::SECOND, &text);
    for second in 0..60 {
        site.append(&site.instruments, site.now_ms, 5.0 + f64::from(second % 7));
        site.advance(1_000);
    }
    let (bytes, checkpoints) = (site.ledger_bytes(), site.checkpoints().len());
    for _ in 0..seconds {
        site.advance(1_000);
    }
    let (grown, written) = (site.ledger_bytes() - bytes, site.checkpoints().len() - checkpoints);
    let unknown =
        site.db().events().unwrap().iter().filter(|event| matches!(event, AlarmEvent::BecameUnknown(_))).count();
    println!("{seconds} s of silence, {stations} x {rules}: {grown} bytes, {written} checkpoints");
    assert_eq!(unknown, stations * rules, "each condition becomes unknown once");
    assert!(grown < 300 * unknown as u64 + 100_000, "{grown} bytes");
    assert!(written <= 2 + seconds as usize / 2_000, "{written} checkpoints");
}

#[test]
fn conditions_that_become_unknown_together_take_a_small_checkpoint_and_no_append_fails() {
    let (stations, rules) = if std::env::var_os(FULL).is_some() { (2_000, 70) } else { (60, 20) };
    let name = "x".repeat(40);
    let text = format!(
        "for r in 0..{rules} {{ alarm(`rule-{name}-${{r}}`).scope(stations(\"park/*\")).when(last(\"benzene\") > 30.ppb)
            .clear_when(last(\"benzene\") < 25.ppb, 1.minutes).on_missing(\"unknown\", 15.minutes); }}"
    );
    let mut site = Site::new(stations, Interval::MINUTE, &text);
    for _ in 0..3 {
        site.append(&site.instruments, site.now_ms, 5.0);
        site.advance(60_000);
    }
    site.append(&site.instruments[..1], site.now_ms, 90.0);
    for minutes in [5, 11, 1, 1] {
        site.advance(minutes * 60_000);
    }
    site.append(&site.instruments[..1], site.now_ms, 5.0);
    site.advance(60_000);
    site.append(&site.instruments[..1], site.now_ms, 90.0);
    let largest = site.checkpoints().into_iter().max().unwrap();
    println!("{stations} x {rules}: the largest checkpoint takes {largest} bytes");
    // The names, and for each rule a few bytes to say that all of its scopes stand alike.
    assert!(largest < 4_000 + 16 * stations + 200 * rules, "{largest} bytes");
    site.open();
    site.append(&site.instruments, site.now_ms, 5.0);
    let events = site.db().events().unwrap();
    let count = |is_meant: fn(&AlarmEvent) -> bool| events.iter().filter(|event| is_meant(event)).count();
    assert_eq!(count(|event| matches!(event, AlarmEvent::BecameUnknown(_))), stations * rules);
    assert_eq!(count(|event| matches!(event, AlarmEvent::BecameKnown(_))), stations * rules);
}

/// One thing that happens at a site.
#[derive(Debug, Clone, Copy)]
enum Act {
    Advance {
        ms: i64,
    },
    /// A frame that is so old.
    Frame {
        station: usize,
        age_ms: i64,
        value: f64,
    },
    /// Everything in memory is lost, and the host lets time pass before it appends again.
    Restart,
}

fn any_act() -> impl Strategy<Value = Act> {
    let age_ms = prop_oneof![3 => 0_i64..2_000, 1 => 0_i64..90_000];
    prop_oneof![
        4 => (0_i64..25_000).prop_map(|ms| Act::Advance { ms }),
        4 => (0_usize..3, age_ms, prop::sample::select(vec![5.0, 90.0]))
            .prop_map(|(station, age_ms, value)| Act::Frame { station, age_ms, value }),
        1 => Just(Act::Restart),
    ]
}

const RULES: &str = r#"
    let chain = escalation("e").step(0.minutes, contact("duty"), "app").step(1.minutes, contact("head"), "sms");
    alarm("high").scope(stations("park/*")).when(avg("benzene", 1.minutes) > 30.ppb).hold(10.seconds)
        .clear_when(avg("benzene", 1.minutes) < 25.ppb, 10.seconds).on_missing("unknown", 30.seconds).escalate(chain)
        .priority_when("high", last("benzene", 20.seconds) > 60.ppb).priority_when("urgent", avg("benzene", 10.seconds) > 80.ppb, 15.seconds);
    alarm("gone").scope(stations("park/*")).when(silent(40.seconds));
    alarm("two").scope(stations("park/*")).when(last("benzene") > 30.ppb).clear_when(last("benzene") < 25.ppb, 5.seconds)
        .quorum(2).on_missing("unknown", 20.seconds).priority_when("high", avg("benzene", 8.seconds) > 80.ppb, 4.seconds);
    alarm("lost").scope(stations("park/*")).when(last("benzene") > 50.ppb).clear_when(last("benzene") < 40.ppb)
        .on_missing("alarm", 25.seconds);
"#;

fn run(acts: &[Act], has_restarts: bool) -> Vec<u8> {
    let mut site = Site::new(3, Interval::SECOND, RULES);
    for act in acts {
        match *act {
            Act::Advance { ms } => site.advance(ms),
            Act::Frame { station, age_ms, value } => {
                site.append(&site.instruments[station..=station], site.now_ms - age_ms, value);
            }
            Act::Restart => {
                if has_restarts {
                    site.open();
                }
                site.advance(0);
            }
        }
    }
    site.advance(300_000);
    site.history()
}

/// Cases of a normal run.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(CaseConfig { cases: cases(), ..CaseConfig::default() })]
    #[test]
    fn progress_that_no_checkpoint_stores_is_made_again_after_a_restart(acts in prop::collection::vec(any_act(), 1..60)) {
        let (plain, restarted) = (run(&acts, false), run(&acts, true));
        prop_assert_eq!(String::from_utf8_lossy(&restarted), String::from_utf8_lossy(&plain));
    }
}

/// A late frame falls before what the host's clock alone had let pass: after a restart it is as late as before.
#[test]
fn a_frame_that_comes_behind_idle_progress_stays_late_after_a_restart() {
    let acts = [
        Act::Frame { station: 0, age_ms: 0, value: 5.0 },
        Act::Advance { ms: 1_000 },
        Act::Advance { ms: 100_000 },
        Act::Frame { station: 0, age_ms: 80_000, value: 90.0 },
        Act::Frame { station: 0, age_ms: 60_000, value: 90.0 },
        Act::Restart,
        Act::Advance { ms: 10_000 },
    ];
    let (plain, restarted) = (run(&acts, false), run(&acts, true));
    assert_eq!(String::from_utf8_lossy(&restarted), String::from_utf8_lossy(&plain));
    assert!(String::from_utf8_lossy(&plain).contains("amendment"), "the frames were late");
}

/// Alarms open and close with every frame of a batch, on a disk that takes the frames and no commit.
#[test]
fn a_full_disk_in_the_middle_of_a_batch_is_met_once_and_loses_nothing() {
    let text = format!(
        "for r in 0..10 {{ alarm(`high-${{r}}`).scope(stations(\"park/*\")).guidance(\"{}\").when(last(\"benzene\") > 30.ppb)
            .clear_when(last(\"benzene\") < 25.ppb).on_missing(\"keep\", 15.minutes); }}",
        "x".repeat(4_000)
    );
    let (full, plain) = (Site::new(1, Interval::SECOND, &text), Site::new(1, Interval::SECOND, &text));
    // So many frames make five commits.
    let mut batch = Batch::new();
    for second in 0..2_000_i64 {
        let value = if second % 2 == 0 { 90.0 } else { 5.0 };
        let time = Timestamp::from_ms(BEGIN_MS - 3_000_000 + second * 1_000);
        batch.push_values(full.instruments[0], time, &[Some(value)]);
    }
    plain.db().append(&batch).unwrap().all_accepted().unwrap();
    full.storage.set_fault(Fault::SpaceFor(1));
    full.db().append(&batch).unwrap_err();
    assert_eq!(full.storage.refused(), 1, "the batch ends at the commit that found no space");
    let next = |site: &Site| {
        let mut batch = Batch::new();
        batch.push_values(site.instruments[0], Timestamp::from_ms(BEGIN_MS), &[Some(90.0)]);
        site.db().append(&batch)
    };
    next(&full).unwrap_err();
    full.db().advance().unwrap_err();
    assert_eq!(full.storage.refused(), 3, "each later call tries once");
    full.storage.set_fault(Fault::None);
    next(&full).unwrap().all_accepted().unwrap();
    next(&plain).unwrap().all_accepted().unwrap();
    assert_eq!(full.db().stats().unwrap().last_lsn, 2_001, "the frame that was refused came in once");
    assert_eq!(full.db().events().unwrap().len(), plain.db().events().unwrap().len());
    assert!(full.history() == plain.history());
}

#[test]
fn frames_that_waited_for_a_full_disk_are_evaluated_after_a_restart() {
    let text = format!(
        "alarm(\"high\").scope(stations(\"park/*\")).guidance(\"{}\").when(last(\"benzene\") > 30.ppb)
            .clear_when(last(\"benzene\") < 25.ppb).on_missing(\"keep\", 15.minutes);",
        "x".repeat(3_900)
    );
    let (mut full, plain) = (Site::new(1, Interval::SECOND, &text), Site::new(1, Interval::SECOND, &text));
    let mut batch = Batch::new();
    for second in 0..5_000_i64 {
        let value = if second % 2 == 0 { 90.0 } else { 5.0 };
        let time = Timestamp::from_ms(BEGIN_MS - 5_000_000 + second * 1_000);
        batch.push_values(full.instruments[0], time, &[Some(value)]);
    }
    plain.db().append(&batch).unwrap().all_accepted().unwrap();
    full.storage.set_fault(Fault::SpaceFor(1));
    full.db().append(&batch).unwrap_err();
    full.storage.set_fault(Fault::None);
    full.open();
    assert!(full.db().events().unwrap().len() > 5_000);
    assert!(full.history() == plain.history());
}
