//! The alarm machine: verdicts, operator actions and ticks of time in, events out. Pure.

use super::event::{
    Acknowledged, AlarmEvent, AlarmId, CloseReason, Closed, Escalated, Knowledge, Membership, Notification, Opened,
    Subject,
};
use super::responder::Responder;
use super::state::{Alarm, AlarmError, ConditionState, MachineState, Phase, RuleSetRef};
use super::text;
use crate::base::checksum::sha256;
use crate::model::Timestamp;
use crate::rules::verdict::{AlarmSpec, Contact, MissingPolicy, Truth, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// All alarms of one store: conditions by rule and scope, open alarms, escalation timers.
///
/// It reads no clock: host time (`now`) and event time (in verdicts) are arguments. Equal inputs in equal order give equal events.
#[derive(Debug, Default)]
pub struct Machine {
    specs: Vec<AlarmSpec>,
    rule_set: RuleSetRef,
    states: Vec<ConditionState>,
    alarms: BTreeMap<AlarmId, Alarm>,
    last_alarm: u64,
    next_due: Option<Timestamp>,
}

impl Machine {
    /// The open alarms, by number.
    pub fn alarms(&self) -> impl Iterator<Item = (AlarmId, &Alarm)> {
        self.alarms.iter().map(|(id, alarm)| (*id, alarm))
    }

    /// Every rule and scope with its condition.
    pub fn conditions(&self) -> impl Iterator<Item = (&AlarmSpec, &ConditionState)> {
        self.specs.iter().zip(&self.states)
    }

    /// What must be remembered beside the events.
    #[must_use]
    pub fn state(&self) -> MachineState {
        let changed = self.conditions().filter(|(_, state)| **state != ConditionState::default());
        let entry =
            |(spec, state): (&AlarmSpec, &ConditionState)| (spec.rule.clone(), spec.scope_key.clone(), state.clone());
        MachineState { conditions: changed.map(entry).collect() }
    }

    /// Puts back what [`Machine::state`] gave.
    pub fn restore(&mut self, remembered: &MachineState) {
        for (rule, scope_key, state) in &remembered.conditions {
            let place = self.specs.iter().position(|spec| spec.rule == *rule && spec.scope_key == *scope_key);
            if let Some(to) = place.and_then(|place| self.states.get_mut(place)) {
                *to = state.clone();
            }
        }
        self.adopt();
    }

    /// Gives every open alarm of a rule and scope that there is to its condition, where that does not know of it.
    fn adopt(&mut self) {
        for (id, alarm) in &self.alarms {
            let of_alarm =
                |spec: &AlarmSpec| spec.rule == alarm.opened.rule && spec.scope_key == alarm.opened.scope_key;
            let state = self.specs.iter().position(of_alarm).and_then(|place| self.states.get_mut(place));
            if let Some(state) = state.filter(|state| state.alarm.is_none()) {
                state.alarm = Some(*id);
                state.phase = Phase::Active;
            }
        }
    }

    /// Takes in an event that the ledger remembers, without any effect but on what the machine knows.
    pub fn remember(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Opened(opened) => {
                self.last_alarm = self.last_alarm.max(opened.alarm.0);
                self.alarms.insert(opened.alarm, Alarm::new((**opened).clone()));
            }
            AlarmEvent::Closed(closed) => {
                self.alarms.remove(&closed.alarm);
            }
            AlarmEvent::Acknowledged(acknowledged) => {
                if let Some(alarm) = self.alarms.get_mut(&acknowledged.alarm) {
                    alarm.acknowledged = Some(acknowledged.clone());
                }
            }
            AlarmEvent::Escalated(step) => {
                if let Some(alarm) = self.alarms.get_mut(&step.alarm) {
                    alarm.steps_taken = step.step as usize + 1;
                    alarm.told.push((step.contact.clone(), step.ways.clone()));
                }
            }
            AlarmEvent::BecameUnknown(_)
            | AlarmEvent::BecameKnown(_)
            | AlarmEvent::MembershipChanged(_)
            | AlarmEvent::Notification(_)
            | AlarmEvent::Delivery(_) => {}
        }
        self.next_due = None;
    }

    /// Puts back the rule set that was in force, before [`Machine::restore`].
    pub fn install(&mut self, specs: Vec<AlarmSpec>, rule_set: RuleSetRef) {
        self.states = vec![ConditionState::default(); specs.len()];
        self.specs = specs;
        self.rule_set = rule_set;
    }

    /// Puts a rule set in force. Conditions with the same rule and scope are carried; alarms whose rule or scope is gone are closed.
    pub fn load(&mut self, specs: Vec<AlarmSpec>, rule_set: RuleSetRef, now: Timestamp) -> Vec<AlarmEvent> {
        let carried: BTreeMap<(String, String), ConditionState> = self
            .conditions()
            .map(|(spec, state)| ((spec.rule.clone(), spec.scope_key.clone()), state.clone()))
            .collect();
        let state_of = |spec: &AlarmSpec| carried.get(&(spec.rule.clone(), spec.scope_key.clone())).cloned();
        self.states = specs.iter().map(|spec| state_of(spec).unwrap_or_default()).collect();
        self.specs = specs;
        self.rule_set = rule_set;
        self.adopt();
        let kept: Vec<AlarmId> = self.states.iter().filter_map(ConditionState::alarm).collect();
        let gone: Vec<AlarmId> = self.alarms.keys().copied().filter(|alarm| !kept.contains(alarm)).collect();
        let mut events = Vec::new();
        for alarm in gone {
            if let Some(opened) = self.alarms.get(&alarm).map(|alarm| alarm.opened.clone()) {
                let closed = Closed {
                    alarm,
                    rule: opened.rule,
                    scope_key: opened.scope_key,
                    closed_at: now,
                    recorded_at: now,
                    reason: CloseReason::RuleRemoved,
                    evidence: Vec::new(),
                };
                self.emit(AlarmEvent::Closed(Box::new(closed)), &mut events);
            }
        }
        events
    }

    /// Takes one verdict, at host time `now`.
    pub fn verdict(&mut self, verdict: &Verdict<'_>, now: Timestamp) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        let (Some(spec), Some(state)) = (self.specs.get(verdict.spec).cloned(), self.states.get(verdict.spec).cloned())
        else {
            return events;
        };
        let mut next = state;
        self.note_membership(&spec, &mut next, verdict, now, &mut events);
        let trip = self.weigh_missing(&spec, &mut next, verdict, now, &mut events);
        // An alarm does not clear while it trips, whatever its clear condition says.
        let clears = verdict.clear == Truth::True && trip != Truth::True;
        next.phase = match next.phase {
            Phase::Normal if trip == Truth::True => Phase::Pending { since: verdict.instant },
            Phase::Pending { .. } if trip == Truth::False => Phase::Normal,
            Phase::Active if clears => Phase::Clearing { since: verdict.instant },
            Phase::Clearing { .. } if !clears => Phase::Active,
            unchanged => unchanged,
        };
        match next.phase {
            Phase::Pending { since } if trip == Truth::True && verdict.instant.since_ms(since) >= spec.hold_ms => {
                next.phase = Phase::Active;
                next.alarm = Some(self.open(&spec, since, verdict, now, &mut events));
            }
            Phase::Clearing { since } if verdict.instant.since_ms(since) >= spec.clear_hold_ms => {
                next.phase = Phase::Normal;
                self.close(&spec, next.alarm.take(), verdict, now, &mut events);
            }
            _ => {}
        }
        if let Some(state) = self.states.get_mut(verdict.spec) {
            *state = next;
        }
        events
    }

    fn note_membership(
        &mut self,
        spec: &AlarmSpec,
        next: &mut ConditionState,
        verdict: &Verdict<'_>,
        now: Timestamp,
        events: &mut Vec<AlarmEvent>,
    ) {
        if next.absent == verdict.absent {
            return;
        }
        let missing_from = |list: &[String], from: &[String]| -> Vec<String> {
            from.iter().filter(|name| !list.contains(name)).cloned().collect()
        };
        let membership = Membership {
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            at: verdict.instant,
            recorded_at: now,
            left: missing_from(&next.absent, verdict.absent),
            returned: missing_from(verdict.absent, &next.absent),
        };
        next.absent = verdict.absent.to_vec();
        self.emit(AlarmEvent::MembershipChanged(membership), events);
    }

    /// Keeps count of unknown verdicts. Gives the truth that counts: missing data trips a rule that says so.
    fn weigh_missing(
        &mut self,
        spec: &AlarmSpec,
        next: &mut ConditionState,
        verdict: &Verdict<'_>,
        now: Timestamp,
        events: &mut Vec<AlarmEvent>,
    ) -> Truth {
        let knowledge = |since: Timestamp, alarm: Option<AlarmId>| Knowledge {
            alarm,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            at: verdict.instant,
            recorded_at: now,
            since,
        };
        if verdict.trip != Truth::Unknown {
            let since = next.missing_since.take().unwrap_or(verdict.instant);
            if std::mem::take(&mut next.is_unknown) {
                self.emit(AlarmEvent::BecameKnown(knowledge(since, next.alarm)), events);
            }
            return verdict.trip;
        }
        let since = *next.missing_since.get_or_insert(verdict.instant);
        let is_over = verdict.instant.since_ms(since) >= spec.on_missing_ms;
        if is_over && matches!(next.phase, Phase::Pending { .. }) && spec.on_missing != MissingPolicy::Alarm {
            next.phase = Phase::Normal;
        }
        match spec.on_missing {
            MissingPolicy::Alarm if is_over => return Truth::True,
            MissingPolicy::Unknown if is_over && !next.is_unknown => {
                next.is_unknown = true;
                self.emit(AlarmEvent::BecameUnknown(knowledge(since, next.alarm)), events);
            }
            _ => {}
        }
        Truth::Unknown
    }

    fn open(
        &mut self,
        spec: &AlarmSpec,
        since: Timestamp,
        verdict: &Verdict<'_>,
        now: Timestamp,
        events: &mut Vec<AlarmEvent>,
    ) -> AlarmId {
        let alarm = AlarmId(self.last_alarm + 1);
        let evidence = (verdict.evidence)();
        let opened = Opened {
            alarm,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            title: text::title(spec, &evidence, since),
            priority: spec.priority,
            since,
            opened_at: verdict.instant,
            recorded_at: now,
            chain: spec.chain.clone(),
            unit: spec.unit.clone(),
            evidence,
            rule_set: self.rule_set.hash,
            place: spec.place.clone(),
        };
        self.emit(AlarmEvent::Opened(Box::new(opened)), events);
        alarm
    }

    fn close(
        &mut self,
        spec: &AlarmSpec,
        alarm: Option<AlarmId>,
        verdict: &Verdict<'_>,
        now: Timestamp,
        events: &mut Vec<AlarmEvent>,
    ) {
        let Some(alarm) = alarm else { return };
        let told = self.alarms.get(&alarm).map(|alarm| (alarm.opened.clone(), alarm.told.clone()));
        let closed = Closed {
            alarm,
            rule: spec.rule.clone(),
            scope_key: spec.scope_key.clone(),
            closed_at: verdict.instant,
            recorded_at: now,
            reason: CloseReason::Cleared,
            evidence: (verdict.evidence)(),
        };
        self.emit(AlarmEvent::Closed(Box::new(closed)), events);
        let Some((opened, told)) = told else { return };
        let mut reached = BTreeSet::new();
        for (contact, mut ways) in told {
            ways.retain(|way| reached.insert((contact.clone(), way.clone())));
            let text = format!("closed: {}", opened.title);
            self.tell(&opened, Subject::Closed, (&contact, &ways, &text), now, events);
        }
    }

    /// Takes every step of every chain, and every scripted acknowledgement, that is due at host time `now`.
    pub fn tick(&mut self, now: Timestamp, responder: Option<&dyn Responder>) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        if self.alarms.is_empty() || self.next_due.is_some_and(|due| now < due) {
            return events;
        }
        while let Some(due) = self.earliest(responder).filter(|due| due.at <= now) {
            match due.what {
                DueWhat::Acknowledge { by, comment } => {
                    let acknowledged = Acknowledged { alarm: due.alarm, by, comment, at: due.at };
                    self.emit(AlarmEvent::Acknowledged(acknowledged), &mut events);
                }
                DueWhat::Step => self.take_step(due.alarm, due.at, now, &mut events),
            }
        }
        self.next_due = Some(self.earliest(responder).map_or(Timestamp::MAX, |due| due.at));
        events
    }

    /// What is due first, over all open alarms; at equal times an acknowledgement comes before a step, and the older alarm first.
    fn earliest(&self, responder: Option<&dyn Responder>) -> Option<Due> {
        let of_alarm = |(id, alarm): (&AlarmId, &Alarm)| {
            let planned = responder.filter(|_| alarm.acknowledged.is_none()).and_then(|one| one.acknowledge(alarm));
            let planned = planned.map(|planned| {
                let at = planned.at.max(alarm.opened.recorded_at);
                Due { at, alarm: *id, what: DueWhat::Acknowledge { by: planned.by, comment: planned.comment } }
            });
            let step = alarm.next_step_due().map(|at| Due { at, alarm: *id, what: DueWhat::Step });
            planned.into_iter().chain(step)
        };
        self.alarms.iter().flat_map(of_alarm).min_by_key(|due| (due.at, due.what.is_step(), due.alarm))
    }

    fn take_step(&mut self, id: AlarmId, due: Timestamp, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let Some(alarm) = self.alarms.get(&id) else { return };
        let index = alarm.steps_taken;
        let (opened, step) = (alarm.opened.clone(), alarm.opened.chain.steps.get(index).cloned());
        let (Some(step), Ok(number)) = (step, u32::try_from(index)) else { return };
        let (contact, ways) = (step.contact, step.ways);
        let escalated =
            Escalated { alarm: id, step: number, due, at: now, contact: contact.clone(), ways: ways.clone() };
        self.emit(AlarmEvent::Escalated(escalated), events);
        self.tell(&opened, Subject::Step(number), (&contact, &ways, &opened.title), now, events);
    }

    fn tell(
        &mut self,
        opened: &Opened,
        subject: Subject,
        (contact, ways, text): (&Contact, &[String], &str),
        now: Timestamp,
        events: &mut Vec<AlarmEvent>,
    ) {
        for (place, way) in ways.iter().enumerate() {
            if ways.iter().take(place).any(|before| before == way) {
                continue;
            }
            let key = format!("{}|{subject:?}|{}|{way}", opened.alarm.0, contact.0);
            let notification = Notification {
                id: sha256(key.as_bytes()).to_string(),
                alarm: opened.alarm,
                subject,
                priority: opened.priority,
                contact: contact.clone(),
                way: way.clone(),
                text: text.to_owned(),
                created_at: now,
            };
            self.emit(AlarmEvent::Notification(notification), events);
        }
    }

    /// An operator takes notice of an alarm.
    ///
    /// # Errors
    /// [`AlarmError::NotOpen`], [`AlarmError::AlreadyAcknowledged`].
    pub fn acknowledge(
        &mut self,
        alarm: AlarmId,
        by: &str,
        comment: &str,
        now: Timestamp,
    ) -> Result<AlarmEvent, AlarmError> {
        let open = self.alarms.get(&alarm).ok_or(AlarmError::NotOpen(alarm))?;
        if let Some(before) = &open.acknowledged {
            return Err(AlarmError::AlreadyAcknowledged { alarm, by: before.by.clone(), at: before.at });
        }
        let event = Acknowledged { alarm, by: by.to_owned(), comment: comment.to_owned(), at: now };
        let event = AlarmEvent::Acknowledged(event);
        self.remember(&event);
        Ok(event)
    }

    fn emit(&mut self, event: AlarmEvent, events: &mut Vec<AlarmEvent>) {
        self.remember(&event);
        events.push(event);
    }
}

struct Due {
    at: Timestamp,
    alarm: AlarmId,
    what: DueWhat,
}

enum DueWhat {
    Acknowledge { by: String, comment: String },
    Step,
}

impl DueWhat {
    const fn is_step(&self) -> bool {
        matches!(self, Self::Step)
    }
}
