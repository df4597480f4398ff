//! Appending the frames of an import.

use super::summary::Tally;
use crate::failure::Failure;
use vocdb::{Batch, Database};

/// Frames that are appended at once.
const FRAMES_PER_BATCH: usize = 8_192;

/// Frames on their way into a store, in batches.
pub(super) struct Appender<'a> {
    db: &'a Database,
    /// Whether alarms that still hold notify.
    notify: bool,
    batch: Batch,
    tally: Tally,
    lsn: Option<u64>,
}

impl<'a> Appender<'a> {
    pub(super) fn new(db: &'a Database, notify: bool) -> Self {
        Self { db, notify, batch: Batch::new(), tally: Tally::default(), lsn: None }
    }

    /// Lets `fill` add frames, and appends a full batch.
    pub(super) fn push(&mut self, fill: impl FnOnce(&mut Batch)) -> Result<(), Failure> {
        fill(&mut self.batch);
        if self.batch.len() >= FRAMES_PER_BATCH { self.append() } else { Ok(()) }
    }

    fn append(&mut self) -> Result<(), Failure> {
        let batch = &self.batch;
        let appended = if self.notify { self.db.append(batch) } else { self.db.append_history(batch) };
        let receipt = appended.map_err(Failure::from_error)?;
        self.tally.add(batch, &receipt);
        self.lsn = Some(receipt.lsn);
        self.batch.clear();
        Ok(())
    }

    /// Appends what is left. All frames are durable when it returns.
    pub(super) fn finish(mut self) -> Result<Tally, Failure> {
        if !self.batch.is_empty() {
            self.append()?;
        }
        self.lsn.map_or(Ok(()), |lsn| self.db.wait_durable(lsn)).map_err(Failure::from_error)?;
        Ok(self.tally)
    }
}
