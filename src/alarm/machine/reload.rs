//! Another rule set: what was under way is carried over, evaluated anew or closed, each with its record.

use super::Machine;
use crate::alarm::event::{AlarmEvent, AlarmId, Carried, Carry, CloseReason, Closed, Suppression, Timing};
use crate::alarm::state::{ConditionState, MachineState, Phase, RuleSetRef};
use crate::base::checksum::Digest;
use crate::model::Timestamp;
use crate::verdict::AlarmSpec;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Standing = (Arc<AlarmSpec>, ConditionState);

impl Machine {
    /// Puts back the rule set that was in force, before [`Machine::restore`].
    pub fn install(&mut self, specs: Vec<AlarmSpec>, rule_set: RuleSetRef) {
        self.states = vec![ConditionState::default(); specs.len()];
        self.set_specs(specs);
        self.rule_set = rule_set;
    }

    /// Puts back what [`Machine::state`] gave.
    pub fn restore(&mut self, remembered: &MachineState<'_>) {
        for (rule, scope_key, state) in &remembered.conditions {
            let place = self.place_of(rule, scope_key);
            if let Some(to) = place.and_then(|place| self.states.get_mut(place)) {
                *to = state.clone().into_owned();
            }
        }
        self.adopt();
    }

    /// Gives every open alarm of a rule and scope that there is to its condition, where that does not know of it; and takes alarms
    /// that are not open from conditions.
    fn adopt(&mut self) {
        for state in &mut self.states {
            if state.alarm.is_some_and(|alarm| !self.alarms.contains_key(&alarm)) {
                state.alarm = None;
            }
        }
        for (id, alarm) in &self.alarms {
            let place = self.place_of(&alarm.opened.rule, &alarm.opened.scope_key);
            let state = place.and_then(|place| self.states.get_mut(place));
            if let Some(state) = state.filter(|state| state.alarm.is_none()) {
                state.alarm = Some(*id);
                if alarm.latched_at.is_none() {
                    state.phase = Phase::Active;
                }
            }
        }
    }

    /// Puts a rule set in force; an empty one switches all rules off. Conditions under way with the same rule and scope are carried, and
    /// evaluated anew where the rule looks at something else now. Alarms whose rule or scope is gone are closed. Each is recorded.
    /// What operators have shelved or taken out of service stays so, even while there is no such rule.
    pub fn load(&mut self, specs: Vec<AlarmSpec>, rule_set: RuleSetRef, now: Timestamp) -> Vec<AlarmEvent> {
        let from = std::mem::replace(&mut self.rule_set, rule_set).hash;
        let specs_before = std::mem::take(&mut self.specs);
        let states_before = std::mem::take(&mut self.states);
        let key = |spec: &AlarmSpec| (spec.rule.clone(), spec.scope_key.clone());
        let mut before: BTreeMap<(String, String), Standing> =
            specs_before.into_iter().zip(states_before).map(|(spec, state)| (key(&spec), (spec, state))).collect();
        let mut events = Vec::new();
        let mut states = Vec::with_capacity(specs.len());
        for spec in &specs {
            let Some((old, state)) = before.remove(&key(spec)) else {
                states.push(ConditionState::default());
                continue;
            };
            states.push(self.carry((&old, state), spec, (from, now), &mut events));
        }
        self.set_specs(specs);
        self.states = states;
        self.adopt();
        self.close_orphans(now, &mut events);
        self.end_suppressions(now, &mut events);
        events
    }

    /// Puts the same rule set in force for more stations. Every condition stays as it is.
    pub fn rebind(&mut self, specs: Vec<AlarmSpec>) {
        let before = std::mem::take(&mut self.specs).into_iter().zip(std::mem::take(&mut self.states));
        let mut before: BTreeMap<(String, String), ConditionState> =
            before.map(|(spec, state)| ((spec.rule.clone(), spec.scope_key.clone()), state)).collect();
        let state_of = |spec: &AlarmSpec| before.remove(&(spec.rule.clone(), spec.scope_key.clone()));
        self.states = specs.iter().map(state_of).map(Option::unwrap_or_default).collect();
        self.set_specs(specs);
        self.adopt();
    }

