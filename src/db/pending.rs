//! Work that waits: events for their commit, stored frames for their evaluation, deletions for the segments.

use crate::alarm::AlarmEvent;
use crate::error::Error;
use crate::ledger::Record;
use crate::model::{Batch, Timestamp};
use crate::store::{Correction, Cut};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Bytes of records above which a commit is made in the middle of a batch.
pub(super) const COMMIT_BYTES: usize = 8 << 20;

/// Deletions that are in the ledger and not done, by number.
pub(super) type Deletions = BTreeMap<u64, Cut>;

/// Frames of a batch that a failed commit kept from the rules: stored, and neither evaluated nor set apart for suspended rules. They wait while
/// the ledger cannot be written, so that no more events than one commit holds are ever in memory.
#[derive(Debug)]
pub(super) struct Unfed {
    pub(super) batch: Batch,
    /// Each with the index of the frame that brought it.
    pub(super) corrections: Vec<(usize, Correction)>,
    /// Sequence number of the batch's first frame.
    pub(super) first_lsn: u64,
    /// Index of the next frame.
    pub(super) next: usize,
    /// Frames that readers see.
    pub(super) shown: usize,
    /// Whether they were appended as history.
    pub(super) is_history: bool,
    /// Host time at which they arrived.
    pub(super) arrived: Timestamp,
    /// Who replaced values, and why.
    pub(super) said: (Cow<'static, str>, Cow<'static, str>),
}

/// Records and events that are not committed yet. They stay until a commit succeeds: a full disk delays them and loses none.
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
