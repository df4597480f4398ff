//! Readings that come too late: the record and its amendments together are what a backtest over everything stored gives.
#![cfg(test)]

use super::language::{RandomRule, any_rule, file_of};
use super::restarts::{Run, Trouble, any_trouble, frames_of};
use super::{BEGIN_MS, any_frame, cases};
use proptest::prelude::*;
use proptest::test_runner::{Config as CaseConfig, FileFailurePersistence};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vocdb::alarm::event::{Amendment, Subject};
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Batch, Channel, Config, Database, Frame, Instrument, InstrumentId, Interval, Station, Timers,
    Timestamp, Unit,
};

/// Every instant of every random grid is a multiple of this.
const SLOT_MS: i64 = 5_000;

/// The instants at which each rule was active over each scope, told by events one after the other.
#[derive(Debug, Default)]
struct Course(BTreeMap<(String, String), BTreeSet<i64>>);

impl Course {
    fn of(events: &[AlarmEvent], slots: impl Iterator<Item = i64> + Clone) -> Self {
        let (mut course, mut record) = (Self::default(), Self::default());
        for event in events {
            let mut goes_on = |rule: &str, scope: &str, from: Timestamp, is_active| {
                course.set(rule, scope, |at| at >= from, is_active, &slots);
                record.set(rule, scope, |at| at >= from, is_active, &slots);
            };
            match event {
                AlarmEvent::Opened(one) => {
                    goes_on(&one.rule, &one.scope_key, one.found_at.unwrap_or(one.opened_at), true);
                }
                AlarmEvent::Closed(one) => goes_on(&one.rule, &one.scope_key, one.closed_at, false),
                AlarmEvent::LatchChanged(one) => goes_on(&one.rule, &one.scope_key, one.at, !one.is_clear),
                AlarmEvent::Amended(one) => course.amend(&record, one, &slots),
                _ => {}
            }
        }
        course.0.retain(|_, active| !active.is_empty());
        course
    }

    /// Readings came late: between two instants it would have been otherwise. What is otherwise at the end stays so until the next beginning;
    /// as the record is again, until that ends.
    fn amend(&mut self, record: &Self, one: &Amendment, slots: &(impl Iterator<Item = i64> + Clone)) {
        let key = (one.rule.clone(), one.scope_key.clone());
        let before = self.0.get(&key).cloned().unwrap_or_default();
        self.set(&one.rule, &one.scope_key, |at| one.from <= at && at <= one.to, false, slots);
        for span in &one.would_be {
            let is_inside = |at: Timestamp| one.from <= at && at <= one.to && span.holds_at(at);
            self.set(&one.rule, &one.scope_key, is_inside, true, slots);
        }
        let is_active = one.would_be.last().is_some_and(|span| span.holds_at(one.to));
        if is_active == before.contains(&one.to.as_ms()) {
            return;
        }
        let recorded = record.0.get(&key).cloned().unwrap_or_default();
        let is_back = is_active && recorded.contains(&one.to.as_ms());
        let begins = |course: &BTreeSet<i64>, ms| course.contains(&ms) && !course.contains(&(ms - SLOT_MS));
        let is_next = |ms: &i64| begins(&before, *ms) || begins(&recorded, *ms) || is_back && !recorded.contains(ms);
        let next = slots.clone().filter(|ms| *ms > one.to.as_ms()).find(is_next).unwrap_or(i64::MAX);
        self.set(&one.rule, &one.scope_key, |at| at > one.to && at.as_ms() < next, is_active, slots);
    }

    fn set(
        &mut self,
        rule: &str,
        scope: &str,
        is_meant: impl Fn(Timestamp) -> bool,
        is_active: bool,
        slots: &(impl Iterator<Item = i64> + Clone),
    ) {
        let active = self.0.entry((rule.to_owned(), scope.to_owned())).or_default();
        for ms in slots.clone().filter(|ms| is_meant(Timestamp::from_ms(*ms))) {
            if is_active {
                active.insert(ms);
            } else {
                active.remove(&ms);
            }
        }
    }
}

fn amendments(events: &[AlarmEvent]) -> Vec<&Amendment> {
    let mut found = Vec::new();
    for event in events {
        if let AlarmEvent::Amended(amendment) = event {
            found.push(amendment.as_ref());
        }
    }
    found
}

/// Takes the frames in as they come, with troubles, and lets the host call now and then.
fn live(frames: &[Frame], rules: &[RandomRule], batches: &[(usize, Trouble, bool)]) -> Run {
    let mut run = Run::new();
    run.db().load_rule_files(vec![file_of(rules)]).unwrap();
    let mut batches = batches.iter().copied();
    let mut rest = frames;
    while !rest.is_empty() {
        let (count, trouble, is_called) = batches.next().unwrap_or((1, Trouble::Nothing, false));
        let (batch, behind) = rest.split_at(count.min(rest.len()));
        run.append(batch, trouble);
        if is_called {
            run.db().advance().unwrap();
        }
        rest = behind;
    }
    // Plans take turns within the bound of one call.
    (0..5).for_each(|_| run.db().advance().unwrap());
    run
}

