//! The time column: its format, its zone, and what happens where clocks are put back or forward.

use super::error::CsvError;
use super::report::RejectReason;
use crate::model::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// How the time column is written.
///
/// ```
/// use vocdb::interop::csv::{TimeColumn, TimeFormat};
/// TimeColumn::new("UTC Date Time", TimeFormat::Pattern("%-m/%-d/%Y %-H:%M".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeFormat {
    /// `2022-05-09T02:18:02Z` or with an offset such as `+08:00`; a time without an offset is rejected.
    Rfc3339,
    /// A `strftime`-like pattern as [`jiff::fmt::strtime`] reads it. It must have a date; a time that is not in it is midnight.
    /// Where it has no offset (`%z`), the zone of the column says which one holds.
    Pattern(String),
    /// Seconds since 1970-01-01T00:00:00Z; digits after the third decimal place are cut off.
    EpochSeconds,
    /// Milliseconds since 1970-01-01T00:00:00Z, an integer.
    EpochMilliseconds,
}

/// What happens to a local time that exists twice (clocks put back) or not at all (clocks put forward).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fold {
    /// The row is rejected.
    #[default]
    Reject,
    /// The earlier of the two times; a time that does not exist counts by the offset *after* the change, and so lies before it.
    Earlier,
    /// The later of the two times; a time that does not exist counts by the offset *before* the change, and so lies after it.
    Later,
}

/// Which column holds the time, and how.
///
/// ```
/// use vocdb::interop::csv::{Fold, TimeColumn, TimeFormat};
/// let utc = TimeColumn::new("time_utc", TimeFormat::Rfc3339);
/// let local = TimeColumn::new("local", TimeFormat::Pattern("%d/%m/%Y %H:%M:%S".into()))
///     .zone("America/Denver")
///     .fold(Fold::Earlier);
/// assert_ne!(utc, local);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeColumn {
    /// The columns from left to right of the text; there is at least one.
    pub(super) names: Vec<String>,
    format: TimeFormat,
    zone: String,
    fold: Fold,
}

impl TimeColumn {
    /// The column of this name in the header, in UTC unless the format or [`TimeColumn::zone`] says otherwise.
    #[must_use]
    pub fn new(name: impl Into<String>, format: TimeFormat) -> Self {
        Self { names: vec![name.into()], format, zone: "UTC".to_owned(), fold: Fold::Reject }
    }

    /// A further column of which the time is made up, as in files with a column for the date and one for the time of day. The format
    /// reads the texts of all columns, in the order in which they were named, with one space between them.
    ///
    /// ```
    /// use vocdb::interop::csv::{CsvReader, CsvSpec, CsvTarget, TimeColumn, TimeFormat};
    /// use vocdb::{Batch, Channel, Instrument, InstrumentId, Interval, Unit};
    /// let time = TimeColumn::new("Date", TimeFormat::Pattern("%d/%m/%Y %H:%M:%S".into())).and("Time");
    /// let mast = Instrument::new("mast", Interval::hours(1), vec![Channel::quantity("T", Unit::Celsius)?])?;
    /// let target = CsvTarget::new(InstrumentId::new(1), &mast).column("T", "T", Unit::Celsius);
    /// let csv = "Date,Time,T\n10/03/2004,18:00:00,13.6\n";
    /// let mut reader = CsvReader::from_reader(csv.as_bytes(), "mast.csv", CsvSpec::new(time).map(target))?;
    /// let mut batch = Batch::new();
    /// reader.read_batch(10, &mut batch)?;
    /// assert_eq!(batch.frame(0).unwrap().time.to_string(), "2004-03-10T18:00:00Z");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn and(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// The zone of times without an offset: an IANA name such as `America/Denver`, an offset such as `+08:00`, or `UTC`.
    ///
    /// [`CsvSpec::check`](super::CsvSpec::check) and opening refuse a zone that is not known.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = zone.into();
        self
    }

    /// What happens to a local time that exists twice or not at all; rejected unless told.
    #[must_use]
    pub const fn fold(mut self, fold: Fold) -> Self {
        self.fold = fold;
        self
    }
}

#[derive(Debug)]
enum StampFormat {
    Rfc3339,
    /// A pattern, and whether what it reads is a point in time without help from a zone.
    Pattern {
        pattern: String,
        absolute: bool,
    },
    EpochSeconds,
    EpochMilliseconds,
}

/// Reads the time field of a row.
#[derive(Debug)]
pub(super) struct StampReader {
    format: StampFormat,
    zone: TimeZone,
    fold: Fold,
}

