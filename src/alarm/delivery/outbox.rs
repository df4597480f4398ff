//! The outbox: what is not delivered yet, when it is tried next, and what follows from each answer.

use super::endpoints::{DisabledEndpoint, Endpoints};
use super::gateway::{Gateway, GatewayReport, Ticket, unsent};
use crate::alarm::event::{AlarmEvent, Delivery, DeliveryResult, EndpointChange, Notification, SystemAlarm};
use crate::alarm::machine::rerouted;
use crate::alarm::notify::{Notifier, Outcome};
use crate::model::Timestamp;
use crate::rules::verdict::AlarmSpec;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pauses between attempts, in milliseconds; the last one repeats. Nothing is dropped at a deadline.
const BACKOFF_MS: [i64; 6] = [5_000, 30_000, 120_000, 300_000, 900_000, 3_600_000];
/// The longest pause that a gateway may ask for: a day.
const RETRY_AFTER_MS_MAX: i64 = 86_400_000;
/// So many failed attempts are a dead letter: the contact's next way is tried as well.
const DEAD_AFTER: u32 = 6;
/// For how long a gateway may be silent about an attempt that it has begun, and about all that it has taken before it begins with one.
pub(super) const LEASE_MS: i64 = 120_000;

/// Where a row of the outbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// It is tried at a host time.
    Waiting(Timestamp),
    /// It is with the gateway, which has not begun with it.
    Queued,
    /// The gateway has begun with it, and has until this host time to answer.
    Leased(Timestamp),
    /// The gateway has answered; that is being recorded.
    Answered,
}

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

#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// Place in the outbox: rows leave in the order in which they were written.
    pub(super) place: u64,
    pub(super) notification: Notification,
    pub(super) attempts: u32,
    pub(super) state: RowState,
    /// Whether the next way has been taken already.
    pub(super) is_dead: bool,
    /// Where a gateway has it.
    pub(super) held: Option<Held>,
}

/// How a gateway has a notification.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// [`Gateway::generation`].
    pub(super) generation: u64,
    /// Host time since when.
    pub(super) since: Timestamp,
    pub(super) ticket: Ticket,
}

/// The outbox in memory and the gateways that empty it. What is in it follows from the ledger: [`Dispatcher::remember`] is told of every
/// event once it is there.
#[derive(Debug)]
pub struct Dispatcher {
    pub(super) pending: BTreeMap<String, Pending>,
    enqueued: u64,
    pub(super) gateways: BTreeMap<String, Gateway>,
    /// Gateways that have ever been connected.
    connected: u64,
    endpoints: Endpoints,
    pub(super) reports: (Sender<GatewayReport>, Receiver<GatewayReport>),
}

impl Default for Dispatcher {
    fn default() -> Self {
        let (pending, gateways, endpoints) = (BTreeMap::new(), BTreeMap::new(), Endpoints::default());
        Self { pending, enqueued: 0, gateways, connected: 0, endpoints, reports: unbounded() }
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
        let of_way = |pending: &&mut Pending| pending.notification.way == way && pending.state == RowState::Queued;
        for pending in self.pending.values_mut().filter(of_way) {
            if pending.held.as_ref().is_some_and(|held| held.ticket.take_back()) {
                pending.state = RowState::Waiting(Timestamp::MIN);
                pending.attempts = pending.attempts.saturating_sub(1);
                pending.held = None;
            }
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
                if let Some(pending) = self.pending.get_mut(&system.notification) {
                    pending.is_dead = true;
                }
            }
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
        let (id, state) = (notification.id.clone(), RowState::Waiting(Timestamp::MIN));
        let notification = notification.clone();
        let pending = Pending { place, notification, attempts: 0, state, is_dead: false, held: None };
        self.pending.entry(id).or_insert(pending);
    }

