//! The alarm machine: verdicts, ticks and operators in, events out; golden scenarios to the millisecond, and what holds of any run.
#![cfg(test)]

mod acknowledging;
mod maintenance;
mod priorities;
mod properties;
mod record;
mod reload;
mod seen;
mod states;
mod telling;

use Truth::{False, True, Unknown};
use vocdb::alarm::event::{CloseReason, Opened, Subject, Timing};
use vocdb::alarm::{Alarm, AlarmError, Condition, Machine, PlannedAcknowledgement, Responder, RuleSetRef};
use vocdb::base::checksum::Digest;
use vocdb::verdict::{
    AcknowledgementPolicy, AlarmSpec, Chain, Contact, Evidence, LatePolicy, MissingPolicy, Place, Priority, Shown,
    Step, TermValue, Truth, Verdict,
};
use vocdb::{AlarmEvent, AlarmId, Timestamp};

/// When every scenario begins.
const BEGIN_MS: i64 = 1_700_000_000_000;

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(BEGIN_MS + ms)
}

pub(crate) fn spec(rule: &str, steps: &[(i64, &str, &[&str])]) -> AlarmSpec {
    let step = |(after_ms, contact, ways): &(i64, &str, &[&str])| Step {
        after_ms: *after_ms,
        contact: Contact((*contact).to_owned()),
        ways: ways.iter().map(|way| (*way).to_owned()).collect(),
        ..Step::default()
    };
    AlarmSpec {
        rule: rule.to_owned(),
        scope_key: "park/*".to_owned(),
        guidance: String::new(),
        title: "{rule}: {value} at {stations} since {since}".to_owned(),
        priority: Priority::High,
        priority_steps: Vec::new(),
        hold_ms: 2_000,
        clear_hold_ms: 3_000,
        on_missing: MissingPolicy::Unknown,
        on_missing_ms: 5_000,
        auto_close_ms: None,
        is_latching: false,
        on_late: LatePolicy::Record,
        acknowledgement: AcknowledgementPolicy::default(),
        chain: Chain { name: "standard".to_owned(), steps: steps.iter().map(step).collect(), remind: None },
        channels: vec!["benzene".to_owned()],
        logic: Digest::default(),
        unit: "ppb".to_owned(),
        place: Place { file: "r.rhai".into(), line: 3, column: 1 },
    }
}

fn evidence_of(trip: Truth) -> Vec<Evidence> {
    let station = |name: &str, trip, value| {
        let label = "avg(benzene, 10 min)".to_owned();
        let term = TermValue { label, value: Some(value), coverage: 0.75, unit: "ppb".to_owned(), flags: Vec::new() };
        Evidence { station: name.to_owned(), trip, value: Some(value), terms: vec![term] }
    };
    vec![station("park/S1", trip, 31.257_4), station("park/S2", False, 99.0), station("park/S3", trip, 42.25)]
}

/// What [`evidence_of`] shows of a trip: the greatest value of the stations that trip.
pub(crate) fn shown_of(trip: Truth) -> &'static dyn Fn() -> Shown {
    fn tripped() -> Shown {
        Shown { value: Some(42.25), unit: "ppb".to_owned(), ..Shown::default() }
    }
    if trip == True { &tripped } else { &Shown::default }
}

/// Gives one verdict at event time `ms`, which is host time as well.
pub(crate) fn judge(machine: &mut Machine, ms: i64, trip: Truth, clear: Truth) -> Vec<AlarmEvent> {
    judge_without(machine, ms, (trip, clear), &[])
}

/// A verdict with nothing special about it.
fn of_spec<'a>(
    spec: usize,
    instant: Timestamp,
    (trip, clear): (Truth, Truth),
    evidence: &'a dyn Fn() -> Vec<Evidence>,
) -> Verdict<'a> {
    let (watermark, shown) = (instant, shown_of(trip));
    Verdict {
        spec,
        instant,
        watermark,
        is_live: true,
        trip,
        clear,
        priority_steps: &[],
        absent: &[],
        suppressed: None,
        fault: None,
        evidence,
        shown,
    }
}

fn judge_without(machine: &mut Machine, ms: i64, (trip, clear): (Truth, Truth), gone: &[&str]) -> Vec<AlarmEvent> {
    let absent: Vec<String> = gone.iter().map(|name| (*name).to_owned()).collect();
    let evidence = || evidence_of(trip);
    let verdict = Verdict { absent: &absent, ..of_spec(0, at(ms), (trip, clear), &evidence) };
    machine.verdict(&verdict, at(ms))
}

