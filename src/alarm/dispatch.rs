//! Delivery: a thread per gateway, so that the slowest holds up nobody; what fails is tried again.

use super::event::{DeliveryResult, Notification};
use super::notify::{Notifier, Outcome};
use crate::model::Timestamp;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Pauses between attempts, in milliseconds; the last one repeats. Nothing is dropped at a deadline.
const BACKOFF_MS: [i64; 6] = [5_000, 30_000, 120_000, 300_000, 900_000, 3_600_000];

/// What became of one attempt, before it has a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryOutcome {
    /// The notification.
    pub notification: Notification,
    /// How it went.
    pub outcome: Outcome,
}

/// A notification that is not delivered yet.
#[derive(Debug, Clone)]
struct Pending {
    /// Place in the outbox: rows leave in the order in which they were written.
    place: u64,
    notification: Notification,
    attempts: u32,
    /// Host time of the next attempt; `None` while one is under way.
    next_at: Option<Timestamp>,
}

/// The outbox in memory and the threads that empty it.
#[derive(Debug)]
pub struct Dispatcher {
    pending: BTreeMap<String, Pending>,
    enqueued: u64,
    gateways: BTreeMap<String, Gateway>,
    results: (Sender<DeliveryOutcome>, Receiver<DeliveryOutcome>),
}

#[derive(Debug)]
struct Gateway {
    /// The thread ends when this is dropped and what it has taken is sent.
    sender: Sender<Notification>,
}

impl Default for Dispatcher {
    fn default() -> Self {
        Self { pending: BTreeMap::new(), enqueued: 0, gateways: BTreeMap::new(), results: unbounded() }
    }
}

impl Dispatcher {
    /// Puts a notifier in charge of a way (`sms`, `email`, ...); in place of the one before, if there was one.
    ///
    /// # Errors
    /// The system's, where no thread can be started.
    pub fn connect(&mut self, way: &str, notifier: Arc<dyn Notifier>) -> std::io::Result<()> {
        let (sender, receiver) = unbounded::<Notification>();
        let results = self.results.0.clone();
        std::thread::Builder::new().name(format!("vocdb-{way}")).spawn(move || {
            for notification in receiver {
                let sent = catch_unwind(AssertUnwindSafe(|| notifier.send(&notification)));
                let outcome = sent.unwrap_or_else(|_| Outcome::Retry { reason: "the notifier panicked".to_owned() });
                if results.send(DeliveryOutcome { notification, outcome }).is_err() {
                    return;
                }
            }
        })?;
        self.gateways.insert(way.to_owned(), Gateway { sender });
        Ok(())
    }

    /// Takes a notification into the outbox; it leaves with the next [`Dispatcher::send_due`].
    pub fn enqueue(&mut self, notification: Notification, attempts: u32, next_at: Timestamp) {
        let id = notification.id.clone();
        let place = self.enqueued;
        self.enqueued += 1;
        self.pending.insert(id, Pending { place, notification, attempts, next_at: Some(next_at) });
    }

    /// Notes an attempt that failed, and when the next one is due.
    pub fn postpone(&mut self, id: &str, attempts: u32, next_at: Timestamp) {
        if let Some(pending) = self.pending.get_mut(id) {
            pending.attempts = attempts;
            pending.next_at = Some(next_at);
        }
    }

    /// Takes a notification out of the outbox: the ledger says that it was delivered or refused.
    pub fn settle(&mut self, id: &str) {
        self.pending.remove(id);
    }

    /// Hands everything that is due at host time `now` to its gateway. What has no gateway stays.
    pub fn send_due(&mut self, now: Timestamp) {
        let is_due = |pending: &&mut Pending| pending.next_at.is_some_and(|at| at <= now);
        let mut due: Vec<&mut Pending> = self.pending.values_mut().filter(is_due).collect();
        due.sort_unstable_by_key(|pending| pending.place);
        for pending in due {
            let Some(gateway) = self.gateways.get(&pending.notification.way) else { continue };
            if gateway.sender.send(pending.notification.clone()).is_ok() {
                pending.next_at = None;
                pending.attempts += 1;
            }
        }
    }

    /// What gateways have answered since the last call: notification, number of the attempt, result with the time of the next one.
    pub fn collect(&mut self, now: Timestamp) -> Vec<(String, u32, DeliveryResult)> {
        let mut answered = Vec::new();
        while let Ok(answer) = self.results.1.try_recv() {
            answered.extend(self.weigh(answer, now));
        }
        answered
    }

    /// What gateways answer, for whoever waits for it; each answer goes to [`Dispatcher::weigh`].
    #[must_use]
    pub fn answers(&self) -> Receiver<DeliveryOutcome> {
        self.results.1.clone()
    }

    /// Whether an attempt is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pending.values().any(|pending| pending.next_at.is_none())
    }

    /// Takes note of an answer: notification, number of the attempt, result with the time of the next one.
    pub fn weigh(&mut self, answer: DeliveryOutcome, now: Timestamp) -> Option<(String, u32, DeliveryResult)> {
        let DeliveryOutcome { notification, outcome } = answer;
        let id = notification.id.as_str();
        let pending = self.pending.get_mut(id)?;
        let attempt = pending.attempts;
        let result = match outcome {
            Outcome::Delivered => DeliveryResult::Delivered,
            Outcome::Refused { reason } => DeliveryResult::Refused { reason },
            Outcome::Retry { reason } => {
                let pause = usize::try_from(attempt.saturating_sub(1)).ok().and_then(|at| BACKOFF_MS.get(at));
                let at = now.plus_ms(pause.copied().unwrap_or(3_600_000));
                pending.next_at = Some(at);
                DeliveryResult::Retry { at, reason }
            }
        };
        if !matches!(result, DeliveryResult::Retry { .. }) {
            self.pending.remove(id);
        }
        Some((id.to_owned(), attempt, result))
    }

    /// The notifications that are not delivered yet, with the number of attempts so far.
    pub fn outbox(&self) -> impl Iterator<Item = (&Notification, u32)> {
        self.pending.values().map(|pending| (&pending.notification, pending.attempts))
    }
}
