//! Telling people: the trait that gateways implement, and the console.

use super::event::Notification;
use crate::base::escape::{Line, Lines};
use parking_lot::Mutex;
use std::io::Write;

/// The result of a delivery attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway took it.
    Delivered,
    /// It may work later: a time-out, a gateway that is busy.
    Retry {
        /// Reason of the failure.
        reason: String,
        /// Milliseconds that the gateway asks to wait, if any.
        after_ms: Option<i64>,
    },
    /// It will never work, and nothing else will either: the endpoint is gone for good. Nothing more is sent there until a rule set
    /// names its way anew or another endpoint is connected.
    Gone {
        /// Answer of the endpoint.
        reason: String,
    },
    /// It will never work: an unknown number, a gateway that is gone.
    Refused {
        /// Reason of the refusal.
        reason: String,
    },
}

/// A gateway to people: an app, text messages, mail, a telephone. Each runs on a thread of its own, so that a slow one holds up nobody.
///
/// Delivery is at least once: after a crash the same notification may come again, with the same [`Notification::id`].
pub trait Notifier: Send + Sync {
    /// Delivers one notification, or says why not. May block; a panic counts as [`Outcome::Retry`].
    fn send(&self, notification: &Notification) -> Outcome;

    /// What it speaks to, as the ledger and people know it: without secrets, and the same after every restart. It tells a gateway that
    /// is gone from one that is connected in its place.
    fn endpoint(&self) -> String {
        String::new()
    }

    /// How many notifications may be under way at once; one unless the gateway says more. With one, they leave in the order in which
    /// they were written.
    fn parallel(&self) -> usize {
        1
    }
}

/// Writes each notification to a stream (standard output, a file, a buffer): a line, and indented lines where its text has several.
#[derive(Debug)]
pub struct ConsoleNotifier<W: Write + Send>(Mutex<W>);

impl<W: Write + Send> ConsoleNotifier<W> {
    /// Writes to `stream`.
    pub const fn new(stream: W) -> Self {
        Self(Mutex::new(stream))
    }
}

impl<W: Write + Send> Notifier for ConsoleNotifier<W> {
    fn send(&self, notification: &Notification) -> Outcome {
        let Notification { contact, way, text, alarm, .. } = notification;
        let alarm = alarm.map_or_else(String::new, |alarm| format!("{alarm} "));
        // What follows the first line belongs to it.
        let text = Lines(text).to_string().replace('\n', "\n        ");
        let line = format!("    {} to {}: {alarm}{text}\n", Line(way), Line(&contact.0));
        match self.0.lock().write_all(line.as_bytes()) {
            Ok(()) => Outcome::Delivered,
            Err(error) => Outcome::Retry { reason: error.to_string(), after_ms: None },
        }
    }
}
