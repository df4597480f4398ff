//! What operators and rules do to an alarm besides opening and closing it: latches, shelves, suppression, service.
#![cfg(test)]

use super::Truth::{False, True, Unknown};
use super::{CHAIN, at, condition, evidence_of, judge, machine_of, of_spec, opened_by, spec, told};
use vocdb::alarm::event::{OperatorAction, Shelving};
use vocdb::alarm::{AlarmError, AlarmKey, Condition, Machine};
use vocdb::verdict::{AlarmSpec, Truth, Verdict};
use vocdb::{AlarmEvent, AlarmId};

const ONE: AlarmId = AlarmId(1);
const RETRIP: &str = "tripped again while latched: an acknowledgement counts no longer, the chain begins anew";

fn key() -> AlarmKey {
    AlarmKey::new("r", "park/*")
}

fn operate(machine: &mut Machine, action: OperatorAction, ms: i64) -> Result<Vec<String>, AlarmError> {
    machine.operate_on(&key(), action, ("anna", "so"), at(ms)).map(|events| told(&events))
}

fn judge_suppressed(machine: &mut Machine, ms: i64, trip: Truth, by: Option<&str>) -> Vec<String> {
    let evidence = || evidence_of(trip);
    let clear = trip.not();
    let verdict = Verdict { suppressed: by, ..of_spec(0, at(ms), (trip, clear), &evidence) };
    told(&machine.verdict(&verdict, at(ms)))
}

/// What a tick at `ms` does, without the rows of the outbox.
fn tick(machine: &mut Machine, ms: i64) -> Vec<String> {
    let events = machine.tick(at(ms), None);
    told(&events).into_iter().filter(|line| !line.starts_with("tell")).collect()
}

#[test]
fn an_acknowledgement_that_is_taken_back_lets_overdue_steps_go_at_once_and_the_rest_in_time() {
    let mut machine = opened_by(spec("r", CHAIN));
    tick(&mut machine, 2_000);
    machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap();
    assert_eq!(tick(&mut machine, 15_000), Vec::<String>::new());
    let events = machine.operate(ONE, OperatorAction::Unacknowledge, ("anna", "cannot"), at(15_000)).unwrap();
    assert_eq!(told(&events), ["acknowledgement taken back by anna: cannot at 15000"]);
    assert_eq!(tick(&mut machine, 15_000), ["step 1 of #1 to head due 12000 at 15000"]);
    assert_eq!(tick(&mut machine, 22_000), ["step 2 of #1 to bureau due 22000 at 22000"]);
    let again = machine.operate(ONE, OperatorAction::Unacknowledge, ("anna", ""), at(23_000));
    assert_eq!(again, Err(AlarmError::NotAcknowledged(ONE)));
}

#[test]
fn a_shelved_alarm_keeps_its_state_and_its_chain_stands_still_until_the_shelf_ends() {
    let mut machine = opened_by(spec("r", CHAIN));
    assert_eq!(tick(&mut machine, 2_000), ["step 0 of #1 to duty due 2000 at 2000"]);
    let shelve = OperatorAction::Shelve(Shelving::Until(at(62_000)));
    assert_eq!(operate(&mut machine, shelve, 5_000).unwrap().len(), 1);
    assert_eq!(tick(&mut machine, 61_999), Vec::<String>::new());
    assert_eq!(condition(&machine), Condition::Active);
    // Noticed late: the chain goes on from the end of the shelving all the same.
    let taken = tick(&mut machine, 70_000);
    assert_eq!(taken, ["no longer shelved: its time is over at 70000", "step 1 of #1 to head due 69000 at 70000"]);
    assert_eq!(machine.silences().count(), 0);
    assert_eq!(tick(&mut machine, 79_000), ["step 2 of #1 to bureau due 79000 at 79000"]);
}

