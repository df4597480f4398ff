//! What has come about and waits: events for their commit, deletions for being done.

use crate::alarm::AlarmEvent;
use crate::error::Error;
use crate::ledger::Record;
use crate::store::Cut;
use std::collections::BTreeMap;

/// Deletions that are in the ledger and not done, by number.
pub(super) type Deletions = BTreeMap<u64, Cut>;

/// Records and events that have come about but are not committed yet. They stay until a commit succeeds: a full disk delays them, and
/// no more.
#[derive(Debug, Default)]
pub(super) struct Uncommitted {
    pub(super) records: Vec<Record>,
    pub(super) bytes: usize,
    pub(super) events: Vec<AlarmEvent>,
}

/// What rules have recorded since somebody began to count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Recorded {
    /// Alarms that opened.
    pub(super) opened: u64,
    /// Of these, the ones that are history.
    pub(super) history: u64,
    /// Amendments of the past.
    pub(super) amendments: u64,
}

impl Recorded {
    pub(super) fn count(&mut self, events: &[AlarmEvent]) {
        for event in events {
            match event {
                AlarmEvent::Opened(opened) => {
                    self.opened += 1;
                    self.history += u64::from(opened.timing.is_history());
                }
                AlarmEvent::Amended(_) => self.amendments += 1,
                _ => {}
            }
        }
    }
}

impl Uncommitted {
    pub(super) fn push(&mut self, record: Record) {
        self.bytes += record.body_bytes();
        self.records.push(record);
    }

    pub(super) fn extend(&mut self, events: Vec<AlarmEvent>) -> Result<(), Error> {
        for event in events {
            self.push(event.to_record()?);
            self.events.push(event);
        }
        Ok(())
    }
}
