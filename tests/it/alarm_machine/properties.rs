//! What holds of any run of the alarm machine, and that a restored machine goes on as the one that never stopped.
#![cfg(test)]

use super::{at, evidence_of, spec, words};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeMap, BTreeSet};
use vocdb::alarm::{Alarm, Machine, PlannedAcknowledgement, Responder, RuleSetRef};
use vocdb::rules::verdict::{AlarmSpec, MissingPolicy, Truth, Verdict};
use vocdb::{AlarmEvent, AlarmId};

/// One thing that the machine is told.
#[derive(Debug, Clone)]
enum Input {
    Verdict { spec: usize, advance_ms: i64, trip: Truth, clear: Truth, absent: Vec<String> },
    Tick { advance_ms: i64 },
    Acknowledge { alarm: u64 },
    Load { specs: Vec<AlarmSpec> },
    Restart,
}

fn any_truth() -> impl Strategy<Value = Truth> {
    select(vec![Truth::False, Truth::Unknown, Truth::True, Truth::True])
}

fn any_specs() -> impl Strategy<Value = Vec<AlarmSpec>> {
    let step =
        (0_i64..6_000, select(vec!["duty", "head"]), select(vec![&["app"][..], &["app", "sms"], &["sms", "sms"]]));
    let chain = prop::collection::vec(step, 0..4);
    let policy = select(vec![MissingPolicy::Unknown, MissingPolicy::Keep, MissingPolicy::Alarm]);
    let times = (0_i64..3_000, 0_i64..3_000, 0_i64..5_000);
    let one = (chain, policy, times).prop_map(|(mut steps, on_missing, (hold_ms, clear_hold_ms, on_missing_ms))| {
        steps.sort_by_key(|(after_ms, ..)| *after_ms);
        AlarmSpec { on_missing, hold_ms, clear_hold_ms, on_missing_ms, ..spec("", &steps) }
    });
    let names = select(vec![vec!["a", "b", "c"], vec!["b", "a"], vec!["c"], vec!["a", "d"]]);
    (names, prop::collection::vec(one, 3)).prop_map(|(names, specs)| {
        let named = |(name, spec): (&str, AlarmSpec)| AlarmSpec { rule: name.to_owned(), ..spec };
        names.into_iter().zip(specs).map(named).collect()
    })
}

fn any_input() -> impl Strategy<Value = Input> {
    let absent = select(vec![&[][..], &[], &["S1"], &["S1", "S2"], &["S2"]]);
    let verdict = (0_usize..3, 0_i64..2_000, any_truth(), any_truth(), absent);
    prop_oneof![
        20 => verdict.prop_map(|(spec, advance_ms, trip, clear, absent)| {
            let absent = absent.iter().map(|name| (*name).to_owned()).collect();
            Input::Verdict { spec, advance_ms, trip, clear, absent }
        }),
        6 => (0_i64..4_000).prop_map(|advance_ms| Input::Tick { advance_ms }),
        2 => (0_u64..6).prop_map(|alarm| Input::Acknowledge { alarm }),
        1 => any_specs().prop_map(|specs| Input::Load { specs }),
        2 => Just(Input::Restart),
    ]
}

fn answer(alarm: &Alarm) -> Option<PlannedAcknowledgement> {
    let after_ms = [2_500, -100].get(usize::try_from(alarm.opened.alarm.0 % 4).ok()?)?;
    let at = alarm.opened.recorded_at.plus_ms(*after_ms);
    Some(PlannedAcknowledgement { at, by: "script".to_owned(), comment: String::new() })
}

/// A machine, the rules it was loaded with, and everything it said.
#[derive(Debug, Default)]
struct Run {
    machine: Machine,
    specs: Vec<AlarmSpec>,
    now_ms: i64,
    events: Vec<AlarmEvent>,
    refused: Vec<String>,
}