#[test]
fn a_shelving_may_be_changed_and_ended_and_not_begin_in_the_past() {
    let mut machine = machine_of(spec("r", CHAIN));
    let until = |ms| OperatorAction::Shelve(Shelving::Until(at(ms)));
    let past = AlarmError::ShelvedUntilPast { key: key(), until: at(10), now: at(10) };
    assert_eq!(operate(&mut machine, until(10), 10), Err(past));
    assert_eq!(
        operate(&mut machine, OperatorAction::Unshelve, 10),
        Err(AlarmError::Not { key: key(), state: "shelved" })
    );
    operate(&mut machine, until(1_000), 10).unwrap();
    operate(&mut machine, until(5_000), 20).unwrap();
    assert_eq!(tick(&mut machine, 1_000), Vec::<String>::new());
    operate(&mut machine, OperatorAction::Unshelve, 2_000).unwrap();
    assert_eq!(tick(&mut machine, 5_000), Vec::<String>::new());
    let unknown = AlarmKey::new("r", "elsewhere");
    let refused = machine.operate_on(&unknown, until(9_000), ("anna", ""), at(6_000));
    assert_eq!(refused, Err(AlarmError::NoCondition(unknown)));
}

#[test]
fn an_alarm_that_opens_on_the_shelf_tells_nobody_until_it_is_taken_off() {
    let mut machine = machine_of(AlarmSpec { hold_ms: 0, ..spec("r", CHAIN) });
    operate(&mut machine, OperatorAction::Shelve(Shelving::UntilNormal), 0).unwrap();
    assert_eq!(told(&judge(&mut machine, 1_000, True, False)), ["open #1 since 1000 at 1000"]);
    assert_eq!(tick(&mut machine, 50_000), Vec::<String>::new());
    operate(&mut machine, OperatorAction::Unshelve, 50_000).unwrap();
    assert_eq!(tick(&mut machine, 50_000), ["step 0 of #1 to duty due 50000 at 50000"]);
}

#[test]
fn a_shelving_until_normal_ends_when_the_alarm_clears_and_nobody_hears_of_that_one() {
    let mut machine = opened_by(AlarmSpec { clear_hold_ms: 0, ..spec("r", CHAIN) });
    tick(&mut machine, 2_000);
    operate(&mut machine, OperatorAction::Shelve(Shelving::UntilNormal), 3_000).unwrap();
    let events = told(&judge(&mut machine, 4_000, False, True));
    assert_eq!(events, ["close #1 Cleared at 4000", "no longer shelved: the alarm has cleared at 4000"]);
    judge(&mut machine, 5_000, True, False);
    judge(&mut machine, 7_000, True, False);
    assert_eq!(tick(&mut machine, 7_000), ["step 0 of #2 to duty due 7000 at 7000"]);
}

#[test]
fn what_is_out_of_service_goes_on_in_silence_and_says_so_to_who_tries_twice() {
    let mut machine = opened_by(spec("r", CHAIN));
    operate(&mut machine, OperatorAction::TakeOutOfService, 2_000).unwrap();
    let already = AlarmError::Already { key: key(), state: "out of service" };
    assert_eq!(operate(&mut machine, OperatorAction::TakeOutOfService, 2_500), Err(already));
    assert_eq!(tick(&mut machine, 90_000), Vec::<String>::new());
    judge(&mut machine, 91_000, False, True);
    assert_eq!(told(&judge(&mut machine, 94_000, False, True)), ["close #1 Cleared at 94000"]);
    operate(&mut machine, OperatorAction::ReturnToService, 95_000).unwrap();
    let not = AlarmError::Not { key: key(), state: "out of service" };
    assert_eq!(operate(&mut machine, OperatorAction::ReturnToService, 96_000), Err(not));
}