/// Where seeds are kept that once failed.
const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/rules_windows/late.seeds");

/// Conditions stand in many ways, of which few cases in a thousand meet one: those that failed once are tried every time.
fn config() -> CaseConfig {
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(SEEDS)) as Box<_>);
    CaseConfig { max_shrink_iters: 300, failure_persistence, ..cases(150) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_record_with_its_amendments_is_what_a_backtest_gives(
        random in prop::collection::vec(any_frame(), 1..120),
        rules in prop::collection::vec(any_rule(), 1..4),
        batches in prop::collection::vec((1_usize..12, any_trouble(), any::<bool>()), 0..16),
    ) {
        let frames = super::backtest::anchored(&frames_of(&random));
        let newest = frames.iter().map(|frame| frame.time.as_ms()).max().unwrap();
        // Without last frames of all instruments a backtest and the running store come differently far.
        let frames = super::backtest::closed(frames);
        let run = live(&frames, &rules, &batches);
        let question = super::backtest::question(Timestamp::MIN);
        let tried = super::backtest::backtest(run.db(), &rules, &question);
        // What goes on at the end waits for a while before it is looked at again.
        let slots = (BEGIN_MS - 3_700_000..newest - 400_000).filter(|ms| ms % SLOT_MS == 0);
        let events = run.db().events().unwrap();
        prop_assert_eq!(Course::of(&events, slots.clone()).0, Course::of(&tried, slots).0, "{:#?}", amendments(&events));
        let is_told = |event: &AlarmEvent| matches!(event, AlarmEvent::Notification(row) if matches!(row.subject, Subject::Late(_)));
        prop_assert!(!events.iter().any(is_told), "no rule asks for that");
    }
}

const MINUTE_MS: i64 = 60_000;

