//! Quality flags that a person sets on stored readings.

use crate::db::core::Database;
use crate::db::pending::{Recorded, Unfed};
use crate::db::records::FlagsSet;
use crate::error::Error;
use crate::journal::{Author, Origin};
use crate::ledger::{Kind, Record};
use crate::model::{InstrumentId, Quality, TimeRange, Timestamp, check_words};
use crate::query::QueryError;
use crate::store::{FlagChange, FlagCount, Staged};
use serde::Serialize;
use std::borrow::Cow;

/// Samples of one batch, at most: what a change holds in memory.
const SAMPLES_PER_BATCH: usize = 16_384;

/// Channels of one instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelSet {
    /// All channels, retired ones included.
    All,
    /// The channels at these places in a frame, from 0.
    Places(Vec<usize>),
}

/// A quality flag for stored readings, such as `calibration` for a span check that was noted afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityChange {
    /// Instrument of the readings.
    pub instrument: InstrumentId,
    /// Channels of the readings.
    pub channels: ChannelSet,
    /// Times of the readings.
    pub range: TimeRange,
    /// The flag that they get.
    pub quality: Quality,
    /// Name of the person who sets it.
    pub by: String,
    /// Why it is set.
    pub reason: String,
}

/// Readings that a change of flags has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct QualityReport {
    /// Rows in the range.
    pub rows: u64,
    /// Values that have another flag now.
    pub changed: u64,
    /// Values that had the flag already.
    pub unchanged: u64,
    /// Samples without a value, which keep the flag they have.
    pub missing: u64,
    /// Alarms that the change opened, all of them recorded as history.
    pub alarms_opened: u64,
    /// Amendments of alarms that were recorded before.
    pub amendments: u64,
}

impl Database {
    /// Sets the quality flag of stored readings, whatever the instrument's policy for duplicates. Values stay as they are. The ledger
    /// records for each value the old and the new flag, the person and the reason. Setting a flag again changes no reading.
    ///
    /// Rules evaluate the range again: alarms that would not have opened, or would have, are recorded as amendments. Nobody is notified of
    /// an alarm that opens; whoever was notified of one before learns that it closes.
    ///
    /// The flag stays until a person sets another: a frame that is sent again for the same instant may replace the value, but not the flag.
    ///
    /// The range is changed in batches of at most 16,384 samples, each with its records in the ledger or not at all. If the process is
    /// killed or a file cannot be written, a part of the range may be changed: set the flag again. Rows that are appended meanwhile keep
    /// their flags.
    ///
    /// ```
    /// use vocdb::{
    ///     Batch, Channel, ChannelSet, Config, Database, Instrument, Interval, Quality, QualityChange, Station, TimeRange, Timestamp, Unit,
    /// };
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let station = db.register_station(Station::new("park/S1")?)?;
    /// let benzene = Channel::species("benzene", Unit::Ppb)?;
    /// let gc = db.register_instrument(station, Instrument::new("gc", Interval::HOUR, vec![benzene])?)?;
    /// let mut batch = Batch::new();
    /// let hour = Timestamp::from_ms(1_700_000_000_000);
    /// batch.push_values(gc, hour, &[Some(400.0)]);
    /// db.append(&batch)?.all_accepted()?;
    ///
    /// let mut change = QualityChange {
    ///     instrument: gc,
    ///     channels: ChannelSet::All,
    ///     range: TimeRange::new(hour, hour.plus_ms(3_600_000)),
    ///     quality: Quality::Calibration,
    ///     by: "laboratory".to_owned(),
    ///     reason: "span check with 400 ppb".to_owned(),
    /// };
    /// assert_eq!(db.set_quality(&change)?.changed, 1);
    /// assert_eq!(db.set_quality(&change)?.unchanged, 1);
    /// let (_, sample) = db.latest("park/S1", "benzene")?.unwrap();
    /// assert_eq!((sample.value, sample.quality), (Some(400.0), Quality::Calibration));
    /// change.reason.clear();
    /// assert!(db.set_quality(&change).is_err(), "the ledger needs a reason");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] where name or reason are empty or not one line of text; [`Error::NoInstrument`], [`Error::NoChannel`];
    /// [`Error::NothingSelected`] for an empty range and an empty list of channels; [`Error::Query`], [`Error::Store`] and
    /// [`Error::Ledger`] where files cannot be read or written.
    pub fn set_quality(&self, change: &QualityChange) -> Result<QualityReport, Error> {
        check_words("name of a person", &change.by)?;
        check_words("reason", &change.reason)?;
        if change.range.from >= change.range.to {
            return Err(Error::NothingSelected {
                reason: "no time lies in its range: the end must be after the begin",
            });
        }
        let flags = self.flag_change(change)?;
        let rows_max = (SAMPLES_PER_BATCH / flags.channels.max(1)).max(1);
        let mut scan = self.readings.scan(change.instrument, &[], change.range)?;
        let mut report = QualityReport::default();
        let mut times: Vec<Timestamp> = Vec::with_capacity(rows_max);
        if scan.next_time().is_some() {
            self.note_flags(change, &flags)?;
        }
        while let Some(chunk) = scan.next_rows().map_err(QueryError::from)? {
            let mut rest = chunk.times.as_slice();
            while !rest.is_empty() {
                let (next, behind) = rest.split_at(rest.len().min(rows_max - times.len()));
                times.extend_from_slice(next);
                rest = behind;
                if times.len() == rows_max {
                    self.flag_rows(change, &flags, &times, &mut report)?;
                    times.clear();
                }
            }
        }
        self.flag_rows(change, &flags, &times, &mut report)?;
        Ok(report)
    }

