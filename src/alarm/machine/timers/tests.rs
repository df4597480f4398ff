//! The schedule against a naive look at everything, and the work that it takes.

use super::*;
use crate::alarm::event::{OperatorAction, Shelving};
use crate::alarm::machine::Heartbeat;
use crate::alarm::state::RuleSetRef;
use crate::base::checksum::Digest;
use crate::verdict::{
    AcknowledgementPolicy, AlarmSpec, Chain, Contact, LatePolicy, MissingPolicy, Place, Priority, Remind, Shown, Step,
    Truth, Verdict,
};
use proptest::prelude::*;

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn spec(rule: String, scope_key: &str, steps: &[(i64, String)]) -> AlarmSpec {
    let step = |(after_ms, contact): &(i64, String)| Step {
        after_ms: *after_ms,
        contact: Contact(contact.clone()),
        ways: vec!["app".to_owned()],
        ..Step::default()
    };
    let remind = Some(Remind { every_ms: 4_000, times: 3 });
    AlarmSpec {
        rule,
        scope_key: scope_key.to_owned(),
        guidance: String::new(),
        title: "{rule}".to_owned(),
        priority: Priority::High,
        priority_steps: Vec::new(),
        hold_ms: 0,
        clear_hold_ms: 0,
        on_missing: MissingPolicy::Keep,
        on_missing_ms: 5_000,
        auto_close_ms: None,
        is_latching: false,
        on_late: LatePolicy::Record,
        acknowledgement: AcknowledgementPolicy::default(),
        chain: Chain { name: "c".to_owned(), steps: steps.iter().map(step).collect(), remind },
        channels: vec!["benzene".to_owned()],
        logic: Digest::default(),
        unit: "ppb".to_owned(),
        place: Place { file: "r.rhai".into(), line: 1, column: 1 },
    }
}

/// Specs of two rules over some scopes.
fn specs(scopes: usize, contacts: usize) -> Vec<AlarmSpec> {
    let of = |rule: usize, scope: usize| {
        let contact = format!("contact-{}", scope % contacts.max(1));
        let steps = [(0, contact), (2_500 + 500 * rule as i64, "head".to_owned())];
        spec(format!("rule-{rule}"), &format!("S{scope}"), &steps)
    };
    (0..2).flat_map(|rule| (0..scopes).map(move |scope| of(rule, scope))).collect()
}

fn machine(specs: Vec<AlarmSpec>) -> Machine {
    let mut machine = Machine::default();
    machine.load(specs, RuleSetRef::default(), at(0));
    machine
}

fn verdict(machine: &mut Machine, spec: usize, is_high: bool, now: Timestamp) -> Vec<AlarmEvent> {
    let (trip, clear) = if is_high { (Truth::True, Truth::False) } else { (Truth::False, Truth::True) };
    let verdict = Verdict {
        spec,
        instant: now,
        watermark: now,
        is_live: true,
        trip,
        clear,
        priority_steps: &[],
        absent: &[],
        suppressed: None,
        fault: None,
        evidence: &Vec::new,
        shown: &Shown::default,
    };
    machine.verdict(&verdict, now)
}

/// What is due first, after a look at every alarm, silence and contact.
fn naive(machine: &Machine, now: Timestamp, responder: Option<&dyn Responder>) -> Option<Due> {
    let alarms = machine.alarms.keys().copied().map(Cause::Alarm);
    let silences = machine.silences().map(|(key, _)| Cause::Silence(key));
    let contacts = machine.loads.keys().cloned().map(Cause::Contact);
    let causes = alarms.chain(silences).chain(contacts);
    causes.flat_map(|cause| machine.due_of(&cause, responder)).chain(machine.next_heartbeat(now)).min()
}

fn answer(alarm: &Alarm) -> Option<PlannedAcknowledgement> {
    let is_answered = alarm.opened.alarm.0.is_multiple_of(3) && alarm.group.is_some();
    let at = alarm.opened.recorded_at.plus_ms(3_500);
    is_answered.then(|| PlannedAcknowledgement { at, by: "script".to_owned(), comment: String::new() })
}

#[derive(Debug, Clone)]
enum Act {
    Verdict { spec: usize, is_high: bool },
    Tick { ms: i64 },
    Acknowledge { alarm: u64 },
    Operate { spec: usize, action: OperatorAction },
    Shelve { spec: usize, ms: i64 },
    Reload { scopes: usize },
    Restart,
}

