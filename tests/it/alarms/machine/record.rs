//! What stands on record of each transition: what to do about it, by which rules it came about, and why a closure has no answer.
#![cfg(test)]

use super::Truth::{False, True, Unknown};
use super::{CHAIN, at, evidence_of, judge, judge_without, machine_of, of_spec, opened_by, spec, told};
use vocdb::alarm::event::{Notification, OperatorAction, Subject};
use vocdb::alarm::{Machine, RuleSetRef};
use vocdb::base::checksum::Digest;
use vocdb::verdict::{AlarmSpec, Evidence, MissingPolicy, TermValue, Truth, Verdict};
use vocdb::{AlarmEvent, AlarmId};

const ONE: AlarmId = AlarmId(1);

fn notifications(events: Vec<AlarmEvent>) -> Vec<Notification> {
    let of_event = |event| match event {
        AlarmEvent::Notification(notification) => Some(notification),
        _ => None,
    };
    events.into_iter().filter_map(of_event).collect()
}

fn guided() -> AlarmSpec {
    let guidance = "Check tank farm B\nPlaybook 4.2".to_owned();
    AlarmSpec { guidance, clear_hold_ms: 0, title: "{value}".to_owned(), ..spec("r", CHAIN) }
}

#[test]
fn guidance_is_frozen_into_the_alarm_and_stands_below_the_title_of_every_step() {
    let mut machine = opened_by(guided());
    let first = notifications(machine.tick(at(2_000), None));
    assert_eq!(first[0].text, "42.25 ppb\nCheck tank farm B\nPlaybook 4.2");
    assert_eq!(first[0].guidance, "Check tank farm B\nPlaybook 4.2");
    machine.load(vec![AlarmSpec { guidance: "Run".to_owned(), ..guided() }], RuleSetRef::default(), at(3_000));
    let second = notifications(machine.tick(at(12_000), None));
    assert_eq!(second[0].text, first[0].text, "as the chain is");
    let closing = notifications(judge(&mut machine, 13_000, False, True));
    assert_eq!((closing[0].subject, closing[0].guidance.as_str()), (Subject::Closed, ""));
    assert!(!closing[0].text.contains("tank farm"), "there is nothing to do any more");
}

#[test]
fn a_rule_without_guidance_says_its_title_alone() {
    let mut machine = opened_by(AlarmSpec { title: "{value}".to_owned(), ..spec("r", CHAIN) });
    assert_eq!(notifications(machine.tick(at(2_000), None))[0].text, "42.25 ppb");
}

#[test]
fn every_transition_names_the_rule_set_the_place_and_the_watermark() {
    let mut machine = machine_of(AlarmSpec { is_latching: true, hold_ms: 0, clear_hold_ms: 0, ..spec("r", &[]) });
    let mut events = judge_without(&mut machine, 0, (True, False), &["park/S9"]);
    let evidence = || evidence_of(True);
    let suppressed = Verdict { suppressed: Some("flag"), ..of_spec(0, at(1_000), (True, False), &evidence) };
    events.extend(machine.verdict(&suppressed, at(1_000)));
    for (ms, trip, clear) in
        [(2_000, Unknown, Unknown), (7_000, Unknown, Unknown), (8_000, False, True), (9_000, True, False)]
    {
        events.extend(judge(&mut machine, ms, trip, clear));
    }
    events.extend(judge(&mut machine, 10_000, False, True));
    events.extend(machine.operate(ONE, OperatorAction::ResetLatch, ("anna", ""), at(11_000)).unwrap());
    let mut kinds = Vec::new();
    for event in &events {
        let body = event.to_json().unwrap();
        let kind = event.to_record().unwrap().kind().name();
        if kind == "operator_action" {
            continue;
        }
        kinds.push(kind);
        assert_eq!(body["rule_set"], Digest([7; 32]).to_string(), "{kind}");
        assert_eq!((&body["place"]["file"], &body["place"]["line"]), (&"r.rhai".into(), &3.into()), "{kind}");
        assert_eq!(body["watermark"].is_null(), kind == "alarm_closed", "{kind}: a reset is no reading");
    }
    kinds.sort_unstable();
    kinds.dedup();
    let wanted = [
        "alarm_closed",
        "alarm_opened",
        "condition_known",
        "condition_unknown",
        "latch_changed",
        "membership_changed",
        "suppression_changed",
    ];
    assert_eq!(kinds, wanted);
    let unchanged = |event: &AlarmEvent| {
        let record = event.to_record().unwrap();
        assert_eq!(AlarmEvent::from_record(&record, 0).unwrap().as_ref(), Some(event));
    };
    events.iter().for_each(unchanged);
}

#[test]
fn an_alarm_whose_rule_is_gone_closes_under_the_rule_set_that_has_it_no_more() {
    let mut machine = opened_by(spec("r", &[]));
    let events = machine.load(vec![spec("other", &[])], RuleSetRef { hash: Digest([8; 32]) }, at(3_000));
    let AlarmEvent::Closed(closed) = &events[0] else { panic!("{events:?}") };
    assert_eq!((closed.rule_set, &closed.place, closed.watermark), (Some(Digest([8; 32])), &None, None));
}

/// Gives an unknown verdict for the reason that a closure has no answer.
fn judge_fault(machine: &mut Machine, ms: i64) -> Vec<AlarmEvent> {
    let evidence = || evidence_of(Unknown);
    let fault = Some("it takes more than 10000 operations");
    let verdict = Verdict { fault, ..of_spec(0, at(ms), (Unknown, Unknown), &evidence) };
    machine.verdict(&verdict, at(ms))
}

