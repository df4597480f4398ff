//! Who is notified where a contact cannot be reached over any way.

use crate::alarm::event::{AlarmId, Notification, Subject};
use crate::verdict::Contact;
use std::collections::{BTreeMap, BTreeSet};

/// A contact who is notified in place of one whom no way reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastResort {
    /// Who.
    pub contact: Contact,
    /// Over which way.
    pub way: String,
}

/// Of open alarms, who has been reached with what over some way. Follows from the ledger.
#[derive(Debug, Default)]
pub(super) struct Reached(BTreeMap<AlarmId, BTreeSet<(Subject, u32, u32, Contact)>>);

impl Reached {
    pub(super) fn note(&mut self, delivered: &Notification) {
        let Notification { alarm, subject, repeat, retrips, contact, .. } = delivered;
        if let Some(alarm) = alarm.filter(|_| *subject != Subject::Closed) {
            self.0.entry(alarm).or_default().insert((*subject, *repeat, *retrips, contact.clone()));
        }
    }

    pub(super) fn forget(&mut self, alarm: AlarmId) {
        self.0.remove(&alarm);
    }

    pub(super) fn contains(&self, of: &Notification) -> bool {
        let told = of.alarm.and_then(|alarm| self.0.get(&alarm));
        told.is_some_and(|told| told.contains(&(of.subject, of.repeat, of.retrips, of.contact.clone())))
    }
}
