//! Decides whether a file is good enough to be stored.

use super::remedies;
use super::summary::{RefusedRows, Rejected, SHOWN_PER_REASON, Summary};
use vocdb::Timestamp;
use vocdb::base::escape::{Line, counted};
use vocdb::base::limits::{FUTURE_MS_MAX, VALUE_MAGNITUDE_MAX};
use vocdb::interop::csv::{CsvReport, TimeFormat};
use vocdb::model::FrameRef;

/// Earliest time of a row: 1990-01-01T00:00:00Z. Earlier ones are times that were read in the wrong format.
const EARLIEST: Timestamp = Timestamp::from_ms(631_152_000_000);
/// 0100-01-01T00:00:00Z.
const YEAR_100: Timestamp = Timestamp::from_ms(-59_011_459_200_000);
/// Days since 1900 as spreadsheets count them, from 1968 to 2118.
const SPREADSHEET_DAYS: std::ops::RangeInclusive<i64> = 25_000..=80_000;
/// Milliseconds of a minute, an hour and a day.
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The limits of an import and of a store, known before the store exists.
pub(super) struct Limits {
    now: Timestamp,
    /// Milliseconds of one unit of an epoch, if the time column is one.
    epoch_ms: Option<i64>,
    taken: u64,
    /// Rows that are not stored, and the first of each reason.
    pub(super) refused: RefusedRows,
}

impl Limits {
    /// Returns the limits by this host's clock.
    pub(super) fn now(format: &TimeFormat) -> Self {
        let now = Timestamp::from_ms(jiff::Timestamp::now().as_millisecond());
        let epoch_ms = match format {
            TimeFormat::EpochSeconds => Some(1_000),
            TimeFormat::EpochMilliseconds => Some(1),
            _ => None,
        };
        Self { now, epoch_ms, taken: 0, refused: RefusedRows::new() }
    }

    /// Whether a row can be stored; one that cannot is counted with its reason.
    pub(super) fn take(&mut self, frame: FrameRef<'_>, line: u64) -> bool {
        let Some((reason, remedy)) = self.refusal(frame) else {
            self.taken += 1;
            return true;
        };
        let (count, listed) = self.refused.entry(reason).or_default();
        *count += 1;
        if listed.len() < SHOWN_PER_REASON {
            listed.push(Rejected::of_row(line, frame.time.to_string(), reason, remedy));
        }
        false
    }

    fn refusal(&self, frame: FrameRef<'_>) -> Option<(&'static str, String)> {
        if frame.time < EARLIEST {
            return Some(("before 1990", self.too_early(frame.time)));
        }
        let ahead_ms = frame.time.as_ms().saturating_sub(self.now.as_ms());
        if ahead_ms > FUTURE_MS_MAX {
            let ahead = duration(ahead_ms);
            let remedy =
                format!("{ahead} ahead of this host's clock: check --time-format and --zone, or correct the row");
            return Some(("in the future", remedy));
        }
        // All values are looked at, without a branch for each.
        let is_large = frame.values.iter().fold(false, |any, value| any | (value.abs() > VALUE_MAGNITUDE_MAX));
        is_large.then(|| ("value too large", format!("a value is over {VALUE_MAGNITUDE_MAX:e}: correct it")))
    }

    fn too_early(&self, time: Timestamp) -> String {
        let text = time.to_string();
        let year = text.split('-').next().unwrap_or_default();
        match self.epoch_ms {
            Some(unit_ms) if SPREADSHEET_DAYS.contains(&time.as_ms().div_euclid(unit_ms)) => {
                format!("{year}: is this an Excel date? export times as text, or give another --time-format")
            }
            Some(1) => format!("{year}: are these seconds? give --time-format epoch-s"),
            None if time < YEAR_100 && time.as_ms() >= -62_167_219_200_000 => {
                format!("year {year}: use %y for two digits")
            }
            _ => format!("{year} is before 1990: is this an Excel date? check --time-format, or correct the row"),
        }
    }

    fn rejected(&self) -> u64 {
        self.refused.values().map(|(count, _)| count).sum()
    }
}

