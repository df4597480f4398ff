//! The alarm machine: verdicts, operator actions and ticks of time in, events out. Pure.
//!
//! What it knows is of two kinds. Alarms, silences, groups and floods follow from its events alone: [`Machine::remember`] is the only
//! place that changes them, live and after a restart alike. Conditions under way follow from verdicts; [`Machine::state`] gives them for
//! the checkpoint that ends every commit.

mod audit;
mod deadline;
mod late;
mod maintain;
mod operate;
mod reload;
mod remember;
mod schedule;
mod system;
mod tell;
mod timers;
mod verdict;

use schedule::Schedule;

pub use audit::NextStep;
pub use deadline::Overdue;
pub use late::Trial;
pub(super) use tell::rerouted;

use super::event::{AlarmEvent, AlarmId, AlarmKey, HeldBack, RulesStateChange, SystemCondition, SystemKind};
use super::state::{
    Alarm, AlarmGroup, ConditionState, Groups, Load, MachineState, Maintenance, Past, RuleSetRef, Silence,
};
use crate::model::Timestamp;
use crate::verdict::{AlarmSpec, Contact, Place};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Places of the specs, in order of rule and scope.
    sorted: Vec<usize>,
    rule_set: RuleSetRef,
    states: Vec<ConditionState>,
    alarms: BTreeMap<AlarmId, Alarm>,
    /// The open alarms by rule, then scope, in order of their numbers.
    open: BTreeMap<String, BTreeMap<String, Vec<AlarmId>>>,
    last_alarm: u64,
    /// By rule, then scope: looked up without making a key.
    silences: BTreeMap<String, BTreeMap<String, Silence>>,
    groups: Groups,
    /// Maintenance windows that are planned or under way, by number.
    maintenance: BTreeMap<u64, Maintenance>,
    /// Number of the last one.
    maintenances: u64,
    /// By rule, then scope: when conditions were active.
    pasts: BTreeMap<String, BTreeMap<String, Past>>,
    /// Number of the last amendment.
    amendments: u64,
    loads: BTreeMap<Contact, Load>,
    heartbeat: Option<Heartbeat>,
    /// Number of the last heartbeat.
    heartbeats: Option<u64>,
    /// System alarms that are raised.
    system_alarms: BTreeMap<(SystemKind, String), SystemCondition>,
    /// How often one was raised or cleared.
    system_changes: u64,
    /// How often the host's clock was set.
    clock_changes: u32,
    schedule: Schedule,
    /// Open alarms whose newest trip is on record as history.
    history: BTreeSet<AlarmId>,
    /// Age of an instant above which what trips at it is history; `None` where host time follows the readings.
    notify_age_max_ms: Option<i64>,
    /// Whether everything that trips is history.
    takes_history: bool,
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

    /// The groups of several alarms, which are taken for one incident each, that a further alarm may still join, by number.
    pub fn groups(&self) -> impl Iterator<Item = &AlarmGroup> {
        self.groups.of_several()
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
        let stored = changed.filter(|(_, state)| !self.follows(state)).map(|(spec, state)| {
            (Cow::Borrowed(spec.rule.as_str()), Cow::Borrowed(spec.scope_key.as_str()), Cow::Borrowed(state))
        });
        MachineState { conditions: stored.collect() }
    }

    /// Whether a condition is what its open alarm makes of it after a restart.
    fn follows(&self, state: &ConditionState) -> bool {
        let alarm = state.only_alarm().and_then(|alarm| self.alarms.get(&alarm));
        alarm.is_some_and(|alarm| alarm.latched_at.is_none())
    }

    /// Sends a heartbeat from now on, or none.
    pub fn set_heartbeat(&mut self, heartbeat: Option<Heartbeat>) {
        self.heartbeat = heartbeat.filter(|heartbeat| heartbeat.every_ms > 0);
        self.schedule.forget_next();
    }

    /// Why nobody is told of a rule over a scope, where that is so.
    #[must_use]
    pub fn silence(&self, rule: &str, scope_key: &str) -> Option<&Silence> {
        self.silences.get(rule)?.get(scope_key)
    }

    fn set_specs(&mut self, specs: Vec<AlarmSpec>) {
        self.specs = specs.into_iter().map(Arc::new).collect();
        let key = |place: &usize| self.specs.get(*place).map(|spec| (spec.rule.as_str(), spec.scope_key.as_str()));
        let mut sorted: Vec<usize> = (0..self.specs.len()).collect();
        sorted.sort_by(|one, other| key(one).cmp(&key(other)));
        self.sorted = sorted;
    }

    /// The first of the specs, in order of rule and scope, that is not before these two.
    fn sorted_from(&self, rule: &str, scope_key: &str) -> Option<(usize, &AlarmSpec)> {
        let is_before = |place: &usize| {
            let spec = self.specs.get(*place);
            spec.is_some_and(|spec| (spec.rule.as_str(), spec.scope_key.as_str()) < (rule, scope_key))
        };
        let place = *self.sorted.get(self.sorted.partition_point(is_before))?;
        Some((place, self.specs.get(place)?))
    }

    fn place_of(&self, rule: &str, scope_key: &str) -> Option<usize> {
        let first = self.sorted_from(rule, scope_key);
        first.filter(|(_, spec)| spec.rule == rule && spec.scope_key == scope_key).map(|(place, _)| place)
    }

    fn has_rule(&self, rule: &str) -> bool {
        self.sorted_from(rule, "").is_some_and(|(_, spec)| spec.rule == rule)
    }

    /// The open alarms of a rule over a scope; nearly always one or none.
    fn open_of(&self, rule: &str, scope_key: &str) -> &[AlarmId] {
        self.open.get(rule).and_then(|scopes| scopes.get(scope_key)).map_or(&[], Vec::as_slice)
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
