//! Another rule set in the middle of holds and escalations: every alarm is carried, evaluated anew or closed, with its record.
#![cfg(test)]

use super::Truth::{False, True};
use super::{CHAIN, at, condition, evidence_of, judge, machine_of, of_spec, opened_by, spec, told};
use vocdb::alarm::event::{Carry, OperatorAction, Shelving};
use vocdb::alarm::{AlarmKey, Condition, Machine, RuleSetRef};
use vocdb::base::checksum::Digest;
use vocdb::verdict::AlarmSpec;
use vocdb::{AlarmEvent, AlarmId};

fn load(machine: &mut Machine, specs: Vec<AlarmSpec>, ms: i64) -> Vec<AlarmEvent> {
    machine.load(specs, RuleSetRef { hash: Digest([8; 32]) }, at(ms))
}

fn carries(events: &[AlarmEvent]) -> Vec<(Option<AlarmId>, Carry)> {
    let carried = events.iter().filter_map(|event| match event {
        AlarmEvent::Carried(carried) => {
            assert_eq!((carried.from, carried.to), (Digest([7; 32]), Digest([8; 32])));
            Some((carried.alarm, carried.carry))
        }
        _ => None,
    });
    carried.collect()
}

fn edited(logic: u8) -> AlarmSpec {
    AlarmSpec { logic: Digest([logic; 32]), ..spec("r", CHAIN) }
}

#[test]
fn a_rule_that_is_the_same_goes_on_in_the_middle_of_its_hold_and_of_its_chain() {
    let mut machine = opened_by(spec("r", CHAIN));
    machine.tick(at(2_000), None);
    judge(&mut machine, 3_000, False, True);
    let events = load(&mut machine, vec![spec("r", CHAIN)], 4_000);
    assert_eq!(carries(&events), [(Some(AlarmId(1)), Carry::Unchanged)]);
    assert_eq!(told(&machine.tick(at(12_000), None))[0], "step 1 of #1 to head due 12000 at 12000");
    assert_eq!(told(&judge(&mut machine, 6_000, False, True))[0], "close #1 Cleared at 6000");
}

#[test]
fn a_rule_that_stands_elsewhere_in_its_file_is_the_same_rule() {
    let mut machine = opened_by(spec("r", CHAIN));
    let mut moved = spec("r", CHAIN);
    moved.place.line += 7;
    assert_eq!(carries(&load(&mut machine, vec![moved], 4_000)), [(Some(AlarmId(1)), Carry::Unchanged)]);
    let AlarmSpec { title, .. } = spec("r", CHAIN);
    let retitled = AlarmSpec { title: format!("{title}!"), ..spec("r", CHAIN) };
    let events = machine.load(vec![retitled], RuleSetRef { hash: Digest([9; 32]) }, at(5_000));
    assert!(matches!(&events[..], [AlarmEvent::Carried(one)] if one.carry == Carry::Renewed), "{events:?}");
}

#[test]
fn a_rule_that_looks_at_something_else_keeps_its_alarm_and_begins_its_holds_anew() {
    let mut machine = machine_of(spec("r", CHAIN));
    judge(&mut machine, 0, True, False);
    assert_eq!(carries(&load(&mut machine, vec![edited(1)], 1_000)), [(None, Carry::Reevaluated)]);
    assert_eq!(condition(&machine), Condition::Normal);
    assert_eq!(judge(&mut machine, 2_000, True, False), []);
    assert_eq!(told(&judge(&mut machine, 4_000, True, False)), ["open #1 since 2000 at 4000"]);

    let mut machine = opened_by(spec("r", CHAIN));
    judge(&mut machine, 3_000, False, True);
    assert_eq!(carries(&load(&mut machine, vec![edited(1)], 4_000)), [(Some(AlarmId(1)), Carry::Reevaluated)]);
    assert_eq!(condition(&machine), Condition::Active);
    assert_eq!(judge(&mut machine, 6_000, False, True), []);
    assert_eq!(told(&judge(&mut machine, 9_000, False, True)), ["close #1 Cleared at 9000"]);
}

#[test]
fn the_chain_of_an_open_alarm_is_that_of_its_opening_whatever_the_new_rule_says() {
    let mut machine = opened_by(spec("r", CHAIN));
    machine.tick(at(2_000), None);
    load(&mut machine, vec![AlarmSpec { hold_ms: 7, ..spec("r", &[(0, "nobody", &["app"])]) }], 3_000);
    assert_eq!(told(&machine.tick(at(12_000), None))[0], "step 1 of #1 to head due 12000 at 12000");
}

