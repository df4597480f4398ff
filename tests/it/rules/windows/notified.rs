//! Who is notified: of a condition that holds now, however late its readings came, and of none that is history.
#![cfg(test)]

use super::restarts::config;
use std::sync::Arc;
use vocdb::alarm::NextStep;
use vocdb::alarm::event::Timing;
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Instrument, InstrumentId, Interval, Receipt, Station, Timers,
    Timestamp, Unit,
};

const MINUTE_MS: i64 = 60_000;
/// Midnight of 2024-06-01, UTC.
const DAY_MS: i64 = 1_717_200_000_000;
const EACH: &str = ".hold(2.minutes).clear_when(avg(\"x\", 5.minutes) < 40.ppm, 5.minutes)";
const QUORUM: &str = ".quorum(2).hold(2.minutes).clear_when(avg(\"x\", 5.minutes) < 40.ppm, 5.minutes)";

fn at(minute: i64) -> Timestamp {
    Timestamp::from_ms(DAY_MS + minute * MINUTE_MS)
}

/// Stations of one rule, on a clock of their own.
struct Park {
    db: Database,
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    stations: Vec<InstrumentId>,
}

impl Park {
    fn config(clock: &Arc<ManualClock>) -> Config {
        Config { timers: Timers::Clock, clock: Arc::clone(clock) as Arc<_>, responder: None, ..config() }
    }

    fn new(stations: usize, clauses: &str) -> Self {
        let dir = crate::support::scratch::dir();
        let clock = Arc::new(ManualClock::new(DAY_MS));
        let db = Database::open(dir.path(), Self::config(&clock)).unwrap();
        let register = |number: usize| {
            let station = db.register_station(Station::new(format!("park/S{number}")).unwrap()).unwrap();
            let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
            db.register_instrument(station, Instrument::new("pid", Interval::MINUTE, channels).unwrap()).unwrap()
        };
        let stations = (1..=stations).map(register).collect();
        let text = format!(
            "alarm(\"high\").scope(stations(\"park/*\")).title(\"High {{value}}\").when(avg(\"x\", 5.minutes) > 50.ppm)\n\
             .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\").step(30.minutes, contact(\"boss\"), \"sms\"))\n\
             {clauses};"
        );
        db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text }]).unwrap();
        Self { db, dir, clock, stations }
    }

    /// Sets the host's clock to a minute.
    fn now(&self, minute: i64) {
        self.clock.set_ms(at(minute).as_ms());
    }

    fn batch(&self, station: usize, minutes: std::ops::Range<i64>, value: impl Fn(i64) -> f64) -> Batch {
        let mut batch = Batch::new();
        for minute in minutes {
            batch.push_values(self.stations[station], at(minute), &[Some(value(minute))]);
        }
        batch
    }

    fn send(&self, station: usize, minutes: std::ops::Range<i64>, value: impl Fn(i64) -> f64) -> Receipt {
        self.db.append(&self.batch(station, minutes, value)).unwrap()
    }

    /// One append a frame.
    fn send_singly(&self, station: usize, minutes: std::ops::Range<i64>, value: impl Fn(i64) -> f64) {
        for minute in minutes {
            self.send(station, minute..minute + 1, &value).all_accepted().unwrap();
        }
    }

    fn reopen(self) -> Self {
        let Self { db, dir, clock, stations } = self;
        drop(db);
        let db = Database::open(dir.path(), Self::config(&clock)).unwrap();
        Self { db, dir, clock, stations }
    }

    /// Whom messages are to, and what they say.
    fn told(&self) -> Vec<String> {
        let text = |event| match event {
            AlarmEvent::Notification(row) => Some(format!("{}: {}", row.contact.0, row.text)),
            _ => None,
        };
        self.db.events().unwrap().into_iter().filter_map(text).collect()
    }

    /// Of every opening: minute, and how it relates to its recording.
    fn openings(&self) -> Vec<(i64, Timing)> {
        let opening = |event: &AlarmEvent| match event {
            AlarmEvent::Opened(one) => Some((one.opened_at.since_ms(at(0)) / MINUTE_MS, one.timing)),
            _ => None,
        };
        self.db.events().unwrap().iter().filter_map(opening).collect()
    }

    fn became_current(&self) -> usize {
        let is_current = |event: &&AlarmEvent| matches!(event, AlarmEvent::BecameCurrent(_));
        self.db.events().unwrap().iter().filter(is_current).count()
    }
}

