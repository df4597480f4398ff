//! Maintenance windows: alarms keep their state, and nobody is notified.
#![cfg(test)]

use super::{at, judge, machine_of, opened_by, spec, told};
use vocdb::alarm::event::{MaintenanceWindow, OperatorAction, Recurrence};
use vocdb::alarm::{AlarmError, Machine, NextStep};
use vocdb::verdict::{AlarmSpec, Truth};
use vocdb::{AlarmEvent, AlarmId, Timestamp};

const ONE: AlarmId = AlarmId(1);
const DAY_MS: i64 = 86_400_000;
const CHAIN: &[(i64, &str, &[&str])] = &[(0, "duty", &["app"]), (10_000, "head", &["sms"])];

fn window(from_ms: i64, to_ms: i64) -> MaintenanceWindow {
    let (rule, stations, zone) = (None, "park/*".to_owned(), String::new());
    MaintenanceWindow { rule, stations, from: at(from_ms), to: at(to_ms), recurrence: None, zone, until: None }
}

fn immediate() -> AlarmSpec {
    AlarmSpec { hold_ms: 0, clear_hold_ms: 0, ..spec("r", CHAIN) }
}

fn plan(machine: &mut Machine, window: MaintenanceWindow, ms: i64) -> Vec<AlarmEvent> {
    machine.plan_maintenance(window, ("anna", "valve work"), at(ms)).unwrap()
}

#[test]
fn in_a_window_alarms_open_and_close_and_nobody_is_notified() {
    let mut machine = machine_of(immediate());
    plan(&mut machine, window(1_000, 60_000), 0);
    assert_eq!(told(&machine.tick(at(1_000), None)), ["maintenance 1 began at 1000"]);
    assert_eq!(told(&judge(&mut machine, 2_000, Truth::True, Truth::False)), ["open #1 since 2000 at 2000"]);
    let silent = NextStep::Silent { why: "maintenance 1 by anna: valve work".to_owned(), until: Some(at(60_000)) };
    assert_eq!(machine.audit().next().unwrap(), (ONE, silent));
    assert_eq!(machine.tick(at(59_999), None), []);
    // The alarm is open still: its first step is taken when the window ends, the next one ten seconds later.
    let expected = [
        "maintenance 1 ended at 60000",
        "maintenance 1 does not recur any more at 60000",
        "step 0 of #1 to duty due 60000 at 60000",
        "tell duty by app of Step(0)",
    ];
    assert_eq!(told(&machine.tick(at(60_000), None)), expected);
    assert_eq!(told(&machine.tick(at(70_000), None))[0], "step 1 of #1 to head due 70000 at 70000");
    assert_eq!(machine.maintenance().count(), 0);
    let mut machine = machine_of(immediate());
    plan(&mut machine, window(0, 60_000), 0);
    judge(&mut machine, 2_000, Truth::True, Truth::False);
    assert_eq!(told(&judge(&mut machine, 3_000, Truth::False, Truth::True)), ["close #1 Cleared at 3000"]);
    assert_eq!(machine.tick(at(100_000), None).len(), 2, "ended and over, and nothing to notify of");
}

#[test]
fn a_chain_stands_still_in_a_window_and_goes_on_where_it_was() {
    let mut machine = opened_by(spec("r", CHAIN));
    machine.tick(at(2_000), None);
    plan(&mut machine, window(0, 30_000), 5_000);
    assert_eq!(told(&machine.tick(at(36_999), None)).len(), 2);
    assert_eq!(told(&machine.tick(at(37_000), None))[0], "step 1 of #1 to head due 37000 at 37000");
}