    /// Records the flag for the range: frames that are sent again do not take it away.
    fn note_flags(&self, change: &QualityChange, flags: &FlagChange) -> Result<(), Error> {
        let mut inner = self.inner_with_room()?;
        let set = FlagsSet {
            instrument: change.instrument,
            channels: flags.places.clone(),
            range: change.range,
            quality: change.quality,
            by: change.by.clone(),
            reason: change.reason.clone(),
            at: inner.now(),
        };
        inner.ledger.check()?;
        inner.commit_all()?;
        inner.ledger.commit(&[Record::new(Kind::FlagsSet, &set)?])?;
        inner.registry.note_flags(change.instrument, set.flags());
        Ok(())
    }

    /// The change by places of channels, each once.
    fn flag_change(&self, change: &QualityChange) -> Result<FlagChange, Error> {
        let QualityChange { instrument, quality, .. } = *change;
        let inner = self.inner.lock();
        let (_, known) = inner.registry.instrument(instrument).ok_or(Error::NoInstrument(instrument))?;
        let channels = known.channels().len();
        let mut places = match &change.channels {
            ChannelSet::All => (0..channels).collect(),
            ChannelSet::Places(places) => places.clone(),
        };
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            return Err(Error::NothingSelected { reason: "its list of channels is empty: name one, or all of them" });
        }
        match places.iter().find(|place| **place >= channels) {
            Some(channel) => Err(Error::NoChannel { instrument, channel: *channel }),
            None => Ok(FlagChange { instrument, channels, places, quality }),
        }
    }

    /// Changes the flags of some rows, all of them or none.
    fn flag_rows(
        &self,
        change: &QualityChange,
        flags: &FlagChange,
        times: &[Timestamp],
        report: &mut QualityReport,
    ) -> Result<(), Error> {
        let mut inner = self.inner_with_room()?;
        inner.ledger.check()?;
        inner.commit_all()?;
        inner.recorded = Recorded::default();
        let now = inner.now();
        inner.prepare_rules()?;
        let (mut staged, count) = inner.store.stage_flags(flags, times)?;
        if staged.batch.is_empty() {
            report.add(count, Recorded::default());
            return Ok(());
        }
        let author = Some(Author { by: change.by.clone(), reason: change.reason.clone() });
        staged.origin = Origin { arrived: Some(now), author };
        staged.batch = staged.batch.with_history(true);
        inner.store_progress_before(&staged.batch);
        let (first_lsn, lsn) = inner.store.write_log(&staged)?;
        staged.counters.publish();
        let Staged { batch, corrections, .. } = staged;
        let said = (Cow::Owned(change.by.clone()), Cow::Owned(change.reason.clone()));
        let (is_history, arrived) = (true, now);
        inner.feed_batch(Unfed { batch, corrections, first_lsn, next: 0, shown: 0, is_history, arrived, said })?;
        inner.amend_history()?;
        report.add(count, inner.recorded);
        self.finish_write(inner, lsn)
    }
}

impl QualityReport {
    const fn add(&mut self, count: FlagCount, recorded: Recorded) {
        self.rows += count.rows;
        self.changed += count.changed;
        self.unchanged += count.unchanged;
        self.missing += count.missing;
        self.alarms_opened += recorded.opened;
        self.amendments += recorded.amendments;
    }
}
