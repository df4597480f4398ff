//! A backtest says what the running store recorded: to the byte for the same frames in the same order, and in event time whatever the order.
#![cfg(test)]

use super::language::{RandomRule, STATIONS, file_of, instrument_id};
use super::restarts::{Run, Trouble, answer, any_trouble, frames_of};
use super::steps::any_stepped_rule;
use super::{BEGIN_MS, FAST_S, any_frame, cases};
use proptest::prelude::*;
use proptest::test_runner::Config as CaseConfig;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vocdb::base::clock::ManualClock;
use vocdb::rules::RuleFile;
use vocdb::{
    AlarmEvent, Backtest, Channel, Config, Database, Error, Frame, Instrument, Interval, ReadOnly, Registry, Replayed,
    TimeRange, Timers, Timestamp, Unit, run_rule_tests_until,
};

/// How late the latest of the random frames is, and a slot more.
const LATENESS_S: i64 = 41 * FAST_S;

fn is_replayed(event: &AlarmEvent) -> bool {
    !matches!(event, AlarmEvent::Delivery(_) | AlarmEvent::Rerouted(_) | AlarmEvent::SystemAlarm(_))
}

/// The events as the ledger holds them, byte for byte.
fn bytes_of(events: &[AlarmEvent]) -> Vec<String> {
    events.iter().filter(|event| is_replayed(event)).map(|event| format!("{:?}", event.to_record().unwrap())).collect()
}

/// What was said of each rule and scope in event time, without host times and numbers.
fn in_event_time(events: &[AlarmEvent]) -> BTreeMap<(String, String), Vec<String>> {
    let mut said: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for event in events {
        let (rule, scope, text) = match event {
            AlarmEvent::Opened(one) => (
                &one.rule,
                &one.scope_key,
                format!("opened {} {} {} {} {:?}", one.since, one.opened_at, one.priority, one.title, one.evidence),
            ),
            AlarmEvent::Closed(one) => {
                (&one.rule, &one.scope_key, format!("closed {} {:?} {:?}", one.closed_at, one.reason, one.evidence))
            }
            AlarmEvent::BecameUnknown(one) => (&one.rule, &one.scope_key, format!("unknown {} {}", one.since, one.at)),
            AlarmEvent::BecameKnown(one) => (&one.rule, &one.scope_key, format!("known {} {}", one.since, one.at)),
            AlarmEvent::MembershipChanged(one) => {
                (&one.rule, &one.scope_key, format!("members {} {:?} {:?}", one.at, one.left, one.returned))
            }
            AlarmEvent::PriorityChanged(one) => {
                (&one.rule, &one.scope_key, format!("priority {} {} {} {:?}", one.at, one.from, one.to, one.evidence))
            }
            AlarmEvent::SuppressionChanged(one) => {
                (&one.rule, &one.scope_key, format!("suppressed {} {:?}", one.at, one.by))
            }
            _ => continue,
        };
        said.entry((rule.clone(), scope.clone())).or_default().push(text);
    }
    said
}

fn collect(run: impl FnOnce(&mut dyn FnMut(Replayed))) -> Vec<AlarmEvent> {
    let mut events = Vec::new();
    run(&mut |step| {
        if let Replayed::Event(event) = step {
            events.push(event);
        }
    });
    events
}

pub(super) fn question(from: Timestamp) -> Backtest {
    Backtest::new(TimeRange::new(from, Timestamp::MAX)).answered_by(Arc::new(answer)).advanced_every(None)
}

pub(super) fn backtest(db: &Database, rules: &[RandomRule], question: &Backtest) -> Vec<AlarmEvent> {
    collect(|watch| {
        db.backtest(&[file_of(rules)], question, watch).unwrap();
    })
}

/// Everything stored, in order of time and of the instruments' numbers.
fn stored(db: &Database) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (id, _, instrument) in db.registry().instruments() {
        let channels: Vec<usize> = (0..instrument.channels().len()).collect();
        let rows = db.readings().rows(id, &channels, TimeRange::ALL).unwrap();
        for chunk in &rows.chunks {
            for (row, time) in chunk.times.iter().enumerate() {
                let samples = chunk.columns.iter().map(|column| column.sample(row)).collect();
                frames.push(Frame { instrument: id, time: *time, samples });
            }
        }
    }
    frames.sort_by_key(|frame| (frame.time, frame.instrument));
    frames
}

/// Takes the frames in, those before `from` without rules, with batches and troubles as told and frame by frame behind them.
fn live(frames: &[Frame], rules: &[RandomRule], from: Timestamp, batches: &[(usize, Trouble)]) -> Run {
    let mut run = Run::new();
    let before = frames.partition_point(|frame| frame.time < from);
    run.append(&frames[..before], Trouble::Nothing);
    run.db().load_rule_files(vec![file_of(rules)]).unwrap();
    let mut batches = batches.iter().copied();
    let mut rest = &frames[before..];
    while !rest.is_empty() {
        let (count, trouble) = batches.next().unwrap_or((1, Trouble::Nothing));
        let (batch, behind) = rest.split_at(count.min(rest.len()));
        run.append(batch, trouble);
        rest = behind;
    }
    run
}