/// An event in a few words, times as milliseconds from the beginning.
pub(crate) fn words(event: &AlarmEvent) -> String {
    let ms = |time: Timestamp| time.since_ms(at(0));
    match event {
        AlarmEvent::Opened(e) => format!("open {} since {} at {}", e.alarm, ms(e.since), ms(e.opened_at)),
        AlarmEvent::Closed(e) => format!("close {} {:?} at {}", e.alarm, e.reason, ms(e.closed_at)),
        AlarmEvent::BecameUnknown(e) => format!("unknown {:?} since {} at {}", e.alarm, ms(e.since), ms(e.at)),
        AlarmEvent::BecameKnown(e) => format!("known {:?} since {} at {}", e.alarm, ms(e.since), ms(e.at)),
        AlarmEvent::MembershipChanged(e) => format!("left {:?} back {:?} at {}", e.left, e.returned, ms(e.at)),
        AlarmEvent::Acknowledged(e) => format!("ack {} by {} at {}", e.alarm, e.by, ms(e.at)),
        AlarmEvent::Escalated(e) => {
            format!("step {} of {} to {} due {} at {}", e.step, e.alarm, e.contact.0, ms(e.due), ms(e.at))
        }
        AlarmEvent::Notification(e) => format!("tell {} by {} of {:?}", e.contact.0, e.way, e.subject),
        other => other.sentence().map_or_else(|| format!("{other:?}"), |(at, what)| format!("{what} at {}", ms(at))),
    }
}

fn told(events: &[AlarmEvent]) -> Vec<String> {
    events.iter().map(words).collect()
}

fn machine_of(spec: AlarmSpec) -> Machine {
    let mut machine = Machine::default();
    assert_eq!(machine.load(vec![spec], RuleSetRef { hash: Digest([7; 32]) }, at(0)), []);
    machine
}

fn condition(machine: &Machine) -> Condition {
    machine.conditions().next().unwrap().1.condition()
}

/// A machine with alarm #1 open since 0, opened at 2000.
fn opened_by(spec: AlarmSpec) -> Machine {
    let mut machine = machine_of(spec);
    assert_eq!(judge(&mut machine, 0, True, False), []);
    assert_eq!(told(&judge(&mut machine, 2_000, True, False)), ["open #1 since 0 at 2000"]);
    machine
}

#[test]
fn an_alarm_opens_when_its_condition_has_held_to_the_millisecond() {
    let mut machine = machine_of(spec("r", &[]));
    assert_eq!(judge(&mut machine, 0, False, True), []);
    assert_eq!(condition(&machine), Condition::Normal);
    assert_eq!(judge(&mut machine, 1, True, False), []);
    assert_eq!(condition(&machine), Condition::Pending);
    assert_eq!(judge(&mut machine, 2_000, True, False), []);
    let events = judge(&mut machine, 2_001, True, False);
    assert_eq!(told(&events), ["open #1 since 1 at 2001"]);
    assert_eq!(condition(&machine), Condition::Active);
    let AlarmEvent::Opened(opened) = &events[0] else { panic!("{events:?}") };
    let expected = Opened {
        alarm: AlarmId(1),
        rule: "r".to_owned(),
        scope_key: "park/*".to_owned(),
        title: "r: 42.25 ppb at park/S1, park/S3 since 2023-11-14T22:13:20.001Z".to_owned(),
        priority: Priority::High,
        since: at(1),
        opened_at: at(2_001),
        recorded_at: at(2_001),
        chain: spec("r", &[]).chain,
        channels: vec!["benzene".to_owned()],
        unit: "ppb".to_owned(),
        evidence: evidence_of(True),
        watermark: Some(at(2_001)),
        rule_set: Digest([7; 32]),
        place: spec("r", &[]).place,
        guidance: String::new(),
        fault: None,
        timing: Timing::OnTime,
        found_at: None,
    };
    assert_eq!(**opened, expected);
    assert_eq!(judge(&mut machine, 9_000, True, False), []);
}

#[test]
fn a_hold_that_is_broken_begins_anew_and_one_without_a_verdict_goes_on() {
    let mut machine = machine_of(spec("r", &[]));
    for (ms, trip) in [(0, True), (1_999, False), (2_000, True), (3_000, Unknown), (4_000, Unknown)] {
        assert_eq!(judge(&mut machine, ms, trip, trip.not()), [], "{ms}");
    }
    assert_eq!(told(&judge(&mut machine, 4_001, True, False)), ["open #1 since 2000 at 4001"]);
}

