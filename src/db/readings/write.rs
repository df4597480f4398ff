//! Appending: store, then rules, then alarms, then ledger, then people.

use crate::base::observe::{self, Work};
use crate::config::Durability;
use crate::db::core::{Database, Inner};
use crate::db::pending::{COMMIT_BYTES, Unfed};
use crate::db::records::Corrected;
use crate::db::rules::Course;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Batch, FrameRef};
use crate::store::{Correction, RejectReason, Staged};
use parking_lot::MutexGuard;
use std::borrow::Cow;

/// Who replaced a value where a frame came the usual way, and why.
pub(in crate::db) const BY_FRAME: (&str, &str) = ("instrument", "a later frame for the same instant");

/// A frame that was not accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Why, and what to do.
    pub reason: RejectReason,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// Log sequence number of the last accepted frame, for [`Database::wait_durable`].
    pub lsn: u64,
    /// Accepted frames, corrections among them.
    pub accepted: u64,
    /// Frames that repeat what is stored.
    pub identical: u64,
    /// Frames that lost against an earlier one.
    pub superseded: u64,
    /// Stored values that were replaced.
    pub corrected: u64,
    /// Frames that were not accepted.
    pub rejections: Vec<Rejection>,
    /// Whether the accepted frames would survive a power failure now.
    pub is_durable: bool,
}

impl Database {
    /// Stores the frames of a batch, in order, runs the rules over them and records what follows. When it returns, the frames
    /// are as durable as [`Durability`](crate::Durability) says, and every alarm that they raised is in the ledger, for good.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where files cannot be written; frames that are wrong in themselves are no error but
    /// [`Receipt::rejections`].
    pub fn append(&self, batch: &Batch) -> Result<Receipt, Error> {
        let _work = observe::begin(Work::Append(batch.len()));
        let mut inner = self.inner_with_room()?;
        inner.ledger.check()?;
        inner.commit_all()?;
        inner.prepare_rules()?;
        let now = inner.now();
        let staged = inner.store.stage(&inner.registry, batch, now)?;
        inner.store_progress_before(&staged.batch);
        let (first_lsn, lsn) = inner.store.write(&staged)?;
        staged.counters.publish();
        let Staged { batch, corrections, rejections, counters, .. } = staged;
        let said = (Cow::Borrowed(BY_FRAME.0), Cow::Borrowed(BY_FRAME.1));
        inner.feed_batch(Unfed { batch, corrections, first_lsn, next: 0, said })?;
        self.finish_write(inner, lsn)?;
        let rejections = rejections.into_iter().map(|(index, reason)| Rejection { index, reason }).collect();
        Ok(Receipt {
            lsn,
            accepted: counters.frames_accepted,
            identical: counters.frames_identical,
            superseded: counters.frames_superseded,
            corrected: counters.values_corrected,
            rejections,
            is_durable: self.durability == Durability::Always,
        })
    }

    /// What rules made of written frames goes on record and to people; then the frames are as durable as the store says.
    pub(super) fn finish_write(&self, mut inner: MutexGuard<'_, Inner>, lsn: u64) -> Result<(), Error> {
        inner.commit_all()?;
        inner.deliver()?;
        inner.publish_levels();
        drop(inner);
        if self.durability == Durability::Always {
            self.sync.wait_durable(lsn)?;
        }
        Ok(())
    }

    /// Returns once every frame up to `lsn` would survive a power failure.
    ///
    /// # Errors
    /// [`Error::Store`] where the sync fails, and where no frame of that number was written yet
    /// ([`StoreError::NotWritten`](crate::store::StoreError::NotWritten)).
    pub fn wait_durable(&self, lsn: u64) -> Result<(), Error> {
        Ok(self.sync.wait_durable(lsn)?)
    }
}

impl Inner {
    /// Stores how far the rules have come without frames, where one of the frames to be written falls before that: after a crash it must find
    /// them as far as it finds them now. Where that cannot be written the frames are, all the same.
    pub(in crate::db) fn store_progress_before(&mut self, batch: &Batch) {
        if self.engine.is_ahead() && batch.frames().any(|frame| self.engine.is_ahead_of(frame.instrument, frame.time)) {
            let _ = self.commit_position();
        }
    }

    /// Shows stored frames to the rules. Where events fill a commit that cannot be written, the rest of the frames wait for
    /// [`Inner::commit_all`].
    pub(in crate::db) fn feed_batch(&mut self, mut unfed: Unfed) -> Result<(), Error> {
        let _work = observe::begin(Work::Rules);
        let first = unfed.next;
        let mut corrections = unfed.corrections.as_slice();
        corrections = corrections.get(corrections.partition_point(|(at, _)| *at < first)..).unwrap_or_default();
        let said = (unfed.said.0.as_ref(), unfed.said.1.as_ref());
        let mut failed = None;
        for (index, frame) in unfed.batch.frames().enumerate().skip(first) {
            let of_frame = corrections.iter().take_while(|(at, _)| *at == index).count();
            let (now_due, rest) = corrections.split_at(of_frame);
            corrections = rest;
            let replaced: Vec<Correction> = now_due.iter().map(|(_, correction)| correction.clone()).collect();
            let mut shown = self.feed(unfed.first_lsn + index as u64, frame, &replaced, said);
            if shown.is_ok() && self.uncommitted.bytes >= COMMIT_BYTES {
                shown = self.commit_events();
            }
            if let Err(error) = shown {
                failed = Some((index + 1, error));
                break;
            }
        }
        let Some((next, error)) = failed else { return Ok(()) };
        unfed.next = next;
        self.unfed = Some(unfed);
        Err(error)
    }

    /// Shows one stored frame to the rules, and records what follows, and which values it has replaced by whose will and why.
    pub(in crate::db) fn feed(
        &mut self,
        lsn: u64,
        frame: FrameRef<'_>,
        replaced: &[Correction],
        said: (&str, &str),
    ) -> Result<(), Error> {
        for correction in replaced {
            let record = self.correction_record(correction, said)?;
            self.uncommitted.push(record);
        }
        if self.arrivals.is_some() || self.suspended.is_some() {
            self.set_apart(lsn, frame);
        }
        self.show(frame)?;
        if self.suspended.is_none() {
            self.position_lsn = lsn;
        }
        Ok(())
    }

    /// Shows a frame to the rules.
    pub(in crate::db) fn show(&mut self, frame: FrameRef<'_>) -> Result<(), Error> {
        self.frame_time = self.frame_time.max(frame.time);
        let now = self.timer_now();
        let responder = self.config.responder.clone();
        let (engine, machine) = (&mut self.engine, &mut self.machine);
        let events = Course { engine, machine, responder: responder.as_deref() }.frame(frame, now);
        self.uncommitted.extend(events)
    }

    fn correction_record(&self, correction: &Correction, (by, reason): (&str, &str)) -> Result<Record, Error> {
        let channels = self.registry.instrument(correction.instrument).map(|(_, instrument)| instrument.channels());
        let channel = channels.and_then(|channels| channels.get(correction.channel));
        let body = Corrected {
            instrument: correction.instrument,
            channel: channel.map_or_else(String::new, |channel| channel.name().to_owned()),
            time: correction.time,
            old: correction.old,
            new: correction.new,
            by: by.to_owned(),
            reason: reason.to_owned(),
        };
        Ok(Record::new(Kind::Correction, &body)?)
    }
}