#[test]
fn a_suppressed_alarm_opens_on_record_and_tells_people_once_nothing_suppresses_it() {
    let mut machine = machine_of(AlarmSpec { hold_ms: 0, ..spec("r", CHAIN) });
    let by = Some("flag(calibration)");
    assert_eq!(judge_suppressed(&mut machine, 0, False, by), ["suppressed by flag(calibration) at 0"]);
    assert_eq!(judge_suppressed(&mut machine, 1_000, True, by), ["open #1 since 1000 at 1000"]);
    assert_eq!(tick(&mut machine, 9_000), Vec::<String>::new());
    let maintained = judge_suppressed(&mut machine, 10_000, True, Some("flag(maintenance)"));
    assert_eq!(maintained, ["suppressed by flag(maintenance) at 10000"]);
    assert_eq!(tick(&mut machine, 30_000), Vec::<String>::new());
    assert_eq!(judge_suppressed(&mut machine, 31_000, True, None), ["no longer suppressed at 31000"]);
    assert_eq!(tick(&mut machine, 31_000), ["step 0 of #1 to duty due 31000 at 31000"]);
    assert_eq!(tick(&mut machine, 41_000), ["step 1 of #1 to head due 41000 at 41000"]);
}

#[test]
fn a_latching_alarm_stays_after_it_has_cleared_until_somebody_resets_it() {
    let mut machine = opened_by(AlarmSpec { is_latching: true, ..spec("r", CHAIN) });
    tick(&mut machine, 2_000);
    assert_eq!(
        machine.operate(ONE, OperatorAction::ResetLatch, ("anna", ""), at(2_500)),
        Err(AlarmError::NotLatched(ONE))
    );
    judge(&mut machine, 3_000, False, True);
    let latched = told(&judge(&mut machine, 6_000, False, True));
    assert_eq!(latched, ["cleared, and latched until somebody resets it at 6000"]);
    assert_eq!((condition(&machine), machine.alarms().count()), (Condition::Normal, 1));
    assert_eq!(tick(&mut machine, 12_000), ["step 1 of #1 to head due 12000 at 12000"], "its chain goes on");
    judge(&mut machine, 13_000, True, False);
    assert_eq!(told(&judge(&mut machine, 15_000, True, False)), [RETRIP.to_owned() + " at 15000"]);
    assert_eq!(
        machine.operate(ONE, OperatorAction::ResetLatch, ("anna", ""), at(15_500)),
        Err(AlarmError::NotLatched(ONE))
    );
    judge(&mut machine, 16_000, False, True);
    judge(&mut machine, 19_000, False, True);
    let reset = machine.operate(ONE, OperatorAction::ResetLatch, ("anna", "looked"), at(20_000)).unwrap();
    assert_eq!(told(&reset)[..2], ["latch reset by anna: looked at 20000", "close #1 LatchReset at 20000"]);
    assert!(told(&reset).contains(&"tell head by sms of Closed".to_owned()));
    assert_eq!(judge(&mut machine, 21_000, True, False), []);
    assert_eq!(told(&judge(&mut machine, 23_000, True, False))[0], "open #2 since 21000 at 23000");
}

/// An alarm that opened at 2000, was acknowledged at 3000, has cleared since, and trips again at 102000.
fn tripped_again() -> Machine {
    let mut machine = opened_by(AlarmSpec { is_latching: true, clear_hold_ms: 0, ..spec("r", CHAIN) });
    machine.tick(at(2_000), None);
    machine.acknowledge(ONE, "anna", "", at(3_000)).unwrap();
    judge(&mut machine, 4_000, False, True);
    assert_eq!(tick(&mut machine, 90_000), Vec::<String>::new());
    judge(&mut machine, 100_000, True, False);
    assert_eq!(told(&judge(&mut machine, 102_000, True, False)), [RETRIP.to_owned() + " at 102000"]);
    machine
}