#[test]
fn a_hold_that_cannot_be_seen_for_too_long_begins_anew() {
    for on_missing in [MissingPolicy::Unknown, MissingPolicy::Keep] {
        let mut machine = machine_of(AlarmSpec { on_missing, hold_ms: 10_000, ..spec("r", &[]) });
        judge(&mut machine, 0, True, False);
        judge(&mut machine, 1_000, Unknown, Unknown);
        judge(&mut machine, 6_000, Unknown, Unknown);
        let events = judge(&mut machine, 10_000, True, False);
        assert!(!events.iter().any(|event| matches!(event, AlarmEvent::Opened(_))), "{on_missing:?}");
        assert_eq!(told(&judge(&mut machine, 20_000, True, False)), ["open #1 since 10000 at 20000"]);
    }
}

#[test]
fn a_rule_without_hold_times_opens_and_closes_at_once() {
    let mut machine = machine_of(AlarmSpec { hold_ms: 0, clear_hold_ms: 0, ..spec("r", &[]) });
    assert_eq!(told(&judge(&mut machine, 5, True, False)), ["open #1 since 5 at 5"]);
    assert_eq!(told(&judge(&mut machine, 6, False, True)), ["close #1 Cleared at 6"]);
    assert_eq!(
        told(&judge(&mut machine, 7, True, False)),
        ["open #2 since 7 at 7", "joined group 1: the same rule at 7"]
    );
}

#[test]
fn an_alarm_closes_when_it_has_been_clear_to_the_millisecond() {
    let mut machine = opened_by(spec("r", &[]));
    assert_eq!(judge(&mut machine, 3_000, False, False), []);
    assert_eq!(condition(&machine), Condition::Active);
    assert_eq!(judge(&mut machine, 4_000, False, True), []);
    assert_eq!(condition(&machine), Condition::Clearing);
    assert_eq!(judge(&mut machine, 6_999, False, True), []);
    let events = judge(&mut machine, 7_000, False, True);
    assert_eq!(told(&events), ["close #1 Cleared at 7000"]);
    let AlarmEvent::Closed(closed) = &events[0] else { panic!("{events:?}") };
    assert_eq!((closed.evidence.clone(), closed.reason), (evidence_of(False), CloseReason::Cleared));
    assert_eq!((closed.rule.as_str(), closed.scope_key.as_str(), closed.recorded_at), ("r", "park/*", at(7_000)));
    assert_eq!((condition(&machine), machine.alarms().count()), (Condition::Normal, 0));
}

#[test]
fn a_clear_time_that_is_broken_or_cannot_be_seen_begins_anew() {
    for breaker in [False, Unknown] {
        let mut machine = opened_by(spec("r", &[]));
        for (ms, clear) in [(3_000, True), (5_999, breaker), (6_000, True), (8_999, True)] {
            assert_eq!(judge(&mut machine, ms, False, clear), [], "{ms} {breaker:?}");
        }
        assert_eq!(told(&judge(&mut machine, 9_000, False, True)), ["close #1 Cleared at 9000"]);
    }
}

#[test]
fn missing_verdicts_make_a_condition_unknown_once_and_known_again_once() {
    let mut machine = machine_of(spec("r", &[]));
    for ms in [1_000, 2_000, 5_999] {
        assert_eq!(judge(&mut machine, ms, Unknown, Unknown), [], "{ms}");
    }
    assert_eq!(told(&judge(&mut machine, 6_000, Unknown, Unknown)), ["unknown None since 1000 at 6000"]);
    assert_eq!(condition(&machine), Condition::Unknown);
    assert_eq!(judge(&mut machine, 60_000, Unknown, Unknown), []);
    assert_eq!(told(&judge(&mut machine, 61_000, False, True)), ["known None since 1000 at 61000"]);
    assert_eq!(condition(&machine), Condition::Normal);
    assert_eq!(judge(&mut machine, 62_000, Unknown, Unknown), []);
    assert_eq!(judge(&mut machine, 66_999, Unknown, Unknown), [], "the count begins anew");
}

#[test]
fn an_open_alarm_stays_open_while_verdicts_are_missing() {
    let mut machine = opened_by(spec("r", &[]));
    assert_eq!(judge(&mut machine, 3_000, Unknown, Unknown), []);
    let events = judge(&mut machine, 8_000, Unknown, Unknown);
    assert_eq!(told(&events), ["unknown Some(AlarmId(1)) since 3000 at 8000"]);
    assert_eq!((condition(&machine), machine.alarms().count()), (Condition::Unknown, 1));
    let events = judge(&mut machine, 9_000, False, True);
    assert_eq!(told(&events), ["known Some(AlarmId(1)) since 3000 at 9000"]);
    assert_eq!(condition(&machine), Condition::Clearing);
    assert_eq!(told(&judge(&mut machine, 12_000, False, True)), ["close #1 Cleared at 12000"]);
}

