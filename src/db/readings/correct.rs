//! Stored values that somebody corrects.

use crate::db::core::Database;
use crate::db::pending::Unfed;
use crate::error::Error;
use crate::journal::{Author, Origin};
use crate::model::{InstrumentId, Sample, Timestamp, check_line};
use crate::store::Staged;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Stored values of one channel that are wrong, and what is right.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueCorrection {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Of which of its channels, by its place in a frame.
    pub channel: usize,
    /// At which times, and what is to stand there, with its flag. Of two for the same time the later one counts.
    pub samples: Vec<(Timestamp, Sample)>,
    /// Who says so.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Database {
    /// Replaces stored values, whatever the instrument's policy for duplicates: all of them or none. The ledger records the old and the new
    /// value, the person, the reason and the host time. Returns how many values changed. Rules evaluate the corrected rows as late data.
    ///
    /// A corrected value stays until a person corrects or deletes it. A frame that is sent again does not replace it; if the frame changes
    /// nothing else, it is counted as superseded.
    ///
    /// A process that is killed before this returns leaves all of the values corrected, with their records in the ledger, or none.
    ///
    /// ```
    /// use vocdb::{Batch, Channel, Config, Database, Instrument, Interval, Sample, Station, Timestamp, Unit, ValueCorrection};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let station = db.register_station(Station::new("park/S1")?)?;
    /// let benzene = Channel::species("benzene", Unit::Ppb)?;
    /// let gc = db.register_instrument(station, Instrument::new("gc", Interval::HOUR, vec![benzene])?)?;
    /// let mut batch = Batch::new();
    /// let hour = Timestamp::from_ms(1_700_000_000_000);
    /// batch.push_values(gc, hour, &[Some(42.0)]);
    /// db.append(&batch)?.all_accepted()?;
    ///
    /// let mut correction = ValueCorrection {
    ///     instrument: gc,
    ///     channel: 0,
    ///     samples: vec![(hour, Sample::normal(0.42))],
    ///     by: "laboratory".to_owned(),
    ///     reason: "a factor of 100 in the calibration".to_owned(),
    /// };
    /// assert_eq!(db.correct(&correction)?, 1);
    /// assert_eq!(db.latest("park/S1", "benzene")?.unwrap().1.value, Some(0.42));
    /// correction.samples = vec![(hour.plus_ms(1), Sample::normal(0.42))];
    /// assert!(db.correct(&correction).is_err(), "no row is there");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] where name or reason are not one line of text; [`Error::NoInstrument`], [`Error::NoChannel`]; [`Error::Store`] for a time without a row and for a sample without a usable value
    /// ([`StoreError::NotCorrectable`](crate::store::StoreError::NotCorrectable)); [`Error::Store`] and [`Error::Ledger`] where files
    /// cannot be read or written.
    pub fn correct(&self, correction: &ValueCorrection) -> Result<u64, Error> {
        check_line("name of a person", &correction.by)?;
        check_line("reason", &correction.reason)?;
        let ValueCorrection { instrument, channel, .. } = *correction;
        let samples: BTreeMap<Timestamp, Sample> = correction.samples.iter().copied().collect();
        let mut inner = self.inner_with_room()?;
        inner.ledger.check()?;
        inner.commit_all()?;
        let now = inner.now();
        inner.prepare_rules()?;
        let (_, known) = inner.registry.instrument(instrument).ok_or(Error::NoInstrument(instrument))?;
        if known.channels().get(channel).is_none() {
            return Err(Error::NoChannel { instrument, channel });
        }
        let mut staged = inner.store.stage_correction((instrument, known), channel, &samples)?;
        let author = Some(Author { by: correction.by.clone(), reason: correction.reason.clone() });
        staged.origin = Origin { arrived: Some(now), author };
        inner.store_progress_before(&staged.batch);
        let (first_lsn, lsn) = inner.store.write_log(&staged)?;
        staged.counters.publish();
        let Staged { batch, corrections, counters, .. } = staged;
        let said = (Cow::Owned(correction.by.clone()), Cow::Owned(correction.reason.clone()));
        inner.feed_batch(Unfed {
            batch,
            corrections,
            first_lsn,
            next: 0,
            shown: 0,
            is_history: false,
            arrived: now,
            said,
        })?;
        self.finish_write(inner, lsn)?;
        Ok(counters.values_corrected)
    }
}
