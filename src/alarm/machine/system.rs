//! System alarms, and a host clock that was set.

use super::schedule::Cause;
use super::tell::identified;
use super::{Heartbeat, Machine};
use crate::alarm::event::{AlarmEvent, AlarmKey, Notification, Subject, SystemCondition, SystemKind};
use crate::alarm::state::Alarm;
use crate::model::Timestamp;
use crate::verdict::Priority;
use std::collections::BTreeMap;

impl Machine {
    /// Raises or clears a system alarm, and notifies the contact of the heartbeat, if there is one. One that is raised already is recorded
    /// once more only if the host's clock was set.
    pub fn note_system(&mut self, condition: SystemCondition) -> Vec<AlarmEvent> {
        let was_raised = self.system_alarm(condition.kind, &condition.subject).is_some();
        let is_news = was_raised != condition.is_raised;
        let mut events = Vec::new();
        if !is_news && condition.clock_set_by_ms == 0 {
            return events;
        }
        let (text, now) = (condition.text.clone(), condition.at);
        self.emit(AlarmEvent::SystemConditionChanged(condition), &mut events);
        if let Some(Heartbeat { contact, way, .. }) = self.heartbeat.clone().filter(|_| is_news) {
            let notification = Notification {
                id: String::new(),
                alarm: None,
                subject: Subject::System(self.system_changes),
                repeat: 0,
                priority: Priority::High,
                contact,
                way,
                fallback: Vec::new(),
                text,
                created_at: now,
                guidance: String::new(),
                retrips: 0,
            };
            self.emit(AlarmEvent::Notification(identified(notification)), &mut events);
        }
        events
    }

    /// The system alarms that are raised, by kind and subject.
    pub fn system_alarms(&self) -> impl Iterator<Item = &SystemCondition> {
        self.system_alarms.values()
    }

    /// The system alarm of a kind and subject, if it is raised.
    #[must_use]
    pub fn system_alarm(&self, kind: SystemKind, subject: &str) -> Option<&SystemCondition> {
        self.system_alarms.values().find(|one| one.kind == kind && one.subject == subject)
    }

    pub(super) fn remember_system(&mut self, condition: &SystemCondition) {
        self.system_changes += 1;
        let key = (condition.kind, condition.subject.clone());
        if condition.is_raised {
            self.system_alarms.insert(key, condition.clone());
        } else {
            self.system_alarms.remove(&key);
        }
        if condition.clock_set_by_ms != 0 {
            self.rebase(condition.clock_set_by_ms, condition.at);
        }
    }

    /// Looks anew for everything that falls due.
    fn reschedule_all(&mut self) {
        let silences = self.silences.iter();
        let silences =
            silences.flat_map(|(rule, scopes)| scopes.keys().map(|scope| AlarmKey::new(rule.as_str(), scope.as_str())));
        let alarms = self.alarms.keys().copied().map(Cause::Alarm);
        let contacts = self.loads.keys().cloned().map(Cause::Contact);
        let causes: Vec<Cause> = alarms.chain(silences.map(Cause::Silence)).chain(contacts).collect();
        causes.into_iter().for_each(|cause| self.schedule.note_changed(cause));
        self.schedule.forget_next();
    }

    /// The host's clock was set by so much, and shows `now`: what waits for a host time waits as long as before.
    fn rebase(&mut self, by_ms: i64, now: Timestamp) {
        self.alarms.values_mut().for_each(|alarm| rebase_alarm(alarm, by_ms));
        self.loads.values_mut().for_each(|load| load.rebase(by_ms));
        let shelved = self.silences.values_mut().flat_map(BTreeMap::values_mut);
        shelved.for_each(|silence| silence.rebase(by_ms, now));
        if by_ms < 0 {
            // The next one is due at once, not when the clock shows again what it showed before.
            self.heartbeats = None;
        }
        self.clock_changes = self.clock_changes.saturating_add(1);
        self.reschedule_all();
    }
}

fn rebase_alarm(alarm: &mut Alarm, by_ms: i64) {
    alarm.begun_at = alarm.begun_at.plus_ms(by_ms);
    alarm.paused_since = alarm.paused_since.map(|since| since.plus_ms(by_ms));
    alarm.expired_at = alarm.expired_at.map(|at| at.plus_ms(by_ms));
    for one in alarm.acknowledgements.iter_mut().chain(&mut alarm.acknowledged) {
        one.expires_at = one.expires_at.map(|at| at.plus_ms(by_ms));
    }
}