impl StampReader {
    pub(super) fn new(column: &TimeColumn) -> Result<Self, CsvError> {
        let zone = find_zone(&column.zone)?;
        let format = match &column.format {
            TimeFormat::Rfc3339 => StampFormat::Rfc3339,
            TimeFormat::EpochSeconds => StampFormat::EpochSeconds,
            TimeFormat::EpochMilliseconds => StampFormat::EpochMilliseconds,
            TimeFormat::Pattern(pattern) => {
                let absolute =
                    try_pattern(pattern).map_err(|reason| CsvError::Pattern { pattern: pattern.clone(), reason })?;
                StampFormat::Pattern { pattern: pattern.clone(), absolute }
            }
        };
        Ok(Self { format, zone, fold: column.fold })
    }

    pub(super) fn read(&self, text: &str) -> Result<Timestamp, RejectReason> {
        let time = match &self.format {
            StampFormat::Rfc3339 => text.parse::<jiff::Timestamp>().map_err(|_| RejectReason::BadTime)?,
            StampFormat::EpochSeconds => epoch(epoch_seconds_ms(text))?,
            StampFormat::EpochMilliseconds => epoch(integer(text))?,
            StampFormat::Pattern { pattern, absolute } => {
                let parts = BrokenDownTime::parse(pattern, text).map_err(|_| RejectReason::BadTime)?;
                if *absolute {
                    parts.to_timestamp().map_err(|_| RejectReason::BadTime)?
                } else {
                    self.local(parts.to_datetime().map_err(|_| RejectReason::BadTime)?)?
                }
            }
        };
        Ok(Timestamp::from_ms(time.as_millisecond()))
    }

    fn local(&self, civil: DateTime) -> Result<jiff::Timestamp, RejectReason> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        let reason = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => RejectReason::BadTime,
            AmbiguousOffset::Gap { .. } => RejectReason::SkippedTime,
            AmbiguousOffset::Fold { .. } => RejectReason::AmbiguousTime,
        };
        match self.fold {
            Fold::Reject => ambiguous.unambiguous().map_err(|_| reason),
            Fold::Earlier => ambiguous.earlier().map_err(|_| RejectReason::BadTime),
            Fold::Later => ambiguous.later().map_err(|_| RejectReason::BadTime),
        }
    }
}

fn find_zone(zone: &str) -> Result<TimeZone, CsvError> {
    if matches!(zone, "UTC" | "utc" | "Z") {
        return Ok(TimeZone::UTC);
    }
    DateTimeParser::new()
        .parse_time_zone(zone)
        .map_err(|error| CsvError::Zone { zone: zone.to_owned(), reason: error.to_string() })
}

/// Writes a time by the pattern and reads it back: what cannot do this for one time cannot read a column.
///
/// Says whether the pattern needs no zone.
fn try_pattern(pattern: &str) -> Result<bool, String> {
    let says = |error: jiff::Error| error.to_string();
    let written = date(2023, 11, 25).at(13, 45, 56, 789_000_000).to_zoned_datetime(TimeZone::UTC).map_err(says)?;
    let text = BrokenDownTime::from(&written).to_string(pattern).map_err(says)?;
    let parts = BrokenDownTime::parse(pattern, &text).map_err(says)?;
    if parts.timestamp().is_some() {
        return Ok(true);
    }
    let read = parts.to_datetime().map_err(says)?;
    if read.date() != written.date() {
        return Err(format!("it reads back the date {} as {}", written.date(), read.date()));
    }
    if read.hour() != 0 && read.hour() != written.hour() {
        return Err(format!("it reads back 13:45 as {}: `%I` needs `%p` beside it", read.time()));
    }
    Ok(parts.offset().is_some())
}

