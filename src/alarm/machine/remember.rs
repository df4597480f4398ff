//! What events make of what the machine knows: live and after a restart.

use super::Machine;
use super::schedule::Cause;
use crate::alarm::event::{
    AlarmEvent, AlarmId, AlarmKey, Closed, Escalated, Flood, HeldBack, LatchChange, Notification, Opened, Operated,
    OperatorAction, Reminded, RulesStateChange, ShelvingEnded, Subject, Suppression,
};
use crate::alarm::state::{Alarm, Shelved, Silence, Standing};
use crate::model::Timestamp;
use crate::verdict::Contact;
use std::sync::Arc;

impl Machine {
    /// Takes in an event that the ledger remembers, without any effect but on what the machine knows.
    pub fn remember(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Opened(opened) => {
                self.remember_active(event);
                self.last_alarm = self.last_alarm.max(opened.alarm.0);
                if !opened.is_overdue() {
                    self.groups.note(opened);
                }
                let mut alarm = Alarm::new(Arc::clone(opened));
                alarm.pause(self.is_silent(&opened.rule, &opened.scope_key), opened.recorded_at);
                self.note_history(opened.alarm, alarm.is_history);
                self.alarms.insert(opened.alarm, alarm);
                self.note_open(opened);
            }
            AlarmEvent::BecameCurrent(current) => {
                self.note_history(current.alarm, false);
                self.change(current.alarm, |alarm| alarm.become_current(current.recorded_at));
            }
            AlarmEvent::Closed(closed) => {
                self.remember_active(event);
                self.remember_closed(closed);
            }
            AlarmEvent::Amended(amendment) => {
                self.remember_active(event);
                self.amendments = amendment.number;
            }
            AlarmEvent::Acknowledged(one) => self.change(one.alarm, |alarm| alarm.acknowledge(one)),
            AlarmEvent::AcknowledgementExpired(one) => self.change(one.alarm, |alarm| alarm.expire(&one.by, one.due)),
            AlarmEvent::Operated(operated) => self.remember_operated(operated),
            AlarmEvent::MaintenancePlanned(planned) => self.remember_planned(planned),
            AlarmEvent::MaintenanceChanged(changed) => self.remember_maintenance(changed),
            AlarmEvent::ShelvingEnded(ended) => self.remember_shelving_ended(ended),
            AlarmEvent::SuppressionChanged(change) => self.remember_suppression(change),
            AlarmEvent::LatchChanged(change) => {
                self.remember_active(event);
                self.remember_latch(change);
            }
            AlarmEvent::PriorityChanged(change) => {
                self.change(change.alarm, |alarm| alarm.change_priority(change));
            }
            AlarmEvent::Joined(joined) => {
                self.groups.join(joined);
                for alarm in [joined.alarm, AlarmId(joined.group.0)] {
                    self.change(alarm, |alarm| alarm.group = Some(joined.group));
                }
            }
            AlarmEvent::Escalated(step) => self.remember_step(step),
            AlarmEvent::Reminded(Reminded { alarm, repeat, .. }) => {
                self.change(*alarm, |alarm| alarm.reminders_sent = *repeat);
            }
            AlarmEvent::HeldBack(held) => self.remember_held(held),
            AlarmEvent::FloodChanged(flood) => self.remember_flood(flood),
            AlarmEvent::Notification(notification) => self.remember_notification(notification),
            AlarmEvent::RulesStateChanged(change) => {
                self.rules_state = Some((**change).clone()).filter(RulesStateChange::is_alarming);
            }
            AlarmEvent::BecameUnknown(_)
            | AlarmEvent::BecameKnown(_)
            | AlarmEvent::MembershipChanged(_)
            | AlarmEvent::Carried(_)
            | AlarmEvent::Delivery(_)
            | AlarmEvent::Rerouted(_)
            | AlarmEvent::SystemAlarm(_)
            | AlarmEvent::EndpointChanged(_) => {}
            AlarmEvent::SystemConditionChanged(condition) => self.remember_system(condition),
        }
        self.reschedule(event);
    }

    fn note_open(&mut self, opened: &Opened) {
        let of_rule = self.open.entry(opened.rule.clone()).or_default();
        let open = of_rule.entry(opened.scope_key.clone()).or_default();
        if let Err(place) = open.binary_search(&opened.alarm) {
            open.insert(place, opened.alarm);
        }
    }

    pub(super) fn change(&mut self, alarm: AlarmId, make: impl FnOnce(&mut Alarm)) {
        if let Some(alarm) = self.alarms.get_mut(&alarm) {
            make(alarm);
        }
    }

    fn remember_latch(&mut self, change: &LatchChange) {
        if !change.is_clear {
            self.note_history(change.alarm, change.timing.is_history());
        }
        self.change(change.alarm, |alarm| {
            alarm.latched_at = change.is_clear.then_some(change.at);
            if !change.is_clear {
                alarm.retrip(change);
            }
        });
    }

    fn note_history(&mut self, alarm: AlarmId, is_history: bool) {
        if is_history {
            self.history.insert(alarm);
        } else {
            self.history.remove(&alarm);
        }
    }

    fn remember_closed(&mut self, closed: &Closed) {
        self.history.remove(&closed.alarm);
        let Some(alarm) = self.alarms.remove(&closed.alarm) else { return };
        let Opened { rule, scope_key, .. } = &*alarm.opened;
        let Some(of_rule) = self.open.get_mut(rule) else { return };
        if let Some(open) = of_rule.get_mut(scope_key) {
            open.retain(|one| *one != closed.alarm);
            if open.is_empty() {
                of_rule.remove(scope_key);
            }
        }
        if of_rule.is_empty() {
            self.open.remove(rule);
        }
    }

    fn remember_operated(&mut self, operated: &Operated) {
        let standing = || Standing { by: operated.by.clone(), comment: operated.comment.clone(), at: operated.at };
        match (&operated.action, operated.alarm) {
            (OperatorAction::Unacknowledge, Some(alarm)) => self.change(alarm, Alarm::unacknowledge),
            (OperatorAction::HandOver { to }, Some(alarm)) => {
                self.change(alarm, |alarm| alarm.owner = Some(to.clone()));
            }
            (OperatorAction::Shelve(shelving), _) => {
                let shelved = Shelved { shelving: *shelving, standing: standing() };
                self.silent(operated, |silence| silence.shelved = Some(shelved));
            }
            (OperatorAction::Unshelve, _) => self.silent(operated, |silence| silence.shelved = None),
            (OperatorAction::TakeOutOfService, _) => {
                let standing = standing();
                self.silent(operated, |silence| silence.out_of_service = Some(standing));
            }
            (OperatorAction::ReturnToService, _) => self.silent(operated, |silence| silence.out_of_service = None),
            _ => {}
        }
    }

    fn silent(&mut self, operated: &Operated, make: impl FnOnce(&mut Silence)) {
        self.set_silence(&operated.rule, &operated.scope_key, operated.at, make);
    }

    /// Changes what keeps people from being told; the chain of an open alarm stands still or goes on from `at`.
    fn set_silence(&mut self, rule: &str, scope_key: &str, at: Timestamp, make: impl FnOnce(&mut Silence)) {
        let scopes = self.silences.entry(rule.to_owned()).or_default();
        let silence = scopes.entry(scope_key.to_owned()).or_default();
        make(silence);
        let is_silent = !silence.is_none();
        if !is_silent {
            scopes.remove(scope_key);
            if scopes.is_empty() {
                self.silences.remove(rule);
            }
        }
        let is_silent = is_silent || self.maintenance_of(rule, scope_key).next().is_some();
        self.schedule.note_changed(Cause::Silence(AlarmKey::new(rule, scope_key)));
        for id in self.open_of(rule, scope_key).to_vec() {
            self.change(id, |alarm| alarm.pause(is_silent, at));
            self.schedule.note_changed(Cause::Alarm(id));
        }
    }

    fn remember_shelving_ended(&mut self, ended: &ShelvingEnded) {
        self.set_silence(&ended.rule, &ended.scope_key, ended.due, |silence| silence.shelved = None);
    }

    fn remember_suppression(&mut self, change: &Suppression) {
        let by = change.by.clone();
        self.set_silence(&change.rule, &change.scope_key, change.recorded_at, |silence| silence.suppressed = by);
    }

    fn remember_step(&mut self, step: &Escalated) {
        self.change(step.alarm, |alarm| {
            alarm.steps_taken = step.step as usize + 1;
            for party in &step.parties {
                alarm.told.push((party.contact.clone(), step.ways.clone()));
                alarm.fallback.push(party.clone());
            }
        });
        for party in &step.parties {
            self.loads.entry(party.contact.clone()).or_default().note(step.alarm, step.at);
        }
    }

    fn remember_held(&mut self, held: &HeldBack) {
        if let Subject::Raised(_) = held.subject {
            self.change(held.alarm, |alarm| alarm.raise = None);
        }
        self.loads.entry(held.party.contact.clone()).or_default().held.push(held.clone());
    }

    fn remember_flood(&mut self, flood: &Flood) {
        let load = self.loads.entry(flood.contact.clone()).or_default();
        load.flood_since = flood.is_on.then_some(flood.at);
    }

    fn remember_notification(&mut self, notification: &Notification) {
        match notification.subject {
            Subject::RollUp(number) => {
                let load = self.loads.entry(notification.contact.clone()).or_default();
                load.rolled_up = (number, Some(notification.created_at));
                load.held.clear();
            }
            Subject::Heartbeat(number) => self.heartbeats = Some(number),
            Subject::Raised(_) => {
                notification.alarm.into_iter().for_each(|alarm| self.change(alarm, |alarm| alarm.raise = None));
            }
            Subject::Step(_) | Subject::Closed | Subject::Late(_) | Subject::Expired(_) | Subject::System(_) => {}
        }
    }

    /// Notes whose due times an event changes. Those of silences and of the alarms under them are noted where they change.
    fn reschedule(&mut self, event: &AlarmEvent) {
        let contact = |contact: &Contact| Cause::Contact(contact.clone());
        match event {
            AlarmEvent::Opened(opened) => self.schedule.note_changed(Cause::Alarm(opened.alarm)),
            AlarmEvent::Closed(closed) => self.schedule.note_changed(Cause::Alarm(closed.alarm)),
            AlarmEvent::Acknowledged(one) => self.schedule.note_changed(Cause::Alarm(one.alarm)),
            AlarmEvent::Operated(operated) => {
                operated.alarm.into_iter().for_each(|alarm| self.schedule.note_changed(Cause::Alarm(alarm)));
            }
            AlarmEvent::LatchChanged(change) => self.schedule.note_changed(Cause::Alarm(change.alarm)),
            AlarmEvent::PriorityChanged(change) => self.schedule.note_changed(Cause::Alarm(change.alarm)),
            AlarmEvent::Joined(joined) => {
                self.schedule.note_changed(Cause::Alarm(joined.alarm));
                self.schedule.note_changed(Cause::Alarm(AlarmId(joined.group.0)));
            }
            AlarmEvent::Escalated(step) => {
                self.schedule.note_changed(Cause::Alarm(step.alarm));
                step.parties.iter().for_each(|party| self.schedule.note_changed(contact(&party.contact)));
            }
            AlarmEvent::Reminded(reminded) => self.schedule.note_changed(Cause::Alarm(reminded.alarm)),
            AlarmEvent::HeldBack(held) => {
                self.schedule.note_changed(contact(&held.party.contact));
                self.schedule.note_changed(Cause::Alarm(held.alarm));
            }
            AlarmEvent::FloodChanged(flood) => self.schedule.note_changed(contact(&flood.contact)),
            AlarmEvent::Notification(notification) => match notification.subject {
                Subject::RollUp(_) => self.schedule.note_changed(contact(&notification.contact)),
                Subject::Heartbeat(_) => self.schedule.forget_next(),
                Subject::Raised(_) => {
                    notification.alarm.into_iter().for_each(|alarm| self.schedule.note_changed(Cause::Alarm(alarm)));
                }
                Subject::Step(_) | Subject::Closed | Subject::Late(_) | Subject::Expired(_) | Subject::System(_) => {}
            },
            AlarmEvent::BecameCurrent(current) => self.schedule.note_changed(Cause::Alarm(current.alarm)),
            AlarmEvent::AcknowledgementExpired(one) => self.schedule.note_changed(Cause::Alarm(one.alarm)),
            AlarmEvent::MaintenancePlanned(_) | AlarmEvent::MaintenanceChanged(_) => self.schedule.forget_next(),
            _ => {}
        }
    }
}
