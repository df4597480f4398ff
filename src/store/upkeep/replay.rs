//! Replaying: frames of the write-ahead log come back into the head a batch at a time, and are sealed as it fills, so that a long log takes
//! no more memory than the file that is read and one head.

use super::super::engine::Store;
use super::super::error::StoreError;
use super::super::ingest::{Correction, corrections};
use crate::journal::Arrival;
use crate::model::{Batch, FrameRef, Registry, Sample};

impl Store {
    /// The next frames of the write-ahead log that no segment holds, up to `until_lsn`, included, with the sequence number of the first;
    /// `None` once there are no more of them.
    pub(crate) fn next_replay(&mut self, until_lsn: u64) -> Result<Option<Arrival>, StoreError> {
        while let Some(Arrival { first_lsn, batch, origin }) = self.replay.next(&*self.storage)? {
            let last_lsn = first_lsn + (batch.len() as u64).saturating_sub(1);
            if last_lsn <= self.sealed_lsn {
                continue;
            }
            if first_lsn > until_lsn {
                self.replay.rest = Some(Arrival { first_lsn, batch, origin });
                return Ok(None);
            }
            if first_lsn > self.sealed_lsn && last_lsn <= until_lsn {
                return Ok(Some(Arrival { first_lsn, batch, origin }));
            }
            let is_history = batch.is_history();
            let [mut asked, mut rest] = [(); 2].map(|()| Batch::new().with_history(is_history));
            for (lsn, frame) in (first_lsn..).zip(batch.frames()).filter(|(lsn, _)| *lsn > self.sealed_lsn) {
                if lsn > until_lsn { rest.push_ref(frame) } else { asked.push_ref(frame) }
            }
            let first_lsn = first_lsn.max(self.sealed_lsn + 1);
            if !rest.is_empty() {
                let first_lsn = first_lsn + asked.len() as u64;
                self.replay.rest = Some(Arrival { first_lsn, batch: rest, origin: origin.clone() });
            }
            return Ok((!asked.is_empty()).then_some(Arrival { first_lsn, batch: asked, origin }));
        }
        Ok(None)
    }

    /// Puts a frame of the write-ahead log back into the head. Returns the stored values that it replaces; of a frame that a person changed
    /// by hand, also the samples that had no value.
    pub(crate) fn put_back(&self, frame: FrameRef<'_>, is_by_hand: bool) -> Result<Vec<Correction>, StoreError> {
        let replaced = self.replaced(frame, is_by_hand)?;
        self.state.write().head.upsert(frame);
        Ok(replaced)
    }

    fn replaced(&self, frame: FrameRef<'_>, is_by_hand: bool) -> Result<Vec<Correction>, StoreError> {
        let state = self.state.read();
        if state.newest(frame.instrument).is_none_or(|newest| newest < frame.time) {
            return Ok(Vec::new());
        }
        let late = &mut self.late.lock();
        let stored = state.frame_at(late, frame.instrument, frame.time, frame.values.len())?;
        let samples: Vec<Sample> = frame.samples().collect();
        Ok(stored.map_or_else(Vec::new, |stored| corrections(&stored, &samples, is_by_hand)))
    }

    /// Whether the rows put back should be sealed before more of them come.
    pub(crate) fn is_replay_full(&self) -> bool {
        self.state.read().head.bytes() >= self.head_bytes_max
    }

    /// Seals what has been put back, up to `lsn`, included. No frame of it may be one that the rules have yet to see. The segment is
    /// recorded when opening ends, as one is that a crash has left without a record.
    pub(crate) fn seal_replayed(&mut self, lsn: u64, registry: &Registry) -> Result<(), StoreError> {
        if !self.is_sealing() {
            self.replay.is_partly_sealed = true;
            self.freeze_until(lsn);
        }
        self.seal_put_back(registry)
    }

    /// Whether a part of the log is sealed, and another is not.
    pub(crate) const fn is_partly_sealed(&self) -> bool {
        self.replay.is_partly_sealed
    }

    /// Once everything is put back: seals the rest of a log of which a part is sealed, and begins a new one. No log outlives its segments,
    /// or rows of these would come back from it once they are deleted.
    pub(crate) fn finish_replay(&mut self, registry: &Registry) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.replay.is_partly_sealed) {
            return Ok(());
        }
        self.seal_put_back(registry)?;
        if !self.freeze()? {
            self.begin_log()?;
            return self.sealed_logs().remove();
        }
        self.seal_put_back(registry)
    }

    fn seal_put_back(&mut self, registry: &Registry) -> Result<(), StoreError> {
        let Some(pending) = self.pending_seal() else { return Ok(()) };
        let built = pending.build(registry)?;
        pending.publish(&built)?;
        self.finish_seal(pending, built)?;
        self.sealed_logs().remove()
    }
}
