//! Priority steps: an open alarm becomes more urgent, people are notified again, and it becomes less urgent in silence.
#![cfg(test)]

use super::Truth::{False, True, Unknown};
use super::{CHAIN, at, evidence_of, machine_of, of_spec, spec, told};
use vocdb::alarm::event::{Notification, OperatorAction, PriorityChange, Shelving, Subject, Timing};
use vocdb::alarm::report::{AlarmTally, Metrics};
use vocdb::alarm::{AlarmKey, Explanation, Machine, RuleSetRef};
use vocdb::base::checksum::Digest;
use vocdb::verdict::{AlarmSpec, Priority, PriorityStep, Truth, Verdict};
use vocdb::{AlarmEvent, AlarmId, TimeRange};

const ONE: AlarmId = AlarmId(1);

/// High while the first step holds; urgent while the second does, and until it has not for five seconds.
fn stepped() -> AlarmSpec {
    let step = |priority, fall_ms, condition: &str| PriorityStep { priority, fall_ms, condition: condition.to_owned() };
    let priority_steps = vec![step(Priority::High, 0, "b > 60"), step(Priority::Urgent, 5_000, "b > 120")];
    AlarmSpec { priority: Priority::Medium, priority_steps, hold_ms: 0, clear_hold_ms: 0, ..spec("r", CHAIN) }
}

fn judge(machine: &mut Machine, ms: i64, trip: Truth, steps: [Truth; 2]) -> Vec<AlarmEvent> {
    let evidence = || evidence_of(trip);
    let verdict = Verdict { priority_steps: &steps, ..of_spec(0, at(ms), (trip, trip.not()), &evidence) };
    machine.verdict(&verdict, at(ms))
}

fn priority(machine: &Machine) -> Priority {
    machine.alarm(ONE).unwrap().priority
}

/// A machine with an alarm of medium priority open since 0, of which duty was notified.
fn opened() -> Machine {
    let mut machine = machine_of(stepped());
    assert_eq!(told(&judge(&mut machine, 0, True, [False, False])), ["open #1 since 0 at 0"]);
    machine.tick(at(0), None);
    machine
}

fn messages(events: &[AlarmEvent]) -> Vec<(String, String, Priority, String)> {
    let of_event = |event: &AlarmEvent| match event {
        AlarmEvent::Notification(row) => {
            let text = row.text.split(": ").next().unwrap().to_owned();
            Some((row.contact.0.clone(), row.way.clone(), row.priority, text))
        }
        _ => None,
    };
    events.iter().filter_map(of_event).collect()
}

fn row(contact: &str, way: &str, priority: Priority, text: &str) -> (String, String, Priority, String) {
    (contact.to_owned(), way.to_owned(), priority, text.to_owned())
}

#[test]
fn an_alarm_has_the_priority_of_the_highest_step_that_holds_and_unknown_changes_nothing() {
    let mut machine = opened();
    for (ms, steps, expected) in [
        (1_000, [True, False], Priority::High),
        (2_000, [Unknown, False], Priority::High),
        (3_000, [False, False], Priority::Medium),
        (4_000, [False, True], Priority::Urgent),
        (5_000, [True, False], Priority::Urgent),
        (9_999, [True, False], Priority::Urgent),
        (10_000, [True, False], Priority::High),
        (11_000, [True, True], Priority::Urgent),
        (12_000, [False, False], Priority::Urgent),
        (16_000, [False, Unknown], Priority::Urgent),
        (16_500, [False, False], Priority::Urgent),
        (21_499, [False, False], Priority::Urgent),
        (21_500, [False, False], Priority::Medium),
    ] {
        judge(&mut machine, ms, True, steps);
        assert_eq!(priority(&machine), expected, "at {ms}");
    }
    assert_eq!(machine.alarm(ONE).unwrap().priority_max, Priority::Urgent);
}

#[test]
fn an_alarm_opens_with_the_priority_of_the_steps_that_are_true_then() {
    for (steps, expected) in
        [([False, False], Priority::Medium), ([True, Unknown], Priority::High), ([False, True], Priority::Urgent)]
    {
        let mut machine = machine_of(stepped());
        let events = judge(&mut machine, 0, True, steps);
        assert_eq!((events.len(), priority(&machine)), (1, expected));
        let rows = messages(&machine.tick(at(0), None));
        assert!(rows.iter().all(|(.., priority, _)| *priority == expected), "{rows:?}");
    }
}

#[test]
fn steps_hold_only_while_an_alarm_is_open() {
    let mut machine = machine_of(stepped());
    assert_eq!(judge(&mut machine, 0, False, [True, True]), []);
    judge(&mut machine, 1_000, True, [False, False]);
    assert_eq!(priority(&machine), Priority::Medium, "what held before does not count");
}