/// The decision about a file that was read.
pub(super) enum Verdict {
    Store,
    /// The file has no rows.
    Empty,
    /// --where excludes all rows.
    Filtered(u64),
    /// No row can be stored; advice about the times, if there is any.
    Nothing(Option<String>),
    /// Too much is rejected: what, how many of how many, and the limit in percent.
    TooMany {
        what: String,
        rejected: u64,
        of: u64,
        limit: f64,
        advice: Option<String>,
    },
}

impl Verdict {
    pub(super) fn of(report: &CsvReport, limits: &Limits, limit_percent: f64) -> Self {
        let rows = report.rows_read.saturating_sub(report.filtered_rows);
        if rows == 0 {
            return if report.filtered_rows > 0 { Self::Filtered(report.filtered_rows) } else { Self::Empty };
        }
        let rejected = report.rejected_rows.saturating_add(limits.rejected());
        if limits.taken == 0 {
            return if rejected > 0 { Self::Nothing(remedies::of_times(report)) } else { Self::Empty };
        }
        let by_column = report.rejected_by_column.iter();
        let of_columns = by_column.map(|(column, count)| (format!("fields of column `{}`", Line(column)), *count));
        let counts = std::iter::once(("rows".to_owned(), rejected)).chain(of_columns);
        let mut too_many = counts.filter(|(_, count)| is_over(*count, rows, limit_percent));
        match too_many.next() {
            Some((what, rejected)) => {
                Self::TooMany { what, rejected, of: rows, limit: limit_percent, advice: remedies::of_times(report) }
            }
            None => Self::Store,
        }
    }

    pub(super) const fn is_stored(&self) -> bool {
        matches!(self, Self::Store)
    }

    /// Returns why a file that is read by a profile is not stored.
    pub(super) fn of_mapped(&self, profile: &str) -> String {
        match self {
            Self::Store => "it is stored".to_owned(),
            Self::Empty => "nothing was stored: the file has no rows".to_owned(),
            Self::Filtered(rows) => format!(
                "nothing was stored: no row is of a parameter with a [[channel]] and included by [where] and --where ({} read){}",
                counted(*rows, "row"),
                remedies::of_profile(profile)
            ),
            Self::Nothing(_) => "nothing was stored; see the reasons above".to_owned(),
            Self::TooMany { what, rejected, of, limit, .. } => format!(
                "nothing was stored: {rejected} of {of} {what} are rejected, more than {limit} %; \
                 correct the mapping as the lines above advise, or raise --max-rejected{}",
                remedies::of_profile(profile)
            ),
        }
    }

    /// Returns why the command fails; `None` if it succeeds.
    pub(super) fn why(&self, summary: &Summary) -> Option<String> {
        match self {
            Self::Store if summary.is_nothing_taken() => Some("nothing was stored; see the reasons above".to_owned()),
            Self::Store => None,
            Self::Empty => Some("nothing was stored: the file has no rows".to_owned()),
            Self::Filtered(rows) => {
                Some(format!("nothing was stored: --where excludes all {rows} rows; check its columns and texts"))
            }
            Self::Nothing(advice) => {
                let advice = advice.as_deref().unwrap_or("see the reasons above");
                Some(format!("nothing was stored; {advice}"))
            }
            Self::TooMany { what, rejected, of, limit, advice } => {
                let advice = advice.as_deref().unwrap_or("correct the options as the lines above advise");
                Some(format!(
                    "nothing was stored: {rejected} of {of} {what} are rejected, more than {limit} %; \
                     {advice}, or raise --max-rejected"
                ))
            }
        }
    }
}

/// A length of time in whole minutes, hours or days.
fn duration(length_ms: i64) -> String {
    let (count, unit) = match length_ms {
        ..7_200_000 => (length_ms / MINUTE_MS, "minutes"),
        7_200_000..172_800_000 => (length_ms / HOUR_MS, "hours"),
        _ => (length_ms / DAY_MS, "days"),
    };
    format!("{count} {unit}")
}

/// Whether a share is greater than a limit in percent.
#[expect(clippy::cast_precision_loss, reason = "a share of rows to a few digits")]
fn is_over(count: u64, of: u64, limit_percent: f64) -> bool {
    count as f64 * 100.0 > limit_percent * of as f64
}
