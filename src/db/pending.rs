//! What has come about and waits: events for their commit, deletions for being done.

use crate::alarm::AlarmEvent;
use crate::error::Error;
use crate::ledger::Record;
use crate::store::Cut;
use std::collections::BTreeMap;

/// Bytes of records above which a commit is made in the middle of a batch.
pub(super) const COMMIT_BYTES: usize = 8 << 20;

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
