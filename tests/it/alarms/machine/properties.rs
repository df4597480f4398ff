//! What holds of any run of the alarm machine, and that a restored machine goes on as the one that never stopped.
#![cfg(test)]

use super::seen::Seen;
use super::{at, evidence_of, of_spec, spec, words};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use vocdb::alarm::event::{MaintenanceWindow, OperatorAction, Recurrence, Shelving};
use vocdb::alarm::{Alarm, Heartbeat, Machine, MachineState, NextStep, PlannedAcknowledgement, Responder, RuleSetRef};
use vocdb::base::checksum::Digest;
use vocdb::verdict::{AlarmSpec, Contact, MissingPolicy, Priority, PriorityStep, Remind, Truth, Verdict};
use vocdb::{AlarmEvent, AlarmId};

/// One thing that the machine is told.
#[derive(Debug, Clone)]
enum Input {
    Verdict {
        spec: usize,
        advance_ms: i64,
        trip: Truth,
        clear: Truth,
        absent: Vec<String>,
        suppressed: Option<String>,
        steps: [Truth; 2],
    },
    Tick {
        advance_ms: i64,
    },
    Acknowledge {
        alarm: u64,
        by: &'static str,
        lasts_ms: Option<i64>,
    },
    Operate {
        alarm: u64,
        action: OperatorAction,
    },
    /// Shelves one of the rules for so long.
    Shelve {
        spec: usize,
        for_ms: i64,
    },
    /// Plans a maintenance window of one of the rules, or all, from so long after now, for so long.
    Maintain {
        rule: Option<&'static str>,
        times_ms: (i64, i64),
        recurrence: Option<Recurrence>,
    },
    Cancel {
        number: u64,
    },
    Load {
        specs: Vec<AlarmSpec>,
    },
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
    let extras = (
        prop::option::weighted(0.3, 0_i64..4_000),
        any::<bool>(),
        prop::option::weighted(0.5, (1_000_i64..5_000, 1_u32..4)),
        (select(vec!["benzene", "toluene"]), 0_u8..2),
        ((prop::option::weighted(0.4, 500_i64..6_000), 0_u32..3), any_priority_steps()),
    );
    let one = (chain, policy, times, extras).prop_map(|(mut steps, on_missing, times, extras)| {
        let (hold_ms, clear_hold_ms, on_missing_ms) = times;
        let (auto_close_ms, is_latching, remind, (channel, logic), (policy, priority_steps)) = extras;
        steps.sort_by_key(|(after_ms, ..)| *after_ms);
        let mut one = AlarmSpec { on_missing, hold_ms, clear_hold_ms, on_missing_ms, ..spec("", &steps) };
        one.chain.remind = remind.map(|(every_ms, times)| Remind { every_ms, times });
        (one.auto_close_ms, one.is_latching) = (auto_close_ms, is_latching && clear_hold_ms % 2 == 0);
        (one.acknowledgement.expires_ms, one.acknowledgement.needed) = policy;
        (one.priority, one.priority_steps) = (Priority::Low, priority_steps);
        (one.channels, one.logic) = (vec![channel.to_owned()], Digest([logic; 32]));
        one
    });
    let names = select(vec![vec!["a", "b", "c"], vec!["b", "a"], vec!["c"], vec!["a", "d"], vec![]]);
    (names, prop::collection::vec(one, 3)).prop_map(|(names, specs)| {
        let named = |(name, spec): (&str, AlarmSpec)| AlarmSpec { rule: name.to_owned(), ..spec };
        names.into_iter().zip(specs).map(named).collect()
    })
}

/// None, one or two priority steps above low.
fn any_priority_steps() -> impl Strategy<Value = Vec<PriorityStep>> {
    let fall_ms = || select(vec![0_i64, 0, 700, 2_500]);
    let priorities = select(vec![vec![], vec![Priority::High], vec![Priority::Medium, Priority::Urgent]]);
    (priorities, fall_ms(), fall_ms()).prop_map(|(priorities, first_ms, second_ms)| {
        let step =
            |(priority, fall_ms)| PriorityStep { priority, fall_ms, condition: format!("worse than {priority}") };
        priorities.into_iter().zip([first_ms, second_ms]).map(step).collect()
    })
}

