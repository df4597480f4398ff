//! Everything that falls due, in order of time. It is kept up to date event by event, so that nothing looks at all open alarms.

use super::Machine;
use crate::alarm::event::{AlarmEvent, AlarmId, AlarmKey, Subject};
use crate::alarm::responder::{PlannedAcknowledgement, Responder};
use crate::alarm::state::Alarm;
use crate::model::Timestamp;
use crate::rules::verdict::Contact;
use std::collections::{BTreeMap, BTreeSet};

/// What falls due, and when: at equal times an acknowledgement before a step, and the older alarm before the newer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub(super) at: Timestamp,
    pub(super) what: What,
}

/// In the order in which it happens at equal times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Acknowledge(AlarmId),
    EndShelving(AlarmKey),
    Step(AlarmId),
    Remind(AlarmId),
    RollUp(Contact),
    EndFlood(Contact),
    Heartbeat(u64),
}

/// Whose state decides what falls due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    Alarm(AlarmId),
    Silence(AlarmKey),
    Contact(Contact),
}

/// Everything that falls due but for heartbeats.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    due: BTreeSet<Due>,
    by_cause: BTreeMap<Cause, Vec<Due>>,
    /// Causes that have changed since they were last asked.
    changed: BTreeSet<Cause>,
    /// Nothing is due before; `None` once anything has changed.
    next: Option<Timestamp>,
    /// Whether a scripted operator was asked.
    has_responder: bool,
    /// How often a cause was asked, for tests of how much work that is.
    #[cfg(test)]
    pub(super) asked: usize,
}

impl Schedule {
    pub(super) fn note_changed(&mut self, cause: Cause) {
        self.next = None;
        self.changed.insert(cause);
    }

    /// Forgets until when nothing is due.
    pub(super) const fn forget_next(&mut self) {
        self.next = None;
    }

    pub(super) const fn set_next(&mut self, next: Timestamp) {
        self.next = Some(next);
    }

    fn put(&mut self, cause: Cause, due: Vec<Due>) {
        for before in self.by_cause.remove(&cause).into_iter().flatten() {
            self.due.remove(&before);
        }
        if !due.is_empty() {
            self.due.extend(due.iter().cloned());
            self.by_cause.insert(cause, due);
        }
    }
}

impl Machine {
    /// Whether nothing can be due yet.
    #[inline]
    pub(super) fn is_nothing_due(&self, now: Timestamp, responder: Option<&dyn Responder>) -> bool {
        self.schedule.next.is_some_and(|next| now < next) && self.schedule.has_responder == responder.is_some()
    }

    /// What is due first.
    pub(super) fn earliest(&mut self, now: Timestamp, responder: Option<&dyn Responder>) -> Option<Due> {
        if self.schedule.has_responder != responder.is_some() {
            self.schedule.has_responder = responder.is_some();
            self.schedule.changed.extend(self.alarms.keys().copied().map(Cause::Alarm));
        }
        while let Some(cause) = self.schedule.changed.pop_first() {
            let due = self.due_of(&cause, responder);
            self.schedule.put(cause, due);
            #[cfg(test)]
            {
                self.schedule.asked += 1;
            }
        }
        self.schedule.due.first().cloned().into_iter().chain(self.next_heartbeat(now)).min()
    }

    fn due_of(&self, cause: &Cause, responder: Option<&dyn Responder>) -> Vec<Due> {
        match cause {
            Cause::Alarm(id) => {
                self.alarms.get(id).into_iter().flat_map(|alarm| due_of_alarm(*id, alarm, responder)).collect()
            }
            Cause::Silence(key) => {
                let until = self.silence(&key.rule, &key.scope_key).and_then(|silence| silence.until());
                until.map(|at| Due { at, what: What::EndShelving(key.clone()) }).into_iter().collect()
            }
            Cause::Contact(contact) => {
                let Some(load) = self.loads.get(contact) else { return Vec::new() };
                let roll_up = load.next_roll_up().map(|at| Due { at, what: What::RollUp(contact.clone()) });
                let end = load.ends().map(|at| Due { at, what: What::EndFlood(contact.clone()) });
                roll_up.into_iter().chain(end).collect()
            }
        }
    }

