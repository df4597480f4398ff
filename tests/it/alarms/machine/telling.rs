//! Who is told: reminders, rosters, floods, incidents, heartbeats.
#![cfg(test)]

use super::Truth::{False, True};
use super::{CHAIN, at, evidence_of, of_spec, opened_by, spec, told};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use vocdb::alarm::event::{Cause, GroupId, Notification, Subject};
use vocdb::alarm::{Heartbeat, Machine, RuleSetRef};
use vocdb::verdict::{AlarmSpec, Contact, Party, Remind, Roster, Shift};
use vocdb::{AlarmEvent, AlarmId};

fn reminded(chain: &[(i64, &str, &[&str])], times: u32) -> AlarmSpec {
    let mut one = spec("r", chain);
    one.chain.remind = Some(Remind { every_ms: 5_000, times });
    one
}

fn reminders(events: &[AlarmEvent]) -> Vec<(u32, i64)> {
    let of_event = |event: &AlarmEvent| match event {
        AlarmEvent::Reminded(reminder) => Some((reminder.repeat, reminder.due.since_ms(at(0)))),
        _ => None,
    };
    events.iter().filter_map(of_event).collect()
}

fn notifications(events: &[AlarmEvent]) -> Vec<Notification> {
    let of_event = |event: &'_ AlarmEvent| match event {
        AlarmEvent::Notification(notification) => Some(notification.clone()),
        _ => None,
    };
    events.iter().filter_map(of_event).collect()
}

#[test]
fn reminders_follow_the_last_step_and_tell_everybody_told_so_far() {
    let mut machine = opened_by(reminded(&[(0, "duty", &["app"]), (10_000, "head", &["sms"])], 2));
    machine.tick(at(12_000), None);
    assert_eq!(machine.tick(at(16_999), None), []);
    let events = machine.tick(at(17_000), None);
    assert_eq!(told(&events), ["reminder 1 at 17000", "tell duty by app of Step(1)", "tell head by sms of Step(1)"]);
    let ids: BTreeSet<String> = notifications(&events).into_iter().map(|row| row.id).collect();
    let second = machine.tick(at(22_000), None);
    assert_eq!(reminders(&second), [(2, 22_000)]);
    assert!(notifications(&second).iter().all(|row| row.repeat == 2 && !ids.contains(&row.id)));
    assert_eq!(machine.tick(at(900_000), None), []);
}

#[test]
fn reminders_that_fell_due_together_are_sent_as_one_and_an_acknowledgement_ends_them() {
    let mut machine = opened_by(reminded(&[(0, "duty", &["app"])], 4));
    machine.tick(at(2_000), None);
    assert_eq!(reminders(&machine.tick(at(13_000), None)), [(2, 12_000)]);
    machine.acknowledge(AlarmId(1), "anna", "", at(13_500)).unwrap();
    assert_eq!(machine.tick(at(90_000), None), []);
    machine.operate(AlarmId(1), vocdb::alarm::event::OperatorAction::Unacknowledge, ("anna", ""), at(91_000)).unwrap();
    assert_eq!(reminders(&machine.tick(at(91_000), None)), [(4, 22_000)]);
}

#[test]
fn a_step_to_a_roster_tells_those_who_are_on_duty_at_that_hour() {
    let party = |name: &str| Party { contact: Contact(name.to_owned()), fallback: vec!["phone".to_owned()] };
    let mut one = spec("r", &[(0, "desk", &["app"]), (43_200_000, "desk", &["app"])]);
    for step in Arc::make_mut(&mut one.chain.steps) {
        let shift =
            Shift { weekdays: 127, from_minute: 480, to_minute: 1_200, parties: vec![party("day"), party("day-2")] };
        let roster = Roster { zone: "UTC".to_owned(), shifts: vec![shift], otherwise: vec![party("night")] };
        step.roster = Some(Arc::new(roster));
    }
    // The scenario begins at 22:13:20 UTC.
    let mut machine = opened_by(one);
    let events = machine.tick(at(2_000), None);
    assert_eq!(told(&events), ["step 0 of #1 to desk due 2000 at 2000", "tell night by app of Step(0)"]);
    assert_eq!(notifications(&events)[0].fallback, ["phone"]);
    let events = machine.tick(at(43_202_000), None);
    assert_eq!(told(&events)[1..], ["tell day by app of Step(1)", "tell day-2 by app of Step(1)"]);
}

/// A machine with so many rules over one station each, all of one chain.
fn many(count: usize) -> Machine {
    let mut machine = Machine::default();
    let one = |number: usize| AlarmSpec {
        scope_key: format!("S{number}"),
        channels: vec![format!("channel {number}")],
        hold_ms: 0,
        clear_hold_ms: 0,
        ..spec(&format!("rule {number}"), CHAIN)
    };
    machine.load((0..count).map(one).collect(), RuleSetRef::default(), at(0));
    machine
}

fn trip(machine: &mut Machine, place: usize, ms: i64, is_on: bool) -> Vec<AlarmEvent> {
    let (trip, clear) = if is_on { (True, False) } else { (False, True) };
    let evidence = || evidence_of(trip);
    let verdict = of_spec(place, at(ms), (trip, clear), &evidence);
    let mut events = machine.verdict(&verdict, at(ms));
    events.extend(machine.tick(at(ms), None));
    events
}

