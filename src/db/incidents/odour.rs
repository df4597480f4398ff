//! Odour reports.

use crate::db::core::Database;
use crate::error::Error;
use crate::ledger::{Kind, LedgerError, Record};
use crate::model::TimeRange;
use crate::trace::OdourReport;

impl Database {
    /// Records an odour report. The ledger has it when this returns. [`OdourReport::at`] is set to the host time.
    ///
    /// ```
    /// use vocdb::trace::{OdourIntensity, OdourReport};
    /// use vocdb::{Config, Database, TimeRange, Timestamp};
    /// let dir = tempfile::tempdir()?;
    /// let db = Database::open(dir.path(), Config::default())?;
    /// let time: Timestamp = "2026-03-14T22:40:00+08:00".parse()?;
    /// db.report_odour(OdourReport {
    ///     time,
    ///     latitude_deg: 30.731,
    ///     longitude_deg: 121.286,
    ///     intensity: OdourIntensity::new(4)?,
    ///     words: "sweet, like solvent".to_owned(),
    ///     reporter: None,
    ///     at: Timestamp::default(),
    /// })?;
    /// let hour = TimeRange::new(time, time.plus_ms(3_600_000));
    /// assert_eq!(db.odour_reports(hour)?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Model`] for a position or text that makes no sense; [`Error::Ledger`] and [`Error::Store`] if the record cannot be written.
    pub fn report_odour(&self, report: OdourReport) -> Result<(), Error> {
        report.check()?;
        let mut inner = self.inner.lock();
        inner.commit_all()?;
        let report = OdourReport { at: inner.timer_now(), ..report };
        inner.uncommitted.push(Record::new(Kind::OdourReported, &report)?);
        inner.commit_all()
    }

    /// Returns the odour reports whose time lies in a range, by time.
    ///
    /// # Errors
    /// [`Error::Ledger`] if the ledger cannot be read.
    pub fn odour_reports(&self, range: TimeRange) -> Result<Vec<OdourReport>, Error> {
        let reports = odours_of(&self.ledger_records()?)?;
        Ok(reports.into_iter().filter(|report| range.contains(report.time)).collect())
    }
}

/// The odour reports of a ledger, by time; those of one time in the order in which they were recorded.
pub(in crate::db) fn odours_of(records: &[Record]) -> Result<Vec<OdourReport>, LedgerError> {
    let of_kind = (0..).zip(records).filter(|(_, record)| record.kind() == Kind::OdourReported);
    let mut reports: Vec<OdourReport> = of_kind.map(|(index, record)| record.body(index)).collect::<Result<_, _>>()?;
    reports.sort_by_key(|report| report.time);
    Ok(reports)
}
