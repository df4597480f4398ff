//! Rules that are loaded again go on where they were: no instant is evaluated twice, and what has been waited for is not forgotten.
#![cfg(test)]

use super::BEGIN_MS;
use super::language::{instrument, instrument_id, station_name};
use super::restarts::config;
use std::sync::Arc;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{AlarmEvent, Batch, Config, Database, Station, Timers, Timestamp};

/// The interval of the fast instruments.
pub(super) const STEP_MS: i64 = 10_000;

/// Three stations on a clock.
pub(super) struct Site {
    pub(super) db: Database,
    _dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Site {
    pub(super) fn new(text: &str) -> Self {
        let dir = crate::support::scratch::dir();
        let clock = Arc::new(ManualClock::new(BEGIN_MS));
        let config = Config { timers: Timers::Clock, clock: Arc::clone(&clock) as Arc<_>, responder: None, ..config() };
        let db = Database::open(dir.path(), config).unwrap();
        for index in 0..3 {
            let id = db.register_station(Station::new(station_name(index)).unwrap()).unwrap();
            for is_slow in [false, true] {
                db.register_instrument(id, instrument(is_slow)).unwrap();
            }
        }
        let site = Self { db, _dir: dir, clock };
        site.load(text);
        site
    }

    fn load(&self, text: &str) {
        self.db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: text.to_owned() }]).unwrap();
    }

    /// The host's time of a step, with a frame of some stations, all with one value, and time that passes.
    pub(super) fn step(&self, step: i64, stations: &[u32], value: f64) {
        let now_ms = (BEGIN_MS / STEP_MS + step) * STEP_MS;
        self.clock.set_ms(now_ms);
        let mut batch = Batch::new();
        for station in stations {
            batch.push_values(instrument_id(*station, false), Timestamp::from_ms(now_ms), &[Some(value), None]);
        }
        self.db.append(&batch).unwrap().all_accepted().unwrap();
        self.db.advance().unwrap();
    }

    fn openings(&self) -> usize {
        self.db.events().unwrap().iter().filter(|event| matches!(event, AlarmEvent::Opened(_))).count()
    }

    fn closings(&self) -> usize {
        self.db.events().unwrap().iter().filter(|event| matches!(event, AlarmEvent::Closed(_))).count()
    }
}

#[test]
fn an_alarm_of_silence_stays_open_and_acknowledged_when_rules_are_loaded() {
    let silent = |title: &str, seconds: u32| {
        let scope = station_name(0);
        format!(
            "alarm(\"gone\").title(\"{title}\").scope(\"{scope}\").when(silent({seconds}.seconds)).on_missing(\"keep\", 10.seconds);"
        )
    };
    // The same rule, the same with another text, one that looks at something else.
    for again in [
        format!("{} alarm(\"b\").scope(\"**\").when(last(\"x\") > 9.ppm);", silent("t", 60)),
        silent("other", 60),
        silent("t", 50),
    ] {
        let site = Site::new(&silent("t", 60));
        (1..5).for_each(|step| site.step(step, &[0], 0.0));
        (5..20).for_each(|step| site.step(step, &[], 0.0));
        let [alarm] = site.db.alarms().try_into().unwrap_or_else(|alarms| panic!("{alarms:?}"));
        site.db.acknowledge(alarm.opened.alarm, "Anna", "seen").unwrap();
        site.load(&again);
        (20..30).for_each(|step| site.step(step, &[], 0.0));
        assert_eq!((site.openings(), site.closings()), (1, 0), "after {again}");
        assert!(site.db.alarms()[0].acknowledged.is_some());
    }
}

#[test]
fn a_link_that_died_tripping_keeps_an_alarm_of_a_quorum_open_when_rules_are_loaded() {
    let rule = |title: &str| {
        format!(
            "alarm(\"both\").title(\"{title}\").scope(stations(\"**\")).when(last(\"x\") > 1.ppm)\n\
             .clear_when(last(\"x\") < 0.5.ppm, 10.seconds).quorum(2).on_missing(\"unknown\", 30.seconds);"
        )
    };
    let site = Site::new(&rule("t"));
    (1..5).for_each(|step| site.step(step, &[0, 1], 2.0));
    assert_eq!(site.openings(), 1);
    (5..15).for_each(|step| site.step(step, &[0], 2.0));
    site.load(&rule("other"));
    (15..30).for_each(|step| site.step(step, &[0], 2.0));
    assert_eq!((site.openings(), site.closings()), (1, 0));
}
