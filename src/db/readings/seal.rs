//! Sealing: a thread of its own turns full heads into segments, so that appending goes on.

use crate::base::background::{Worker, done_in_background};
use crate::base::observe::{self, Count, Work};
use crate::db::core::{Database, Inner, Sealing, Turn};
use crate::db::records::SegmentSealed;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::store::Sealed;
use parking_lot::MutexGuard;

impl Sealing {
    /// The thread that seals.
    pub(in crate::db) fn start_thread(self) -> Result<Worker, Error> {
        // A failure leaves the rows where they are; whoever finds the next head full tries again, and reports it.
        let started = Worker::start("vocdb-seal", move || drop(self.seal_frozen(&self.turn())));
        started.map_err(|source| Error::Io { action: "start the thread that seals", source })
    }

    /// Seals the rows that wait for it, if there are any. Others read and append meanwhile.
    fn seal_frozen(&self, turn: &Turn<'_>) -> Result<(), Error> {
        let sealed = self.try_seal_frozen(turn);
        if sealed.is_err() {
            self.inner.lock().store.note_failed_seal();
        }
        sealed
    }

    fn try_seal_frozen(&self, _turn: &Turn<'_>) -> Result<(), Error> {
        let (pending, registry) = {
            let inner = self.inner.lock();
            let Some(pending) = inner.store.pending_seal() else { return Ok(()) };
            (pending, inner.registry.clone())
        };
        let _work = observe::begin(Work::Seal);
        // Alarms do not wait for it, on machines of few cores either.
        let built = done_in_background("vocdb-build", || pending.build(&registry));
        let built = built.map_err(|source| Error::Io { action: "start the thread that builds segments", source })??;
        self.inner.lock().commit_checkpoint()?;
        pending.publish(&built)?;
        let logs = {
            let mut inner = self.inner.lock();
            let sealed = inner.store.finish_seal(pending, built)?;
            inner.record_sealed(sealed)?;
            inner.store.sealed_logs()
        };
        Ok(logs.remove()?)
    }
}

impl Database {
    /// Writes what is in memory as a segment, so that the write-ahead log is empty.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where it cannot be written; nothing is lost then.
    pub fn seal(&self) -> Result<(), Error> {
        let turn = self.sealing.turn();
        self.sealing.seal_frozen(&turn)?;
        self.inner.lock().seal(&turn)
    }

    /// The store with room in its head. A full one is set aside and sealed by its thread; where the one before is still being sealed, this
    /// waits: no more than two are ever in memory.
    pub(in crate::db) fn inner_with_room(&self) -> Result<MutexGuard<'_, Inner>, Error> {
        loop {
            let mut inner = self.inner.lock();
            if !inner.store.is_head_full() {
                return Ok(inner);
            }
            if !inner.store.is_sealing() {
                inner.store.freeze()?;
                self.sealer.wake();
                return Ok(inner);
            }
            drop(inner);
            self.sealing.seal_frozen(&self.sealing.turn())?;
        }
    }
}

impl Inner {
    /// Seals everything that is in memory, while nothing else arrives.
    pub(in crate::db) fn seal(&mut self, turn: &Turn<'_>) -> Result<(), Error> {
        let sealed = self.try_seal(turn);
        if sealed.is_err() {
            self.store.note_failed_seal();
        }
        sealed
    }

    fn try_seal(&mut self, _turn: &Turn<'_>) -> Result<(), Error> {
        self.commit_checkpoint()?;
        self.seal_pending()?;
        if self.store.freeze()? {
            self.seal_pending()?;
        }
        Ok(())
    }

    fn seal_pending(&mut self) -> Result<(), Error> {
        let Some(pending) = self.store.pending_seal() else { return Ok(()) };
        let _work = observe::begin(Work::Seal);
        let built = pending.build(&self.registry)?;
        pending.publish(&built)?;
        let sealed = self.store.finish_seal(pending, built)?;
        self.record_sealed(sealed)?;
        Ok(self.store.sealed_logs().remove()?)
    }

    /// Records how far the rules have seen, which is everything, so that no frame is sealed that they would have to see again; while they
    /// are suspended, what they have not seen.
    fn commit_checkpoint(&mut self) -> Result<(), Error> {
        self.store.check_place()?;
        self.commit_all()?;
        if self.suspended.is_none() {
            self.position_lsn = self.store.last_lsn();
        }
        self.commit_position()
    }

    fn record_sealed(&mut self, sealed: Sealed) -> Result<(), Error> {
        let record = sealed_record(sealed)?;
        Ok(self.ledger.commit(&[record])?)
    }
}

/// What the ledger keeps of a sealed segment.
pub(in crate::db) fn sealed_record(sealed: Sealed) -> Result<Record, Error> {
    let rows = sealed.summary.instruments.iter().map(|one| one.rows).sum();
    observe::count(Count::RowsSealed, rows);
    let body = SegmentSealed {
        file_name: sealed.file_name,
        file_bytes: sealed.summary.file_bytes,
        sha256: sealed.sha256,
        first_lsn: sealed.summary.first_lsn,
        last_lsn: sealed.summary.last_lsn,
        rows,
    };
    Ok(Record::new(Kind::SegmentSealed, &body)?)
}