#[test]
fn a_change_is_on_record_with_its_condition_its_values_and_the_rule_set() {
    let mut machine = opened();
    let events = judge(&mut machine, 1_000, True, [True, False]);
    let AlarmEvent::PriorityChanged(change) = &events[0] else { panic!("{events:?}") };
    let expected = PriorityChange {
        alarm: ONE,
        rule: "r".to_owned(),
        scope_key: "park/*".to_owned(),
        from: Priority::Medium,
        to: Priority::High,
        condition: "b > 60".to_owned(),
        at: at(1_000),
        recorded_at: at(1_000),
        evidence: evidence_of(True),
        watermark: Some(at(1_000)),
        notifies: true,
        rule_set: Digest([7; 32]),
        place: stepped().place,
        timing: Timing::OnTime,
    };
    assert_eq!(**change, expected);
    let record = events[0].to_record().unwrap();
    assert_eq!(record.kind().name(), "alarm_priority_changed");
    assert_eq!(AlarmEvent::from_record(&record, 0).unwrap().as_ref(), Some(&events[0]));
    assert_eq!(told(&events), ["priority raised from medium to high: b > 60 at 1000"]);
    let events = judge(&mut machine, 2_000, True, [False, False]);
    assert_eq!(told(&events), ["priority fell from high to medium: no longer b > 60 at 2000"]);
}

#[test]
fn a_rise_notifies_those_who_were_notified_once_more_and_a_fall_notifies_nobody() {
    use Priority::{High, Medium, Urgent};
    let mut machine = opened();
    judge(&mut machine, 1_000, True, [True, False]);
    let events = machine.tick(at(1_000), None);
    assert_eq!(
        messages(&events),
        [row("duty", "app", High, "raised to high"), row("duty", "sms", High, "raised to high")]
    );
    assert_eq!(machine.tick(at(2_000), None), [], "once");
    assert_eq!(told(&judge(&mut machine, 3_000, True, [False, False])).len(), 1);
    assert_eq!(machine.tick(at(3_000), None), []);
    // The next step has the priority of its time.
    let events = machine.tick(at(10_000), None);
    assert_eq!(messages(&events), [row("head", "sms", Medium, "r")]);
    judge(&mut machine, 11_000, True, [True, True]);
    let again = machine.tick(at(11_000), None);
    let whom: Vec<String> = messages(&again).into_iter().map(|(contact, way, ..)| format!("{contact} {way}")).collect();
    assert_eq!(whom, ["duty app", "duty sms", "head sms"]);
    let rows = |events: &[AlarmEvent]| -> Vec<Notification> {
        let of_event = |event: &AlarmEvent| match event {
            AlarmEvent::Notification(row) => Some(row.clone()),
            _ => None,
        };
        events.iter().filter_map(of_event).collect()
    };
    assert!(rows(&again).iter().all(|row| (row.subject, row.priority) == (Subject::Raised(2), Urgent)));
    let closing = judge(&mut machine, 12_000, False, [False, False]);
    assert!(rows(&closing).iter().all(|row| row.priority == Urgent), "{closing:?}");
}

#[test]
fn a_rise_takes_an_acknowledgement_back_and_the_chain_goes_on() {
    let mut machine = opened();
    machine.acknowledge(ONE, "anna", "", at(500)).unwrap();
    judge(&mut machine, 1_000, True, [True, False]);
    assert!(machine.alarm(ONE).unwrap().acknowledged.is_none());
    machine.tick(at(1_000), None);
    assert_eq!(told(&machine.tick(at(10_000), None))[0], "step 1 of #1 to head due 10000 at 10000");
    machine.acknowledge(ONE, "anna", "again", at(11_000)).unwrap();
    judge(&mut machine, 12_000, True, [False, False]);
    assert!(machine.alarm(ONE).unwrap().acknowledged.is_some(), "a fall takes nothing back");
    assert_eq!(machine.tick(at(30_000), None), []);
}

#[test]
fn a_rise_before_the_first_step_is_not_told_apart_from_it() {
    let mut machine = machine_of(AlarmSpec { chain: spec("r", &[(5_000, "duty", &["app"])]).chain, ..stepped() });
    judge(&mut machine, 0, True, [False, False]);
    judge(&mut machine, 1_000, True, [True, False]);
    assert_eq!(machine.tick(at(1_000), None), []);
    assert_eq!(messages(&machine.tick(at(5_000), None)), [row("duty", "app", Priority::High, "r")]);
}