fn high_from(begin: i64) -> impl Fn(i64) -> f64 {
    move |minute| if minute >= begin { 90.0 } else { 10.0 }
}

#[test]
fn an_hourly_upload_notifies_of_what_still_holds_with_both_dates() {
    let park = Park::new(1, EACH);
    park.now(0);
    park.send(0, 0..1, |_| 10.0).all_accepted().unwrap();
    park.now(63);
    park.send(0, 1..60, high_from(12)).all_accepted().unwrap();
    assert_eq!(park.openings(), [(16, Timing::Late)]);
    let text = "duty: High 90 ppm (late: holds since 2024-06-01T00:14:00Z, recorded 2024-06-01T01:03:00Z)";
    assert_eq!(park.told(), [text]);
    let explained = park.db.explain(park.db.alarms()[0].opened.alarm).unwrap().unwrap().to_string();
    assert!(explained.contains("late: holds since 2024-06-01T00:14:00Z, recorded 2024-06-01T01:03:00Z"), "{explained}");
    // Its chain counts from the recording, and its end says what it was.
    park.now(93);
    park.db.advance().unwrap();
    assert_eq!(park.told().len(), 2);
    park.now(123);
    park.send(0, 60..120, |_| 10.0).all_accepted().unwrap();
    let ends = "duty: closed: High 90 ppm (the clear condition held) \
                (late: held from 2024-06-01T00:14:00Z to 2024-06-01T01:34:00Z, recorded 2024-06-01T01:03:00Z)";
    assert_eq!(park.told().iter().filter(|text| **text == ends).count(), 1, "{:?}", park.told());
}

#[test]
fn readings_in_time_are_not_late() {
    let park = Park::new(1, EACH);
    for minute in 0..40 {
        park.now(minute);
        park.send(0, minute..minute + 1, high_from(12)).all_accepted().unwrap();
    }
    assert_eq!(park.openings(), [(16, Timing::OnTime)]);
    assert_eq!(park.told(), ["duty: High 90 ppm"]);
}

/// Two stations of a quorum upload the hour one behind the other, in one append or frame by frame.
fn uploads(is_singly: bool, second: impl Fn(i64) -> f64) -> Park {
    let park = Park::new(2, QUORUM);
    park.send(0, 0..1, |_| 10.0).all_accepted().unwrap();
    park.send(1, 0..1, |_| 10.0).all_accepted().unwrap();
    park.now(63);
    park.send(0, 1..61, high_from(12)).all_accepted().unwrap();
    assert_eq!(park.openings(), [], "one station is no quorum");
    if is_singly {
        park.send_singly(1, 1..61, second);
    } else {
        park.send(1, 1..61, second).all_accepted().unwrap();
    }
    park
}

#[test]
fn late_readings_of_a_quorum_notify_of_what_still_holds_without_a_call_of_the_host() {
    for is_singly in [false, true] {
        let park = uploads(is_singly, high_from(12));
        assert_eq!(park.openings(), [(16, Timing::Late)], "singly: {is_singly}");
        let text = "duty: High 90 ppm (late: holds since 2024-06-01T00:14:00Z, recorded 2024-06-01T01:03:00Z)";
        assert_eq!(park.told(), [text], "singly: {is_singly}");
        // It goes on from there, over a restart too.
        let park = park.reopen();
        park.now(123);
        park.send(0, 61..121, |_| 10.0).all_accepted().unwrap();
        park.send(1, 61..121, |_| 10.0).all_accepted().unwrap();
        park.db.advance().unwrap();
        assert_eq!((park.db.alarms().len(), park.openings().len()), (0, 1), "{:?}", park.openings());
        assert_eq!(park.told().len(), 4, "the boss after half an hour, and the end to both: {:?}", park.told());
    }
}

#[test]
fn late_readings_of_a_quorum_notify_nobody_of_what_is_over() {
    for is_singly in [false, true] {
        let park = uploads(is_singly, |minute| if (12..20).contains(&minute) { 90.0 } else { 10.0 });
        park.db.advance().unwrap();
        assert_eq!((park.openings(), park.told()), (vec![], vec![]), "singly: {is_singly}");
        let events = park.db.events().unwrap();
        let amended = events.iter().find_map(|event| match event {
            AlarmEvent::Amended(one) => Some(one.words()),
            _ => None,
        });
        assert!(amended.unwrap().starts_with("would have opened 2024-06-01T00:16:00Z and cleared"), "it is on record");
    }
}