#[test]
fn the_tenth_alarm_within_ten_minutes_begins_a_flood_that_rolls_messages_up_and_drops_none() {
    let mut machine = many(40);
    let mut all = Vec::new();
    for place in 0..30 {
        all.extend(trip(&mut machine, place, 1_000 * i64::try_from(place).unwrap(), true));
    }
    let single = notifications(&all).iter().filter(|row| row.contact.0 == "duty" && row.alarm.is_some()).count();
    assert_eq!(single, 9 * 2, "nine alarms by app and by sms");
    let is_rolled = |row: &Notification| row.alarm.is_none() && row.contact.0 == "duty";
    let rolled: Vec<Notification> = notifications(&all).into_iter().filter(is_rolled).collect();
    assert_eq!(rolled.iter().map(|row| row.way.as_str()).collect::<Vec<_>>(), ["app", "sms"], "one at once");
    assert_eq!(rolled[0].subject, Subject::RollUp(1));
    let line = "10 alarms in 10 minutes; 1 message in one:\n#10 rule 9: 42.25 ppb at park/S1, park/S3";
    assert!(rolled[0].text.starts_with(line), "{}", rolled[0].text);
    assert_eq!(machine.alarms().count(), 30, "no state is dropped");
    let of_duty = machine.floods().find(|(contact, ..)| contact.0 == "duty").unwrap();
    assert_eq!(of_duty.2, 20, "the rest waits for the next roll-up");

    let mut later = Vec::new();
    for second in 30..1_300 {
        later.extend(machine.tick(at(1_000 * second), None));
    }
    let duty = |row: &Notification| row.contact.0 == "duty" && row.way == "app";
    let texts: String = notifications(&later).into_iter().filter(duty).map(|row| row.text.clone()).collect();
    for alarm in 11..=30 {
        assert!(texts.contains(&format!("#{alarm} rule")), "{alarm} in {texts}");
    }
    let ended = later.iter().filter(|event| matches!(event, AlarmEvent::FloodChanged(flood) if !flood.is_on)).count();
    assert_eq!((machine.floods().count(), ended), (0, 3), "duty, head and bureau had one each");
}

#[test]
fn nine_alarms_within_ten_minutes_are_no_flood() {
    let mut machine = many(10);
    let mut all = Vec::new();
    for place in 0..9 {
        all.extend(trip(&mut machine, place, i64::try_from(place).unwrap(), true));
    }
    all.extend(trip(&mut machine, 9, 600_000, true));
    let of_duty = |event: &AlarmEvent| matches!(event, AlarmEvent::FloodChanged(flood) if flood.contact.0 == "duty");
    assert!(!all.iter().any(of_duty), "the first one was told ten minutes before");
}

#[test]
fn a_heartbeat_comes_at_multiples_of_its_interval_and_missed_ones_are_left_out() {
    let mut machine = Machine::default();
    let (contact, way) = (Contact("desk".to_owned()), "app".to_owned());
    machine.set_heartbeat(Some(Heartbeat { every_ms: 60_000, contact, way }));
    let mut beats = |ms| {
        let events = machine.tick(at(ms), None);
        notifications(&events).iter().map(|row| row.subject).collect::<Vec<_>>()
    };
    // The scenario begins 20 s behind a minute.
    let first = 1_700_000_000_000 / 60_000;
    assert_eq!(beats(0), [Subject::Heartbeat(first)]);
    assert_eq!(beats(39_999), []);
    assert_eq!(beats(40_000), [Subject::Heartbeat(first + 1)]);
    assert_eq!(beats(400_000), [Subject::Heartbeat(first + 7)]);
    assert_eq!(beats(400_001), []);
}

proptest! {
    #![proptest_config(crate::rules::windows::cases(200))]

    /// An alarm joins the earliest incident that has, within half an hour of its newest opening, its rule or its channel.
    #[test]
    fn incidents_agree_with_a_naive_search(openings in prop::collection::vec((0_usize..6, 0_i64..2_400_000), 1..30)) {
        let mut machine = Machine::default();
        let one = |number: usize| AlarmSpec {
            scope_key: format!("S{number}"),
            channels: vec![["benzene", "toluene", "ozone", "benzene", "xylene", "xylene"][number].to_owned()],
            hold_ms: 0,
            clear_hold_ms: 0,
            ..spec(["a", "a", "b", "c", "d", "e"][number], &[])
        };
        let specs: Vec<AlarmSpec> = (0..6).map(one).collect();
        machine.load(specs.clone(), RuleSetRef::default(), at(0));
        let (mut ms, mut known) = (0, Vec::<(u64, BTreeSet<String>, BTreeSet<String>, i64)>::new());
        for (number, (place, pause_ms)) in (1_u64..).zip(openings) {
            ms += pause_ms;
            let events = trip(&mut machine, place, ms, true);
            trip(&mut machine, place, ms, false);
            let joined = events.iter().find_map(|event| match event {
                AlarmEvent::Joined(joined) => Some((joined.group, joined.cause.clone())),
                _ => None,
            });
            let (rule, channel) = (specs[place].rule.clone(), specs[place].channels[0].clone());
            let found = known.iter_mut().find(|(_, rules, channels, newest)| {
                ms - newest <= 1_800_000 && (rules.contains(&rule) || channels.contains(&channel))
            });
            match found {
                Some((id, rules, channels, newest)) => {
                    let cause =
                        if rules.contains(&rule) { Cause::SameRule } else { Cause::SharedChannel(channel.clone()) };
                    prop_assert_eq!(joined, Some((GroupId(*id), cause)));
                    rules.insert(rule);
                    channels.insert(channel);
                    *newest = ms;
                }
                None => {
                    prop_assert_eq!(joined, None);
                    known.push((number, BTreeSet::from([rule]), BTreeSet::from([channel]), ms));
                }
            }
        }
    }
}