fn any_input() -> impl Strategy<Value = Input> {
    let absent = select(vec![&[][..], &[], &["S1"], &["S1", "S2"], &["S2"]]);
    let suppressed = select(vec![None, None, None, None, Some("flag(calibration)".to_owned())]);
    let steps = (any_truth(), any_truth());
    let verdict = (0_usize..3, 0_i64..2_000, any_truth(), any_truth(), (absent, suppressed), steps);
    let action = select(vec![
        OperatorAction::Unacknowledge,
        OperatorAction::Comment,
        OperatorAction::ResetLatch,
        OperatorAction::HandOver { to: "bert".to_owned() },
        OperatorAction::Shelve(Shelving::UntilNormal),
        OperatorAction::Unshelve,
        OperatorAction::TakeOutOfService,
        OperatorAction::ReturnToService,
    ]);
    prop_oneof![
        24 => verdict.prop_map(|(spec, advance_ms, trip, clear, (absent, suppressed), steps)| {
            let absent = absent.iter().map(|name| (*name).to_owned()).collect();
            Input::Verdict { spec, advance_ms, trip, clear, absent, suppressed, steps: steps.into() }
        }),
        6 => (0_i64..4_000).prop_map(|advance_ms| Input::Tick { advance_ms }),
        4 => (0_u64..20, select(vec!["anna", "bert"]), prop::option::weighted(0.3, 100_i64..5_000))
            .prop_map(|(alarm, by, lasts_ms)| Input::Acknowledge { alarm, by, lasts_ms }),
        4 => (0_u64..20, action).prop_map(|(alarm, action)| Input::Operate { alarm, action }),
        1 => (0_usize..3, -500_i64..6_000).prop_map(|(spec, for_ms)| Input::Shelve { spec, for_ms }),
        1 => (select(vec![None, Some("a"), Some("b")]), (-2_000_i64..4_000, 500_i64..8_000), any::<bool>())
            .prop_map(|(rule, times_ms, recurs)| {
                Input::Maintain { rule, times_ms, recurrence: recurs.then_some(Recurrence::Daily) }
            }),
        1 => (0_u64..4).prop_map(|number| Input::Cancel { number }),
        1 => any_specs().prop_map(|specs| Input::Load { specs }),
        2 => Just(Input::Restart),
    ]
}

fn answer(alarm: &Alarm) -> Option<PlannedAcknowledgement> {
    let after_ms = [2_500, -100].get(usize::try_from(alarm.opened.alarm.0 % 5).ok()?)?;
    let at = alarm.opened.recorded_at.plus_ms(*after_ms);
    Some(PlannedAcknowledgement { at, by: "script".to_owned(), comment: String::new() })
}

fn heartbeat() -> Option<Heartbeat> {
    Some(Heartbeat { every_ms: 7_000, contact: Contact("duty".to_owned()), way: "app".to_owned() })
}

