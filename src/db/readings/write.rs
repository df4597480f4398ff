//! Appending: store, then rules, then alarms, then ledger, then people.

use crate::alarm::AlarmEvent;
use crate::base::observe::{self, Work};
use crate::config::Durability;
use crate::db::core::{Database, Inner};
use crate::db::pending::{COMMIT_BYTES, Recorded, Unfed};
use crate::db::records::{BY_FRAME, Corrected};
use crate::db::rules::Course;
use crate::error::Error;
use crate::ledger::{Kind, Record};
use crate::model::{Batch, FrameRef, Timestamp};
use crate::query::Readings;
use crate::store::{Correction, RejectReason, Staged};
use parking_lot::MutexGuard;
use std::borrow::Cow;

/// A frame that was not accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    /// Index of the frame in the batch, from 0.
    pub index: usize,
    /// Why, and what to do.
    pub reason: RejectReason,
}

/// The result of appending a batch. Rejected frames are reported only here: check [`Receipt::all_accepted`].
#[derive(Debug, Clone, PartialEq)]
#[must_use = "frames that were rejected are reported here and nowhere else: call `all_accepted`, or look at `rejections`"]
pub struct Receipt {
    /// Log sequence number of the last accepted frame, for [`Database::wait_durable`].
    pub lsn: u64,
    /// Accepted frames, corrections among them.
    pub accepted: u64,
    /// Frames that repeat what is stored.
    pub identical: u64,
    /// Frames that lost against an earlier one.
    pub superseded: u64,
    /// Stored values that were replaced, or whose flags were.
    pub corrected: u64,
    /// Number of these that keep their value and have another flag.
    pub flags_changed: u64,
    /// Frames that were not accepted.
    pub rejections: Vec<Rejection>,
    /// Whether the accepted frames are durable now.
    pub is_durable: bool,
    /// Alarms that opened, whether they notify or are history.
    pub alarms_opened: u64,
    /// Number of these alarms that are recorded as history.
    pub alarms_history: u64,
    /// Amendments: times at which late readings change what the record says of the past.
    pub amendments: u64,
}

impl Receipt {
    /// Returns an error if a frame was rejected. Frames that were stored already are accepted.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the first rejected frame and the number of rejected frames. The other frames are stored.
    pub fn all_accepted(&self) -> Result<(), Error> {
        match self.rejections.first() {
            None => Ok(()),
            Some(Rejection { index, reason }) => {
                Err(Error::Rejected { count: self.rejections.len(), index: *index, reason: reason.to_string() })
            }
        }
    }
}

impl Database {
    /// Stores the frames of a batch, in order, runs the rules over them and records what follows. When it returns, the frames
    /// are as durable as [`Durability`](crate::Durability) says, and every alarm that they raised is in the ledger, for good.
    ///
    /// # Errors
    /// [`Error::Store`] and [`Error::Ledger`] where files cannot be written; frames that are wrong in themselves are no error but
    /// [`Receipt::rejections`].
    pub fn append(&self, batch: &Batch) -> Result<Receipt, Error> {
        let inner = self.inner_with_room()?;
        self.append_with(inner, batch, false)
    }

    /// As [`Database::append`], for readings of the past: rules evaluate them, alarms go on record, and nobody is notified of any that opens,
    /// however recent it is. The receipt says how many those are. An alarm that is open in the end becomes current, and notifies, when
    /// later appends show that its condition still holds. Whoever was notified of an alarm before learns that it closes.
    ///
    /// ```
    /// use vocdb::rules::RuleFile;
    /// use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, Station, Timestamp, Unit};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let station = db.register_station(Station::new("park/S1")?)?;
    /// let benzene = Channel::species("benzene", Unit::Ppb)?;
    /// let gc = db.register_instrument(station, Instrument::new("gc", Interval::MINUTE, vec![benzene])?)?;
    /// let text = r#"alarm("high").scope("park/S1").when(last("benzene") > 50.ppb)
    ///     .escalate(escalation("e").step(0.minutes, contact("duty"), "app"));"#;
    /// db.load_rule_files(vec![RuleFile { name: "park.rhai".to_owned(), text: text.to_owned() }])?;
    /// let mut batch = Batch::new();
    /// for minute in 0..60 {
    ///     let value = if minute < 30 { 12.0 } else { 80.0 };
    ///     batch.push_values(gc, Timestamp::from_ms(1_700_000_040_000 + minute * 60_000), &[Some(value)]);
    /// }
    /// let receipt = db.append_history(&batch)?;
    /// assert_eq!((receipt.alarms_opened, receipt.alarms_history), (1, 1));
    /// assert_eq!(db.audit().outbox, [], "nobody is notified");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Database::append`].
    pub fn append_history(&self, batch: &Batch) -> Result<Receipt, Error> {
        let inner = self.inner_with_room()?;
        self.append_with(inner, batch, true)
    }