    fn remember_delivery(&mut self, delivery: &Delivery) {
        match delivery.result {
            DeliveryResult::Retry { at, .. } => {
                if let Some(pending) = self.pending.get_mut(&delivery.notification) {
                    pending.attempts = pending.attempts.max(delivery.attempt);
                    pending.state = RowState::Waiting(at);
                }
            }
            _ => {
                self.pending.remove(&delivery.notification);
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
        for by in later.filter(|_| !self.pending.is_empty()) {
            let is_replaced = |pending: &&Pending| {
                let earlier = &pending.notification;
                matches!(pending.state, RowState::Waiting(_))
                    && earlier.id != by.id
                    && (earlier.alarm, &earlier.contact, &earlier.way) == (by.alarm, &by.contact, &by.way)
            };
            found.extend(self.pending.values().filter(is_replaced).map(|pending| {
                let result = DeliveryResult::Superseded { by: by.id.clone() };
                let notification = pending.notification.id.clone();
                AlarmEvent::Delivery(Delivery { notification, attempt: pending.attempts, at: now, result })
            }));
        }
        found
    }

    /// Hands everything that is due at host time `now` to its gateway. What has no gateway stays; what has one that may not send is refused.
    pub fn send_due(&mut self, now: Timestamp) {
        let is_due = |pending: &&mut Pending| matches!(pending.state, RowState::Waiting(at) if at <= now);
        let mut due: Vec<&mut Pending> = self.pending.values_mut().filter(is_due).collect();
        due.sort_unstable_by_key(|pending| pending.place);
        for pending in due {
            let Some(gateway) = self.gateways.get(&pending.notification.way) else { continue };
            if gateway.is_disabled() {
                let (notification, attempt) = (pending.notification.id.clone(), pending.attempts);
                let refused = GatewayReport::Ended { notification, attempt, outcome: unsent() };
                if self.reports.0.send(refused).is_ok() {
                    pending.state = RowState::Queued;
                }
            } else if let Some(ticket) = gateway.take(pending.notification.clone(), pending.attempts + 1) {
                pending.state = RowState::Queued;
                pending.attempts += 1;
                pending.held = Some(Held { generation: gateway.generation, since: now, ticket });
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
        self.pending.values().any(|pending| matches!(pending.state, RowState::Queued | RowState::Leased(_)))
    }

    /// What follows from a gateway's report: the delivery or its failure; and for a dead letter, a notification over the contact's next
    /// way and a system alarm. To be recorded in one commit.
    pub fn weigh(&mut self, report: GatewayReport, now: Timestamp) -> Vec<AlarmEvent> {
        match report {
            GatewayReport::Begun { notification, attempt } => {
                let pending = self.pending.get_mut(&notification).filter(|pending| pending.attempts == attempt);
                if let Some(pending) = pending.filter(|pending| pending.state == RowState::Queued) {
                    pending.state = RowState::Leased(now.plus_ms(LEASE_MS));
                }
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
        let Some(pending) = self.pending.get_mut(id) else { return Vec::new() };
        let is_current = pending.attempts == attempt && matches!(pending.state, RowState::Queued | RowState::Leased(_));
        if !is_current && (outcome != Outcome::Delivered || pending.state == RowState::Answered) {
            return Vec::new();
        }
        (pending.state, pending.held) = (RowState::Answered, None);
        let gone = gone(&pending.notification, &outcome, &self.gateways, now);
        let gone = gone.filter(|gone| !self.endpoints.is_disabled(&gone.way, &gone.endpoint));
        let (result, dead) = judged(outcome, attempt, now);
        let delivery = Delivery { notification: id.to_owned(), attempt, at: now, result };
        let mut events = vec![AlarmEvent::Delivery(delivery)];
        events.extend(gone.map(AlarmEvent::EndpointChanged));
        if let Some(reason) = dead.filter(|_| !pending.is_dead) {
            events.extend(dead_letter(&pending.notification, reason, now));
        }
        events
    }

    /// The rows of the outbox, in the order in which they were written.
    #[must_use]
    pub fn rows(&self) -> Vec<OutboxRow> {
        let mut pending: Vec<&Pending> = self.pending.values().collect();
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

/// The result of an attempt, and why it makes the notification a dead letter, if it does.
pub(super) fn judged(outcome: Outcome, attempt: u32, now: Timestamp) -> (DeliveryResult, Option<String>) {
    match outcome {
        Outcome::Delivered => (DeliveryResult::Delivered, None),
        Outcome::Refused { reason } | Outcome::Gone { reason } => {
            (DeliveryResult::Refused { reason: reason.clone() }, Some(reason))
        }
        Outcome::Retry { reason, after_ms } => {
            let pause = usize::try_from(attempt.saturating_sub(1)).ok().and_then(|at| BACKOFF_MS.get(at));
            let pause_ms = pause.copied().unwrap_or(3_600_000);
            let at = now.plus_ms(pause_ms.max(after_ms.unwrap_or(0).min(RETRY_AFTER_MS_MAX)));
            let dead = (attempt >= DEAD_AFTER).then(|| format!("{attempt} attempts failed; the last: {reason}"));
            (DeliveryResult::Retry { at, reason }, dead)
        }
    }
}

pub(super) fn dead_letter(dead: &Notification, reason: String, now: Timestamp) -> impl Iterator<Item = AlarmEvent> {
    let next = rerouted(dead, now);
    let system = SystemAlarm {
        alarm: dead.alarm,
        notification: dead.id.clone(),
        contact: dead.contact.clone(),
        way: dead.way.clone(),
        next_way: next.as_ref().map(|next| next.way.clone()),
        reason,
        at: now,
    };
    std::iter::once(AlarmEvent::SystemAlarm(system)).chain(next.map(AlarmEvent::Rerouted))
}