/// A first frame of every instrument, before all others: no frame comes before the rules begin.
pub(super) fn anchored(frames: &[Frame]) -> Vec<Frame> {
    let before = Timestamp::from_ms(BEGIN_MS - 3_600_000);
    let instruments = (0..STATIONS).flat_map(|station| [(station, false), (station, true)]);
    let anchors = instruments.map(|(station, is_slow)| {
        let values: &[Option<f64>] = if is_slow { &[None] } else { &[None, None] };
        Frame::new(instrument_id(station, is_slow), before, values)
    });
    anchors.chain(frames.iter().cloned()).collect()
}

/// A last frame of every instrument, long after all others: how late these came does not matter for how far evaluation has come.
pub(super) fn closed(mut frames: Vec<Frame>) -> Vec<Frame> {
    let newest = frames.iter().map(|frame| frame.time).max().unwrap();
    for index in 0..2 * STATIONS {
        let (station, is_slow) = (index / 2, index % 2 == 1);
        let values: &[Option<f64>] = if is_slow { &[None] } else { &[None, None] };
        frames.push(Frame::new(instrument_id(station, is_slow), newest.plus_ms(7_200_000), values));
    }
    frames
}

/// The running store on a host that lets time pass every `every` between frames.
fn on_a_clock(frames: &[Frame], rules: &[RandomRule], every: Interval) -> Vec<AlarmEvent> {
    let clock = Arc::new(ManualClock::new(BEGIN_MS - 7_200_000));
    let config = Config { timers: Timers::Clock, clock: Arc::clone(&clock) as Arc<_>, ..super::restarts::config() };
    let run = Run::with(config);
    run.db().load_rule_files(vec![file_of(rules)]).unwrap();
    let mut tick = frames.first().map_or(Timestamp::MAX, |frame| frame.time.ceil_to(every.as_ms()));
    let mut pass_until = |time: Timestamp| {
        while tick < time {
            clock.set_ms(tick.as_ms());
            run.db().advance().unwrap();
            tick = tick.plus_ms(every.as_ms());
        }
        clock.set_ms(time.as_ms());
    };
    for frame in frames {
        pass_until(frame.time);
        run.db().append(&[frame.clone()].into_iter().collect()).unwrap().all_accepted().unwrap();
    }
    frames.last().iter().for_each(|last| pass_until(last.time.plus_ms(1)));
    run.db().events().unwrap()
}

proptest! {
    #![proptest_config(CaseConfig { max_shrink_iters: 300, ..cases(100) })]

    #[test]
    fn a_backtest_is_the_running_store_to_the_byte(
        random in prop::collection::vec(any_frame(), 1..120),
        rules in prop::collection::vec(any_stepped_rule(), 1..4),
        batches in prop::collection::vec((1_usize..12, any_trouble()), 0..16),
        begin in prop_oneof![Just(None), (0_i64..60).prop_map(Some)],
    ) {
        let from = begin.map_or(Timestamp::MIN, |slot| Timestamp::from_ms(BEGIN_MS + slot * FAST_S * 1_000));
        // Frames come as they may, late and repeated, and are stored through restarts.
        let as_they_came = live(&frames_of(&random), &rules, Timestamp::MIN, &batches);
        let in_order = stored(as_they_came.db());
        let found = bytes_of(&backtest(as_they_came.db(), &rules, &question(from)));

        let one_by_one = live(&in_order, &rules, from, &[]);
        prop_assert_eq!(&found, &bytes_of(&one_by_one.db().events().unwrap()));
        let troubled = live(&in_order, &rules, from, &batches);
        prop_assert_eq!(&found, &bytes_of(&troubled.db().events().unwrap()));
        let beside = ReadOnly::open(troubled.dir()).unwrap();
        let from_beside = collect(|watch| {
            beside.backtest(&[file_of(&rules)], &question(from), watch).unwrap();
        });
        prop_assert_eq!(&found, &bytes_of(&from_beside));
    }

    #[test]
    fn late_and_repeated_frames_change_nothing_in_event_time(
        random in prop::collection::vec(any_frame(), 1..120),
        mut rules in prop::collection::vec(any_stepped_rule(), 1..4),
        batches in prop::collection::vec((1_usize..12, any_trouble()), 0..16),
    ) {
        rules.iter_mut().for_each(|rule| rule.lateness_s = LATENESS_S);
        let frames = closed(anchored(&frames_of(&random)));
        let as_they_came = live(&frames, &rules, Timestamp::MIN, &batches);
        let found = backtest(as_they_came.db(), &rules, &question(Timestamp::MIN));
        prop_assert_eq!(in_event_time(&found), in_event_time(&as_they_came.db().events().unwrap()));
    }

    #[test]
    fn a_backtest_on_a_clock_is_a_host_that_lets_time_pass(
        random in prop::collection::vec(any_frame(), 1..80),
        rules in prop::collection::vec(any_stepped_rule(), 1..4),
        every_s in 5_u32..90,
    ) {
        let every = Interval::seconds(every_s).unwrap();
        let run = live(&frames_of(&random), &rules, Timestamp::MIN, &[(usize::MAX, Trouble::Nothing)]);
        let question = question(Timestamp::MIN).advanced_every(Some(every));
        let found = backtest(run.db(), &rules, &question);
        prop_assert_eq!(bytes_of(&found), bytes_of(&on_a_clock(&stored(run.db()), &rules, every)));
    }
}

