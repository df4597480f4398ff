//! The priority of an open alarm in a store: over restarts, with late and changed readings, and in history.
#![cfg(test)]

use super::restarts::config;
use std::sync::Arc;
use vocdb::alarm::event::{PriorityChange, Timing};
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::verdict::Priority;
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Instrument, InstrumentId, Interval, Station, Timers, Timestamp, Unit,
};

const MINUTE_MS: i64 = 60_000;
/// Midnight of 2024-06-01, UTC.
const DAY_MS: i64 = 1_717_200_000_000;
const RULE: &str = "alarm(\"high\").scope(\"park/*\").title(\"High\").priority(\"low\").when(avg(\"x\", 5.minutes) > 50.ppm)\n\
    .clear_when(avg(\"x\", 5.minutes) < 40.ppm, 5.minutes).on_missing(\"unknown\", 1.hour)\n\
    .priority_when(\"medium\", avg(\"x\", 5.minutes) > 100.ppm)\n\
    .priority_when(\"urgent\", max(\"y\", 1.minute) > 7.ppm, 10.minutes)\n\
    .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));";

fn at(minute: i64) -> Timestamp {
    Timestamp::from_ms(DAY_MS + minute * MINUTE_MS)
}

/// One station with an instrument of two channels, on a clock of its own.
struct Site {
    db: Database,
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Site {
    fn config(clock: &Arc<ManualClock>) -> Config {
        Config { timers: Timers::Clock, clock: Arc::clone(clock) as Arc<_>, responder: None, ..config() }
    }

    fn new() -> Self {
        let dir = crate::support::scratch::dir();
        let clock = Arc::new(ManualClock::new(DAY_MS));
        let db = Database::open(dir.path(), Self::config(&clock)).unwrap();
        let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
        let channels = ["x", "y"].map(|name| Channel::quantity(name, Unit::Ppm).unwrap()).to_vec();
        db.register_instrument(station, Instrument::new("pid", Interval::MINUTE, channels).unwrap()).unwrap();
        db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text: RULE.to_owned() }]).unwrap();
        Self { db, dir, clock }
    }

    /// Frames of some minutes, each as it is measured, or all of them now where the clock is already further.
    fn send(&self, minutes: std::ops::Range<i64>, values: [Option<f64>; 2]) {
        for minute in minutes {
            let now_ms = vocdb::base::clock::Clock::now_ms(&*self.clock);
            self.clock.set_ms(at(minute).as_ms().max(now_ms));
            self.db.append(&Self::batch(minute..minute + 1, values)).unwrap().all_accepted().unwrap();
        }
    }

    fn batch(minutes: std::ops::Range<i64>, values: [Option<f64>; 2]) -> Batch {
        let mut batch = Batch::new();
        minutes.for_each(|minute| batch.push_values(InstrumentId::new(1), at(minute), &values));
        batch
    }

    fn reopen(self) -> Self {
        let Self { db, dir, clock } = self;
        drop(db);
        let db = Database::open(dir.path(), Self::config(&clock)).unwrap();
        Self { db, dir, clock }
    }

    fn priority(&self) -> Priority {
        let [alarm] = self.db.alarms().try_into().unwrap_or_else(|alarms| panic!("{alarms:?}"));
        alarm.priority
    }

    fn changes(&self) -> Vec<PriorityChange> {
        let of_event = |event| match event {
            AlarmEvent::PriorityChanged(change) => Some(*change),
            _ => None,
        };
        self.db.events().unwrap().into_iter().filter_map(of_event).collect()
    }

    /// What duty is told.
    fn told(&self) -> Vec<String> {
        let text = |event| match event {
            AlarmEvent::Notification(row) => Some(row.text),
            _ => None,
        };
        self.db.events().unwrap().into_iter().filter_map(text).collect()
    }
}

