//! Phones that are played: notifications stay in memory, for the page that shows them.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use vocdb::alarm::event::Notification;
use vocdb::{AlarmId, Database, Notifier, Outcome, Timestamp};

/// Messages that are kept; older ones are forgotten.
const MESSAGES_MAX: usize = 1_000;
/// The notification channels of rules, in the order in which their messages are taken.
pub(crate) const ROUTES: [&str; 4] = ["app", "sms", "email", "phone"];

/// A message as its recipient has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Time at which it was written.
    pub(crate) at: Timestamp,
    /// Recipient.
    pub(crate) contact: String,
    /// Notification channel.
    pub(crate) route: String,
    /// Text, which may have several lines.
    pub(crate) text: String,
    /// The alarm, if it is about one.
    pub(crate) alarm: Option<AlarmId>,
}

/// Which channels take messages now.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Gate {
    /// All of them, as messages come.
    Open,
    /// One of them: the messages of the others wait.
    Only(&'static str),
    /// None of them.
    Shut,
}

/// All phones, mailboxes and apps of the people of a store.
#[derive(Debug)]
pub struct Phones {
    kept: Mutex<VecDeque<Message>>,
    gate: Mutex<Gate>,
    moved: Condvar,
}

impl Phones {
    /// Phones that take every message at once.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { kept: Mutex::default(), gate: Mutex::new(Gate::Open), moved: Condvar::new() })
    }

    /// Puts the phones in charge of all notification channels of a store.
    ///
    /// # Errors
    /// A text for the operator.
    pub(crate) fn connect(self: &Arc<Self>, db: &Database) -> Result<(), String> {
        for route in ROUTES {
            let phone = Phone { phones: Arc::clone(self), route };
            db.connect(route, Arc::new(phone)).map_err(|error| format!("phones: {error}"))?;
        }
        Ok(())
    }

    /// Lets only one channel take messages, so that a replay records deliveries in one order.
    pub(crate) fn only(&self, route: &'static str) {
        self.set(Gate::Only(route));
    }

    /// Lets no channel take messages.
    pub(crate) fn shut(&self) {
        self.set(Gate::Shut);
    }

    /// Lets every channel take messages.
    pub(crate) fn open(&self) {
        self.set(Gate::Open);
    }

    fn set(&self, gate: Gate) {
        *self.gate.lock() = gate;
        self.moved.notify_all();
    }

    /// The messages, the newest first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.kept.lock().iter().rev().cloned().collect()
    }

    fn take(&self, route: &'static str, notification: &Notification) {
        let mut gate = self.gate.lock();
        while !matches!(&*gate, Gate::Open) && *gate != Gate::Only(route) {
            self.moved.wait(&mut gate);
        }
        drop(gate);
        let mut kept = self.kept.lock();
        if kept.len() >= MESSAGES_MAX {
            kept.pop_front();
        }
        kept.push_back(Message {
            at: notification.created_at,
            contact: notification.contact.0.clone(),
            route: route.to_owned(),
            text: notification.text.clone(),
            alarm: notification.alarm,
        });
    }
}

/// The phones of one notification channel.
struct Phone {
    phones: Arc<Phones>,
    route: &'static str,
}

impl Notifier for Phone {
    fn send(&self, notification: &Notification) -> Outcome {
        self.phones.take(self.route, notification);
        Outcome::Delivered
    }

    fn endpoint(&self) -> String {
        format!("{} of the demo", self.route)
    }
}