fn file(name: &str, text: &str) -> RuleFile {
    RuleFile { name: name.to_owned(), text: text.to_owned() }
}

/// A rule over a window of so many hours.
fn rule_over(hours: u32) -> RuleFile {
    let text = format!(
        "alarm(\"high\").scope(stations(\"**\")).when(avg(\"benzene\", {hours}.hours) > 30.ppb)\
         .escalate(escalation(\"e\").step(0.minutes, contact(\"duty\"), \"app\"));"
    );
    file("a.rhai", &text)
}

/// A store with one reading.
fn store_of_one_reading(dir: &std::path::Path, window_bytes_max: u64) -> Database {
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let db = Database::open(dir, Config { clock, window_bytes_max, ..Config::default() }).unwrap();
    let benzene = Channel::species("benzene", Unit::Ppb).unwrap();
    db.ensure_instrument("park/S1", Instrument::new("gc", Interval::seconds(1).unwrap(), vec![benzene]).unwrap())
        .unwrap();
    db.append_named("park/S1", "gc", Timestamp::from_ms(BEGIN_MS), &[("benzene", 1.0)])
        .unwrap()
        .all_accepted()
        .unwrap();
    db
}

/// A condition that is true from the call of this number on.
fn at_call(number: u64) -> Arc<dyn Fn() -> bool + Send + Sync> {
    let calls = AtomicU64::new(0);
    Arc::new(move || calls.fetch_add(1, Ordering::Relaxed) + 1 >= number)
}

#[test]
fn a_backtest_that_is_stopped_names_the_time_that_it_had_come_to() {
    let dir = tempfile::tempdir().unwrap();
    let db = store_of_one_reading(dir.path(), u64::MAX);
    let begin = Timestamp::from_ms(BEGIN_MS).ceil_to(60_000);
    // A year in which nothing is read but the clock.
    let year = TimeRange::new(begin.plus_ms(-60_000), begin.plus_ms(365 * 86_400_000));
    let stopped_at = |call| {
        let question = Backtest::new(year).stopped_when(at_call(call));
        match db.backtest(&[rule_over(1)], &question, &mut |_| {}).unwrap_err() {
            Error::BacktestStopped { reached } => reached,
            other => panic!("{other}"),
        }
    };
    assert_eq!(stopped_at(1), year.from, "before anything is read");
    let (early, late) = (stopped_at(10), stopped_at(110));
    assert_eq!(late.since_ms(early), 100 * 60_000, "it is asked once a minute of the store's time");
    assert!(
        db.backtest(&[rule_over(1)], &Backtest::new(TimeRange::new(begin, begin.plus_ms(600_000))), &mut |_| {})
            .is_ok()
    );
}

#[test]
fn a_backtest_refuses_windows_that_loading_would_refuse() {
    let dir = tempfile::tempdir().unwrap();
    let db = store_of_one_reading(dir.path(), 100_000);
    let question = Backtest::new(TimeRange::ALL);
    let error = db.backtest(&[rule_over(240)], &question, &mut |_| {}).unwrap_err();
    assert!(matches!(error, Error::Rules(_)), "{error}");
    assert_eq!(error.to_string(), db.load_rule_files(vec![rule_over(240)]).unwrap_err().to_string());
}

#[test]
fn rule_tests_that_are_stopped_fail_with_that_reason() {
    let test = |name: &str| {
        format!(
            "test(\"{name}\", |t| {{ t.instrument(\"park/S1\", \"gc\", 1.minute, #{{ benzene: \"ppb\" }}); \
             t.feed(\"park/S1\", \"benzene\", \"1x600\"); t.at(600.minutes).expect_normal(\"high\"); }});\n"
        )
    };
    let tests = [file("a_test.rhai", &[test("one"), test("two"), test("three")].concat())];
    let run = |call| run_rule_tests_until(&[rule_over(1)], &tests, &Registry::default(), &*at_call(call));
    let passed = |call| run(call).iter().map(|outcome| outcome.failures.is_empty()).collect::<Vec<_>>();
    assert_eq!(passed(u64::MAX), [true, true, true]);
    assert_eq!(passed(900), [true, false, false]);
    let outcomes = run(1);
    assert!(outcomes.iter().all(|outcome| outcome.failures[0].message.contains("stopped")), "{outcomes:?}");
}
