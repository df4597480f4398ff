//! Dead letters: what follows from a notification that does not get through.

use super::last_resort::LastResort;
use super::outbox::{Dispatcher, wait_ms_max};
use crate::alarm::event::{AlarmEvent, Notification, Subject, SystemAlarm};
use crate::alarm::machine::rerouted;
use crate::base::checksum::sha256;
use crate::base::escape::Line;
use crate::model::Timestamp;

impl Dispatcher {
    /// Notifies somebody from now on of what reaches a contact over no way, or nobody.
    pub fn set_last_resort(&mut self, last_resort: Option<LastResort>) {
        self.last_resort = last_resort;
    }

    /// What follows from a notification that does not get through: a system alarm, and the notification over the contact's next way or,
    /// where no way reaches the contact, to the last resort.
    pub(super) fn dead_letter(&mut self, dead: &Notification, reason: String, now: Timestamp) -> Vec<AlarmEvent> {
        // Before that is on record, since another one may be weighed until then: of two that die together, neither waits for the other.
        self.pending.change(&dead.id, |pending| pending.is_dead = true);
        let next = rerouted(dead, now).or_else(|| self.to_last_resort(dead, now));
        let instead = next.as_ref().filter(|next| next.contact != dead.contact);
        let reason = match instead {
            Some(next) => format!("{reason}; {} is notified instead", next.contact.0),
            None => reason,
        };
        let system = SystemAlarm {
            alarm: dead.alarm,
            notification: dead.id.clone(),
            contact: dead.contact.clone(),
            way: dead.way.clone(),
            next_way: next.as_ref().map(|next| next.way.clone()),
            reason,
            at: now,
        };
        std::iter::once(AlarmEvent::SystemAlarm(system)).chain(next.map(AlarmEvent::Rerouted)).collect()
    }

    /// The message to the last resort, unless the contact has been reached over another way, or may be yet.
    fn to_last_resort(&self, dead: &Notification, now: Timestamp) -> Option<Notification> {
        let LastResort { contact, way } = self.last_resort.as_ref()?;
        let is_urgent = !matches!(dead.subject, Subject::Closed | Subject::Heartbeat(_));
        let about = |of: &Notification| (of.alarm, of.subject, of.repeat, of.retrips, of.contact.clone());
        let is_other = |one: &Notification| one.id != dead.id && about(one) == about(dead);
        let of_alarm = dead.alarm.into_iter().flat_map(|alarm| self.pending.of_alarm(alarm));
        let may_be = of_alarm.filter(|one| !one.is_dead).any(|one| is_other(&one.notification));
        if !is_urgent || dead.contact == *contact || may_be || self.reached.contains(dead) {
            return None;
        }
        Some(Notification {
            id: sha256(format!("{}\nlast resort", dead.id).as_bytes()).to_string(),
            contact: contact.clone(),
            way: way.clone(),
            fallback: Vec::new(),
            text: format!("{} cannot be reached: {}", Line(&dead.contact.0), dead.text),
            created_at: now,
            ..dead.clone()
        })
    }

    /// Where there is a last resort, a notification whose way has no gateway does not wait for longer than its priority allows.
    pub(super) fn pass_stranded_by(&mut self, now: Timestamp) -> Vec<AlarmEvent> {
        if self.last_resort.is_none() {
            return Vec::new();
        }
        let has_gateway = |way: &String| self.gateways.contains_key(way);
        let waiting = self.pending.waiting_elsewhere(has_gateway);
        let is_over = |of: &Notification| now.since_ms(of.created_at) > wait_ms_max(of.priority);
        let over = waiting.filter(|pending| !pending.is_dead && is_over(&pending.notification));
        let mut stranded: Vec<(u64, Notification)> =
            over.map(|pending| (pending.place, pending.notification.clone())).collect();
        stranded.sort_unstable_by_key(|(place, _)| *place);
        for (_, of) in &stranded {
            self.pending.change(&of.id, |pending| pending.is_dead = true);
        }
        let reason = || "no gateway is connected".to_owned();
        let mut events = Vec::new();
        for (_, of) in stranded {
            events.extend(self.dead_letter(&of, reason(), now));
        }
        events
    }
}
