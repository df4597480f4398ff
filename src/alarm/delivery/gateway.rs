//! Gateways: threads that send, so that the slowest holds up nobody.

use crate::alarm::event::Notification;
use crate::alarm::notify::{Notifier, Outcome};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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
}

/// The threads in charge of one way. They end when this is dropped and what they have taken is sent.
pub(super) struct Gateway {
    way: String,
    notifier: Arc<dyn Notifier>,
    jobs: (Sender<Job>, Receiver<Job>),
    reports: Sender<GatewayReport>,
    replacements: usize,
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
    pub(super) fn start(way: &str, notifier: Arc<dyn Notifier>, reports: Sender<GatewayReport>) -> io::Result<Self> {
        let count = notifier.parallel().clamp(1, PARALLEL_MAX);
        let gateway = Self { way: way.to_owned(), notifier, jobs: unbounded(), reports, replacements: 0 };
        (0..count).try_for_each(|_| gateway.spawn())?;
        Ok(gateway)
    }

    fn spawn(&self) -> io::Result<()> {
        let (notifier, jobs, reports) = (Arc::clone(&self.notifier), self.jobs.1.clone(), self.reports.clone());
        std::thread::Builder::new().name(format!("vocdb-{}", self.way)).spawn(move || {
            for Job { notification, attempt } in jobs {
                let id = notification.id.clone();
                let begun = GatewayReport::Begun { notification: id.clone(), attempt };
                let _ = reports.send(begun);
                let sent = catch_unwind(AssertUnwindSafe(|| notifier.send(&notification)));
                let panicked = |_| Outcome::Retry { reason: "the notifier panicked".to_owned(), after_ms: None };
                let outcome = sent.unwrap_or_else(panicked);
                if reports.send(GatewayReport::Ended { notification: id, attempt, outcome }).is_err() {
                    return;
                }
            }
        })?;
        Ok(())
    }

    /// Hands over a notification; says whether there is still a thread to take it.
    pub(super) fn take(&self, notification: Notification, attempt: u32) -> bool {
        self.jobs.0.send(Job { notification, attempt }).is_ok()
    }

    /// Starts a thread in place of one that hangs, unless there have been too many already or the system refuses.
    pub(super) fn replace(&mut self) {
        if self.replacements < REPLACEMENTS_MAX && self.spawn().is_ok() {
            self.replacements += 1;
        }
    }
}