#[test]
fn a_hold_that_late_readings_begin_goes_on_with_those_that_are_not_late() {
    let park = Park::new(2, ".quorum(2).hold(30.minutes)");
    park.send(0, 0..1, |_| 10.0).all_accepted().unwrap();
    park.send(1, 0..1, |_| 10.0).all_accepted().unwrap();
    park.now(63);
    park.send(0, 1..61, high_from(12)).all_accepted().unwrap();
    park.send(1, 1..61, high_from(30)).all_accepted().unwrap();
    assert_eq!(park.openings(), []);
    park.now(64);
    for minute in 61..64 {
        park.send(0, minute..minute + 1, |_| 90.0).all_accepted().unwrap();
        park.send(1, minute..minute + 1, |_| 90.0).all_accepted().unwrap();
    }
    assert_eq!(park.openings(), [(62, Timing::OnTime)], "it has held since 00:32, most of which came late");
}

/// A day of four stations, replayed at the pace of each: pieces of many lengths, in an order that the seed says. Two are high at the end.
fn replayed(seed: u64, day: i64) -> Park {
    let park = Park::new(4, QUORUM);
    park.now(day);
    let (mut random, mut done) = (seed, [0_i64; 4]);
    while done.iter().any(|minute| *minute < 1_440) {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let station = usize::try_from((random >> 33) % 4).unwrap();
        let length = [1, 7, 60, 400][usize::try_from((random >> 40) % 4).unwrap()];
        let end = (done[station] + length).min(1_440);
        park.send(station, done[station]..end, |minute| {
            let is_high = station < 2 && minute >= 1_400;
            if is_high { 90.0 } else { 10.0 }
        })
        .all_accepted()
        .unwrap();
        done[station] = end;
    }
    park
}

#[test]
fn a_day_replayed_at_many_paces_notifies_of_what_holds_at_its_end() {
    for seed in 0..12 {
        let park = replayed(seed, 1_440);
        let open = park.db.alarms();
        assert_eq!(open.len(), 1, "seed {seed}: {:?}", park.openings());
        assert_eq!(open[0].opened.opened_at, at(1_404), "seed {seed}");
        assert_eq!(park.told().len(), 1, "seed {seed}: {:?}", park.told());
        assert!(park.told()[0].contains("late: holds since 2024-06-01T23:22:00Z"), "seed {seed}: {:?}", park.told());
    }
}

#[test]
fn a_day_of_last_week_replayed_at_many_paces_is_history() {
    for seed in 0..4 {
        let park = replayed(seed, 8 * 1_440);
        assert_eq!(park.openings(), [(1_404, Timing::History)], "seed {seed}");
        park.db.advance().unwrap();
        let park = park.reopen();
        park.db.advance().unwrap();
        assert_eq!((park.told(), park.became_current()), (vec![], 0), "seed {seed}");
    }
}

/// Twenty months in minutes.
const MONTHS: i64 = 600 * 1_440;

#[test]
fn readings_of_twenty_months_ago_are_history_until_their_condition_turns_out_to_hold_now() {
    let park = Park::new(1, EACH);
    park.now(MONTHS);
    let wave = |minute: i64| if minute % 1_440 < 60 { 90.0 } else { 10.0 };
    let receipt = park.send(0, 0..10 * 1_440 + 30, wave);
    assert_eq!((receipt.alarms_opened, receipt.alarms_history), (11, 11));
    let park = park.reopen();
    assert_eq!(park.told(), [""; 0]);
    assert_eq!(park.db.audit().outbox, []);
    let open = park.db.alarms();
    assert_eq!((open.len(), open[0].is_history), (1, true));
    assert_eq!(park.db.audit().alarms[0].1, NextStep::History);
    let metrics = park.db.alarm_metrics(vocdb::TimeRange::ALL).unwrap();
    assert_eq!((metrics.openings, metrics.history, metrics.rate_max), (0, 11, 0));
    let explained = park.db.explain(open[0].opened.alarm).unwrap().unwrap().to_string();
    assert!(explained.contains("history"), "{explained}");
    // Nothing came for twenty months, and the condition still holds when something does.
    park.send(0, MONTHS - 10..MONTHS, |_| 90.0).all_accepted().unwrap();
    assert_eq!(park.became_current(), 1);
    let [text] = &park.told()[..] else { panic!("{:?}", park.told()) };
    assert!(text.starts_with("duty: High 90 ppm (late: holds since 2024-06-11T00:02:00Z, recorded 2026-"), "{text}");
    assert_eq!(park.db.alarm_metrics(vocdb::TimeRange::ALL).unwrap().openings, 1);
}

