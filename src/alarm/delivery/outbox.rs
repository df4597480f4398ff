//! The outbox: what is not delivered yet, when it is tried next, and what follows from each answer.

use super::endpoints::{DisabledEndpoint, Endpoints};
use super::gateway::{Gateway, GatewayReport, unsent};
use super::last_resort::{LastResort, Reached};
use super::rows::{Held, Pending, RowState, Rows};
use crate::alarm::event::{AlarmEvent, Delivery, DeliveryResult, EndpointChange, Notification};
use crate::alarm::notify::{Notifier, Outcome};
use crate::model::Timestamp;
use crate::verdict::{AlarmSpec, Priority};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pauses between attempts, in milliseconds; the last one repeats. Nothing is dropped at a deadline.
const BACKOFF_MS: [i64; 6] = [5_000, 30_000, 120_000, 300_000, 900_000, 3_600_000];
/// The longest pause that a gateway may ask for: a day.
const RETRY_AFTER_MS_MAX: i64 = 86_400_000;
/// How long a notification of each priority waits for an attempt over one way, from when it was written, before the contact's next way is
/// tried as well.
pub(super) const fn wait_ms_max(priority: Priority) -> i64 {
    match priority {
        Priority::Urgent => 60_000,
        Priority::High => 300_000,
        Priority::Medium => 1_800_000,
        Priority::Low => 7_200_000,
    }
}
/// So many failed attempts are a dead letter: the contact's next way is tried as well.
const DEAD_AFTER: u32 = 6;
/// For how long a gateway may be silent about an attempt that it has begun, and about all that it has taken before it begins with one.
pub(super) const LEASE_MS: i64 = 120_000;

/// A notification that is not delivered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// What.
    pub notification: Notification,
    /// How many attempts have been begun.
    pub attempts: u32,
    /// Where it stands.
    pub state: RowState,
    /// Whether a notifier is in charge of its way.
    pub has_gateway: bool,
}

/// The outbox in memory and the gateways that empty it. What is in it follows from the ledger: [`Dispatcher::remember`] is told of every
/// event once it is there.
#[derive(Debug)]
pub struct Dispatcher {
    pub(super) pending: Rows,
    enqueued: u64,
    pub(super) gateways: BTreeMap<String, Gateway>,
    /// Gateways that have ever been connected.
    connected: u64,
    endpoints: Endpoints,
    pub(super) last_resort: Option<LastResort>,
    pub(super) reached: Reached,
    pub(super) reports: (Sender<GatewayReport>, Receiver<GatewayReport>),
}

impl Default for Dispatcher {
    fn default() -> Self {
        let (pending, gateways, endpoints) = (Rows::default(), BTreeMap::new(), Endpoints::default());
        let (last_resort, reached) = (None, Reached::default());
        Self { pending, enqueued: 0, gateways, connected: 0, endpoints, last_resort, reached, reports: unbounded() }
    }
}

impl Dispatcher {
    /// Puts a notifier in charge of a way (`sms`, `email`, ...); in place of the one before, if there was one: what that one has not begun with
    /// goes to the new one. One whose endpoint has said that it is gone stays disabled.
    ///
    /// # Errors
    /// The system's, where no thread can be started.
    pub fn connect(&mut self, way: &str, notifier: Arc<dyn Notifier>) -> std::io::Result<()> {
        let gateway = Gateway::start((way, self.connected), notifier, self.reports.0.clone())?;
        self.connected += 1;
        gateway.disable(self.endpoints.is_disabled(way, &gateway.endpoint));
        self.gateways.insert(way.to_owned(), gateway);
        let of_way = self.pending.queued().filter(|pending| pending.notification.way == way);
        let ids: Vec<String> = of_way.map(|pending| pending.notification.id.clone()).collect();
        for id in ids {
            self.pending.change(&id, |pending| {
                if pending.held.as_ref().is_some_and(|held| held.ticket.take_back()) {
                    pending.state = RowState::Waiting(Timestamp::MIN);
                    pending.attempts = pending.attempts.saturating_sub(1);
                    pending.held = None;
                }
            });
        }
        Ok(())
    }

    /// Takes in what the ledger says.
    pub fn remember(&mut self, event: &AlarmEvent) {
        match event {
            AlarmEvent::Notification(notification) => self.enqueue(notification),
            AlarmEvent::Rerouted(notification) => self.enqueue(notification),
            AlarmEvent::Delivery(delivery) => self.remember_delivery(delivery),
            AlarmEvent::SystemAlarm(system) => {
                self.pending.change(&system.notification, |pending| pending.is_dead = true);
            }
            AlarmEvent::Closed(closed) => self.reached.forget(closed.alarm),
            AlarmEvent::EndpointChanged(change) => {
                self.endpoints.remember(change);
                let gateway = self.gateways.get(&change.way).filter(|gateway| gateway.endpoint == change.endpoint);
                gateway.into_iter().for_each(|gateway| gateway.disable(change.is_disabled));
            }
            AlarmEvent::SystemConditionChanged(condition) => self.rebase(condition.clock_set_by_ms),
            _ => {}
        }
    }