#[test]
fn a_rule_that_keeps_says_nothing_of_missing_verdicts() {
    let mut machine = opened_by(AlarmSpec { on_missing: MissingPolicy::Keep, ..spec("r", &[]) });
    for ms in [3_000, 8_000, 80_000] {
        assert_eq!(judge(&mut machine, ms, Unknown, Unknown), [], "{ms}");
        assert_eq!(condition(&machine), Condition::Active);
    }
    assert_eq!(judge(&mut machine, 81_000, True, False), []);
}

#[test]
fn a_rule_that_alarms_on_missing_verdicts_opens_after_its_patience_and_its_hold() {
    let mut machine = machine_of(AlarmSpec { on_missing: MissingPolicy::Alarm, ..spec("r", &[]) });
    for ms in [1_000, 5_999, 6_000, 7_999] {
        assert_eq!(judge(&mut machine, ms, Unknown, Unknown), [], "{ms}");
    }
    let events = judge(&mut machine, 8_000, Unknown, Unknown);
    assert_eq!(told(&events), ["open #1 since 6000 at 8000"]);
    let AlarmEvent::Opened(opened) = &events[0] else { panic!("{events:?}") };
    assert!(opened.title.starts_with("r: no value at park/S1, park/S3 since"), "{}", opened.title);
    assert_eq!(judge(&mut machine, 90_000, Unknown, Unknown), []);
    assert_eq!(judge(&mut machine, 91_000, False, True), []);
    assert_eq!(told(&judge(&mut machine, 94_000, False, True)), ["close #1 Cleared at 94000"]);
}

#[test]
fn stations_that_leave_or_return_are_named_once() {
    let mut machine = machine_of(spec("r", &[]));
    let mut change = |ms, gone: &[&str]| told(&judge_without(&mut machine, ms, (False, True), gone));
    assert_eq!(change(0, &[]), Vec::<String>::new());
    assert_eq!(change(1, &["a", "b"]), ["left [\"a\", \"b\"] back [] at 1"]);
    assert_eq!(change(2, &["a", "b"]), Vec::<String>::new());
    assert_eq!(change(3, &["b", "c"]), ["left [\"c\"] back [\"a\"] at 3"]);
    assert_eq!(change(4, &[]), ["left [] back [\"b\", \"c\"] at 4"]);
}

const CHAIN: &[(i64, &str, &[&str])] =
    &[(0, "duty", &["app", "sms"]), (10_000, "head", &["sms"]), (20_000, "bureau", &["email"])];

#[test]
fn steps_are_taken_at_the_millisecond_at_which_they_are_due() {
    let mut machine = opened_by(spec("r", CHAIN));
    let taken = told(&machine.tick(at(2_000), None));
    let of_duty = |way| format!("tell duty by {way} of Step(0)");
    assert_eq!(taken, ["step 0 of #1 to duty due 2000 at 2000".to_owned(), of_duty("app"), of_duty("sms")]);
    assert_eq!(machine.tick(at(2_000), None), []);
    assert_eq!(machine.tick(at(11_999), None), []);
    let taken = told(&machine.tick(at(12_000), None));
    assert_eq!(taken, ["step 1 of #1 to head due 12000 at 12000", "tell head by sms of Step(1)"]);
    assert_eq!(machine.tick(at(21_999), None), []);
    assert_eq!(machine.tick(at(22_000), None).len(), 2);
    assert_eq!(machine.tick(at(1_000_000), None), []);
}

#[test]
fn late_steps_are_taken_once_each_and_say_when_they_were_due() {
    let mut machine = opened_by(spec("r", CHAIN));
    let taken = told(&machine.tick(at(50_000), None));
    let steps: Vec<&String> = taken.iter().filter(|line| line.starts_with("step")).collect();
    let expected = ["0 of #1 to duty due 2000", "1 of #1 to head due 12000", "2 of #1 to bureau due 22000"];
    assert_eq!(steps, expected.map(|step| format!("step {step} at 50000")).iter().collect::<Vec<_>>());
    assert_eq!(machine.tick(at(60_000), None), []);
}

#[test]
fn steps_count_from_the_host_time_of_the_opening() {
    let mut machine = machine_of(AlarmSpec { hold_ms: 0, ..spec("r", CHAIN) });
    let evidence = Vec::new;
    let verdict = of_spec(0, at(0), (True, False), &evidence);
    machine.verdict(&verdict, at(7_000));
    assert_eq!(machine.tick(at(6_999), None), []);
    assert_eq!(told(&machine.tick(at(7_000), None))[0], "step 0 of #1 to duty due 7000 at 7000");
    assert_eq!(told(&machine.tick(at(17_000), None))[0], "step 1 of #1 to head due 17000 at 17000");
}

