//! Gateways: threads that send, so that the slowest holds up nobody.

use crate::alarm::event::Notification;
use crate::alarm::notify::{Notifier, Outcome};
use crate::model::Timestamp;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// Threads that one gateway may have in place of such as hang.
const REPLACEMENTS_MAX: usize = 8;
/// Threads that one gateway may have at once.
const PARALLEL_MAX: usize = 32;

/// What a gateway's thread says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayReport {
    /// It has begun an attempt.
    Begun {
        /// [`Notification::id`].
        notification: String,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// The attempt is over.
    Ended {
        /// [`Notification::id`].
        notification: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// How it went.
        outcome: Outcome,
    },
}

/// A notification on its way into a gateway.
struct Job {
    notification: Notification,
    attempt: u32,
    ticket: Ticket,
}

/// What the outbox and a gateway's thread agree by on who has a notification. Whoever is first has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ticket(Arc<AtomicU8>);

impl Ticket {
    const QUEUED: u8 = 0;
    const BEGUN: u8 = 1;
    const TAKEN_BACK: u8 = 2;

    /// A thread begins with it, unless it was taken back.
    fn begin(&self) -> bool {
        self.settle(Self::BEGUN)
    }

    /// The outbox takes it back, unless a thread has begun with it.
    pub(super) fn take_back(&self) -> bool {
        self.settle(Self::TAKEN_BACK)
    }

    fn settle(&self, to: u8) -> bool {
        self.0.compare_exchange(Self::QUEUED, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// The threads in charge of one way. They end when this is dropped and what they have taken is sent.
pub(super) struct Gateway {
    way: String,
    notifier: Arc<dyn Notifier>,
    jobs: (Sender<Job>, Receiver<Job>),
    reports: Sender<GatewayReport>,
    replacements: usize,
    /// What the notifier speaks to.
    pub(super) endpoint: String,
    /// Tells it from those that were in charge of the way before it.
    pub(super) generation: u64,
    /// Host time of its last answer.
    pub(super) answered_at: Timestamp,
    /// Whether an attempt got no answer in time, and none has got one since.
    pub(super) is_hanging: bool,
    is_disabled: Arc<AtomicBool>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("way", &self.way)
            .field("replacements", &self.replacements)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// Starts as many threads as the notifier may be asked at once.
    pub(super) fn start(
        (way, generation): (&str, u64),
        notifier: Arc<dyn Notifier>,
        reports: Sender<GatewayReport>,
    ) -> io::Result<Self> {
        let count = notifier.parallel().clamp(1, PARALLEL_MAX);
        let (endpoint, is_disabled) = (notifier.endpoint(), Arc::default());
        let way = way.to_owned();
        let (jobs, replacements, answered_at) = (unbounded(), 0, Timestamp::MIN);
        let gateway = Self {
            way,
            notifier,
            jobs,
            reports,
            replacements,
            endpoint,
            generation,
            answered_at,
            is_hanging: false,
            is_disabled,
        };
        (0..count).try_for_each(|_| gateway.spawn())?;
        Ok(gateway)
    }

    fn spawn(&self) -> io::Result<()> {
        let (notifier, jobs, reports) = (Arc::clone(&self.notifier), self.jobs.1.clone(), self.reports.clone());
        let is_disabled = Arc::clone(&self.is_disabled);
        std::thread::Builder::new().name(format!("vocdb-{}", self.way)).spawn(move || {
            for Job { notification, attempt, ticket } in jobs {
                if !ticket.begin() {
                    continue;
                }
                let id = notification.id.clone();
                let begun = GatewayReport::Begun { notification: id.clone(), attempt };
                let _ = reports.send(begun);
                let outcome = attempt_of(&*notifier, &is_disabled, &notification);
                if reports.send(GatewayReport::Ended { notification: id, attempt, outcome }).is_err() {
                    return;
                }
            }
        })?;
        Ok(())
    }

    /// Hands over a notification; gives what it is taken back by, if there is still a thread to take it.
    pub(super) fn take(&self, notification: Notification, attempt: u32) -> Option<Ticket> {
        let ticket = Ticket::default();
        self.jobs.0.send(Job { notification, attempt, ticket: ticket.clone() }).ok().map(|()| ticket)
    }

    /// Whether nothing may be sent: then every notification is refused unsent.
    pub(super) fn is_disabled(&self) -> bool {
        self.is_disabled.load(Ordering::Acquire)
    }

    /// Disables it, or lets it send again.
    pub(super) fn disable(&self, is_disabled: bool) {
        self.is_disabled.store(is_disabled, Ordering::Release);
    }

    /// Starts a thread in place of one that hangs, unless there have been too many already or the system refuses.
    pub(super) fn replace(&mut self) {
        if self.replacements < REPLACEMENTS_MAX && self.spawn().is_ok() {
            self.replacements += 1;
        }
    }
}

/// Sends one notification. What says that it is gone is not asked again, by whichever thread.
fn attempt_of(notifier: &dyn Notifier, is_disabled: &AtomicBool, notification: &Notification) -> Outcome {
    if is_disabled.load(Ordering::Acquire) {
        return unsent();
    }
    let sent = catch_unwind(AssertUnwindSafe(|| notifier.send(notification)));
    let panicked = |_| Outcome::Retry { reason: "the notifier panicked".to_owned(), after_ms: None };
    let outcome = sent.unwrap_or_else(panicked);
    if matches!(outcome, Outcome::Gone { .. }) {
        is_disabled.store(true, Ordering::Release);
    }
    outcome
}

/// The outcome where nothing may be sent.
pub(super) fn unsent() -> Outcome {
    Outcome::Refused { reason: "not sent: the endpoint has said that it is gone".to_owned() }
}