fn any_act() -> impl Strategy<Value = Act> {
    let action = prop::sample::select(vec![
        OperatorAction::TakeOutOfService,
        OperatorAction::ReturnToService,
        OperatorAction::Unshelve,
        OperatorAction::Unacknowledge,
        OperatorAction::Shelve(Shelving::UntilNormal),
    ]);
    prop_oneof![
        8 => (0_usize..24, any::<bool>()).prop_map(|(spec, is_high)| Act::Verdict { spec, is_high }),
        6 => (-500_i64..3_000).prop_map(|ms| Act::Tick { ms }),
        1 => (1_u64..30).prop_map(|alarm| Act::Acknowledge { alarm }),
        2 => (0_usize..24, action).prop_map(|(spec, action)| Act::Operate { spec, action }),
        2 => (0_usize..24, 1_i64..5_000).prop_map(|(spec, ms)| Act::Shelve { spec, ms }),
        1 => (4_usize..13).prop_map(|scopes| Act::Reload { scopes }),
        1 => Just(Act::Restart),
    ]
}

fn key_of(machine: &Machine, spec: usize) -> AlarmKey {
    machine.specs.get(spec).map_or_else(|| AlarmKey::new("", ""), |spec| AlarmKey::new(&*spec.rule, &*spec.scope_key))
}

/// Does everything that is due, and looks at everything before each step.
fn tick(machine: &mut Machine, now: Timestamp) -> Vec<AlarmEvent> {
    let mut events = Vec::new();
    let responder: Option<&dyn Responder> = Some(&answer);
    for _ in 0..10_000 {
        let due = machine.earliest(now, responder);
        assert_eq!(due, naive(machine, now, responder), "at {now}");
        match due.filter(|due| due.at <= now) {
            Some(due) => machine.meet(due, now, responder, &mut events),
            None => return events,
        }
    }
    panic!("no end of what is due");
}

proptest! {
    #[test]
    fn the_schedule_is_what_a_look_at_everything_finds(acts in prop::collection::vec(any_act(), 1..120)) {
        let heartbeat = || Some(Heartbeat { every_ms: 7_000, contact: Contact("head".to_owned()), way: "app".to_owned() });
        // Steps are due for one that is looked at closely, and for one that runs as usual.
        let (mut close, mut usual) = (machine(specs(12, 3)), machine(specs(12, 3)));
        [&mut close, &mut usual].into_iter().for_each(|one| one.set_heartbeat(heartbeat()));
        let (mut now, mut history) = (at(1_000_000), Vec::new());
        for act in acts {
            let made = [&mut close, &mut usual].map(|one| match &act {
                Act::Verdict { spec, is_high } => verdict(one, *spec, *is_high, now),
                Act::Acknowledge { alarm } => one.acknowledge(AlarmId(*alarm), "anna", "", now).into_iter().collect(),
                Act::Operate { spec, action } => {
                    one.operate_on(&key_of(one, *spec), action.clone(), ("anna", ""), now).unwrap_or_default()
                }
                Act::Shelve { spec, ms } => {
                    let until = OperatorAction::Shelve(Shelving::Until(now.plus_ms(*ms)));
                    one.operate_on(&key_of(one, *spec), until, ("anna", ""), now).unwrap_or_default()
                }
                Act::Reload { scopes } => one.load(specs(*scopes, 3), RuleSetRef::default(), now),
                Act::Tick { .. } | Act::Restart => Vec::new(),
            });
            prop_assert_eq!(&made[0], &made[1]);
            let [made, _] = made;
            history.extend(made);
            if let Act::Tick { ms } = act {
                now = now.plus_ms(ms);
                let events = tick(&mut close, now);
                prop_assert_eq!(&usual.tick(now, Some(&answer)), &events);
                history.extend(events);
            }
            if matches!(act, Act::Restart) {
                let (specs, state) = (usual.specs.iter().map(|spec| (**spec).clone()).collect(), usual.state().into_owned());
                usual = Machine::default();
                history.iter().for_each(|event| usual.remember(event));
                usual.install(specs, RuleSetRef::default());
                usual.restore(&state);
                usual.set_heartbeat(heartbeat());
            }
        }
    }
}

/// How often a cause was asked while so many alarms open, escalate, are shelved and close.
fn asked(alarms: usize, contacts: usize) -> usize {
    let mut machine = machine(specs(alarms / 2, contacts));
    let mut now = at(1_000_000);
    for is_high in [true, false] {
        for spec in 0..alarms {
            verdict(&mut machine, spec, is_high, now);
            machine.tick(now, Some(&answer));
        }
        if is_high {
            for spec in 0..alarms / 4 {
                let until = OperatorAction::Shelve(Shelving::Until(now.plus_ms(20_000)));
                let key = key_of(&machine, spec);
                machine.operate_on(&key, until, ("anna", ""), now).unwrap();
            }
        }
        for _ in 0..60 {
            now = now.plus_ms(1_000);
            machine.tick(now, Some(&answer));
        }
    }
    assert_eq!(machine.alarms.len(), 0);
    machine.schedule.asked
}

#[test]
fn twice_as_many_alarms_take_twice_the_work() {
    for contacts in [1, usize::MAX] {
        let (some, twice) = (asked(200, contacts), asked(400, contacts));
        assert!(twice <= 2 * some + some / 5, "{some} for 200 alarms, {twice} for 400");
        assert!(some <= 200 * 40, "{some} for 200 alarms");
    }
}
