//! Gateways that say nothing: what they have is given up in time, so that nobody waits behind them for ever.

use super::gateway::Gateway;
use super::outbox::{Dispatcher, LEASE_MS, judged};
use super::rows::{Pending, RowState};
use crate::alarm::event::{AlarmEvent, Delivery};
use crate::alarm::notify::Outcome;
use crate::model::Timestamp;

impl Dispatcher {
    /// What gateways have said since the last call, and what those say that say nothing: events that are to be recorded.
    pub fn collect(&mut self, now: Timestamp) -> Vec<AlarmEvent> {
        let mut events = Vec::new();
        while let Ok(report) = self.reports.1.try_recv() {
            events.extend(self.weigh(report, now));
        }
        let over = self.pending.overdue(now);
        over.iter().for_each(|id| self.note_silence(id));
        // Before threads are started in place of those that hang, which would take them.
        for id in self.stuck(now) {
            events.extend(self.pass_by(&id, now));
        }
        for id in over {
            events.extend(self.give_up(&id, now));
        }
        events.extend(self.pass_stranded_by(now));
        events
    }

    /// The host's clock was set by so much: attempts that are due, and answers that are waited for, are as far away as before.
    pub(super) fn rebase(&mut self, by_ms: i64) {
        let ids: Vec<String> = self.pending.iter().map(|pending| pending.notification.id.clone()).collect();
        for id in ids {
            self.pending.change(&id, |pending| {
                if let RowState::Waiting(at) | RowState::Leased(at) = &mut pending.state {
                    *at = at.plus_ms(by_ms);
                }
                pending.notification.created_at = pending.notification.created_at.plus_ms(by_ms);
                pending.held.iter_mut().for_each(|held| held.since = held.since.plus_ms(by_ms));
            });
        }
        for gateway in self.gateways.values_mut() {
            gateway.answered_at = gateway.answered_at.plus_ms(by_ms);
        }
    }

    /// A gateway that answers does not hang.
    pub(super) fn note_answer(&mut self, id: &str, now: Timestamp) {
        if let Some(gateway) = self.gateway_of(id) {
            (gateway.answered_at, gateway.is_hanging) = (now, false);
        }
    }

    fn note_silence(&mut self, id: &str) {
        if let Some(gateway) = self.gateway_of(id) {
            gateway.is_hanging = true;
        }
    }

    /// The gateway that has a notification, where it is still in charge of its way.
    fn gateway_of(&mut self, id: &str) -> Option<&mut Gateway> {
        let pending = self.pending.get(id)?;
        let generation = pending.held.as_ref()?.generation;
        self.gateways.get_mut(&pending.notification.way).filter(|gateway| gateway.generation == generation)
    }

    /// Notifications that wait behind attempts without an answer, in the order in which they were written.
    fn stuck(&self, now: Timestamp) -> Vec<String> {
        if !self.gateways.values().any(|gateway| gateway.is_hanging) {
            return Vec::new();
        }
        let is_stuck = |pending: &&Pending| {
            let (Some(held), Some(gateway)) = (&pending.held, self.gateways.get(&pending.notification.way)) else {
                return false;
            };
            let silent_since = gateway.answered_at.max(held.since);
            gateway.generation == held.generation && gateway.is_hanging && now.since_ms(silent_since) >= LEASE_MS
        };
        self.pending.queued().filter(is_stuck).map(|pending| pending.notification.id.clone()).collect()
    }

    /// An attempt that gets no answer has failed, and its thread hangs.
    fn give_up(&mut self, id: &str, now: Timestamp) -> Vec<AlarmEvent> {
        if let Some(gateway) = self.gateway_of(id) {
            gateway.replace();
        }
        let Some(pending) = self.pending.get(id) else { return Vec::new() };
        let attempt = pending.attempts;
        let outcome = Outcome::Retry { reason: format!("no answer within {} s", LEASE_MS / 1_000), after_ms: None };
        self.settle(id, (attempt, outcome), now)
    }

    /// What waits behind attempts that get no answer goes out over the contact's next way at once, and is tried again here too.
    fn pass_by(&mut self, id: &str, now: Timestamp) -> Vec<AlarmEvent> {
        let Some(pending) = self.pending.get(id) else { return Vec::new() };
        if !pending.held.as_ref().is_some_and(|held| held.ticket.take_back()) {
            return Vec::new();
        }
        self.pending.change(id, |pending| (pending.state, pending.held) = (RowState::Answered, None));
        let Some(pending) = self.pending.get(id) else { return Vec::new() };
        let reason = format!("the gateway has not begun with it within {} s: it hangs", LEASE_MS / 1_000);
        let attempt = pending.attempts;
        let (result, _) =
            judged(Outcome::Retry { reason: reason.clone(), after_ms: None }, attempt, (&pending.notification, now));
        let delivery = Delivery { notification: id.to_owned(), attempt, at: now, result };
        let dead = (!pending.is_dead).then(|| pending.notification.clone());
        let mut events = vec![AlarmEvent::Delivery(delivery)];
        if let Some(dead) = dead {
            events.extend(self.dead_letter(&dead, reason, now));
        }
        events
    }
}
