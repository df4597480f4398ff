//! One time field as a point in time.

use super::super::error::CsvError;
use super::super::report::RejectReason;
use super::{Fold, TimeColumn, TimeFormat};
use crate::model::Timestamp;
use jiff::SignedDuration;
use jiff::civil::{DateTime, Time, date};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, AmbiguousTimestamp, Offset, TimeZone};

#[derive(Debug)]
enum StampFormat {
    Rfc3339,
    /// A pattern, and whether what it reads is a point in time without a zone.
    Pattern {
        pattern: String,
        absolute: bool,
    },
    EpochSeconds,
    EpochMilliseconds,
}

/// A time as written, with its offset where it has one.
#[derive(Debug, Clone, Copy)]
struct Written {
    civil: DateTime,
    offset: Option<Offset>,
}

/// Reads the time field of a row.
#[derive(Debug)]
pub(in crate::interop) struct StampReader {
    format: StampFormat,
    zone: TimeZone,
    /// Whether the zone was given, not assumed.
    has_zone: bool,
    fold: Fold,
    /// Whether rows that follow one another may share one stamp, so that an equal time is no second pass.
    is_spread: bool,
    order: RowOrder,
}

/// Where the row before lies, which decides the repeated hour under [`Fold::ByOrder`].
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::interop) struct RowOrder {
    before: Option<Timestamp>,
    is_descending: bool,
}

impl StampReader {
    pub(in crate::interop) fn new(column: &TimeColumn, is_spread: bool) -> Result<Self, CsvError> {
        let zone = column.zone.as_deref().map_or(Ok(TimeZone::UTC), find_zone)?;
        let format = match &column.format {
            TimeFormat::Rfc3339 => StampFormat::Rfc3339,
            TimeFormat::EpochSeconds => StampFormat::EpochSeconds,
            TimeFormat::EpochMilliseconds => StampFormat::EpochMilliseconds,
            TimeFormat::Pattern(pattern) => {
                let absolute =
                    try_pattern(pattern).map_err(|reason| CsvError::Pattern { pattern: pattern.clone(), reason })?;
                if !absolute && column.zone.is_none() {
                    return Err(CsvError::NoZone { pattern: pattern.clone() });
                }
                StampFormat::Pattern { pattern: pattern.clone(), absolute }
            }
        };
        let order = RowOrder::default();
        Ok(Self { format, zone, has_zone: column.zone.is_some(), fold: column.fold, is_spread, order })
    }

    /// The time of a text in a file whose rows are in one order.
    pub(in super::super) fn read(&mut self, text: &str) -> Result<Timestamp, RejectReason> {
        let mut order = self.order;
        let read = self.read_in(text, &mut order);
        self.order = order;
        read
    }

    /// The time of a text among rows that have an order of their own.
    pub(in crate::interop) fn read_in(&self, text: &str, order: &mut RowOrder) -> Result<Timestamp, RejectReason> {
        let time = match &self.format {
            StampFormat::Rfc3339 => match plain_utc(text).or_else(|| text.parse().ok()) {
                Some(time) => time,
                None => {
                    self.written(text).ok_or(RejectReason::BadTime).and_then(|written| self.instant(written, order))?
                }
            },
            StampFormat::EpochSeconds => epoch(epoch_seconds_ms(text))?,
            StampFormat::EpochMilliseconds => epoch(integer(text))?,
            StampFormat::Pattern { pattern, absolute: true } => match BrokenDownTime::parse(pattern, text) {
                Ok(parts) => parts.to_timestamp().map_err(|_| RejectReason::BadTime)?,
                Err(_) => self
                    .end_of_day(text)
                    .ok_or(RejectReason::BadTime)
                    .and_then(|written| self.instant(written, order))?,
            },
            StampFormat::Pattern { .. } => {
                self.written(text).ok_or(RejectReason::BadTime).and_then(|written| self.instant(written, order))?
            }
        };
        let time = Timestamp::from_ms(time.as_millisecond());
        order.note(time);
        Ok(time)
    }

