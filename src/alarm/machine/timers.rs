//! Time passes: everything that falls due, in order of time.

use super::Machine;
use super::schedule::{Due, What, planned};
use crate::alarm::event::{Acknowledged, AlarmEvent, AlarmKey, ShelvingEnd, ShelvingEnded};
use crate::alarm::responder::Responder;
use crate::model::Timestamp;

impl Machine {
    /// Takes every step of every chain, and everything else that is due at host time `now`: scripted acknowledgements, ends of
    /// shelvings, reminders, roll-ups, heartbeats.
    pub fn tick(&mut self, now: Timestamp, responder: Option<&dyn Responder>) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        if self.is_nothing_due(now, responder) {
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
    pub(super) fn meet(
        &mut self,
        due: Due,
        now: Timestamp,
        responder: Option<&dyn Responder>,
        events: &mut Vec<AlarmEvent>,
    ) {
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
}