#[test]
fn why_a_closure_has_no_answer_is_on_record_and_said_even_by_a_rule_that_keeps() {
    for on_missing in [MissingPolicy::Unknown, MissingPolicy::Keep] {
        let mut machine = machine_of(AlarmSpec { on_missing, ..spec("r", &[]) });
        assert_eq!(judge_fault(&mut machine, 1_000), []);
        let events = judge_fault(&mut machine, 6_000);
        let AlarmEvent::BecameUnknown(gap) = &events[0] else { panic!("{events:?}") };
        assert_eq!(gap.fault.as_deref(), Some("it takes more than 10000 operations"));
        let said = events[0].sentence().unwrap().1;
        assert!(
            said.ends_with("; the closure of rule `r` has no answer: it takes more than 10000 operations"),
            "{said}"
        );
        assert_eq!(judge_fault(&mut machine, 7_000), [], "once");
        let known = judge(&mut machine, 8_000, False, True);
        assert!(matches!(&known[0], AlarmEvent::BecameKnown(gap) if gap.fault.is_none()), "{known:?}");
    }
}

#[test]
fn an_alarm_for_want_of_an_answer_says_why_there_is_none() {
    let mut machine = machine_of(AlarmSpec { on_missing: MissingPolicy::Alarm, hold_ms: 0, ..spec("r", &[]) });
    judge_fault(&mut machine, 0);
    let events = judge_fault(&mut machine, 5_000);
    let AlarmEvent::Opened(opened) = &events[0] else { panic!("{events:?}") };
    assert!(
        opened.title.ends_with(" (no verdict: the closure has no answer: it takes more than 10000 operations)"),
        "{}",
        opened.title
    );
    assert_eq!(opened.fault.as_deref(), Some("it takes more than 10000 operations"));
}

#[test]
fn an_alarm_for_want_of_readings_names_the_stations_that_sent_none_whatever_its_title_says() {
    let station = |name: &str, trip: Truth, coverage: f64| {
        let label = "avg(benzene, 10 min)".to_owned();
        let term = TermValue { label, value: None, coverage, unit: "ppb".to_owned(), flags: Vec::new() };
        Evidence { station: name.to_owned(), trip, value: None, terms: vec![term] }
    };
    for (title, coverage, wanted) in [
        (
            "{rule} at {stations}: {value}",
            0.0,
            "r at park/S1, park/S3: no value (no reading came from park/S1, park/S3)",
        ),
        ("Benzene is high", 0.0, "Benzene is high (no reading came from park/S1, park/S3)"),
        ("Benzene is high", 0.25, "Benzene is high (too few readings came from park/S1, park/S3)"),
    ] {
        let of_title = AlarmSpec { title: title.to_owned(), hold_ms: 0, ..spec("r", &[]) };
        let mut machine = machine_of(AlarmSpec { on_missing: MissingPolicy::Alarm, ..of_title });
        let evidence = || {
            vec![
                station("park/S1", Unknown, coverage),
                station("park/S2", False, 1.0),
                station("park/S3", Unknown, coverage),
            ]
        };
        let mut events = Vec::new();
        for ms in [0, 5_000] {
            events.extend(machine.verdict(&of_spec(0, at(ms), (Unknown, Unknown), &evidence), at(ms)));
        }
        let AlarmEvent::Opened(opened) = &events[0] else { panic!("{events:?}") };
        assert_eq!(opened.title, wanted);
    }
}

#[test]
fn a_step_that_is_taken_within_five_seconds_is_not_late_and_says_nothing_of_it() {
    for (late_ms, says) in [(0, ""), (999, ""), (4_999, ""), (5_000, ", 5 s late"), (61_000, ", 61 s late")] {
        let mut machine = opened_by(spec("r", CHAIN));
        let events = machine.tick(at(2_000 + late_ms), None);
        let AlarmEvent::Escalated(step) = &events[0] else { panic!("{events:?}") };
        assert_eq!(step.is_late(), late_ms >= 5_000, "{late_ms}");
        let said = events[0].sentence().unwrap().1;
        assert!(said.ends_with(&format!("over app, sms{says}")), "{said}");
    }
}

#[test]
fn what_nobody_does_is_refused() {
    let mut machine = opened_by(spec("r", CHAIN));
    let before = format!("{machine:?}");
    for nobody in ["", " ", "\t\n"] {
        assert_eq!(machine.acknowledge(ONE, nobody, "seen", at(3_000)), Err(vocdb::alarm::AlarmError::Nobody));
        for action in [OperatorAction::Comment, OperatorAction::HandOver { to: "bert".to_owned() }] {
            let refused = machine.operate(ONE, action, (nobody, "so"), at(3_000));
            assert_eq!(refused, Err(vocdb::alarm::AlarmError::Nobody));
        }
        let to_nobody = OperatorAction::HandOver { to: nobody.to_owned() };
        let refused = machine.operate(ONE, to_nobody, ("anna", "so"), at(3_000));
        assert_eq!(refused, Err(vocdb::alarm::AlarmError::Nobody));
    }
    assert_eq!(format!("{machine:?}"), before);
    machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap();
    assert_eq!(told(&machine.tick(at(60_000), None)), Vec::<String>::new(), "a comment may be empty");
}