#[test]
fn a_window_covers_its_stations_and_its_rule_alone_and_another_silence_outlasts_it() {
    for (rule, stations, is_covered) in [
        (None, "park/*", true),
        (None, "**", true),
        (Some("r"), "park/*", true),
        (Some("other"), "park/*", false),
        (None, "park/S1", false),
        (None, "north/*", false),
    ] {
        let mut machine = opened_by(spec("r", CHAIN));
        let (rule, stations) = (rule.map(str::to_owned), stations.to_owned());
        plan(&mut machine, MaintenanceWindow { rule, stations, ..window(0, 30_000) }, 2_000);
        let is_silent = matches!(machine.audit().next().unwrap().1, NextStep::Silent { .. });
        assert_eq!(is_silent, is_covered);
    }
    let mut machine = opened_by(spec("r", CHAIN));
    plan(&mut machine, window(0, 30_000), 2_000);
    machine.operate(ONE, OperatorAction::TakeOutOfService, ("bert", ""), at(10_000)).unwrap();
    assert_eq!(machine.tick(at(40_000), None).len(), 2);
    machine.operate(ONE, OperatorAction::ReturnToService, ("bert", ""), at(41_000)).unwrap();
    assert_eq!(told(&machine.tick(at(41_000), None))[0], "step 0 of #1 to duty due 41000 at 41000");
}

#[test]
fn a_window_recurs_after_restarts_and_what_was_missed_is_passed_over() {
    let spec = immediate();
    let mut machine = machine_of(spec.clone());
    let daily = MaintenanceWindow {
        recurrence: Some(Recurrence::Daily),
        until: Some(at(12 * DAY_MS)),
        ..window(1_000, 60_000)
    };
    let mut events = plan(&mut machine, daily, 0);
    let mut seen = Vec::new();
    for ms in [1_000, 60_000, DAY_MS + 2_000, DAY_MS + 60_000, 9 * DAY_MS + 5_000, 9 * DAY_MS + 90_000, 20 * DAY_MS] {
        // A machine that knows the events and nothing else goes on as the one that never stopped.
        let mut other = machine_of(spec.clone());
        events.iter().for_each(|event| other.remember(event));
        let next = machine.tick(at(ms), None);
        assert_eq!(other.tick(at(ms), None), next);
        seen.extend(told(&next));
        events.extend(next);
    }
    let day = DAY_MS / 1_000;
    let expected = [
        "maintenance 1 began at 1000".to_owned(),
        "maintenance 1 ended at 60000".to_owned(),
        format!("maintenance 1 began at {}", DAY_MS + 2_000),
        format!("maintenance 1 ended at {}", DAY_MS + 60_000),
        format!("maintenance 1 began at {}", 9 * DAY_MS + 5_000),
        format!("maintenance 1 ended, 30 s late at {}", 9 * DAY_MS + 90_000),
        format!("maintenance 1 does not recur any more, {} s late at {}", 8 * day, 20 * DAY_MS),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_window_is_cancelled_by_somebody_and_one_that_makes_no_sense_is_refused() {
    let mut machine = opened_by(spec("r", CHAIN));
    plan(&mut machine, window(0, 30_000), 2_000);
    let cancelled = machine.cancel_maintenance(1, ("bert", "done early"), at(5_000)).unwrap();
    assert_eq!(told(&cancelled), ["maintenance 1 was cancelled by bert: done early at 5000"]);
    assert_eq!(told(&machine.tick(at(5_000), None))[0], "step 0 of #1 to duty due 5000 at 5000");
    assert_eq!(machine.cancel_maintenance(1, ("bert", ""), at(5_000)), Err(AlarmError::NoMaintenance(1)));
    let recurring = |zone: &str, to_ms| {
        let (recurrence, zone) = (Some(Recurrence::Daily), zone.to_owned());
        MaintenanceWindow { recurrence, zone, ..window(0, to_ms) }
    };
    let none = MaintenanceWindow { stations: " ".to_owned(), ..window(0, 30_000) };
    for wrong in [window(5, 5), window(0, 4_000), recurring("Mars/Olympus", 1_000), recurring("", DAY_MS + 1), none] {
        let refused = machine.plan_maintenance(wrong, ("anna", "why"), at(5_000));
        assert!(matches!(refused, Err(AlarmError::Maintenance { .. })), "{refused:?}");
    }
    for (by, reason) in [("", "why"), ("anna", ""), ("an\u{202e}na", "why"), ("anna", "two\nlines")] {
        assert!(machine.plan_maintenance(window(0, 30_000), (by, reason), at(0)).is_err(), "{by:?} {reason:?}");
    }
    assert!(machine.plan_maintenance(recurring("Asia/Shanghai", DAY_MS), ("anna", "why"), Timestamp::MIN).is_ok());
}
