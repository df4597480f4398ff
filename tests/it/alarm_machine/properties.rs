//! What holds of any run of the alarm machine, and that a restored machine goes on as the one that never stopped.
#![cfg(test)]

use super::{at, evidence_of, spec, words};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeMap, BTreeSet};
use vocdb::alarm::event::{OperatorAction, Shelving, Subject};
use vocdb::alarm::{Alarm, Heartbeat, Machine, MachineState, NextStep, PlannedAcknowledgement, Responder, RuleSetRef};
use vocdb::base::checksum::Digest;
use vocdb::rules::verdict::{AlarmSpec, Contact, MissingPolicy, Remind, Truth, Verdict};
use vocdb::{AlarmEvent, AlarmId, Timestamp};

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
    },
    Tick {
        advance_ms: i64,
    },
    Acknowledge {
        alarm: u64,
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
    );
    let one = (chain, policy, times, extras).prop_map(|(mut steps, on_missing, times, extras)| {
        let ((hold_ms, clear_hold_ms, on_missing_ms), (auto_close_ms, is_latching, remind, (channel, logic))) =
            (times, extras);
        steps.sort_by_key(|(after_ms, ..)| *after_ms);
        let mut one = AlarmSpec { on_missing, hold_ms, clear_hold_ms, on_missing_ms, ..spec("", &steps) };
        one.chain.remind = remind.map(|(every_ms, times)| Remind { every_ms, times });
        (one.auto_close_ms, one.is_latching) = (auto_close_ms, is_latching && clear_hold_ms % 2 == 0);
        (one.channels, one.logic) = (vec![channel.to_owned()], Digest([logic; 32]));
        one
    });
    let names = select(vec![vec!["a", "b", "c"], vec!["b", "a"], vec!["c"], vec!["a", "d"], vec![]]);
    (names, prop::collection::vec(one, 3)).prop_map(|(names, specs)| {
        let named = |(name, spec): (&str, AlarmSpec)| AlarmSpec { rule: name.to_owned(), ..spec };
        names.into_iter().zip(specs).map(named).collect()
    })
}

