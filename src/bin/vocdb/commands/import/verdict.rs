//! Decides whether a file is good enough to be stored.

use super::summary::Summary;
use vocdb::Timestamp;
use vocdb::base::escape::Line;
use vocdb::base::limits::{FUTURE_MS_MAX, VALUE_MAGNITUDE_MAX};
use vocdb::interop::csv::CsvReport;
use vocdb::model::FrameRef;

/// The limits of a store, known before the store exists.
pub(super) struct Limits {
    latest: Timestamp,
    taken: u64,
    /// Number of frames that a store refuses.
    pub(super) refused: u64,
}

impl Limits {
    /// Returns the limits by this host's clock.
    pub(super) fn now() -> Self {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        Self { latest: Timestamp::from_ms(now_ms.saturating_add(FUTURE_MS_MAX)), taken: 0, refused: 0 }
    }

    pub(super) fn note(&mut self, frame: FrameRef<'_>) {
        let is_taken = frame.time <= self.latest && frame.values.iter().all(|value| value.abs() <= VALUE_MAGNITUDE_MAX);
        let count = if is_taken { &mut self.taken } else { &mut self.refused };
        *count += 1;
    }
}

/// The decision about a file that was read.
pub(super) enum Verdict {
    Store,
    /// The file has no rows.
    Empty,
    /// --where excludes all rows.
    Filtered(u64),
    /// No row can be stored.
    Nothing,
    /// Too much is rejected: what, how many of how many, and the limit in percent.
    TooMany {
        what: String,
        rejected: u64,
        of: u64,
        limit: f64,
    },
}

impl Verdict {
    pub(super) fn of(report: &CsvReport, limits: &Limits, limit_percent: f64) -> Self {
        let rows = report.rows_read.saturating_sub(report.filtered_rows);
        if rows == 0 {
            return if report.filtered_rows > 0 { Self::Filtered(report.filtered_rows) } else { Self::Empty };
        }
        let rejected = report.rejected_rows.saturating_add(limits.refused);
        if limits.taken == 0 {
            return if rejected > 0 { Self::Nothing } else { Self::Empty };
        }
        let by_column = report.rejected_by_column.iter();
        let of_columns = by_column.map(|(column, count)| (format!("fields of column `{}`", Line(column)), *count));
        let counts = std::iter::once(("rows".to_owned(), rejected)).chain(of_columns);
        let mut too_many = counts.filter(|(_, count)| is_over(*count, rows, limit_percent));
        match too_many.next() {
            Some((what, rejected)) => Self::TooMany { what, rejected, of: rows, limit: limit_percent },
            None => Self::Store,
        }
    }

    pub(super) const fn is_stored(&self) -> bool {
        matches!(self, Self::Store)
    }

    /// Returns why the command fails; `None` if it succeeds.
    pub(super) fn why(&self, summary: &Summary) -> Option<String> {
        match self {
            Self::Store if summary.is_nothing_taken() => Some("nothing was stored; see the reasons above".to_owned()),
            Self::Store | Self::Empty => None,
            Self::Filtered(rows) => {
                Some(format!("nothing was stored: --where excludes all {rows} rows; check its columns and texts"))
            }
            Self::Nothing => Some("nothing was stored; see the reasons above".to_owned()),
            Self::TooMany { what, rejected, of, limit } => Some(format!(
                "nothing was stored: {rejected} of {of} {what} are rejected, more than {limit} %; \
                 correct the options as the lines above advise, or raise --max-rejected"
            )),
        }
    }
}

/// Whether a share is greater than a limit in percent.
#[expect(clippy::cast_precision_loss, reason = "a share of rows to a few digits")]
fn is_over(count: u64, of: u64, limit_percent: f64) -> bool {
    count as f64 * 100.0 > limit_percent * of as f64
}
