//! Acknowledgements that expire, and alarms that several people must acknowledge.
#![cfg(test)]

use super::{at, machine_of, opened_by, spec, told};
use crate::alarms::machine::judge;
use vocdb::alarm::event::OperatorAction;
use vocdb::alarm::{AlarmError, Machine, NextStep, Scripted};
use vocdb::verdict::{AcknowledgementPolicy, AlarmSpec, Truth};
use vocdb::{AlarmEvent, AlarmId, Interval};

const ONE: AlarmId = AlarmId(1);
const CHAIN: &[(i64, &str, &[&str])] = &[(0, "duty", &["app"]), (10_000, "head", &["sms"])];

fn policy(expires_ms: Option<i64>, needed: u32) -> AlarmSpec {
    AlarmSpec { acknowledgement: AcknowledgementPolicy { expires_ms, needed }, ..spec("r", CHAIN) }
}

/// What a machine that knows the events and nothing else does at a time.
fn restarted(spec: AlarmSpec, events: &[AlarmEvent]) -> Machine {
    let mut machine = machine_of(spec);
    events.iter().for_each(|event| machine.remember(event));
    machine
}

#[test]
fn an_acknowledgement_expires_to_the_millisecond_and_the_chain_goes_on() {
    let mut machine = opened_by(policy(Some(20_000), 0));
    machine.tick(at(2_000), None);
    machine.acknowledge(ONE, "anna", "going", at(3_000)).unwrap();
    let until = Some(at(23_000));
    assert_eq!(machine.audit().next().unwrap().1, NextStep::Acknowledged { by: "anna".to_owned(), until });
    assert_eq!(machine.tick(at(22_999), None), []);
    let events = machine.tick(at(23_000), None);
    let expected = [
        "the acknowledgement by anna has expired at 23000",
        "tell duty by app of Expired(1)",
        "step 1 of #1 to head due 12000 at 23000",
        "tell head by sms of Step(1)",
    ];
    assert_eq!(told(&events), expected);
    let AlarmEvent::Notification(row) = &events[1] else { panic!("{events:?}") };
    assert!(row.text.starts_with("the acknowledgement by anna has expired, still open: r: 42.25 ppb"), "{}", row.text);
    assert!(machine.alarm(ONE).unwrap().acknowledged.is_none());
    // The next one expires too, and its message is no repeat of the first.
    machine.acknowledge(ONE, "anna", "", at(30_000)).unwrap();
    let again = machine.tick(at(60_000), None);
    assert_eq!(told(&again)[0], "the acknowledgement by anna has expired, 10 s late at 60000");
    let AlarmEvent::Notification(second) = &again[1] else { panic!("{again:?}") };
    assert_ne!(second.id, row.id);
}

#[test]
fn a_time_given_with_the_acknowledgement_counts_where_it_is_shorter_than_the_rules() {
    for (rule_ms, lasts_ms, expected) in [
        (None, Some(5_000), Some(8_000)),
        (Some(20_000), Some(5_000), Some(8_000)),
        (Some(4_000), Some(5_000), Some(7_000)),
        (None, None, None),
    ] {
        let mut machine = opened_by(policy(rule_ms, 0));
        machine.tick(at(2_000), None);
        machine.acknowledge_for(ONE, ("anna", ""), lasts_ms, at(3_000)).unwrap();
        let until = machine.alarm(ONE).unwrap().acknowledgements[0].expires_at;
        assert_eq!(until, expected.map(at), "{rule_ms:?} {lasts_ms:?}");
    }
}

#[test]
fn an_acknowledgement_that_expired_while_the_host_was_down_is_noticed_after_a_restart() {
    let spec = policy(Some(20_000), 0);
    let mut machine = opened_by(spec.clone());
    let mut events = vec![AlarmEvent::Opened(machine.alarm(ONE).unwrap().opened.clone())];
    events.extend(machine.tick(at(2_000), None));
    events.push(machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap());
    let mut machine = restarted(spec.clone(), &events);
    let late = machine.tick(at(90_000), None);
    assert_eq!(told(&late)[0], "the acknowledgement by anna has expired, 67 s late at 90000");
    // Nothing of it is done twice by a machine that knows of it.
    events.extend(late);
    assert_eq!(restarted(spec, &events).tick(at(90_000), None), []);
}