#[test]
fn a_latched_alarm_that_trips_again_counts_as_unacknowledged_and_tells_everybody_anew() {
    let mut machine = tripped_again();
    assert_eq!(machine.alarm(ONE).unwrap().acknowledged, None);
    let events = machine.tick(at(102_000), None);
    assert_eq!(told(&events)[0], "step 0 of #1 to duty due 102000 at 102000");
    let AlarmEvent::Notification(row) = &events[1] else { panic!("{events:?}") };
    assert!(row.text.starts_with("tripped again: r: 42.25 ppb"), "{}", row.text);
    let first = opened_by(spec("r", CHAIN)).tick(at(2_000), None);
    let AlarmEvent::Notification(before) = &first[1] else { panic!("{first:?}") };
    assert_eq!((&before.contact, &before.way, before.subject), (&row.contact, &row.way, row.subject));
    assert_ne!(before.id, row.id, "a receiver that drops repeats does not drop it");
    assert_eq!(tick(&mut machine, 112_000), ["step 1 of #1 to head due 112000 at 112000"]);
    machine.acknowledge(ONE, "bert", "", at(113_000)).unwrap();
    assert_eq!(tick(&mut machine, 900_000), Vec::<String>::new());
}

#[test]
fn an_unacknowledged_alarm_whose_chain_has_run_out_tells_everybody_anew_too() {
    let mut machine = opened_by(AlarmSpec { is_latching: true, clear_hold_ms: 0, ..spec("r", CHAIN) });
    assert_eq!(tick(&mut machine, 60_000).len(), 3);
    judge(&mut machine, 61_000, False, True);
    judge(&mut machine, 62_000, True, False);
    judge(&mut machine, 64_000, True, False);
    assert_eq!(tick(&mut machine, 64_000), ["step 0 of #1 to duty due 64000 at 64000"]);
}

#[test]
fn a_latched_alarm_that_trips_again_in_silence_tells_people_when_the_silence_ends() {
    let mut machine = opened_by(AlarmSpec { is_latching: true, clear_hold_ms: 0, ..spec("r", CHAIN) });
    tick(&mut machine, 2_000);
    operate(&mut machine, OperatorAction::TakeOutOfService, 3_000).unwrap();
    judge(&mut machine, 4_000, False, True);
    judge(&mut machine, 10_000, True, False);
    judge(&mut machine, 12_000, True, False);
    assert_eq!(tick(&mut machine, 50_000), Vec::<String>::new());
    operate(&mut machine, OperatorAction::ReturnToService, 50_000).unwrap();
    assert_eq!(tick(&mut machine, 50_000), ["step 0 of #1 to duty due 50000 at 50000"]);
    assert_eq!(tick(&mut machine, 60_000), ["step 1 of #1 to head due 60000 at 60000"]);
}

#[test]
fn an_alarm_closes_by_itself_once_it_has_not_tripped_for_long_enough_and_missing_verdicts_do_not_count() {
    let mut machine = opened_by(AlarmSpec { auto_close_ms: Some(10_000), ..spec("r", &[]) });
    for (ms, trip) in [(3_000, False), (12_999, False), (13_000, Unknown), (14_000, False), (23_999, False)] {
        let closed = judge(&mut machine, ms, trip, False).iter().any(|event| matches!(event, AlarmEvent::Closed(_)));
        assert!(!closed, "{ms}");
    }
    assert_eq!(told(&judge(&mut machine, 24_000, False, False)), ["close #1 AutoClosed at 24000"]);
    assert_eq!(condition(&machine), Condition::Normal);
}

#[test]
fn comments_and_hand_overs_are_recorded_and_change_nothing_else() {
    let mut machine = opened_by(spec("r", CHAIN));
    let commented = machine.operate(ONE, OperatorAction::Comment, ("anna", "valve 3"), at(3_000)).unwrap();
    assert_eq!(told(&commented), ["comment by anna: valve 3 at 3000"]);
    let handed = machine.operate(ONE, OperatorAction::HandOver { to: "bert".to_owned() }, ("anna", "shift"), at(4_000));
    assert_eq!(told(&handed.unwrap()), ["handed over to bert by anna: shift at 4000"]);
    assert_eq!(machine.alarms().next().unwrap().1.owner.as_deref(), Some("bert"));
    assert_eq!(tick(&mut machine, 2_000).len(), 1);
    let none = machine.operate(AlarmId(9), OperatorAction::Comment, ("anna", ""), at(5_000));
    assert_eq!(none, Err(AlarmError::NotOpen(AlarmId(9))));
}
