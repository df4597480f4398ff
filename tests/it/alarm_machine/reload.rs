//! Another rule set in the middle of holds and escalations: every alarm is carried, evaluated anew or closed, with its record.
#![cfg(test)]

use super::Truth::{False, True};
use super::{CHAIN, at, condition, judge, machine_of, opened_by, spec, told};
use vocdb::alarm::event::{Carry, OperatorAction, Shelving};
use vocdb::alarm::{AlarmKey, Condition, Machine, RuleSetRef};
use vocdb::base::checksum::Digest;
use vocdb::rules::verdict::AlarmSpec;
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
    assert_eq!(machine.silences().map(|(key, _)| key).collect::<Vec<_>>(), [key.clone()]);
    load(&mut machine, vec![spec("r", CHAIN)], 4_000);
    machine.operate_on(&key, OperatorAction::Unshelve, ("anna", ""), at(5_000)).unwrap();
    assert_eq!(machine.silences().count(), 0);
}

#[test]
fn a_condition_that_is_normal_goes_over_without_a_record() {
    let mut machine = machine_of(spec("r", CHAIN));
    assert_eq!(load(&mut machine, vec![edited(1), spec("new", CHAIN)], 1_000), []);
}