#[test]
fn in_silence_no_acknowledgement_expires_and_it_does_when_the_silence_ends() {
    let mut machine = opened_by(policy(Some(5_000), 0));
    machine.tick(at(2_000), None);
    machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap();
    machine.operate(ONE, OperatorAction::TakeOutOfService, ("bert", ""), at(4_000)).unwrap();
    assert_eq!(machine.tick(at(60_000), None), []);
    machine.operate(ONE, OperatorAction::ReturnToService, ("bert", ""), at(61_000)).unwrap();
    assert_eq!(
        told(&machine.tick(at(61_000), None))[..2],
        [
            "the acknowledgement by anna has expired, 53 s late at 61000".to_owned(),
            "tell duty by app of Expired(1)".to_owned(),
        ]
    );
}

#[test]
fn the_chain_goes_on_until_as_many_different_people_have_acknowledged_as_the_rule_asks() {
    let mut machine = opened_by(policy(None, 2));
    machine.tick(at(2_000), None);
    let first = machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap();
    assert_eq!(first.sentence().unwrap().1, "acknowledged by anna (2 people must)");
    for name in ["anna", " anna "] {
        let again = machine.acknowledge(ONE, name, "", at(4_000));
        assert_eq!(again, Err(AlarmError::AlreadyAcknowledged { alarm: ONE, by: "anna".to_owned(), at: at(3_000) }));
    }
    assert_eq!(told(&machine.tick(at(12_000), None))[0], "step 1 of #1 to head due 12000 at 12000");
    machine.acknowledge(ONE, "bert", "", at(13_000)).unwrap();
    assert_eq!(machine.alarm(ONE).unwrap().acknowledged.as_ref().unwrap().by, "bert");
    assert!(machine.acknowledge(ONE, "carl", "", at(14_000)).is_err());
    machine.operate(ONE, OperatorAction::Unacknowledge, ("anna", ""), at(15_000)).unwrap();
    assert!(machine.alarm(ONE).unwrap().acknowledgements.is_empty(), "both are taken back");
}

#[test]
fn one_of_two_acknowledgements_that_expires_leaves_the_alarm_to_one_person() {
    let mut machine = opened_by(policy(Some(20_000), 2));
    machine.tick(at(2_000), None);
    machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap();
    machine.acknowledge(ONE, "bert", "", at(8_000)).unwrap();
    let events = machine.tick(at(23_000), None);
    assert_eq!(told(&events)[1], "tell duty by app of Expired(1)");
    let alarm = machine.alarm(ONE).unwrap();
    assert!(alarm.acknowledged.is_none() && alarm.is_acknowledged_by("bert") && !alarm.is_acknowledged_by("anna"));
    // That of one who was not enough expires on record, and tells nobody.
    assert_eq!(told(&machine.tick(at(28_000), None)), ["the acknowledgement by bert has expired at 28000"]);
}

#[test]
fn a_scripted_operator_answers_again_when_an_acknowledgement_expires_and_never_stops_time() {
    let responder = Scripted::After(Interval::SECOND);
    let mut machine = opened_by(policy(Some(10_000), 0));
    let events = machine.tick(at(100_000), Some(&responder));
    let acknowledged = events.iter().filter(|event| matches!(event, AlarmEvent::Acknowledged(_))).count();
    assert_eq!(acknowledged, 10, "{:?}", told(&events));
    let mut machine = opened_by(policy(None, 2));
    let events = machine.tick(at(100_000), Some(&responder));
    assert_eq!(events.iter().filter(|event| matches!(event, AlarmEvent::Acknowledged(_))).count(), 1);
}

#[test]
fn an_alarm_that_closes_or_trips_again_has_no_acknowledgement_left_to_expire() {
    let mut machine = opened_by(AlarmSpec { is_latching: true, ..policy(Some(20_000), 0) });
    machine.tick(at(2_000), None);
    machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap();
    for (ms, trip, clear) in
        [(4_000, Truth::False, Truth::True), (7_000, Truth::False, Truth::True), (8_000, Truth::True, Truth::False)]
    {
        judge(&mut machine, ms, trip, clear);
    }
    judge(&mut machine, 10_000, Truth::True, Truth::False);
    assert!(machine.alarm(ONE).unwrap().acknowledgements.is_empty());
    let events = machine.tick(at(60_000), None);
    assert!(!events.iter().any(|event| matches!(event, AlarmEvent::AcknowledgementExpired(_))), "{:?}", told(&events));
}