    /// The next heartbeat: of those that were missed only the newest is sent.
    pub(super) fn next_heartbeat(&self, now: Timestamp) -> Option<Due> {
        let every_ms = self.heartbeat.as_ref()?.every_ms;
        let current = u64::try_from(now.as_ms().div_euclid(every_ms)).ok()?;
        let number = self.heartbeats.map_or(current, |last| (last + 1).max(current));
        let at = i64::try_from(number).ok()?.saturating_mul(every_ms);
        Some(Due { at: Timestamp::from_ms(at), what: What::Heartbeat(number) })
    }

    /// Notes whose due times an event changes. Those of silences and of the alarms under them are noted where they change.
    pub(super) fn reschedule(&mut self, event: &AlarmEvent) {
        let contact = |contact: &Contact| Cause::Contact(contact.clone());
        match event {
            AlarmEvent::Opened(opened) => self.schedule.note_changed(Cause::Alarm(opened.alarm)),
            AlarmEvent::Closed(closed) => self.schedule.note_changed(Cause::Alarm(closed.alarm)),
            AlarmEvent::Acknowledged(one) => self.schedule.note_changed(Cause::Alarm(one.alarm)),
            AlarmEvent::Operated(operated) => {
                operated.alarm.into_iter().for_each(|alarm| self.schedule.note_changed(Cause::Alarm(alarm)));
            }
            AlarmEvent::LatchChanged(change) => self.schedule.note_changed(Cause::Alarm(change.alarm)),
            AlarmEvent::Joined(joined) => {
                self.schedule.note_changed(Cause::Alarm(joined.alarm));
                self.schedule.note_changed(Cause::Alarm(AlarmId(joined.incident.0)));
            }
            AlarmEvent::Escalated(step) => {
                self.schedule.note_changed(Cause::Alarm(step.alarm));
                step.parties.iter().for_each(|party| self.schedule.note_changed(contact(&party.contact)));
            }
            AlarmEvent::Reminded(reminded) => self.schedule.note_changed(Cause::Alarm(reminded.alarm)),
            AlarmEvent::HeldBack(held) => self.schedule.note_changed(contact(&held.party.contact)),
            AlarmEvent::FloodChanged(flood) => self.schedule.note_changed(contact(&flood.contact)),
            AlarmEvent::Notification(notification) => match notification.subject {
                Subject::RollUp(_) => self.schedule.note_changed(contact(&notification.contact)),
                Subject::Heartbeat(_) => self.schedule.forget_next(),
                Subject::Step(_) | Subject::Closed | Subject::Late(_) => {}
            },
            _ => {}
        }
    }
}

/// What one alarm waits for.
fn due_of_alarm(id: AlarmId, alarm: &Alarm, responder: Option<&dyn Responder>) -> impl Iterator<Item = Due> {
    let planned = planned(alarm, responder).map(|planned| {
        let at = planned.at.max(alarm.begun_at);
        Due { at, what: What::Acknowledge(id) }
    });
    let step = alarm.next_step_due().map(|at| Due { at, what: What::Step(id) });
    let remind = alarm.next_reminder().map(|(_, at)| Due { at, what: What::Remind(id) });
    planned.into_iter().chain(step).chain(remind)
}

/// The acknowledgement that a scripted operator will give.
pub(super) fn planned(alarm: &Alarm, responder: Option<&dyn Responder>) -> Option<PlannedAcknowledgement> {
    responder.filter(|_| alarm.acknowledged.is_none()).and_then(|one| one.acknowledge(alarm))
}

#[cfg(test)]
mod tests;