#[test]
fn a_step_that_is_unknown_keeps_the_priority_over_restarts() {
    let site = Site::new();
    site.send(0..10, [Some(90.0), Some(1.0)]);
    assert_eq!(site.priority(), Priority::Low);
    site.send(10..12, [Some(90.0), Some(9.0)]);
    assert_eq!(site.priority(), Priority::Urgent);
    let site = site.reopen();
    site.send(12..60, [Some(90.0), None]);
    let site = site.reopen();
    site.send(60..65, [Some(90.0), None]);
    assert_eq!(site.priority(), Priority::Urgent, "nobody knows of anything better");
    site.send(65..70, [Some(90.0), Some(1.0)]);
    let site = site.reopen();
    site.send(70..75, [Some(90.0), Some(1.0)]);
    assert_eq!(site.priority(), Priority::Urgent);
    site.send(75..76, [Some(90.0), Some(1.0)]);
    assert_eq!(site.priority(), Priority::Low, "ten minutes after the first one that is not above it");
    let changes: Vec<(Priority, i64)> =
        site.changes().iter().map(|change| (change.to, change.at.since_ms(at(0)) / MINUTE_MS)).collect();
    assert_eq!(changes, [(Priority::Urgent, 10), (Priority::Low, 75)]);
    assert_eq!(site.told(), ["High", "raised to urgent: High"]);
}

#[test]
fn late_readings_change_the_priority_that_holds_now_and_a_rise_notifies() {
    let site = Site::new();
    site.send(0..20, [Some(90.0), Some(1.0)]);
    site.send(15..20, [Some(150.0), Some(1.0)]);
    assert_eq!(site.priority(), Priority::Low, "each evaluation time is evaluated once");
    let site = site.reopen();
    site.db.advance().unwrap();
    assert_eq!(site.priority(), Priority::Medium);
    let change = &site.changes()[0];
    assert_eq!((change.at, change.timing, change.notifies), (at(19), Timing::Late, true));
    assert_eq!(change.evidence[0].value, Some(150.0));
    assert_eq!(site.told(), ["High", "raised to medium: High"]);
    site.send(15..20, [Some(90.0), Some(1.0)]);
    site.db.advance().unwrap();
    site.db.advance().unwrap();
    assert_eq!((site.priority(), site.changes().len(), site.told().len()), (Priority::Low, 2, 2));
}

#[test]
fn late_readings_that_say_nothing_of_a_step_leave_it_as_it_is() {
    let site = Site::new();
    site.send(0..10, [Some(90.0), Some(1.0)]);
    site.send(10..12, [Some(90.0), Some(9.0)]);
    site.send(12..200, [Some(90.0), None]);
    site.send(190..200, [Some(80.0), None]);
    (0..3).for_each(|_| site.db.advance().unwrap());
    assert_eq!((site.priority(), site.changes().len()), (Priority::Urgent, 1));
}

#[test]
fn an_alarm_that_late_readings_open_has_the_priority_of_now() {
    let site = Site::new();
    site.send(0..5, [Some(10.0), Some(1.0)]);
    site.send(30..31, [Some(150.0), Some(9.0)]);
    site.send(15..30, [Some(150.0), Some(1.0)]);
    site.db.advance().unwrap();
    let alarm = site.db.alarms().into_iter().next().unwrap();
    assert_eq!((alarm.priority, alarm.opened.priority), (Priority::Urgent, Priority::Urgent));
    site.send(31..60, [Some(150.0), Some(1.0)]);
    assert_eq!(site.priority(), Priority::Medium);
}

#[test]
fn a_rise_in_readings_appended_as_history_notifies_only_once_others_say_that_it_holds() {
    let site = Site::new();
    site.send(0..10, [Some(90.0), Some(1.0)]);
    site.clock.set_ms(at(60).as_ms());
    site.db.append_history(&Site::batch(10..60, [Some(150.0), Some(1.0)])).unwrap().all_accepted().unwrap();
    assert_eq!(site.priority(), Priority::Medium);
    assert_eq!(site.told(), ["High"]);
    let site = site.reopen();
    site.send(60..61, [Some(150.0), Some(1.0)]);
    assert_eq!(site.told(), ["High", "raised to medium: High"]);
    let timings: Vec<Timing> = site.changes().iter().map(|change| change.timing).collect();
    assert_eq!(timings, [Timing::Backfill, Timing::Late]);
}
