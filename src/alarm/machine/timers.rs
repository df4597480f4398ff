//! Time passes: everything that falls due, in order of time.

use super::Machine;
use super::schedule::{Cause, Due, What};
use crate::alarm::event::{AlarmEvent, AlarmId, AlarmKey, ShelvingEnd, ShelvingEnded};
use crate::alarm::responder::{PlannedAcknowledgement, Responder};
use crate::alarm::state::Alarm;
use crate::model::Timestamp;

impl Machine {
    /// Takes every step of every chain, and everything else that is due at host time `now`: scripted acknowledgements, ends of
    /// shelvings, reminders, roll-ups, heartbeats.
    pub fn tick(&mut self, now: Timestamp, responder: Option<&dyn Responder>) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        if self.takes_history() || self.schedule.is_nothing_due(now, responder.is_some()) {
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
                let of = self.alarms.get(&alarm);
                let event = of.map(|of| self.acknowledged(of, (by.as_str(), comment.as_str()), None, due.at));
                event.into_iter().for_each(|event| self.emit(AlarmEvent::Acknowledged(event), events));
            }
            What::EndShelving(key) => self.end_shelving(key, due.at, now, events),
            What::Maintain(number) => self.step_maintenance(number, now, events),
            What::Expire(alarm) => self.end_acknowledgement(alarm, now, events),
            What::Raise(alarm) => self.send_raise(alarm, now, events),
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
        let first = self.schedule.first().cloned().into_iter();
        first.chain(self.next_maintenance(now)).chain(self.next_heartbeat(now)).min()
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

    /// The next step of a maintenance window: of occurrences that have ended unnoticed none begins, so that it depends on the time.
    fn next_maintenance(&self, now: Timestamp) -> Option<Due> {
        let windows = self.maintenance.iter();
        windows.map(|(number, one)| Due { at: one.next(now).0, what: What::Maintain(*number) }).min()
    }

    /// The next heartbeat: of those that were missed only the newest is sent.
    fn next_heartbeat(&self, now: Timestamp) -> Option<Due> {
        let every_ms = self.heartbeat.as_ref()?.every_ms;
        let current = u64::try_from(now.as_ms().div_euclid(every_ms)).ok()?;
        let number = self.heartbeats.map_or(current, |last| (last + 1).max(current));
        // There is none beyond the end of time.
        let at = i64::try_from(number).ok()?.checked_mul(every_ms)?;
        Some(Due { at: Timestamp::from_ms(at), what: What::Heartbeat(number) })
    }
}

/// What one alarm waits for.
fn due_of_alarm(id: AlarmId, alarm: &Alarm, responder: Option<&dyn Responder>) -> impl Iterator<Item = Due> {
    let planned = planned(alarm, responder).filter(|_| alarm.has_begun).map(|planned| {
        // Whoever has answered before an acknowledgement expired answers again once it has.
        let at = planned.at.max(alarm.begun_at).max(alarm.expired_at.unwrap_or(Timestamp::MIN));
        Due { at, what: What::Acknowledge(id) }
    });
    let expiry = alarm.next_expiry().map(|(at, _)| Due { at, what: What::Expire(id) });
    let raise = alarm.next_raise().map(|at| Due { at, what: What::Raise(id) });
    let step = alarm.next_step_due().map(|at| Due { at, what: What::Step(id) });
    let remind = alarm.next_reminder().map(|(_, at)| Due { at, what: What::Remind(id) });
    expiry.into_iter().chain(planned).chain(raise).chain(step).chain(remind)
}

/// The acknowledgement that a scripted operator will give.
fn planned(alarm: &Alarm, responder: Option<&dyn Responder>) -> Option<PlannedAcknowledgement> {
    let planned = responder.filter(|_| alarm.acknowledged.is_none())?.acknowledge(alarm)?;
    Some(planned).filter(|planned| !alarm.is_acknowledged_by(&planned.by))
}

#[cfg(test)]
mod tests;
