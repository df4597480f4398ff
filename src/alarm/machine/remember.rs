//! What events make of what the machine knows: live and after a restart.

use super::Machine;
use crate::alarm::event::{
    AlarmEvent, AlarmId, Closed, Escalated, Flood, Notification, Operated, OperatorAction, Reminded, RulesStateChange,
    ShelvingEnded, Subject, Suppression,
};
use crate::alarm::state::{Alarm, Shelved, Silence, Standing};
use crate::model::Timestamp;
use std::sync::Arc;

impl Machine {
    /// Takes in an event that the ledger remembers, without any effect but on what the machine knows.
    pub fn remember(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Opened(opened) => {
                self.remember_active(event);
                self.last_alarm = self.last_alarm.max(opened.alarm.0);
                self.incidents.note(opened);
                let mut alarm = Alarm::new(Arc::clone(opened));
                alarm.pause(self.silence(&opened.rule, &opened.scope_key).is_some(), opened.recorded_at);
                self.alarms.insert(opened.alarm, alarm);
            }
            AlarmEvent::Closed(closed) => {
                self.remember_active(event);
                self.remember_closed(closed);
            }
            AlarmEvent::Amended(amendment) => {
                self.remember_active(event);
                self.amendments = amendment.number;
            }
            AlarmEvent::Acknowledged(acknowledged) => {
                self.change(acknowledged.alarm, |alarm| alarm.acknowledged = Some(acknowledged.clone()));
            }
            AlarmEvent::Operated(operated) => self.remember_operated(operated),
            AlarmEvent::ShelvingEnded(ended) => self.remember_shelving_ended(ended),
            AlarmEvent::SuppressionChanged(change) => self.remember_suppression(change),
            AlarmEvent::LatchChanged(change) => {
                self.remember_active(event);
                let latched_at = change.is_clear.then_some(change.at);
                self.change(change.alarm, |alarm| {
                    alarm.latched_at = latched_at;
                    if change.begins_anew {
                        alarm.begin_anew(change.recorded_at);
                    }
                });
            }
            AlarmEvent::Joined(joined) => {
                self.incidents.join(joined);
                for alarm in [joined.alarm, AlarmId(joined.incident.0)] {
                    self.change(alarm, |alarm| alarm.incident = Some(joined.incident));
                }
            }
            AlarmEvent::Escalated(step) => self.remember_step(step),
            AlarmEvent::Reminded(Reminded { alarm, repeat, .. }) => {
                self.change(*alarm, |alarm| alarm.reminders_sent = *repeat);
            }
            AlarmEvent::HeldBack(held) => {
                self.loads.entry(held.party.contact.clone()).or_default().held.push(held.clone());
            }
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
        }
        match event {
            AlarmEvent::Opened(opened) => self.opened_since.push(opened.alarm),
            // They take away what was due, or have no say in it.
            AlarmEvent::Closed(_) | AlarmEvent::Joined(_) => {}
            _ => self.next_due = None,
        }
    }

    fn change(&mut self, alarm: AlarmId, make: impl FnOnce(&mut Alarm)) {
        if let Some(alarm) = self.alarms.get_mut(&alarm) {
            make(alarm);
        }
    }

    fn remember_closed(&mut self, closed: &Closed) {
        self.alarms.remove(&closed.alarm);
    }

    fn remember_operated(&mut self, operated: &Operated) {
        let standing = || Standing { by: operated.by.clone(), comment: operated.comment.clone(), at: operated.at };
        match (&operated.action, operated.alarm) {
            (OperatorAction::Unacknowledge, Some(alarm)) => self.change(alarm, |alarm| alarm.acknowledged = None),
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
        let of_scope = self.alarms.values_mut().filter(|alarm| alarm.is_of(rule, scope_key));
        of_scope.for_each(|alarm| alarm.pause(is_silent, at));
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
            Subject::Step(_) | Subject::Closed | Subject::Late(_) => {}
        }
    }
}