fn shelve(machine: &mut Machine, action: OperatorAction, ms: i64) {
    machine.operate_on(&AlarmKey::new("r", "park/*"), action, ("anna", "so"), at(ms)).unwrap();
}

#[test]
fn a_rise_on_the_shelf_is_told_when_the_shelf_ends_unless_it_is_over_by_then() {
    let until_normal = || OperatorAction::Shelve(Shelving::UntilNormal);
    let mut machine = opened();
    shelve(&mut machine, until_normal(), 500);
    judge(&mut machine, 1_000, True, [False, True]);
    judge(&mut machine, 2_000, True, [True, False]);
    assert_eq!(machine.tick(at(3_000), None), []);
    // It falls from urgent to high, which is still more than anybody knows.
    judge(&mut machine, 7_000, True, [True, False]);
    assert_eq!(priority(&machine), Priority::High);
    shelve(&mut machine, OperatorAction::Unshelve, 8_000);
    let rows = messages(&machine.tick(at(8_000), None));
    assert_eq!(rows[0], row("duty", "app", Priority::High, "raised to high"));
    shelve(&mut machine, until_normal(), 8_500);
    judge(&mut machine, 9_000, True, [True, True]);
    judge(&mut machine, 10_000, True, [True, False]);
    judge(&mut machine, 15_000, True, [True, False]);
    assert_eq!(priority(&machine), Priority::High);
    shelve(&mut machine, OperatorAction::Unshelve, 16_000);
    assert_eq!(messages(&machine.tick(at(16_000), None)), []);
}

#[test]
fn a_latched_alarm_keeps_its_priority_until_it_trips_again() {
    let mut machine = machine_of(AlarmSpec { is_latching: true, ..stepped() });
    judge(&mut machine, 0, True, [True, False]);
    machine.tick(at(0), None);
    judge(&mut machine, 1_000, False, [False, False]);
    assert_eq!(priority(&machine), Priority::High);
    judge(&mut machine, 2_000, False, [True, True]);
    assert_eq!(priority(&machine), Priority::High, "it is not active");
    let events = told(&judge(&mut machine, 3_000, True, [False, True]));
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[1], "priority raised from high to urgent: b > 120 at 3000");
    let rows = messages(&machine.tick(at(3_000), None));
    assert_eq!(rows.iter().map(|(.., text)| text.as_str()).collect::<Vec<_>>(), ["tripped again", "tripped again"]);
    assert!(rows.iter().all(|(.., priority, _)| *priority == Priority::Urgent));
}

#[test]
fn a_flood_holds_a_rise_back_for_the_roll_up() {
    let mut machine = Machine::default();
    let of = |number: usize| AlarmSpec {
        scope_key: format!("S{number}"),
        channels: vec![format!("channel {number}")],
        ..stepped()
    };
    machine.load((0..12).map(of).collect(), RuleSetRef::default(), at(0));
    let mut turn = |spec: usize, ms: i64, steps: [Truth; 2]| {
        let evidence = || evidence_of(True);
        let verdict = Verdict { priority_steps: &steps, ..of_spec(spec, at(ms), (True, False), &evidence) };
        let mut events = machine.verdict(&verdict, at(ms));
        events.extend(machine.tick(at(ms), None));
        events
    };
    for spec in 0..12 {
        turn(spec, 1_000, [False, False]);
    }
    let events = turn(0, 2_000, [True, False]);
    let held: Vec<(AlarmId, Subject, Priority)> = events
        .iter()
        .filter_map(|event| match event {
            AlarmEvent::HeldBack(held) => Some((held.alarm, held.subject, held.priority)),
            _ => None,
        })
        .collect();
    assert_eq!(held, [(ONE, Subject::Raised(1), Priority::High)]);
    assert_eq!(turn(0, 3_000, [True, False]), [], "once");
}

fn history(events: Vec<Vec<AlarmEvent>>) -> Vec<AlarmEvent> {
    events.into_iter().flatten().collect()
}