    /// The endpoints to which nothing is sent, because they have said that they are gone.
    #[must_use]
    pub fn disabled(&self) -> Vec<DisabledEndpoint> {
        self.endpoints.all()
    }

    /// What a rule set that comes into force at host time `now` makes of endpoints that are gone: those of the ways that it names are
    /// tried again. To be recorded with it.
    #[must_use]
    pub fn named_by(&self, specs: &[AlarmSpec], now: Timestamp) -> Vec<AlarmEvent> {
        self.endpoints.named_by(specs, now).into_iter().map(AlarmEvent::EndpointChanged).collect()
    }

    fn enqueue(&mut self, notification: &Notification) {
        let place = self.enqueued;
        self.enqueued += 1;
        let (notification, state) = (notification.clone(), RowState::Waiting(Timestamp::MIN));
        self.pending.insert(Pending { place, notification, attempts: 0, state, is_dead: false, held: None });
    }

    fn remember_delivery(&mut self, delivery: &Delivery) {
        match delivery.result {
            DeliveryResult::Retry { at, .. } => {
                self.pending.change(&delivery.notification, |pending| {
                    pending.attempts = pending.attempts.max(delivery.attempt);
                    pending.state = RowState::Waiting(at);
                });
            }
            _ => {
                let pending = self.pending.remove(&delivery.notification);
                if let Some(pending) = pending.filter(|_| delivery.result == DeliveryResult::Delivered) {
                    self.reached.note(&pending.notification);
                }
            }
        }
    }

    /// The rows that later messages to the same person over the same way about the same alarm take the place of: those that no gateway
    /// has taken yet. For the commit that the later messages are in.
    #[must_use]
    pub fn superseded_by(&self, events: &[AlarmEvent], now: Timestamp) -> Vec<AlarmEvent> {
        let mut found = Vec::new();
        let later = events.iter().filter_map(|event| match event {
            AlarmEvent::Notification(notification) if notification.alarm.is_some() => Some(notification),
            _ => None,
        });
        for by in later {
            let is_replaced = |pending: &&Pending| {
                let earlier = &pending.notification;
                matches!(pending.state, RowState::Waiting(_))
                    && earlier.id != by.id
                    && (earlier.alarm, &earlier.contact, &earlier.way) == (by.alarm, &by.contact, &by.way)
            };
            let earlier = by.alarm.into_iter().flat_map(|alarm| self.pending.of_alarm(alarm));
            found.extend(earlier.filter(is_replaced).map(|pending| {
                let result = DeliveryResult::Superseded { by: by.id.clone() };
                let notification = pending.notification.id.clone();
                AlarmEvent::Delivery(Delivery { notification, attempt: pending.attempts, at: now, result })
            }));
        }
        found
    }

    /// Hands everything that is due at host time `now` to its gateway. What has no gateway stays; what has one that may not send is refused.
    pub fn send_due(&mut self, now: Timestamp) {
        for id in self.pending.due(self.gateways.keys(), now) {
            let Some(pending) = self.pending.get(&id) else { continue };
            let Some(gateway) = self.gateways.get(&pending.notification.way) else { continue };
            if gateway.is_disabled() {
                let (notification, attempt) = (id.clone(), pending.attempts);
                let refused = GatewayReport::Ended { notification, attempt, outcome: unsent() };
                if self.reports.0.send(refused).is_ok() {
                    self.pending.change(&id, |pending| pending.state = RowState::Queued);
                }
            } else if let Some(ticket) = gateway.take(pending.notification.clone(), pending.attempts + 1) {
                let held = Held { generation: gateway.generation, since: now, ticket };
                self.pending.change(&id, |pending| {
                    pending.state = RowState::Queued;
                    pending.attempts += 1;
                    pending.held = Some(held);
                });
            }
        }
    }

    /// What gateways say, for whoever waits for it; each report goes to [`Dispatcher::weigh`].
    #[must_use]
    pub fn reports(&self) -> Receiver<GatewayReport> {
        self.reports.1.clone()
    }

