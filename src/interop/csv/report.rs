//! What became of every row: how many frames came out, and which rows were rejected, where and why.

use super::error::cut;
use crate::base::escape::Line;
use crate::base::limits::{CSV_RECORD_BYTES_MAX, REJECTIONS_LISTED_MAX};
use crate::model::{Mark, Quality};
use std::collections::BTreeMap;
use std::fmt;

/// Texts of flag columns that are listed.
const FLAG_TEXTS_MAX: usize = 100;
/// Numbers that may mark missing values, of which so many are listed.
const PROBABLE_MARKS_MAX: usize = 100;

/// Why a row or a field was rejected; its `Display` says what to do about it.
///
/// ```
/// use vocdb::interop::csv::RejectReason;
/// assert!(RejectReason::NotFinite.to_string().contains("missing"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RejectReason {
    /// A mapped field holds something other than a number.
    NotANumber,
    /// A mapped field holds a number that is infinite, "NaN", or too great to be held.
    NotFinite,
    /// A mapped field of a direction holds a number outside 0 to 360.
    NotADirection,
    /// The time field cannot be read by the format.
    BadTime,
    /// The local time exists twice, because clocks were put back.
    AmbiguousTime,
    /// The local time does not exist, because clocks were put forward.
    SkippedTime,
    /// The time has no offset, and no zone was given.
    NoOffset,
    /// So many rows have the same time that, spread, this one would reach the next time stamp.
    RunTooLong,
    /// The row has more or fewer fields than the header.
    WrongFieldCount,
    /// The row is longer than a record may be.
    TooLong,
    /// The time field or a mapped field is not UTF-8.
    NotUtf8,
    /// The flag column of a mapped field holds a text that is no quality flag.
    UnknownFlag,
    /// The unit column of a row holds a unit that is not known.
    UnknownUnit,
    /// The column of the station or of the parameter is empty, or holds what no name can be.
    BadName,
    /// A quote of the row is still open at the end of the file, so that the lines after it are part of one field.
    OpenQuote,
}

impl RejectReason {
    /// A few words, the same in every release: for counts by reason.
    ///
    /// ```
    /// use vocdb::interop::csv::RejectReason;
    /// assert_eq!(RejectReason::BadTime.name(), "bad time");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotANumber => "not a number",
            Self::NotFinite => "not finite",
            Self::NotADirection => "not a direction",
            Self::BadTime => "bad time",
            Self::AmbiguousTime => "ambiguous time",
            Self::SkippedTime => "skipped time",
            Self::NoOffset => "no offset",
            Self::RunTooLong => "run too long",
            Self::WrongFieldCount => "wrong field count",
            Self::TooLong => "too long",
            Self::NotUtf8 => "not UTF-8",
            Self::UnknownFlag => "unknown flag",
            Self::UnknownUnit => "unknown unit",
            Self::BadName => "bad name",
            Self::OpenQuote => "open quote",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str(
                "not a number: declare it with `.missing()` if it means a missing value, \
                 set `.decimal_comma(true)` if it has a decimal comma, otherwise correct it",
            ),
            Self::NotFinite => f.write_str(
                "not a finite number: declare it with `.missing()` if it means a missing value, otherwise correct it",
            ),
            Self::NotADirection => f.write_str(
                "not a direction from 0 to 360 degrees: declare it with `.missing()` if it means a missing value, otherwise correct it",
            ),
            Self::BadTime => f.write_str("not a time in the given format: check `TimeFormat`, or correct the row"),
            Self::AmbiguousTime => f.write_str(
                "this local time exists twice, because clocks were put back: export in UTC or with offsets, \
                 or choose `Fold::ByOrder`, `Fold::Earlier` or `Fold::Later`",
            ),
            Self::SkippedTime => f.write_str(
                "this local time does not exist, because clocks were put forward: \
                 check the zone, export in UTC, or choose `Fold::Earlier` or `Fold::Later`",
            ),
            Self::NoOffset => f.write_str(
                "this time has no offset such as `Z` or `+08:00`: give the zone of the file with `TimeColumn::zone`",
            ),
            Self::RunTooLong => f.write_str(
                "too many rows have this time, so that spreading would reach the next time stamp: \
                 choose a shorter interval in `EqualTimes::Spread`",
            ),
            Self::WrongFieldCount => f.write_str(
                "the row has another number of fields than the header: \
                 look for a missing or extra delimiter, or an unclosed quote",
            ),
            Self::TooLong => write!(
                f,
                "the row has more than {CSV_RECORD_BYTES_MAX} bytes: look for an unclosed quote, \
                 or check that the file is CSV"
            ),
            Self::NotUtf8 => f.write_str("this is not UTF-8: save the file as UTF-8, or give its encoding"),
            Self::UnknownFlag => f.write_str("unknown quality flag: declare its meaning with `.flag()`, or correct it"),
            Self::UnknownUnit => {
                f.write_str("unknown unit: declare its meaning in [units] of the mapping, or correct it")
            }
            Self::BadName => f.write_str(
                "not the name of a station or a channel: letters, digits, spaces and / - _ . , # ( ) + ' may stand in it",
            ),
            Self::OpenQuote => {
                f.write_str("a quote of this row is not closed at the end of the file: close or remove it")
            }
        }
    }
}