#[test]
fn a_renamed_rule_closes_its_alarm_for_want_of_the_rule_and_tells_who_was_told() {
    let mut machine = opened_by(spec("r", CHAIN));
    machine.tick(at(2_000), None);
    let events = told(&load(&mut machine, vec![spec("renamed", CHAIN)], 3_000));
    let expected = ["close #1 RuleRemoved at 3000", "tell duty by app of Closed", "tell duty by sms of Closed"];
    assert_eq!(events, expected);
    assert_eq!(machine.tick(at(90_000), None), []);
}

#[test]
fn switching_all_rules_off_closes_all_alarms_and_keeps_what_operators_have_put_away() {
    let mut machine = opened_by(spec("r", CHAIN));
    let key = AlarmKey::new("r", "park/*");
    machine.operate_on(&key, OperatorAction::Shelve(Shelving::UntilNormal), ("anna", ""), at(2_000)).unwrap();
    assert_eq!(told(&load(&mut machine, Vec::new(), 3_000)), ["close #1 RuleRemoved at 3000"], "and nobody is told");
    assert_eq!((machine.alarms().count(), machine.conditions().count()), (0, 0));
    assert_eq!(machine.silences().map(|(key, _)| key).collect::<Vec<_>>(), std::slice::from_ref(&key));
    load(&mut machine, vec![spec("r", CHAIN)], 4_000);
    machine.operate_on(&key, OperatorAction::Unshelve, ("anna", ""), at(5_000)).unwrap();
    assert_eq!(machine.silences().count(), 0);
}

#[test]
fn a_condition_that_is_normal_goes_over_without_a_record() {
    let mut machine = machine_of(spec("r", CHAIN));
    assert_eq!(load(&mut machine, vec![edited(1), spec("new", CHAIN)], 1_000), []);
}

#[test]
fn a_new_rule_set_carries_alarms_by_rule_and_scope_and_closes_the_rest() {
    let other_scope = || AlarmSpec { scope_key: "park/S9".to_owned(), ..spec("r", CHAIN) };
    let mut machine = Machine::default();
    machine.load(vec![other_scope(), spec("r", CHAIN)], RuleSetRef::default(), at(0));
    for place in [0, 1] {
        for ms in [0, 2_000] {
            let evidence = || evidence_of(True);
            let verdict = of_spec(place, at(ms), (True, False), &evidence);
            machine.verdict(&verdict, at(ms));
        }
    }
    machine.tick(at(2_000), None);
    let renewed = AlarmSpec { clear_hold_ms: 0, ..spec("r", &[]) };
    let events = machine.load(vec![spec("new", &[]), renewed], RuleSetRef::default(), at(5_000));
    let carried =
        "went over into a new rule set: the rule looks at the same, with other times, texts or people at 5000";
    let expected =
        [carried, "close #1 ScopeRemoved at 5000", "tell duty by app of Closed", "tell duty by sms of Closed"];
    assert_eq!(told(&events), expected);
    let AlarmEvent::Closed(closed) = &events[1] else { panic!("{events:?}") };
    assert_eq!((closed.scope_key.as_str(), closed.evidence.len()), ("park/S9", 0));
    assert_eq!(told(&machine.tick(at(12_000), None))[0], "step 1 of #2 to head due 12000 at 12000");
    let evidence = || evidence_of(False);
    let verdict = of_spec(1, at(13_000), (False, True), &evidence);
    assert_eq!(told(&machine.verdict(&verdict, at(13_000)))[0], "close #2 Cleared at 13000");
    assert_eq!(machine.load(Vec::new(), RuleSetRef::default(), at(14_000)), []);
}

#[test]
fn a_pending_condition_is_carried_over_a_new_rule_set() {
    let mut machine = machine_of(spec("r", &[]));
    judge(&mut machine, 0, True, False);
    let events = machine.load(vec![AlarmSpec { hold_ms: 5_000, ..spec("r", &[]) }], RuleSetRef::default(), at(1));
    assert!(matches!(&events[..], [AlarmEvent::Carried(carried)] if carried.carry == Carry::Renewed), "{events:?}");
    assert_eq!(judge(&mut machine, 4_999, True, False), []);
    assert_eq!(told(&judge(&mut machine, 5_000, True, False)), ["open #1 since 0 at 5000"]);
}