/// What one commit of the ledger would hold: events, and the state behind them.
type Commit = (Vec<AlarmEvent>, MachineState<'static>);

/// A machine, the rules it was loaded with, and everything it said.
#[derive(Debug)]
struct Run {
    machine: Machine,
    specs: Vec<AlarmSpec>,
    now_ms: i64,
    commits: Vec<Commit>,
    refused: Vec<String>,
}

impl Run {
    fn new() -> Self {
        let mut machine = Machine::default();
        machine.set_heartbeat(heartbeat());
        Self { machine, specs: Vec::new(), now_ms: 0, commits: Vec::new(), refused: Vec::new() }
    }

    fn take(&mut self, input: &Input) {
        let responder: Option<&dyn Responder> = Some(&answer);
        let events = match input {
            Input::Verdict { spec, advance_ms, trip, clear, absent, suppressed, steps } => {
                self.now_ms += advance_ms;
                let (instant, evidence) = (at(self.now_ms - 500), || evidence_of(*trip));
                let (trip, clear, suppressed) = (*trip, *clear, suppressed.as_deref());
                let count = self.specs.get(*spec).map_or(0, |spec| spec.priority_steps.len());
                let priority_steps = &steps[..count];
                let verdict =
                    Verdict { absent, suppressed, priority_steps, ..of_spec(*spec, instant, (trip, clear), &evidence) };
                Ok(self.machine.verdict(&verdict, at(self.now_ms)))
            }
            Input::Tick { advance_ms } => {
                self.now_ms += advance_ms;
                Ok(self.machine.tick(at(self.now_ms), responder))
            }
            Input::Acknowledge { alarm, by, lasts_ms } => {
                let acknowledged = self.machine.acknowledge_for(AlarmId(*alarm), (by, ""), *lasts_ms, at(self.now_ms));
                acknowledged.map(|event| vec![event])
            }
            Input::Operate { alarm, action } => {
                self.machine.operate(AlarmId(*alarm), action.clone(), ("anna", "so"), at(self.now_ms))
            }
            Input::Shelve { spec, for_ms } => {
                let until = Shelving::Until(at(self.now_ms + for_ms));
                let keys: Vec<_> = self.specs.iter().map(|s| (s.rule.clone(), s.scope_key.clone())).collect();
                let (rule, scope_key) = keys.get(*spec).cloned().unwrap_or_default();
                let key = vocdb::alarm::AlarmKey { rule, scope_key };
                self.machine.operate_on(&key, OperatorAction::Shelve(until), ("anna", ""), at(self.now_ms))
            }
            Input::Maintain { rule, times_ms: (after_ms, length_ms), recurrence } => {
                let from = at(self.now_ms + after_ms);
                let (rule, stations, zone) = (rule.map(str::to_owned), "**".to_owned(), String::new());
                let (to, recurrence) = (from.plus_ms(*length_ms), *recurrence);
                let window = MaintenanceWindow { rule, stations, from, to, recurrence, zone, until: None };
                self.machine.plan_maintenance(window, ("anna", "work"), at(self.now_ms))
            }
            Input::Cancel { number } => self.machine.cancel_maintenance(*number, ("anna", ""), at(self.now_ms)),
            Input::Load { specs } => {
                self.specs.clone_from(specs);
                Ok(self.machine.load(specs.clone(), RuleSetRef::default(), at(self.now_ms)))
            }
            Input::Restart => Ok(Vec::new()),
        };
        match events {
            Ok(events) => self.commits.push((events, self.machine.state().into_owned())),
            Err(error) => self.refused.push(error.to_string()),
        }
    }

    /// Puts a machine in place that knows what was committed, and nothing else.
    fn restart(&mut self) {
        self.machine = Machine::default();
        self.commits.iter().flat_map(|(events, _)| events).for_each(|event| self.machine.remember(event));
        self.machine.install(self.specs.clone(), RuleSetRef::default());
        if let Some((_, state)) = self.commits.last() {
            self.machine.restore(state);
        }
        self.machine.set_heartbeat(heartbeat());
    }

    fn events(&self) -> Vec<&AlarmEvent> {
        self.commits.iter().flat_map(|(events, _)| events).collect()
    }

    /// Everything the machine holds, as text; what it keeps only to save work is found anew first: a time before which nothing is due may
    /// be that of a step of an alarm that has closed meanwhile.
    fn content(&mut self) -> String {
        self.machine.set_heartbeat(heartbeat());
        self.take(&Input::Tick { advance_ms: 0 });
        format!("{:#?}", self.machine)
    }
}

proptest! {
    #![proptest_config(crate::rules::windows::cases(500))]

    #[test]
    fn any_run_keeps_the_order_of_things_and_a_restart_changes_nothing(
        specs in any_specs(), inputs in prop::collection::vec(any_input(), 1..160)
    ) {
        let [mut whole, mut restarted, mut always] = [Run::new(), Run::new(), Run::new()];
        let inputs: Vec<Input> = std::iter::once(Input::Load { specs }).chain(inputs).collect();
        for input in &inputs {
            whole.take(input);
            restarted.take(input);
            always.take(input);
            always.restart();
            if matches!(input, Input::Restart) {
                restarted.restart();
            }
        }
        prop_assert_eq!(&whole.commits, &restarted.commits);
        prop_assert_eq!(&whole.commits, &always.commits);
        prop_assert_eq!(&whole.refused, &restarted.refused);
        let content = whole.content();
        prop_assert_eq!(&content, &restarted.content());
        prop_assert_eq!(&content, &always.content());
        let mut seen = Seen::default();
        for (index, event) in whole.events().into_iter().enumerate() {
            prop_assert!(seen.admits(event), "event {index}: {}", words(event));
        }
        prop_assert!(whole.machine.alarms().map(|(id, _)| id).eq(seen.open.keys().copied()));
    }

    #[test]
    fn every_open_alarm_has_a_next_step_that_comes_or_a_reason_why_none_does(
        specs in any_specs(), inputs in prop::collection::vec(any_input(), 1..80)
    ) {
        let mut run = Run::new();
        for input in std::iter::once(Input::Load { specs }).chain(inputs) {
            run.take(&input);
        }
        let now = at(run.now_ms);
        run.take(&Input::Tick { advance_ms: 0 });
        let audit: BTreeMap<AlarmId, NextStep> = run.machine.audit().collect();
        prop_assert!(run.machine.alarms().map(|(id, _)| id).eq(audit.keys().copied()));
        for (id, next) in audit {
            let due = match &next {
                NextStep::Step { due, .. } | NextStep::Reminder { due, .. } => *due,
                NextStep::Silent { why, .. } => {
                    prop_assert!(!why.is_empty());
                    continue;
                }
                _ => continue,
            };
            prop_assert!(due > now, "{id}: {next} is overdue at {now}");
            let mut copy = Machine::default();
            run.events().into_iter().for_each(|event| copy.remember(event));
            let is_it = |event: &AlarmEvent| match (event, &next) {
                (AlarmEvent::Escalated(step), NextStep::Step { index, due }) => {
                    step.alarm == id && step.step as usize == *index && step.due == *due
                }
                (AlarmEvent::Reminded(reminder), NextStep::Reminder { number, due }) => {
                    reminder.alarm == id && reminder.repeat == *number && reminder.due == *due
                }
                _ => false,
            };
            prop_assert!(!copy.tick(due.plus_ms(-1), None).iter().any(is_it), "{id}: {next} comes too early");
            // A maintenance window that begins before postpones it.
            let is_postponed = run.machine.maintenance().next().is_some();
            prop_assert!(copy.tick(due, None).iter().any(is_it) || is_postponed, "{id}: {next} does not come");
        }
    }
}
