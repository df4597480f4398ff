//! The alarm machine: verdicts, operator actions and ticks of time in, events out. Pure.
//!
//! What it knows is of two kinds. Alarms, silences, incidents and floods follow from its events alone: [`Machine::remember`] is the only
//! place that changes them, live and after a restart alike. Conditions under way follow from verdicts; [`Machine::state`] gives them for
//! the checkpoint that ends every commit.

mod amend;
mod audit;
mod operate;
mod reload;
mod remember;
mod tell;
mod timers;
mod trial;
mod verdict;

pub use audit::NextStep;
pub(super) use tell::rerouted;
pub use trial::Trial;

use super::event::{AlarmEvent, AlarmId, AlarmKey, HeldBack, RulesStateChange};
use super::state::{Alarm, ConditionState, Incident, Incidents, Load, MachineState, Past, RuleSetRef, Silence};
use crate::model::Timestamp;
use crate::rules::verdict::{AlarmSpec, Contact, Place};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message at an interval that says that all is well: the station is alive, and the way to people works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Milliseconds from one to the next; at multiples of it since the epoch.
    pub every_ms: i64,
    /// Who is told.
    pub contact: Contact,
    /// Over which way.
    pub way: String,
}

/// All alarms of one store: conditions by rule and scope, open alarms, escalation timers.
///
/// It reads no clock: host time (`now`) and event time (in verdicts) are arguments. Equal inputs in equal order give equal events.
#[derive(Debug, Default)]
pub struct Machine {
    specs: Vec<Arc<AlarmSpec>>,
    rule_set: RuleSetRef,
    states: Vec<ConditionState>,
    alarms: BTreeMap<AlarmId, Alarm>,
    last_alarm: u64,
    /// By rule, then scope: looked up without making a key.
    silences: BTreeMap<String, BTreeMap<String, Silence>>,
    incidents: Incidents,
    /// By rule, then scope: when conditions were active.
    pasts: BTreeMap<String, BTreeMap<String, Past>>,
    /// Number of the last amendment.
    amendments: u64,
    loads: BTreeMap<Contact, Load>,
    heartbeat: Option<Heartbeat>,
    /// Number of the last heartbeat.
    heartbeats: Option<u64>,
    /// Nothing is due before, apart from what the alarms wait for that have opened since it was found; `None` while it must be looked for.
    next_due: Option<Timestamp>,
    /// Those alarms.
    opened_since: Vec<AlarmId>,
    /// Why the rules in force do not run for every station, if they do not.
    rules_state: Option<RulesStateChange>,
}

impl Machine {
    /// The open alarms, by number.
    pub fn alarms(&self) -> impl Iterator<Item = (AlarmId, &Alarm)> {
        self.alarms.iter().map(|(id, alarm)| (*id, alarm))
    }

    /// An open alarm.
    #[must_use]
    pub fn alarm(&self, alarm: AlarmId) -> Option<&Alarm> {
        self.alarms.get(&alarm)
    }

    /// Every rule and scope with its condition.
    pub fn conditions(&self) -> impl Iterator<Item = (&AlarmSpec, &ConditionState)> {
        self.specs.iter().map(AsRef::as_ref).zip(&self.states)
    }

    /// Every rule and scope of which nobody is told, and why.
    pub fn silences(&self) -> impl Iterator<Item = (AlarmKey, &Silence)> {
        let of_rule = |(rule, scopes): (&String, &'_ BTreeMap<String, Silence>)| (rule.clone(), scopes.len());
        let rules: Vec<(String, usize)> = self.silences.iter().map(of_rule).collect();
        let names = rules.into_iter().flat_map(|(rule, count)| std::iter::repeat_n(rule, count));
        let scopes = self.silences.values().flatten();
        names.zip(scopes).map(|(rule, (scope_key, silence))| (AlarmKey::new(rule, scope_key.as_str()), silence))
    }

    /// Why the rules in force do not run for every station of their scopes, if that is on record.
    #[must_use]
    pub const fn rules_state(&self) -> Option<&RulesStateChange> {
        self.rules_state.as_ref()
    }

    /// The incidents of several alarms that a further alarm may still join, by number.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.of_several()
    }

    /// Contacts to whom there is a flood of alarms, with its beginning and how many messages wait for their roll-up.
    pub fn floods(&self) -> impl Iterator<Item = (&Contact, Timestamp, usize)> {
        self.loads.iter().filter_map(|(contact, load)| Some((contact, load.flood_since?, load.held.len())))
    }

    /// What must be remembered beside the events.
    #[must_use]
    pub fn state(&self) -> MachineState<'_> {
        let plain = ConditionState::default();
        let changed = self.specs.iter().zip(&self.states).filter(|(_, state)| **state != plain);
        // Nearly all of them have an open alarm.
        let mut conditions = Vec::with_capacity(self.alarms.len());
        conditions.extend(changed.map(|(spec, state)| {
            (Cow::Borrowed(spec.rule.as_str()), Cow::Borrowed(spec.scope_key.as_str()), Cow::Borrowed(state))
        }));
        MachineState { conditions }
    }

    /// Sends a heartbeat from now on, or none.
    pub fn set_heartbeat(&mut self, heartbeat: Option<Heartbeat>) {
        self.heartbeat = heartbeat.filter(|heartbeat| heartbeat.every_ms > 0);
        self.next_due = None;
    }

    /// Why nobody is told of a rule over a scope, where that is so.
    #[must_use]
    pub fn silence(&self, rule: &str, scope_key: &str) -> Option<&Silence> {
        self.silences.get(rule)?.get(scope_key)
    }

    fn place_of(&self, rule: &str, scope_key: &str) -> Option<usize> {
        self.specs.iter().position(|spec| spec.rule == rule && spec.scope_key == scope_key)
    }

    /// Where the rule in force of a scope stands in its file, if there is such a rule.
    fn source_of(&self, rule: &str, scope_key: &str) -> Option<Place> {
        self.specs.get(self.place_of(rule, scope_key)?).map(|spec| spec.place.clone())
    }

    /// Messages that a flood holds back, each with the host time of the roll-up that they wait for: by contact, in the order of the ledger.
    pub fn held(&self) -> impl Iterator<Item = (&HeldBack, Timestamp)> {
        self.loads.values().flat_map(|load| load.held.iter().zip(load.next_roll_up().into_iter().cycle()))
    }

    fn emit(&mut self, event: AlarmEvent, events: &mut Vec<AlarmEvent>) {
        self.remember(&event);
        events.push(event);
    }
}