#[test]
fn an_acknowledged_alarm_goes_no_further_up_and_is_acknowledged_once() {
    let mut machine = opened_by(spec("r", CHAIN));
    machine.tick(at(2_000), None);
    let event = machine.acknowledge(AlarmId(1), "anna", "on my way", at(11_999)).unwrap();
    assert_eq!(words(&event), "ack #1 by anna at 11999");
    assert_eq!(machine.tick(at(100_000), None), []);
    let again = machine.acknowledge(AlarmId(1), "bert", "", at(12_500));
    let before = AlarmError::AlreadyAcknowledged { alarm: AlarmId(1), by: "anna".to_owned(), at: at(11_999) };
    assert_eq!(again, Err(before));
    assert_eq!(machine.acknowledge(AlarmId(2), "bert", "", at(0)), Err(AlarmError::NotOpen(AlarmId(2))));
    judge(&mut machine, 3_000, False, True);
    judge(&mut machine, 6_000, False, True);
    assert_eq!(machine.acknowledge(AlarmId(1), "bert", "", at(0)), Err(AlarmError::NotOpen(AlarmId(1))));
}

#[test]
fn closing_tells_those_who_were_told_and_nobody_twice() {
    let chain: &[(i64, &str, &[&str])] = &[
        (0, "duty", &["app", "sms"]),
        (10_000, "duty", &["sms", "phone"]),
        (10_000, "head", &["sms"]),
        (20_000, "bureau", &["email"]),
    ];
    let mut machine = opened_by(spec("r", chain));
    machine.tick(at(12_000), None);
    judge(&mut machine, 13_000, False, True);
    let events = judge(&mut machine, 16_000, False, True);
    let tell = |whom| format!("tell {whom} of Closed");
    let mut expected = vec!["close #1 Cleared at 16000".to_owned()];
    expected.extend(["duty by app", "duty by sms", "duty by phone", "head by sms"].map(tell));
    assert_eq!(told(&events), expected);
    let AlarmEvent::Notification(first) = &events[1] else { panic!("{events:?}") };
    assert!(first.text.starts_with("closed: r: 42.25 ppb at park/S1, park/S3"), "{}", first.text);
    assert_eq!((first.subject, first.created_at, first.priority), (Subject::Closed, at(16_000), Priority::High));
    assert_eq!(machine.tick(at(100_000), None), []);
}

#[test]
fn the_ids_of_notifications_are_known_numbers_for_ever() {
    let mut machine = opened_by(spec("r", CHAIN));
    let events = machine.tick(at(2_000), None);
    let ids: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            AlarmEvent::Notification(notification) => Some(notification.id.as_str()),
            _ => None,
        })
        .collect();
    let expected =
        ["1\nstep 0\n0\nduty\napp", "1\nstep 0\n0\nduty\nsms"].map(|key| vocdb::base::checksum::sha256(key.as_bytes()));
    assert_eq!(ids, expected.map(|digest| digest.to_string()));
}

#[test]
fn a_scripted_operator_answers_between_the_steps_in_order_of_time() {
    let plan = |after_ms: i64| {
        move |alarm: &Alarm| {
            let at = alarm.opened.recorded_at.plus_ms(after_ms);
            Some(PlannedAcknowledgement { at, by: "script".to_owned(), comment: String::new() })
        }
    };
    let run = |responder: &dyn Responder| {
        let mut machine = opened_by(spec("r", CHAIN));
        let events = machine.tick(at(50_000), Some(responder));
        told(&events).into_iter().filter(|line| !line.starts_with("tell")).collect::<Vec<_>>()
    };
    let step = |number: i64, contact: &str| {
        format!("step {number} of #1 to {contact} due {} at 50000", 2_000 + 10_000 * number)
    };
    let ack = |ms: i64| format!("ack #1 by script at {ms}");
    assert_eq!(run(&plan(15_000)), [step(0, "duty"), step(1, "head"), ack(17_000)]);
    assert_eq!(run(&plan(10_000)), [step(0, "duty"), ack(12_000)], "an answer comes before a step of the same time");
    assert_eq!(run(&plan(-9_000)), [ack(2_000)], "nobody answers before the alarm is open");
    assert_eq!(run(&|_: &Alarm| None), [step(0, "duty"), step(1, "head"), step(2, "bureau")]);
}