impl Run {
    fn take(&mut self, input: &Input) {
        let responder: Option<&dyn Responder> = Some(&answer);
        match input {
            Input::Verdict { spec, advance_ms, trip, clear, absent } => {
                self.now_ms += advance_ms;
                let (instant, evidence) = (at(self.now_ms - 500), || evidence_of(*trip));
                let verdict = Verdict {
                    spec: *spec,
                    instant,
                    trip: *trip,
                    clear: *clear,
                    absent,
                    suppressed: None,
                    fault: None,
                    evidence: &evidence,
                };
                self.events.extend(self.machine.verdict(&verdict, at(self.now_ms)));
            }
            Input::Tick { advance_ms } => {
                self.now_ms += advance_ms;
                self.events.extend(self.machine.tick(at(self.now_ms), responder));
            }
            Input::Acknowledge { alarm } => {
                match self.machine.acknowledge(AlarmId(*alarm), "anna", "", at(self.now_ms)) {
                    Ok(event) => self.events.push(event),
                    Err(error) => self.refused.push(error.to_string()),
                }
            }
            Input::Load { specs } => {
                self.specs.clone_from(specs);
                self.events.extend(self.machine.load(specs.clone(), RuleSetRef::default(), at(self.now_ms)));
            }
            Input::Restart => {}
        }
    }

    /// Puts a machine in place that knows what was said and what is to be remembered beside it, and nothing else.
    fn restart(&mut self) {
        let state = self.machine.state();
        self.machine = Machine::default();
        self.events.iter().for_each(|event| self.machine.remember(event));
        self.machine.install(self.specs.clone(), RuleSetRef::default());
        self.machine.restore(&state);
    }
}

/// What has been seen of the alarms, event by event.
#[derive(Debug, Default)]
struct Seen {
    open: BTreeMap<AlarmId, (String, String)>,
    opened: BTreeSet<AlarmId>,
    acknowledged: BTreeSet<AlarmId>,
    steps: BTreeMap<AlarmId, u32>,
    ids: BTreeSet<String>,
}

impl Seen {
    /// Whether the event may come behind those before it.
    fn admits(&mut self, event: &AlarmEvent) -> bool {
        match event {
            AlarmEvent::Opened(opened) => {
                let scope = (opened.rule.clone(), opened.scope_key.clone());
                let is_other = !self.open.values().any(|open| *open == scope);
                self.open.insert(opened.alarm, scope);
                is_other && self.opened.insert(opened.alarm) && opened.since <= opened.opened_at
            }
            AlarmEvent::Closed(closed) => {
                self.open.remove(&closed.alarm) == Some((closed.rule.clone(), closed.scope_key.clone()))
            }
            AlarmEvent::Acknowledged(event) => {
                self.open.contains_key(&event.alarm) && self.acknowledged.insert(event.alarm)
            }
            AlarmEvent::Escalated(step) => {
                let next = self.steps.entry(step.alarm).or_default();
                let is_next = *next == step.step;
                *next += 1;
                let may_be_told = self.open.contains_key(&step.alarm) && !self.acknowledged.contains(&step.alarm);
                is_next && may_be_told && step.due <= step.at
            }
            AlarmEvent::Notification(notification) => {
                self.opened.contains(&notification.alarm) && self.ids.insert(notification.id.clone())
            }
            _ => true,
        }
    }
}

proptest! {
    #![proptest_config(crate::rules_windows::cases(500))]

    #[test]
    fn any_run_keeps_the_order_of_things_and_a_restart_changes_nothing(
        specs in any_specs(), inputs in prop::collection::vec(any_input(), 1..120)
    ) {
        let [mut whole, mut restarted] = [Run::default(), Run::default()];
        let inputs: Vec<Input> = std::iter::once(Input::Load { specs }).chain(inputs).collect();
        for input in &inputs {
            whole.take(input);
            restarted.take(input);
            if matches!(input, Input::Restart) {
                restarted.restart();
            }
        }
        prop_assert_eq!(&whole.events, &restarted.events);
        prop_assert_eq!(&whole.refused, &restarted.refused);
        prop_assert_eq!(whole.machine.state(), restarted.machine.state());
        prop_assert!(whole.machine.alarms().eq(restarted.machine.alarms()));
        let mut seen = Seen::default();
        for (index, event) in whole.events.iter().enumerate() {
            prop_assert!(seen.admits(event), "event {index}: {}", words(event));
        }
        prop_assert!(whole.machine.alarms().map(|(id, _)| id).eq(seen.open.keys().copied()));
    }
}