/// A store with one instrument, on a clock of its own.
struct Late {
    db: Database,
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Late {
    fn config(clock: &Arc<ManualClock>) -> Config {
        Config {
            timers: Timers::Clock,
            clock: Arc::clone(clock) as Arc<_>,
            responder: None,
            ..super::restarts::config()
        }
    }

    fn new(clauses: &str) -> Self {
        let dir = crate::support::scratch::dir();
        let clock = Arc::new(ManualClock::new(BEGIN_MS));
        let db = Database::open(dir.path(), Self::config(&clock)).unwrap();
        let station = db.register_station(Station::new("park/S1").unwrap()).unwrap();
        let channels = vec![Channel::quantity("x", Unit::Ppm).unwrap()];
        db.register_instrument(station, Instrument::new("pid", Interval::MINUTE, channels).unwrap()).unwrap();
        let late = Self { db, dir, clock };
        late.load(clauses);
        late
    }

    fn load(&self, clauses: &str) {
        let text = format!(
            "alarm(\"high\").scope(stations(\"park/*\")).title(\"High {{value}} at {{stations}}\")\n\
             .when(avg(\"x\", 5.minutes) > 50.ppm).on_missing(\"unknown\", 15.minutes)\n\
             .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\")\n\
             .step(9.minutes, contact(\"boss\"), \"sms\")){clauses};"
        );
        self.db.load_rule_files(vec![RuleFile { name: "r.rhai".to_owned(), text }]).unwrap();
    }

    /// The minute of the day that begins it.
    fn at(minute: i64) -> Timestamp {
        Timestamp::from_ms(1_717_200_000_000 + minute * MINUTE_MS)
    }

    /// Frames of some minutes, with one value.
    fn send(&self, minutes: std::ops::Range<i64>, value: f64) {
        for minute in minutes {
            let at = Self::at(minute);
            self.clock.set_ms(at.as_ms().max(vocdb::base::clock::Clock::now_ms(&*self.clock)));
            let mut batch = Batch::new();
            batch.push_values(InstrumentId::new(1), at, &[Some(value)]);
            self.db.append(&batch).unwrap().all_accepted().unwrap();
        }
    }

    fn reopen(self) -> Self {
        let Self { db, dir, clock } = self;
        drop(db);
        let db = Database::open(dir.path(), Self::config(&clock)).unwrap();
        Self { db, dir, clock }
    }

    fn words(&self) -> Vec<String> {
        amendments(&self.db.events().unwrap()).iter().map(|one| one.words()).collect()
    }

    /// Who is told what.
    fn told(&self) -> Vec<(String, String, String)> {
        let mut told = Vec::new();
        for event in self.db.events().unwrap() {
            if let AlarmEvent::Notification(row) = event {
                told.push((row.subject.to_string(), row.contact.0, row.text));
            }
        }
        told
    }
}

#[test]
fn an_alarm_that_late_readings_would_have_opened_goes_on_record_and_tells_nobody() {
    let late = Late::new("");
    late.send(0..10, 10.0);
    late.send(20..40, 10.0);
    late.send(10..20, 90.0);
    assert_eq!(late.words(), [""; 0], "nothing is looked at while frames come in");
    // What they reach is remembered over a restart.
    let late = late.reopen();
    late.db.advance().unwrap();
    let words = "would have opened 2024-06-01T00:12:00Z and cleared 2024-06-01T00:22:00Z";
    assert_eq!(late.words(), [words]);
    late.db.advance().unwrap();
    assert_eq!(late.words(), [words], "once");
    assert_eq!(late.told(), []);
    assert_eq!(late.db.alarms(), []);
    let events = late.db.events().unwrap();
    let amendment = amendments(&events)[0];
    assert_eq!(amendment.title, "High 58 ppm at park/S1");
    assert_eq!(amendment.evidence[0].value, Some(58.0));
    assert_eq!(amendment.missed().count(), 1);
}

#[test]
fn a_rule_that_says_so_tells_those_of_its_first_step_once() {
    let late = Late::new(".on_late(\"tell\")");
    late.send(0..10, 10.0);
    late.send(20..40, 10.0);
    late.send(10..20, 90.0);
    late.db.advance().unwrap();
    let late = late.reopen();
    late.db.advance().unwrap();
    let text = "late readings: would have opened 2024-06-01T00:12:00Z and cleared 2024-06-01T00:22:00Z: High 58 ppm at park/S1";
    assert_eq!(late.told(), [("amendment 1".to_owned(), "duty".to_owned(), text.to_owned())]);
}

#[test]
fn an_alarm_that_would_have_opened_sooner_or_not_at_all_is_named_and_its_explanation_says_so() {
    let late = Late::new("");
    late.send(0..10, 10.0);
    late.send(12..20, 90.0);
    late.send(20..40, 10.0);
    let id = late.db.events().unwrap().iter().find_map(AlarmEvent::alarm).unwrap();
    let explained = || late.db.explain(id).unwrap().unwrap().to_string();
    assert!(explained().contains("2024-06-01T00:13:00Z opened"), "{}", explained());
    late.send(10..12, 90.0);
    late.db.advance().unwrap();
    let sooner = format!("{id} would have opened 2024-06-01T00:12:00Z");
    assert_eq!(late.words(), std::slice::from_ref(&sooner));
    assert!(explained().contains(&format!("late or changed readings: {sooner}\n")), "{}", explained());
    // A correction of what had tripped it: the alarm would not have been.
    late.send(10..20, 20.0);
    late.db.advance().unwrap();
    let never = format!("{id} would not have opened 2024-06-01T00:12:00Z");
    assert_eq!(late.words(), [sooner, never.clone()]);
    assert!(explained().contains(&never), "{}", explained());
}

#[test]
fn a_back_fill_of_more_than_one_call_may_look_at_goes_on_with_the_next() {
    let late = Late::new(".every(1.second)");
    late.send(0..1, 10.0);
    late.send(3_000..3_001, 10.0);
    for minute in 1..3_000 {
        late.send(minute..minute + 1, if minute % 1_000 < 10 { 90.0 } else { 10.0 });
    }
    let mut calls = 0;
    while late.words().len() < 3 && calls < 20 {
        late.db.advance().unwrap();
        calls += 1;
    }
    let openings: Vec<String> =
        late.words().iter().map(|words| words.split(" and").next().unwrap().to_owned()).collect();
    assert!(calls > 1, "{calls} calls for {openings:?}");
    assert!(openings[0].starts_with("would have opened 2024-06-01T00:0"), "{openings:?}");
    assert!(late.words().iter().any(|words| words.contains("would have opened 2024-06-01T16:4")), "{:?}", late.words());
    assert!(late.words().iter().any(|words| words.contains("would have opened 2024-06-02T09:2")), "{:?}", late.words());
}

#[test]
fn rules_that_are_loaded_again_amend_what_they_said_before_and_new_ones_do_not() {
    for (clauses, expected) in [("", 1), (".guidance(\"look\")", 0)] {
        let late = Late::new("");
        late.send(0..10, 10.0);
        late.send(20..40, 10.0);
        late.load(&format!("{clauses}; alarm(\"other\").scope(\"park/S1\").when(last(\"x\") > 1000.ppm)"));
        late.send(10..20, 90.0);
        late.db.advance().unwrap();
        assert_eq!(late.words().len(), expected, "{:?}", late.words());
    }
}