#[test]
fn an_alarm_of_history_that_closes_as_history_notifies_nobody() {
    let park = Park::new(1, EACH);
    park.now(MONTHS);
    park.send(0, 0..30, |_| 90.0).all_accepted().unwrap();
    park.send(0, 30..60, |_| 10.0).all_accepted().unwrap();
    assert_eq!((park.db.alarms().len(), park.openings().len()), (0, 1));
    assert_eq!((park.told(), park.became_current()), (vec![], 0));
}

#[test]
fn what_is_appended_as_history_notifies_nobody_however_recent_it_is_and_becomes_current_with_what_follows() {
    let park = Park::new(1, EACH);
    park.now(60);
    let receipt = park.db.append_history(&park.batch(0, 0..60, high_from(12))).unwrap();
    assert_eq!((receipt.alarms_opened, receipt.alarms_history), (1, 1));
    assert_eq!(park.openings(), [(16, Timing::Backfill)]);
    park.db.advance().unwrap();
    assert_eq!((park.told(), park.db.audit().outbox), (vec![], vec![]));
    let park = park.reopen();
    park.now(61);
    park.send(0, 60..61, |_| 90.0).all_accepted().unwrap();
    assert_eq!(park.became_current(), 1);
    let text = "duty: High 90 ppm (late: holds since 2024-06-01T00:14:00Z, recorded 2024-06-01T01:01:00Z)";
    assert_eq!(park.told(), [text]);
    // Its steps count from there.
    park.now(90);
    park.db.advance().unwrap();
    assert_eq!(park.told().len(), 1);
    park.now(91);
    park.db.advance().unwrap();
    assert_eq!(park.told().len(), 2);
}

#[test]
fn late_history_says_what_it_amends_and_notifies_nobody_even_of_a_rule_that_wishes_it() {
    let park = Park::new(2, &format!("{QUORUM}.on_late(\"tell\")"));
    park.now(1_440);
    park.db.append_history(&park.batch(0, 0..600, high_from(1))).unwrap().all_accepted().unwrap();
    let wave = |minute: i64| if (60..90).contains(&minute) { 90.0 } else { 10.0 };
    let receipt = park.db.append_history(&park.batch(1, 0..580, wave)).unwrap();
    assert!(receipt.amendments > 0, "{receipt:?}");
    assert_eq!((park.told(), park.db.alarms().len()), (vec![], 0));
}

#[test]
fn an_alarm_that_people_know_of_keeps_its_course_while_history_is_appended() {
    let park = Park::new(2, EACH);
    park.send(0, 0..1, |_| 10.0).all_accepted().unwrap();
    for minute in 1..20 {
        park.now(minute);
        park.send(0, minute..minute + 1, |_| 90.0).all_accepted().unwrap();
    }
    assert_eq!(park.told().len(), 1);
    park.db.append_history(&park.batch(1, 0..20, |_| 90.0)).unwrap().all_accepted().unwrap();
    assert_eq!((park.told().len(), park.db.alarms().len()), (1, 2));
    park.now(60);
    park.db.advance().unwrap();
    assert_eq!(park.told().len(), 2, "the second step of the first alarm, and nothing of the other: {:?}", park.told());
}

#[test]
fn a_latched_alarm_that_trips_again_in_history_leaves_its_chain_alone() {
    let park = Park::new(1, &format!("{EACH}.latch()"));
    for minute in 0..20 {
        park.now(minute);
        park.send(0, minute..minute + 1, high_from(10)).all_accepted().unwrap();
    }
    park.now(40);
    park.send(0, 20..40, |_| 10.0).all_accepted().unwrap();
    assert!(park.db.alarms()[0].latched_at.is_some());
    let alarm = park.db.alarms()[0].opened.alarm;
    park.db.acknowledge(alarm, "anna", "").unwrap();
    park.now(60);
    park.db.append_history(&park.batch(0, 40..60, |_| 90.0)).unwrap().all_accepted().unwrap();
    let open = &park.db.alarms()[0];
    assert_eq!((open.is_history, open.retrips, open.acknowledged.is_some()), (true, 0, true));
    assert_eq!(park.told().len(), 1);
    park.send(0, 60..61, |_| 90.0).all_accepted().unwrap();
    let open = &park.db.alarms()[0];
    assert_eq!((open.is_history, open.retrips, open.acknowledged.is_some()), (false, 1, false));
    assert!(park.told()[1].starts_with("duty: tripped again: High"), "{:?}", park.told());
}
