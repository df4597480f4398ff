//! Everything that falls due, in order of time. It is kept up to date event by event, so that nothing looks at all open alarms.

use crate::alarm::event::{AlarmId, AlarmKey};
use crate::model::Timestamp;
use crate::verdict::Contact;
use std::collections::{BTreeMap, BTreeSet};

/// What falls due, and when: at equal times an acknowledgement before a step, and the older alarm before the newer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub(super) at: Timestamp,
    pub(super) what: What,
}

/// In the order in which it happens at equal times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// An acknowledgement expires, before the next one is given.
    Expire(AlarmId),
    Acknowledge(AlarmId),
    EndShelving(AlarmKey),
    /// The next step of the maintenance window of this number.
    Maintain(u64),
    /// Those who were told before the priority rose are told of that, before the next step is taken.
    Raise(AlarmId),
    Step(AlarmId),
    Remind(AlarmId),
    RollUp(Contact),
    EndFlood(Contact),
    Heartbeat(u64),
}

/// Whose state decides what falls due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    Alarm(AlarmId),
    Silence(AlarmKey),
    Contact(Contact),
}

/// Everything that falls due but for heartbeats.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    due: BTreeSet<Due>,
    by_cause: BTreeMap<Cause, Vec<Due>>,
    /// Causes that have changed since they were last asked.
    changed: BTreeSet<Cause>,
    /// Nothing is due before; `None` once anything has changed.
    next: Option<Timestamp>,
    /// Whether a scripted operator was asked.
    has_responder: bool,
    /// How often a cause was asked, for tests of how much work that is.
    #[cfg(test)]
    pub(super) asked: usize,
}

impl Schedule {
    pub(super) fn note_changed(&mut self, cause: Cause) {
        self.next = None;
        self.changed.insert(cause);
    }

    /// Forgets until when nothing is due.
    pub(super) const fn forget_next(&mut self) {
        self.next = None;
    }

    pub(super) const fn set_next(&mut self, next: Timestamp) {
        self.next = Some(next);
    }

    /// Whether nothing can be due yet.
    #[inline]
    pub(super) fn is_nothing_due(&self, now: Timestamp, has_responder: bool) -> bool {
        self.next.is_some_and(|next| now < next) && self.has_responder == has_responder
    }

    /// Notes whether there is a scripted operator. All alarms have to be asked again where that changes.
    pub(super) fn set_responder(&mut self, has_responder: bool, alarms: impl Iterator<Item = AlarmId>) {
        if self.has_responder != has_responder {
            self.has_responder = has_responder;
            self.changed.extend(alarms.map(Cause::Alarm));
        }
    }

    /// The next cause to be asked.
    pub(super) fn take_changed(&mut self) -> Option<Cause> {
        self.changed.pop_first()
    }

    pub(super) fn first(&self) -> Option<&Due> {
        self.due.first()
    }

    /// What a cause waits for, now that it was asked.
    pub(super) fn put(&mut self, cause: Cause, due: Vec<Due>) {
        #[cfg(test)]
        {
            self.asked += 1;
        }
        for before in self.by_cause.remove(&cause).into_iter().flatten() {
            self.due.remove(&before);
        }
        if !due.is_empty() {
            self.due.extend(due.iter().cloned());
            self.by_cause.insert(cause, due);
        }
    }
}