    fn written(&self, text: &str) -> Option<Written> {
        self.parse(text).or_else(|| self.end_of_day(text))
    }

    fn parse(&self, text: &str) -> Option<Written> {
        match &self.format {
            StampFormat::Rfc3339 => {
                let pieces = Pieces::parse(text).ok()?;
                let civil = DateTime::from_parts(pieces.date(), pieces.time()?);
                Some(Written { civil, offset: pieces.to_numeric_offset() })
            }
            StampFormat::Pattern { pattern, .. } => {
                let parts = BrokenDownTime::parse(pattern, text).ok()?;
                Some(Written { civil: parts.to_datetime().ok()?, offset: parts.offset() })
            }
            StampFormat::EpochSeconds | StampFormat::EpochMilliseconds => None,
        }
    }

    /// The midnight that a time of 24:00 means, which no parser reads: the `24` that is the hour is found by replacing each in turn.
    fn end_of_day(&self, text: &str) -> Option<Written> {
        let places = (0..text.len()).filter(|at| text.get(*at..at.saturating_add(2)) == Some("24"));
        places.into_iter().find_map(|at| {
            let with = |hour: &str| {
                let mut other = text.to_owned();
                other.replace_range(at..at.saturating_add(2), hour);
                self.parse(&other)
            };
            let (midnight, after) = (with("00")?, with("01")?);
            let is_hour = after.civil.duration_since(midnight.civil) == SignedDuration::from_hours(1);
            let is_midnight = midnight.civil.time() == Time::midnight();
            let civil = midnight.civil.tomorrow().ok().filter(|_| is_hour && is_midnight)?;
            Some(Written { civil, ..midnight })
        })
    }

    fn instant(&self, written: Written, order: &RowOrder) -> Result<jiff::Timestamp, RejectReason> {
        match written.offset {
            Some(offset) => offset.to_timestamp(written.civil).map_err(|_| RejectReason::BadTime),
            None if self.has_zone || !matches!(self.format, StampFormat::Rfc3339) => self.local(written.civil, order),
            None => Err(RejectReason::NoOffset),
        }
    }

    fn local(&self, civil: DateTime, order: &RowOrder) -> Result<jiff::Timestamp, RejectReason> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        let (reason, is_fold) = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => (RejectReason::BadTime, false),
            AmbiguousOffset::Gap { .. } => (RejectReason::SkippedTime, false),
            AmbiguousOffset::Fold { .. } => (RejectReason::AmbiguousTime, true),
        };
        match self.fold {
            Fold::ByOrder if is_fold => order.choose(ambiguous, self.is_spread).ok_or(RejectReason::BadTime),
            Fold::Reject | Fold::ByOrder => ambiguous.unambiguous().map_err(|_| reason),
            Fold::Earlier => ambiguous.earlier().map_err(|_| RejectReason::BadTime),
            Fold::Later => ambiguous.later().map_err(|_| RejectReason::BadTime),
        }
    }
}

impl RowOrder {
    fn note(&mut self, time: Timestamp) {
        if let Some(before) = self.before
            && before != time
        {
            self.is_descending = time < before;
        }
        self.before = Some(time);
    }

    /// The one of two times that goes on from the row before; the second pass where that would go back.
    fn choose(&self, ambiguous: AmbiguousTimestamp, is_spread: bool) -> Option<jiff::Timestamp> {
        let (earlier, later) = (ambiguous.earlier().ok()?, ambiguous.later().ok()?);
        let (first, second) = if self.is_descending { (later, earlier) } else { (earlier, later) };
        let Some(before) = self.before else { return Some(first) };
        let first_ms = Timestamp::from_ms(first.as_millisecond());
        let goes_on = if self.is_descending { first_ms < before } else { first_ms > before };
        Some(if goes_on || (is_spread && first_ms == before) { first } else { second })
    }
}