fn epoch(ms: Option<i64>) -> Result<jiff::Timestamp, RejectReason> {
    ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).ok_or(RejectReason::BadTime)
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn epoch_seconds_ms(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds_ms = integer(whole)?.checked_mul(1_000)?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let part_ms = places.fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    if whole.starts_with('-') { seconds_ms.checked_sub(part_ms) } else { seconds_ms.checked_add(part_ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(column: &TimeColumn, text: &str) -> Result<String, RejectReason> {
        StampReader::new(column).unwrap().read(text).map(|time| time.to_string())
    }

    fn denver(fold: Fold) -> TimeColumn {
        let format = TimeFormat::Pattern("%Y-%m-%d %H:%M".to_owned());
        TimeColumn::new("t", format).zone("America/Denver").fold(fold)
    }

    #[test]
    fn a_named_zone_gives_summer_and_winter_their_own_offsets() {
        assert_eq!(read(&denver(Fold::Reject), "2022-07-01 00:00").unwrap(), "2022-07-01T06:00:00Z");
        assert_eq!(read(&denver(Fold::Reject), "2022-12-01 00:00").unwrap(), "2022-12-01T07:00:00Z");
    }

    #[test]
    fn an_hour_that_exists_twice_is_rejected_unless_one_is_chosen() {
        let text = "2022-11-06 01:30";
        assert_eq!(read(&denver(Fold::Reject), text), Err(RejectReason::AmbiguousTime));
        assert_eq!(read(&denver(Fold::Earlier), text).unwrap(), "2022-11-06T07:30:00Z");
        assert_eq!(read(&denver(Fold::Later), text).unwrap(), "2022-11-06T08:30:00Z");
    }

    #[test]
    fn an_hour_that_does_not_exist_is_rejected_unless_a_side_is_chosen() {
        let text = "2022-03-13 02:30";
        assert_eq!(read(&denver(Fold::Reject), text), Err(RejectReason::SkippedTime));
        assert_eq!(read(&denver(Fold::Earlier), text).unwrap(), "2022-03-13T08:30:00Z");
        assert_eq!(read(&denver(Fold::Later), text).unwrap(), "2022-03-13T09:30:00Z");
    }

    #[test]
    fn an_offset_in_the_text_wins_over_the_zone() {
        let format = TimeFormat::Pattern("%Y-%m-%d %H:%M %z".to_owned());
        let column = TimeColumn::new("t", format).zone("America/Denver");
        assert_eq!(read(&column, "2022-11-06 01:30 +0800").unwrap(), "2022-11-05T17:30:00Z");
    }

    #[test]
    fn a_fixed_offset_is_a_zone() {
        let column = TimeColumn::new("t", TimeFormat::Pattern("%d/%m/%Y".to_owned())).zone("+08:00");
        assert_eq!(read(&column, "10/03/2004").unwrap(), "2004-03-09T16:00:00Z");
    }

    #[test]
    fn rfc_3339_needs_an_offset() {
        let column = TimeColumn::new("t", TimeFormat::Rfc3339);
        assert_eq!(read(&column, "2022-05-09T08:00:00.250+08:00").unwrap(), "2022-05-09T00:00:00.25Z");
        for text in ["2022-05-09T00:00:00", "2022-02-30T00:00:00Z", "", "noon"] {
            assert_eq!(read(&column, text), Err(RejectReason::BadTime), "{text}");
        }
    }

    #[test]
    fn epoch_seconds_keep_milliseconds_of_either_sign() {
        let column = TimeColumn::new("t", TimeFormat::EpochSeconds);
        let stamps = StampReader::new(&column).unwrap();
        for (text, ms) in
            [("0", 0), ("1652062682.5", 1_652_062_682_500), ("1.0019", 1_001), ("-0.25", -250), ("-2.5", -2_500)]
        {
            assert_eq!(stamps.read(text), Ok(Timestamp::from_ms(ms)), "{text}");
        }
        for text in ["", "-", ".", "1.", "1e9", "+1", "1.-2", "9223372036854775807", "99999999999999"] {
            assert_eq!(stamps.read(text), Err(RejectReason::BadTime), "{text}");
        }
    }

    #[test]
    fn epoch_milliseconds_are_integers() {
        let column = TimeColumn::new("t", TimeFormat::EpochMilliseconds);
        let stamps = StampReader::new(&column).unwrap();
        assert_eq!(stamps.read("1652062682001"), Ok(Timestamp::from_ms(1_652_062_682_001)));
        assert_eq!(stamps.read("1652062682001.0"), Err(RejectReason::BadTime));
    }

    #[test]
    fn patterns_that_cannot_give_a_time_are_refused_when_opened() {
        for pattern in ["%H:%M", "%d/%m %H:%M", "%Y-%m-%d %I:%M", "%Y-%m-%d %J", "%Y-%m-%d %M", "", "%"] {
            let column = TimeColumn::new("t", TimeFormat::Pattern(pattern.to_owned()));
            let error = StampReader::new(&column).unwrap_err();
            assert!(matches!(error, CsvError::Pattern { .. }), "{pattern}: {error}");
        }
        for pattern in ["%Y-%m-%d", "%Y-%m-%d %I:%M %p", "%s", "%F %T%.f", "%-m/%-d/%y %-H:%M", "%Y%m%d%H%M"] {
            let column = TimeColumn::new("t", TimeFormat::Pattern(pattern.to_owned()));
            assert!(StampReader::new(&column).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn zones_that_do_not_exist_are_refused_when_opened() {
        for zone in ["America/Denvre", "", "05:00", "+25:99"] {
            let error = StampReader::new(&TimeColumn::new("t", TimeFormat::Rfc3339).zone(zone)).unwrap_err();
            assert!(matches!(error, CsvError::Zone { .. }), "{zone}: {error}");
        }
    }
}