    fn append_with(&self, mut inner: MutexGuard<'_, Inner>, batch: &Batch, is_history: bool) -> Result<Receipt, Error> {
        let _work = observe::begin(Work::Append(batch.len()));
        let (staged, lsn) = inner.write_batch(batch, is_history)?;
        let recorded = inner.recorded;
        let Staged { rejections, counters, flags_changed, .. } = staged;
        self.finish_write(inner, lsn)?;
        let rejections = rejections.into_iter().map(|(index, reason)| Rejection { index, reason }).collect();
        Ok(Receipt {
            lsn,
            accepted: counters.frames_accepted,
            identical: counters.frames_identical,
            superseded: counters.frames_superseded,
            corrected: counters.values_corrected,
            flags_changed,
            rejections,
            is_durable: self.durability == Durability::Always,
            alarms_opened: recorded.opened,
            alarms_history: recorded.history,
            amendments: recorded.amendments,
        })
    }

    /// What rules made of written frames goes on record and to people; then the frames are as durable as the store says.
    pub(super) fn finish_write(&self, mut inner: MutexGuard<'_, Inner>, lsn: u64) -> Result<(), Error> {
        inner.commit_all()?;
        inner.watch_incidents()?;
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
    /// ([`JournalError::NotWritten`](crate::journal::JournalError::NotWritten)).
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

    /// Stages and writes a batch, and shows it to the rules. Gives what was staged, without its frames, and the last sequence number.
    fn write_batch(&mut self, batch: &Batch, is_history: bool) -> Result<(Staged, u64), Error> {
        self.ledger.check()?;
        self.commit_all()?;
        self.recorded = Recorded::default();
        self.watch_clock()?;
        self.prepare_rules()?;
        let now = self.now();
        let mut staged = self.store.stage(&self.registry, batch, Some(now))?;
        staged.batch = staged.batch.with_history(is_history);
        self.watch_frames(&staged.batch, now)?;
        self.watch_refused(batch, &staged.rejections, now)?;
        self.store_progress_before(&staged.batch);
        let (first_lsn, lsn) = self.store.write_log(&staged)?;
        staged.counters.publish();
        let (batch, corrections) = (std::mem::take(&mut staged.batch), std::mem::take(&mut staged.corrections));
        let said = (Cow::Borrowed(BY_FRAME.0), Cow::Borrowed(BY_FRAME.1));
        self.feed_batch(Unfed { batch, corrections, first_lsn, next: 0, shown: 0, is_history, arrived: now, said })?;
        if is_history {
            self.amend_history()?;
        }
        Ok((staged, lsn))
    }

    /// Shows frames in the log to the rules, one by one, and to readers. Where events fill a commit that cannot be written, the rest of
    /// the frames wait for [`Inner::commit_all`].
    pub(in crate::db) fn feed_batch(&mut self, mut unfed: Unfed) -> Result<(), Error> {
        let _work = observe::begin(Work::Rules);
        self.machine.take_history(unfed.is_history);
        let fed = self.feed_frames(&mut unfed);
        self.machine.take_history(false);
        let frames = unfed.batch.len();
        self.store.show(&unfed.batch, unfed.shown..frames);
        unfed.shown = frames;
        if fed.is_err() {
            self.unfed = Some(unfed);
        }
        fed
    }

    fn feed_frames(&mut self, unfed: &mut Unfed) -> Result<(), Error> {
        let Unfed { batch, corrections, first_lsn, next, shown, arrived, said, .. } = unfed;
        let (first, said) = (*next, (said.0.as_ref(), said.1.as_ref()));
        let mut corrections = corrections.as_slice();
        corrections = corrections.get(corrections.partition_point(|(at, _)| *at < first)..).unwrap_or_default();
        for (index, frame) in batch.frames().enumerate().skip(first) {
            let of_frame = corrections.iter().take_while(|(at, _)| *at == index).count();
            let (now_due, rest) = corrections.split_at(of_frame);
            corrections = rest;
            let replaced: Vec<Correction> = now_due.iter().map(|(_, correction)| correction.clone()).collect();
            let lsn = *first_lsn + index as u64;
            *next = index + 1;
            self.feed((lsn, *arrived), frame, &replaced, said)?;
            // Late instants are evaluated over what is stored: this frame and those before it.
            if self.has_late() || self.is_commit_due() {
                self.store.show(batch, *shown..index + 1);
                *shown = (*shown).max(index + 1);
                self.look_at_late(lsn)?;
            }
            if self.is_commit_due() {
                self.commit_events()?;
            }
        }
        Ok(())
    }

    /// Whether so much has come about that it is committed in the middle of a batch.
    pub(in crate::db) const fn is_commit_due(&self) -> bool {
        self.uncommitted.bytes >= COMMIT_BYTES
    }

    /// Evaluates the rules over one stored frame, of a sequence number and an arrival at a host time. Records what follows, and which values
    /// the frame has replaced by whose will and why.
    pub(in crate::db) fn feed(
        &mut self,
        (lsn, arrived): (u64, Timestamp),
        frame: FrameRef<'_>,
        replaced: &[Correction],
        said: (&str, &str),
    ) -> Result<(), Error> {
        for correction in replaced {
            let body = self.corrected(correction, said, arrived);
            body.note(&mut self.registry);
            self.uncommitted.push(Record::new(Kind::Correction, &body)?);
        }
        if self.arrivals.is_some() || self.suspended.is_some() {
            self.set_apart(lsn, frame);
        }
        self.show(frame, Some(arrived))?;
        if self.suspended.is_none() {
            self.position_lsn = lsn;
        }
        Ok(())
    }

    /// Shows a frame to the rules that arrived at a host time. One whose arrival is not known counts as if it had arrived at its own time.
    pub(in crate::db) fn show(&mut self, frame: FrameRef<'_>, arrived: Option<Timestamp>) -> Result<(), Error> {
        self.frame_time = self.frame_time.max(frame.time);
        let now = arrived.map_or_else(|| self.timer_now(), |arrived| self.time_of(arrived));
        let arrived = arrived.map_or(frame.time, |_| now);
        let responder = self.config.responder.clone();
        let (engine, machine) = (&mut self.engine, &mut self.machine);
        let events = Course { engine, machine, responder: responder.as_deref() }.frame(frame, arrived, now);
        if self.engine.lacks_samples() {
            self.engine.refill(&Readings::new(self.store.reader()))?;
        }
        self.keep(events)
    }

    /// Keeps events for their commit.
    pub(in crate::db) fn keep(&mut self, events: Vec<AlarmEvent>) -> Result<(), Error> {
        self.recorded.count(&events);
        self.uncommitted.extend(events)
    }

    fn corrected(&self, correction: &Correction, (by, reason): (&str, &str), at: Timestamp) -> Corrected {
        let channels = self.registry.instrument(correction.instrument).map(|(_, instrument)| instrument.channels());
        let channel = channels.and_then(|channels| channels.get(correction.channel));
        Corrected {
            instrument: correction.instrument,
            channel: channel.map_or_else(String::new, |channel| channel.name().to_owned()),
            time: correction.time,
            old: correction.old,
            new: correction.new,
            by: by.to_owned(),
            reason: reason.to_owned(),
            at,
        }
    }
}