#[test]
fn reports_show_the_priority_and_count_its_rises() {
    let mut machine = machine_of(stepped());
    let mut events = vec![judge(&mut machine, 0, True, [False, False]), machine.tick(at(0), None)];
    for (ms, steps) in [(1_000, [True, False]), (2_000, [True, True]), (3_000, [True, False]), (8_000, [True, False])] {
        events.push(judge(&mut machine, ms, True, steps));
        events.push(machine.tick(at(ms), None));
    }
    let events = history(events);
    let explanation = Explanation::of(&events, ONE).unwrap();
    let text = explanation.to_string();
    assert!(text.contains("rule `r` at `park/*`, high (opened medium), r.rhai:3:1"), "{text}");
    assert!(text.contains("priority raised from high to urgent: b > 120\n"), "{text}");
    assert!(text.contains("duty over app (priority raised 2)"), "{text}");
    let metrics = Metrics::of(&events, TimeRange::ALL);
    assert_eq!(metrics.by_priority.into_iter().collect::<Vec<_>>(), [(Priority::Medium, 1)]);
    assert_eq!(metrics.raised.into_iter().collect::<Vec<_>>(), [(Priority::High, 1), (Priority::Urgent, 1)]);
    let mut tally = AlarmTally::default();
    events.iter().for_each(|event| tally.take(event));
    assert_eq!(tally.alarms().next().unwrap().priority, Priority::Urgent);
    let duty = tally.contacts().find(|(contact, _)| contact.0 == "duty").unwrap().1;
    assert_eq!((duty.pages, duty.messages), (3, 6));
}

#[test]
fn history_rises_in_silence_and_rises_once_more_as_late_once_it_holds_now() {
    let mut machine = opened();
    machine.set_notify_age_max(Some(60_000));
    machine.acknowledge(ONE, "anna", "", at(500)).unwrap();
    let evidence = || evidence_of(True);
    let turn = |machine: &mut Machine, ms: i64, now_ms: i64, steps: [Truth; 2]| {
        let verdict = Verdict { priority_steps: &steps, ..of_spec(0, at(ms), (True, False), &evidence) };
        let mut events = machine.verdict(&verdict, at(now_ms));
        events.extend(machine.tick(at(now_ms), None));
        events
    };
    let events = turn(&mut machine, 1_000, 100_000, [False, True]);
    let said = told(&events);
    assert!(said[0].contains("; history, recorded"), "{said:?}");
    assert_eq!((events.len(), machine.alarm(ONE).unwrap().acknowledged.is_some()), (1, true));
    assert_eq!(turn(&mut machine, 2_000, 100_000, [False, True]), [], "it is recorded");
    let events = turn(&mut machine, 90_000, 100_000, [False, True]);
    let AlarmEvent::PriorityChanged(change) = &events[0] else { panic!("{events:?}") };
    let facts = (change.from, change.to, change.timing, change.notifies);
    assert_eq!(facts, (Priority::Medium, Priority::Urgent, Timing::Late, true));
    assert!(machine.alarm(ONE).unwrap().acknowledged.is_none());
    let rises: Vec<_> = messages(&events).into_iter().filter(|(.., text)| text == "raised to urgent").collect();
    let rise = |way| row("duty", way, Priority::Urgent, "raised to urgent");
    assert_eq!(rises, [rise("app"), rise("sms")], "the steps that fell due meanwhile notify the others");
    assert_eq!(turn(&mut machine, 91_000, 100_000, [False, True]), []);
}

#[test]
fn other_rules_continue_steps_of_the_same_priority_and_rules_without_steps_end_them() {
    let load = |machine: &mut Machine, spec: AlarmSpec, ms: i64| {
        told(&machine.load(vec![spec], RuleSetRef::default(), at(ms)))
    };
    let mut machine = opened();
    judge(&mut machine, 1_000, True, [True, True]);
    judge(&mut machine, 2_000, True, [True, False]);
    // Another condition of the same rule: urgent stays, and its fall is waited for anew.
    let edited = AlarmSpec { logic: Digest([1; 32]), ..stepped() };
    load(&mut machine, edited.clone(), 6_000);
    assert_eq!(priority(&machine), Priority::Urgent);
    judge(&mut machine, 7_000, True, [True, False]);
    judge(&mut machine, 11_999, True, [True, False]);
    assert_eq!(priority(&machine), Priority::Urgent);
    judge(&mut machine, 12_000, True, [True, False]);
    assert_eq!(priority(&machine), Priority::High);
    // The same conditions with other priorities: the next evaluation says so.
    let mut renamed = edited.clone();
    renamed.priority_steps.remove(1);
    renamed.priority_steps[0].priority = Priority::Urgent;
    load(&mut machine, renamed, 13_000);
    let evidence = || evidence_of(True);
    let verdict = Verdict { priority_steps: &[Unknown], ..of_spec(0, at(14_000), (True, False), &evidence) };
    let events = told(&machine.verdict(&verdict, at(14_000)));
    assert_eq!(events, ["priority raised from high to urgent: b > 60 at 14000"]);
    let events = load(&mut machine, AlarmSpec { priority_steps: Vec::new(), ..edited }, 15_000);
    assert_eq!(events[1], "priority fell from urgent to medium at 15000");
    assert_eq!(priority(&machine), Priority::Medium);
}