/// The time of a text such as `2022-05-09T02:18:02Z`, the most common form; any other is left to the parser.
fn plain_utc(text: &str) -> Option<jiff::Timestamp> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = text.as_bytes()
    else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(10).and_then(|digit| i8::try_from(digit).ok());
    let pair = |tens, ones| Some(digit(tens)? * 10 + digit(ones)?);
    let year = i16::from(pair(y1, y2)?) * 100 + i16::from(pair(y3, y4)?);
    let (hour, minute, second) = (pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?);
    let civil = DateTime::new(year, pair(m1, m2)?, pair(d1, d2)?, hour, minute, second, 0).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

fn find_zone(zone: &str) -> Result<TimeZone, CsvError> {
    crate::model::find_zone(zone).map_err(|reason| CsvError::Zone { zone: zone.to_owned(), reason })
}

/// Whether times of a format mean nothing without a zone.
#[cfg(feature = "profiles")]
pub(in crate::interop) fn needs_zone(format: &TimeFormat) -> bool {
    matches!(format, TimeFormat::Pattern(pattern) if matches!(try_pattern(pattern), Ok(false)))
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

/// Digits of the longest number that fits into 64 bits whatever its digits are.
const DIGITS_SAFE: usize = 18;

fn integer(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // So many digits do not overflow.
    if (1..=DIGITS_SAFE).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
        let number = digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        return Some(if is_negative { -number } else { number });
    }
    let mut number = if digits.is_empty() { None } else { Some(0_i64) };
    for byte in digits {
        let digit = Some(byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9)?;
        number = number?.checked_mul(10)?.checked_add(i64::from(digit));
    }
    if is_negative { number?.checked_neg() } else { number }
}