/// One rejected row or field.
///
/// ```
/// use vocdb::interop::csv::{RejectReason, Rejection};
/// let rejection =
///     Rejection { line: 7, column: Some("ch4".into()), text: "o.5".into(), reason: RejectReason::NotANumber };
/// assert!(rejection.to_string().starts_with("line 7, column `ch4`, `o.5`: not a number"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The line of the file on which the row begins, counted from 1 by line feeds; skipped lines and header included.
    pub line: u64,
    /// The column at fault; `None` where it is the row as a whole.
    pub column: Option<String>,
    /// Text of the field, the first 60 characters; for the row as a whole, what is wrong with its shape.
    pub text: String,
    /// Why it was rejected.
    pub reason: RejectReason,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{}`", Line(column))?;
        }
        write!(f, ", `{}`: {}", Line(&self.text), self.reason)
    }
}

/// What became of the rows read so far.
///
/// Every row is accounted for once the end is reached: with `t` targets,
/// `rows_read * t == frames + empty_frames_skipped + (rejected_rows + filtered_rows) * t`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CsvReport {
    /// Rows after the header, rejected ones included, blank lines not.
    pub rows_read: u64,
    /// Frames handed out.
    pub frames: u64,
    /// Frames left out by [`CsvSpec::skip_empty_frames`](super::CsvSpec::skip_empty_frames).
    pub empty_frames_skipped: u64,
    /// Rows left out by [`CsvSpec::only`](super::CsvSpec::only).
    pub filtered_rows: u64,
    /// Values in the frames handed out.
    pub values: u64,
    /// Samples in the frames handed out that have a flag other than [`Quality::Normal`], by flag.
    pub flagged: BTreeMap<Quality, u64>,
    /// Texts of the flag columns with the flag that they mean (`None`: a missing value), and the fields that have them. The first
    /// 100 texts are listed.
    pub flag_texts: BTreeMap<(String, Option<Quality>), u64>,
    /// Negative numbers of nines, such as -999, in columns of concentrations, by column and text, and how often each occurs. Where one
    /// repeats, it probably marks a missing value. The first 100 are listed.
    pub probable_marks: BTreeMap<(String, String), u64>,
    /// Mapped fields of the frames handed out that give no value: empty, marked missing, or rejected.
    pub missing_values: u64,
    /// Mapped fields that cannot be read in rows that were kept; each is a missing value.
    pub rejected_fields: u64,
    /// Rejected fields, by column.
    pub rejected_by_column: BTreeMap<String, u64>,
    /// Rows rejected, each for the first reason found.
    pub rejected_rows: u64,
    /// Rows rejected, by reason.
    pub rejected_by_reason: BTreeMap<RejectReason, u64>,
    /// The first 10,000 rejected rows in the order in which they were found.
    pub rejections: Vec<Rejection>,
    /// The first 10,000 rejected fields in the order in which they were found.
    pub field_rejections: Vec<Rejection>,
}

/// What is wrong with a row, before its line is known.
#[derive(Debug)]
pub(in crate::interop) struct Refusal {
    pub(in crate::interop) column: Option<String>,
    pub(in crate::interop) text: String,
    pub(in crate::interop) reason: RejectReason,
}

impl CsvReport {
    pub(in crate::interop) fn reject(&mut self, line: u64, refusal: Refusal) {
        self.rejected_rows = self.rejected_rows.saturating_add(1);
        let count = self.rejected_by_reason.entry(refusal.reason).or_default();
        *count = count.saturating_add(1);
        list(&mut self.rejections, line, refusal);
    }

    /// Counts a frame that is handed out, of an instrument with so many mapped fields.
    pub(in crate::interop) fn note_frame(&mut self, marks: &[Mark], mapped: usize) {
        let values = marks.iter().filter(|mark| mark.is_present()).count();
        self.frames = self.frames.saturating_add(1);
        self.values = self.values.saturating_add(values as u64);
        self.missing_values = self.missing_values.saturating_add(mapped.saturating_sub(values) as u64);
        for quality in marks.iter().map(|mark| mark.quality()).filter(|quality| *quality != Quality::Normal) {
            let count = self.flagged.entry(quality).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Counts a text of a flag column.
    pub(in crate::interop) fn note_flag(&mut self, text: &str, quality: Option<Quality>) {
        let key = (cut(text), quality);
        if self.flag_texts.len() < FLAG_TEXTS_MAX || self.flag_texts.contains_key(&key) {
            let count = self.flag_texts.entry(key).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Counts a number that may mark a missing value.
    pub(in crate::interop) fn note_mark(&mut self, column: &str, text: &str) {
        let key = (cut(column), cut(text));
        if self.probable_marks.len() < PROBABLE_MARKS_MAX || self.probable_marks.contains_key(&key) {
            let count = self.probable_marks.entry(key).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// A field cannot be read, and its row is kept.
    pub(in crate::interop) fn reject_field(&mut self, line: u64, refusal: Refusal) {
        self.rejected_fields = self.rejected_fields.saturating_add(1);
        let column = refusal.column.clone().unwrap_or_default();
        let count = self.rejected_by_column.entry(column).or_default();
        *count = count.saturating_add(1);
        list(&mut self.field_rejections, line, refusal);
    }
}

fn list(rejections: &mut Vec<Rejection>, line: u64, Refusal { column, text, reason }: Refusal) {
    if rejections.len() < REJECTIONS_LISTED_MAX {
        rejections.push(Rejection { line, column: column.as_deref().map(cut), text: cut(&text), reason });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_beyond_the_limit_are_counted_but_not_listed() {
        let mut report = CsvReport::default();
        for line in 0..=REJECTIONS_LISTED_MAX as u64 {
            report.reject(line, Refusal { column: None, text: "é".repeat(99), reason: RejectReason::TooLong });
        }
        assert_eq!(report.rejected_rows, REJECTIONS_LISTED_MAX as u64 + 1);
        assert_eq!(report.rejected_by_reason[&RejectReason::TooLong], REJECTIONS_LISTED_MAX as u64 + 1);
        assert_eq!(report.rejections.len(), REJECTIONS_LISTED_MAX);
        assert_eq!(report.rejections[0].text, "é".repeat(60));
    }
}