    /// One condition goes over.
    fn carry(
        &mut self,
        (old, mut state): (&Arc<AlarmSpec>, ConditionState),
        new: &AlarmSpec,
        (from, at): (Digest, Timestamp),
        events: &mut Vec<AlarmEvent>,
    ) -> ConditionState {
        // Where a rule stands in its file makes it no other rule.
        let is_same = AlarmSpec { place: old.place.clone(), ..new.clone() } == **old;
        let carry = match (old.logic == new.logic, is_same) {
            (true, true) => Carry::Unchanged,
            (true, false) => Carry::Renewed,
            (false, _) => Carry::Reevaluated,
        };
        if state != ConditionState::default() {
            let (rule, scope_key) = (new.rule.clone(), new.scope_key.clone());
            let to = self.rule_set.hash;
            let carried = Carried { alarm: state.alarm, rule, scope_key, at, from, to, carry };
            self.emit(AlarmEvent::Carried(carried), events);
        }
        state.steps = state.steps.carried((old, new));
        if !old.priority_steps.is_empty() && new.priority_steps.is_empty() {
            self.end_priority_steps(&state, new, at, events);
        }
        if carry == Carry::Reevaluated {
            state.quiet_since = None;
            state.phase = match state.phase {
                Phase::Pending { .. } => Phase::Normal,
                Phase::Clearing { .. } => Phase::Active,
                unchanged => unchanged,
            };
        }
        state
    }

    /// A rule without priority steps takes the place of one with some: nothing holds an open alarm above its priority any more.
    fn end_priority_steps(
        &mut self,
        state: &ConditionState,
        new: &AlarmSpec,
        at: Timestamp,
        events: &mut Vec<AlarmEvent>,
    ) {
        let open = state.alarm.and_then(|alarm| self.alarms.get(&alarm));
        let Some(open) = open.filter(|open| open.priority > new.priority) else { return };
        let change = (open.opened.alarm, open.priority, new.priority);
        let change = self.priority_change(change, new, (at, at, Timing::OnTime), (Vec::new(), None));
        self.emit(AlarmEvent::PriorityChanged(Box::new(change)), events);
    }

    fn close_orphans(&mut self, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let kept: BTreeSet<AlarmId> = self.states.iter().filter_map(ConditionState::alarm).collect();
        let orphans = self.alarms.iter().filter(|(id, alarm)| !kept.contains(id) && !alarm.opened.is_overdue());
        let gone: Vec<AlarmId> = orphans.map(|(id, _)| *id).collect();
        for alarm in gone {
            let Some(opened) = self.alarms.get(&alarm).map(|alarm| &alarm.opened) else { continue };
            let has_rule = self.has_rule(&opened.rule);
            let closed = Closed {
                alarm,
                rule: opened.rule.clone(),
                scope_key: opened.scope_key.clone(),
                closed_at: now,
                recorded_at: now,
                reason: if has_rule { CloseReason::ScopeRemoved } else { CloseReason::RuleRemoved },
                evidence: Vec::new(),
                watermark: None,
                rule_set: Some(self.rule_set.hash),
                place: None,
            };
            self.close(closed, events);
        }
    }

    /// What a rule suppressed is suppressed no longer when the rule is gone.
    fn end_suppressions(&mut self, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let suppressed = self.silences().filter(|(_, silence)| silence.suppressed.is_some()).map(|(key, _)| key);
        let gone: Vec<_> = suppressed.filter(|key| self.place_of(&key.rule, &key.scope_key).is_none()).collect();
        for key in gone {
            let (rule, scope_key) = (key.rule, key.scope_key);
            let change = Suppression {
                alarm: None,
                rule,
                scope_key,
                by: None,
                at: now,
                recorded_at: now,
                watermark: None,
                rule_set: Some(self.rule_set.hash),
                place: None,
            };
            self.emit(AlarmEvent::SuppressionChanged(change), events);
        }
    }
}