fn epoch_seconds_ms(text: &str) -> Option<i64> {
    // A search made for long texts takes longer to prepare.
    let Some(point) = text.bytes().position(|byte| byte == b'.') else { return integer(text)?.checked_mul(1_000) };
    let (whole, fraction) = text.split_at_checked(point)?;
    let fraction = fraction.get(1..)?;
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
        StampReader::new(column, false).unwrap().read(text).map(|time| time.to_string())
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
        assert_eq!(read(&column, "2022-05-09T00:00:00"), Err(RejectReason::NoOffset));
        for text in ["2022-02-30T00:00:00Z", "", "noon", "2022-05-09"] {
            assert_eq!(read(&column, text), Err(RejectReason::BadTime), "{text}");
        }
    }

    #[test]
    fn the_plain_form_of_utc_is_read_as_the_parser_reads_it() {
        for text in ["2024-02-29T23:59:59Z", "1969-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-30T22:00:00Z"] {
            assert_eq!(plain_utc(text), Some(text.parse().unwrap()), "{text}");
        }
        for text in ["2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:6xZ"] {
            assert_eq!(plain_utc(text), None, "{text}");
        }
    }

    #[test]
    fn an_iso_time_without_an_offset_is_read_in_the_zone_that_was_given() {
        let column = TimeColumn::new("t", TimeFormat::Rfc3339).zone("-04:00");
        for text in ["2022-05-09T00:00:00", "2022-05-09 00:00", "2022-05-09T04:00:00Z", "2022-05-08T24:00:00"] {
            assert_eq!(read(&column, text).unwrap(), "2022-05-09T04:00:00Z", "{text}");
        }
    }

    #[test]
    fn twenty_four_hours_are_the_midnight_that_ends_the_day() {
        for (pattern, text, expected) in [
            ("%d-%m-%Y %H:%M", "31-12-2023 24:00", "2024-01-01T00:00:00Z"),
            ("%d-%m-%Y %H:%M", "24-12-2024 24:00", "2024-12-25T00:00:00Z"),
            ("%Y%m%d%H", "2024022824", "2024-02-29T00:00:00Z"),
            ("%Y%m%d%H%M", "202402242400", "2024-02-25T00:00:00Z"),
            ("%Y-%m-%d %H:%M:%S %z", "2024-02-24 24:00:00 +0800", "2024-02-24T16:00:00Z"),
        ] {
            let column = TimeColumn::new("t", TimeFormat::Pattern(pattern.to_owned())).zone("UTC");
            assert_eq!(read(&column, text).as_deref(), Ok(expected), "{text}");
        }
        let column = TimeColumn::new("t", TimeFormat::Pattern("%Y-%m-%d %H:%M".to_owned())).zone("UTC");
        for text in ["2024-02-24 24:01", "2024-02-24 25:24", "2024-24-02 10:00", "2024-02-30 24:00"] {
            assert_eq!(read(&column, text), Err(RejectReason::BadTime), "{text}");
        }
        let iso = TimeColumn::new("t", TimeFormat::Rfc3339);
        assert_eq!(read(&iso, "2024-02-24T24:00:00+08:00").unwrap(), "2024-02-24T16:00:00Z");
        assert_eq!(read(&iso, "2024-02-24T24:30:00Z"), Err(RejectReason::BadTime));
    }

    #[test]
    fn the_repeated_hour_is_told_apart_by_the_order_of_the_rows() {
        let stamps = |texts: &[&str], is_spread| -> Vec<String> {
            let mut reader = StampReader::new(&denver(Fold::ByOrder), is_spread).unwrap();
            let time = |text: &&str| reader.read(&format!("2022-11-06 {text}")).unwrap().to_string()[11..16].to_owned();
            texts.iter().map(time).collect()
        };
        let up = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"];
        let utc = ["06:30", "07:00", "07:30", "08:00", "08:30", "09:00"];
        assert_eq!(stamps(&up, false), utc);
        let (mut down, mut utc_down) = (up, utc);
        down.reverse();
        utc_down.reverse();
        assert_eq!(stamps(&down, false), utc_down);
        assert_eq!(stamps(&["00:00", "01:00", "01:00", "02:00"], false), ["06:00", "07:00", "08:00", "09:00"]);
        assert_eq!(stamps(&["00:59", "01:00", "01:00", "01:01"], true), ["06:59", "07:00", "07:00", "07:01"]);
    }

    #[test]
    fn epoch_seconds_keep_milliseconds_of_either_sign() {
        let column = TimeColumn::new("t", TimeFormat::EpochSeconds);
        let mut stamps = StampReader::new(&column, false).unwrap();
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
        let mut stamps = StampReader::new(&column, false).unwrap();
        assert_eq!(stamps.read("1652062682001"), Ok(Timestamp::from_ms(1_652_062_682_001)));
        assert_eq!(stamps.read("1652062682001.0"), Err(RejectReason::BadTime));
    }

    #[test]
    fn patterns_that_cannot_give_a_time_are_refused_when_opened() {
        for pattern in ["%H:%M", "%d/%m %H:%M", "%Y-%m-%d %I:%M", "%Y-%m-%d %J", "%Y-%m-%d %M", "", "%"] {
            let column = TimeColumn::new("t", TimeFormat::Pattern(pattern.to_owned()));
            let error = StampReader::new(&column, false).unwrap_err();
            assert!(matches!(error, CsvError::Pattern { .. }), "{pattern}: {error}");
        }
        for pattern in ["%Y-%m-%d", "%Y-%m-%d %I:%M %p", "%s", "%F %T%.f", "%-m/%-d/%y %-H:%M", "%Y%m%d%H%M"] {
            let column = TimeColumn::new("t", TimeFormat::Pattern(pattern.to_owned())).zone("UTC");
            assert!(StampReader::new(&column, false).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_without_an_offset_needs_a_zone() {
        let of =
            |pattern: &str| StampReader::new(&TimeColumn::new("t", TimeFormat::Pattern(pattern.to_owned())), false);
        assert!(matches!(of("%Y-%m-%d %H:%M"), Err(CsvError::NoZone { .. })));
        assert!(of("%Y-%m-%d %H:%M %z").is_ok() && of("%s").is_ok());
    }

    #[test]
    fn zones_that_do_not_exist_are_refused_when_opened() {
        for zone in ["America/Denvre", "", "05:00", "+25:99"] {
            let error = StampReader::new(&TimeColumn::new("t", TimeFormat::Rfc3339).zone(zone), false).unwrap_err();
            assert!(matches!(error, CsvError::Zone { .. }), "{zone}: {error}");
        }
    }
}
