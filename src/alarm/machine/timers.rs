//! Time passes: everything that falls due, in order of time.

use super::Machine;
use super::schedule::{Cause, Due, What};
use crate::alarm::event::{Acknowledged, AlarmEvent, AlarmId, AlarmKey, ShelvingEnd, ShelvingEnded};
use crate::alarm::responder::{PlannedAcknowledgement, Responder};
use crate::alarm::state::Alarm;
use crate::model::Timestamp;

impl Machine {
    /// Takes every step of every chain, and everything else that is due at host time `now`: scripted acknowledgements, ends of
    /// shelvings, reminders, roll-ups, heartbeats.
    pub fn tick(&mut self, now: Timestamp, responder: Option<&dyn Responder>) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        if self.schedule.is_nothing_due(now, responder.is_some()) {
            return events;
        }
        loop {
            match self.earliest(now, responder) {
                Some(due) if due.at <= now => self.meet(due, now, responder, &mut events),
                later => {
                    self.schedule.set_next(later.map_or(Timestamp::MAX, |due| due.at));
                    return events;
                }
            }
        }
    }

    /// Does what is due.
    fn meet(&mut self, due: Due, now: Timestamp, responder: Option<&dyn Responder>, events: &mut Vec<AlarmEvent>) {
        match due.what {
            What::Acknowledge(alarm) => {
                let planned = self.alarms.get(&alarm).and_then(|of| planned(of, responder));
                let (by, comment) = planned.map(|planned| (planned.by, planned.comment)).unwrap_or_default();
                self.emit(AlarmEvent::Acknowledged(Acknowledged { alarm, by, comment, at: due.at }), events);
            }
            What::EndShelving(key) => self.end_shelving(key, due.at, now, events),
            What::Step(alarm) => self.take_step(alarm, due.at, now, events),
            What::Remind(alarm) => self.send_reminder(alarm, now, events),
            What::RollUp(contact) => self.roll_up(&contact, now, events),
            What::EndFlood(contact) => self.end_flood(&contact, now, events),
            What::Heartbeat(number) => self.send_heartbeat(number, now, events),
        }
    }

    fn end_shelving(&mut self, key: AlarmKey, due: Timestamp, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let alarm = self.open_of(&key.rule, &key.scope_key).first().copied();
        let AlarmKey { rule, scope_key } = key;
        let ended = ShelvingEnded { alarm, rule, scope_key, end: ShelvingEnd::TimeOver, due, at: now };
        self.emit(AlarmEvent::ShelvingEnded(ended), events);
    }

    /// What is due first.
    fn earliest(&mut self, now: Timestamp, responder: Option<&dyn Responder>) -> Option<Due> {
        self.schedule.set_responder(responder.is_some(), self.alarms.keys().copied());
        while let Some(cause) = self.schedule.take_changed() {
            let due = self.due_of(&cause, responder);
            self.schedule.put(cause, due);
        }
        self.schedule.first().cloned().into_iter().chain(self.next_heartbeat(now)).min()
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
    fn next_heartbeat(&self, now: Timestamp) -> Option<Due> {
        let every_ms = self.heartbeat.as_ref()?.every_ms;
        let current = u64::try_from(now.as_ms().div_euclid(every_ms)).ok()?;
        let number = self.heartbeats.map_or(current, |last| (last + 1).max(current));
        let at = i64::try_from(number).ok()?.saturating_mul(every_ms);
        Some(Due { at: Timestamp::from_ms(at), what: What::Heartbeat(number) })
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
fn planned(alarm: &Alarm, responder: Option<&dyn Responder>) -> Option<PlannedAcknowledgement> {
    responder.filter(|_| alarm.acknowledged.is_none()).and_then(|one| one.acknowledge(alarm))
}

#[cfg(test)]
mod tests;