    /// Whether a gateway has taken something that it has not answered.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pending.has_taken()
    }

    /// What follows from a gateway's report: the delivery or its failure; and for a dead letter, a notification over the contact's next
    /// way and a system alarm. To be recorded in one commit.
    pub fn weigh(&mut self, report: GatewayReport, now: Timestamp) -> Vec<AlarmEvent> {
        match report {
            GatewayReport::Begun { notification, attempt } => {
                self.pending.change(&notification, |pending| {
                    if pending.attempts == attempt && pending.state == RowState::Queued {
                        pending.state = RowState::Leased(now.plus_ms(LEASE_MS));
                    }
                });
                Vec::new()
            }
            GatewayReport::Ended { notification, attempt, outcome } => {
                self.note_answer(&notification, now);
                self.settle(&notification, (attempt, outcome), now)
            }
        }
    }

    /// What follows from the end of an attempt, whether its gateway has said so or is waited for no longer.
    pub(super) fn settle(&mut self, id: &str, (attempt, outcome): (u32, Outcome), now: Timestamp) -> Vec<AlarmEvent> {
        let Some(pending) = self.pending.get(id) else { return Vec::new() };
        let is_current = pending.attempts == attempt && matches!(pending.state, RowState::Queued | RowState::Leased(_));
        if !is_current && (outcome != Outcome::Delivered || pending.state == RowState::Answered) {
            return Vec::new();
        }
        self.pending.change(id, |pending| (pending.state, pending.held) = (RowState::Answered, None));
        let Some(pending) = self.pending.get(id) else { return Vec::new() };
        let gone = gone(&pending.notification, &outcome, &self.gateways, now);
        let gone = gone.filter(|gone| !self.endpoints.is_disabled(&gone.way, &gone.endpoint));
        let (result, dead) = judged(outcome, attempt, (&pending.notification, now));
        let delivery = Delivery { notification: id.to_owned(), attempt, at: now, result };
        let mut events = vec![AlarmEvent::Delivery(delivery)];
        events.extend(gone.map(AlarmEvent::EndpointChanged));
        if let Some(reason) = dead.filter(|_| !pending.is_dead) {
            let dead = pending.notification.clone();
            events.extend(self.dead_letter(&dead, reason, now));
        }
        events
    }

    /// The rows of the outbox, in the order in which they were written.
    #[must_use]
    pub fn rows(&self) -> Vec<OutboxRow> {
        let mut pending: Vec<&Pending> = self.pending.iter().collect();
        pending.sort_unstable_by_key(|pending| pending.place);
        let row = |pending: &Pending| OutboxRow {
            notification: pending.notification.clone(),
            attempts: pending.attempts,
            state: pending.state,
            has_gateway: self.gateways.contains_key(&pending.notification.way),
        };
        pending.into_iter().map(row).collect()
    }

    /// How many notifications are not delivered yet.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pending.len()
    }
}

/// What goes on record where a gateway says that its endpoint is gone.
fn gone(
    refused: &Notification,
    outcome: &Outcome,
    gateways: &BTreeMap<String, Gateway>,
    now: Timestamp,
) -> Option<EndpointChange> {
    let Outcome::Gone { reason } = outcome else { return None };
    Some(EndpointChange {
        way: refused.way.clone(),
        endpoint: gateways.get(&refused.way)?.endpoint.clone(),
        is_disabled: true,
        reason: reason.clone(),
        notification: Some(refused.id.clone()),
        at: now,
    })
}

/// The result of an attempt, and why the contact's next way is tried, if it is: the notification is refused, has failed too often, or would
/// wait for longer than its priority allows. What a gateway asks for is granted on its own way.
pub(super) fn judged(
    outcome: Outcome,
    attempt: u32,
    (of, now): (&Notification, Timestamp),
) -> (DeliveryResult, Option<String>) {
    match outcome {
        Outcome::Delivered => (DeliveryResult::Delivered, None),
        Outcome::Refused { reason } | Outcome::Gone { reason } => {
            (DeliveryResult::Refused { reason: reason.clone() }, Some(reason))
        }
        Outcome::Retry { reason, after_ms } => {
            let pause = usize::try_from(attempt.saturating_sub(1)).ok().and_then(|at| BACKOFF_MS.get(at));
            let pause_ms = pause.copied().unwrap_or(3_600_000);
            let at = now.plus_ms(pause_ms.max(after_ms.unwrap_or(0).min(RETRY_AFTER_MS_MAX)));
            let wait_ms = wait_ms_max(of.priority);
            let waits = || {
                let (priority, seconds) = (of.priority, wait_ms / 1_000);
                format!(
                    "the next attempt is at {at}, and {priority} priority waits {seconds} s at most; the last: {reason}"
                )
            };
            let dead = match attempt {
                DEAD_AFTER.. => Some(format!("{attempt} attempts failed; the last: {reason}")),
                _ => (at.since_ms(of.created_at) > wait_ms).then(waits),
            };
            (DeliveryResult::Retry { at, reason }, dead)
        }
    }
}
