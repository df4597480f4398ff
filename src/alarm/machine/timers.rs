//! Time passes: everything that falls due, in order of time.

use super::Machine;
use crate::alarm::event::{Acknowledged, AlarmEvent, AlarmId, AlarmKey, ShelvingEnd, ShelvingEnded};
use crate::alarm::responder::{PlannedAcknowledgement, Responder};
use crate::alarm::state::Alarm;
use crate::model::Timestamp;
use std::collections::BTreeMap;

/// What falls due, and when. Small: every open alarm is asked after every event.
#[derive(Clone, Copy)]
struct Due {
    at: Timestamp,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Acknowledge(AlarmId),
    /// Of the silence at this place.
    EndShelving(usize),
    Step(AlarmId),
    Remind(AlarmId),
    /// Of the contact at this place.
    RollUp(usize),
    /// Of the contact at this place.
    EndFlood(usize),
    Heartbeat(u64),
}

impl Due {
    /// What comes first at equal times: an acknowledgement before a step, the older alarm before the newer.
    const fn rank(&self) -> (Timestamp, u8, u64) {
        let (class, alarm) = match &self.what {
            What::Acknowledge(alarm) => (0, alarm.0),
            What::EndShelving(_) => (1, 0),
            What::Step(alarm) => (2, alarm.0),
            What::Remind(alarm) => (3, alarm.0),
            What::RollUp(_) => (4, 0),
            What::EndFlood(_) => (5, 0),
            What::Heartbeat(_) => (6, 0),
        };
        (self.at, class, alarm)
    }
}

impl Machine {
    /// Takes every step of every chain, and everything else that is due at host time `now`: scripted acknowledgements, ends of
    /// shelvings, reminders, roll-ups, heartbeats.
    pub fn tick(&mut self, now: Timestamp, responder: Option<&dyn Responder>) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        if self.note_opened(responder).is_some_and(|due| now < due) {
            debug_assert!(self.earliest(now, responder).is_none_or(|due| now < due.at), "something due was missed");
            return events;
        }
        loop {
            match self.earliest(now, responder) {
                Some(due) if due.at <= now => self.meet(due, now, responder, &mut events),
                later => {
                    self.next_due = Some(later.map_or(Timestamp::MAX, |due| due.at));
                    self.opened_since.clear();
                    return events;
                }
            }
        }
    }

    /// Takes account of the alarms that have opened since the next due time was found, without a look at all the others. Gives that
    /// time; `None` where it must be looked for.
    fn note_opened(&mut self, responder: Option<&dyn Responder>) -> Option<Timestamp> {
        let next_due = self.next_due?;
        let opened = self.opened_since.drain(..).filter_map(|id| self.alarms.get_key_value(&id));
        let of_opened = opened.flat_map(|(id, alarm)| due_of(*id, alarm, responder)).map(|due| due.at).min();
        self.next_due = Some(of_opened.map_or(next_due, |due| due.min(next_due)));
        self.next_due
    }

    /// Does what is due.
    fn meet(&mut self, due: Due, now: Timestamp, responder: Option<&dyn Responder>, events: &mut Vec<AlarmEvent>) {
        match due.what {
            What::Acknowledge(alarm) => {
                let planned = self.alarms.get(&alarm).and_then(|of| planned(of, responder));
                let (by, comment) = planned.map(|planned| (planned.by, planned.comment)).unwrap_or_default();
                self.emit(AlarmEvent::Acknowledged(Acknowledged { alarm, by, comment, at: due.at }), events);
            }
            What::EndShelving(place) => {
                let key = self.silences().nth(place).map(|(key, _)| key);
                key.into_iter().for_each(|key| self.end_shelving(key, due.at, now, events));
            }
            What::Step(alarm) => self.take_step(alarm, due.at, now, events),
            What::Remind(alarm) => self.send_reminder(alarm, now, events),
            What::RollUp(place) => {
                let contact = self.loads.keys().nth(place).cloned();
                contact.into_iter().for_each(|contact| self.roll_up(&contact, now, events));
            }
            What::EndFlood(place) => {
                let contact = self.loads.keys().nth(place).cloned();
                contact.into_iter().for_each(|contact| self.end_flood(&contact, now, events));
            }
            What::Heartbeat(number) => self.send_heartbeat(number, now, events),
        }
    }

    /// What is due first.
    fn earliest(&self, now: Timestamp, responder: Option<&dyn Responder>) -> Option<Due> {
        let of_alarms = self.alarms.iter().flat_map(|(id, alarm)| due_of(*id, alarm, responder));
        let shelved = self.silences.values().flat_map(BTreeMap::values).enumerate();
        let shelved =
            shelved.filter_map(|(place, silence)| Some(Due { at: silence.until()?, what: What::EndShelving(place) }));
        let of_contacts = self.loads.values().enumerate().flat_map(|(place, load)| {
            let roll_up = load.next_roll_up().map(|at| Due { at, what: What::RollUp(place) });
            let end = load.ends().map(|at| Due { at, what: What::EndFlood(place) });
            roll_up.into_iter().chain(end)
        });
        of_alarms.chain(shelved).chain(of_contacts).chain(self.next_heartbeat(now)).min_by_key(Due::rank)
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

    fn end_shelving(&mut self, key: AlarmKey, due: Timestamp, now: Timestamp, events: &mut Vec<AlarmEvent>) {
        let alarm = self.alarms.iter().find(|(_, alarm)| alarm.is_of(&key.rule, &key.scope_key)).map(|(id, _)| *id);
        let AlarmKey { rule, scope_key } = key;
        let ended = ShelvingEnded { alarm, rule, scope_key, end: ShelvingEnd::TimeOver, due, at: now };
        self.emit(AlarmEvent::ShelvingEnded(ended), events);
    }
}

/// What one alarm waits for.
fn due_of(id: AlarmId, alarm: &Alarm, responder: Option<&dyn Responder>) -> impl Iterator<Item = Due> {
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