fn any_input() -> impl Strategy<Value = Input> {
    let absent = select(vec![&[][..], &[], &["S1"], &["S1", "S2"], &["S2"]]);
    let suppressed = select(vec![None, None, None, None, Some("flag(calibration)".to_owned())]);
    let verdict = (0_usize..3, 0_i64..2_000, any_truth(), any_truth(), absent, suppressed);
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
        24 => verdict.prop_map(|(spec, advance_ms, trip, clear, absent, suppressed)| {
            let absent = absent.iter().map(|name| (*name).to_owned()).collect();
            Input::Verdict { spec, advance_ms, trip, clear, absent, suppressed }
        }),
        6 => (0_i64..4_000).prop_map(|advance_ms| Input::Tick { advance_ms }),
        2 => (0_u64..20).prop_map(|alarm| Input::Acknowledge { alarm }),
        4 => (0_u64..20, action).prop_map(|(alarm, action)| Input::Operate { alarm, action }),
        1 => (0_usize..3, -500_i64..6_000).prop_map(|(spec, for_ms)| Input::Shelve { spec, for_ms }),
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
            Input::Verdict { spec, advance_ms, trip, clear, absent, suppressed } => {
                self.now_ms += advance_ms;
                let (instant, evidence) = (at(self.now_ms - 500), || evidence_of(*trip));
                let (trip, clear, suppressed) = (*trip, *clear, suppressed.as_deref());
                let verdict = Verdict {
                    spec: *spec,
                    instant,
                    watermark: instant,
                    trip,
                    clear,
                    absent,
                    suppressed,
                    fault: None,
                    evidence: &evidence,
                };
                Ok(self.machine.verdict(&verdict, at(self.now_ms)))
            }
            Input::Tick { advance_ms } => {
                self.now_ms += advance_ms;
                Ok(self.machine.tick(at(self.now_ms), responder))
            }
            Input::Acknowledge { alarm } => {
                let acknowledged = self.machine.acknowledge(AlarmId(*alarm), "anna", "", at(self.now_ms));
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

/// Begin and end of silences that are over, and the begin of one that goes on.
type Silences = (Vec<(Timestamp, Timestamp)>, Option<Timestamp>);

/// What has been seen of the alarms, event by event: a naive account of its own.
#[derive(Debug, Default)]
struct Seen {
    open: BTreeMap<AlarmId, ((String, String), Timestamp)>,
    opened: BTreeSet<AlarmId>,
    acknowledged: BTreeSet<AlarmId>,
    latched: BTreeSet<AlarmId>,
    chains: BTreeMap<AlarmId, Vec<i64>>,
    steps: BTreeMap<AlarmId, u32>,
    ids: BTreeSet<String>,
    /// Rule and scope: what keeps people from being told.
    silent: BTreeMap<(String, String), BTreeSet<&'static str>>,
    /// Rule and scope: begin and end of silences that are over, and the begin of one that goes on.
    silences: BTreeMap<(String, String), Silences>,
    floods: BTreeSet<Contact>,
}

impl Seen {
    fn is_silent(&self, alarm: AlarmId) -> bool {
        self.open.get(&alarm).is_some_and(|(key, _)| self.silent.get(key).is_some_and(|why| !why.is_empty()))
    }

    fn silence(&mut self, key: (String, String), what: &'static str, is_on: bool, at: Timestamp) {
        let why = self.silent.entry(key.clone()).or_default();
        let was = !why.is_empty();
        if is_on {
            why.insert(what);
        } else {
            why.remove(what);
        }
        let is = !why.is_empty();
        let (over, since) = self.silences.entry(key).or_default();
        match (was, is) {
            (false, true) => *since = Some(at),
            (true, false) => over.extend(since.take().map(|since| (since, at))),
            _ => {}
        }
    }

    /// For how long nobody could be told since an alarm opened.
    fn silent_ms(&self, alarm: AlarmId) -> i64 {
        let Some((key, opened)) = self.open.get(&alarm) else { return 0 };
        let over = self.silences.get(key).map_or(&[][..], |(over, _)| over);
        over.iter().map(|(from, to)| to.since_ms((*from).max(*opened)).max(0)).sum()
    }

    fn operate(&mut self, operated: &vocdb::alarm::event::Operated) {
        let key = (operated.rule.clone(), operated.scope_key.clone());
        match (&operated.action, operated.alarm) {
            (OperatorAction::Unacknowledge, Some(alarm)) => {
                self.acknowledged.remove(&alarm);
            }
            (OperatorAction::Shelve(_), _) => self.silence(key, "shelved", true, operated.at),
            (OperatorAction::Unshelve, _) => self.silence(key, "shelved", false, operated.at),
            (OperatorAction::TakeOutOfService, _) => self.silence(key, "out", true, operated.at),
            (OperatorAction::ReturnToService, _) => self.silence(key, "out", false, operated.at),
            _ => {}
        }
    }

    /// Whether the event may come behind those before it.
    fn admits(&mut self, event: &AlarmEvent) -> bool {
        match event {
            AlarmEvent::Opened(opened) => {
                let scope = (opened.rule.clone(), opened.scope_key.clone());
                let is_other = !self.open.values().any(|(open, _)| *open == scope);
                self.open.insert(opened.alarm, (scope, opened.recorded_at));
                self.chains.insert(opened.alarm, opened.chain.steps.iter().map(|step| step.after_ms).collect());
                is_other && self.opened.insert(opened.alarm) && opened.since <= opened.opened_at
            }
            AlarmEvent::Closed(closed) => {
                let key = (closed.rule.clone(), closed.scope_key.clone());
                self.open.remove(&closed.alarm).is_some_and(|(open, _)| open == key)
            }
            AlarmEvent::Acknowledged(event) => {
                self.open.contains_key(&event.alarm) && self.acknowledged.insert(event.alarm)
            }
            AlarmEvent::Operated(operated) => {
                self.operate(operated);
                operated.alarm.is_none_or(|alarm| self.open.contains_key(&alarm))
            }
            AlarmEvent::ShelvingEnded(ended) => {
                let key = (ended.rule.clone(), ended.scope_key.clone());
                let was_shelved = self.silent.get(&key).is_some_and(|why| why.contains("shelved"));
                self.silence(key, "shelved", false, ended.due);
                was_shelved && ended.due <= ended.at
            }
            AlarmEvent::SuppressionChanged(change) => {
                let key = (change.rule.clone(), change.scope_key.clone());
                let was = self.silent.get(&key).is_some_and(|why| why.contains("suppressed"));
                self.silence(key, "suppressed", change.by.is_some(), change.recorded_at);
                was != change.by.is_some()
            }
            _ => self.admits_telling(event),
        }
    }

    fn admits_telling(&mut self, event: &AlarmEvent) -> bool {
        match event {
            AlarmEvent::LatchChanged(change) => {
                let is_open = self.open.contains_key(&change.alarm);
                if change.begins_anew {
                    self.acknowledged.remove(&change.alarm);
                    self.steps.insert(change.alarm, 0);
                    self.open.entry(change.alarm).and_modify(|(_, begun)| *begun = change.recorded_at);
                }
                is_open
                    && change.begins_anew != change.is_clear
                    && if change.is_clear {
                        self.latched.insert(change.alarm)
                    } else {
                        self.latched.remove(&change.alarm)
                    }
            }
            AlarmEvent::Joined(joined) => {
                joined.incident.0 < joined.alarm.0 && self.opened.contains(&AlarmId(joined.incident.0))
            }
            AlarmEvent::Escalated(step) => {
                let next = self.steps.entry(step.alarm).or_default();
                let is_next = *next == step.step;
                *next += 1;
                let may_be_told = self.open.contains_key(&step.alarm)
                    && !self.acknowledged.contains(&step.alarm)
                    && !self.is_silent(step.alarm);
                let after_ms = self.chains[&step.alarm][step.step as usize];
                let due = self.open[&step.alarm].1.plus_ms(after_ms + self.silent_ms(step.alarm));
                is_next && may_be_told && step.due == due && step.due <= step.at
            }
            AlarmEvent::Reminded(reminder) => {
                !self.acknowledged.contains(&reminder.alarm)
                    && !self.is_silent(reminder.alarm)
                    && reminder.due <= reminder.at
            }
            AlarmEvent::FloodChanged(flood) => {
                if flood.is_on {
                    self.floods.insert(flood.contact.clone()) && flood.alarms >= 10
                } else {
                    self.floods.remove(&flood.contact) && flood.alarms < 5
                }
            }
            AlarmEvent::HeldBack(held) => self.floods.contains(&held.party.contact),
            AlarmEvent::Notification(notification) => {
                let is_about = match notification.subject {
                    Subject::Step(_) | Subject::Closed => {
                        let alarm = notification.alarm.unwrap();
                        let is_flooded = self.floods.contains(&notification.contact);
                        self.opened.contains(&alarm) && !self.is_silent(alarm) && !is_flooded
                    }
                    _ => notification.alarm.is_none(),
                };
                is_about && self.ids.insert(notification.id.clone())
            }
            _ => true,
        }
    }
}

proptest! {
    #![proptest_config(crate::rules_windows::cases(500))]

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
            prop_assert!(copy.tick(due, None).iter().any(is_it), "{id}: {next} does not come");
        }
    }
}
