//! What to do about a file or a row that cannot be read, in terms of the command line.

use vocdb::base::escape::Line;
use vocdb::interop::csv::{CsvError, RejectReason};

/// An error of the file as a whole, with the option that helps.
pub(super) fn of_file(error: &CsvError) -> String {
    match error {
        CsvError::NoHeader { .. } => format!("{error} (--skip-lines, --no-header)"),
        CsvError::HeaderNotUtf8 { .. } => format!("{error} (--encoding)"),
        CsvError::SeveralSeries { column, first, .. } => {
            format!("{error} (--where '{}={}', or {}=* for all rows)", Line(column), Line(&first.1), Line(column))
        }
        CsvError::MissingColumn { .. } => format!("{error}; a column is also called by its place, such as #1"),
        other => other.to_string(),
    }
}

/// What to do about a rejected row or field, in terms of the command line.
pub(super) fn of_rejection(reason: RejectReason) -> String {
    let text = match reason {
        RejectReason::NotANumber => {
            "no number: if it marks a missing value give it with --missing, if it has a mark with --mark, \
             if it has a decimal comma give --decimal-comma, else correct it"
        }
        RejectReason::NotFinite => {
            "no finite number: if it marks a missing value give it with --missing, else correct it"
        }
        RejectReason::NotADirection => {
            "no direction, which is 0 to 360 degrees: if it marks a missing value give it with --missing, else correct it"
        }
        RejectReason::BadTime => "no time in the format given: check --time-format, or correct the row",
        RejectReason::AmbiguousTime => {
            "this local time exists twice, because clocks were put back: give --fold by-order if the rows are in order, or export in UTC"
        }
        RejectReason::SkippedTime => {
            "this local time does not exist, because clocks were put forward: check --zone, or give --fold earlier or later"
        }
        RejectReason::NoOffset => {
            "the time has no offset such as Z or +08:00: give the zone of the file with --zone, such as --zone UTC"
        }
        RejectReason::UnknownFlag => {
            "this is no known quality flag: give what it means with --flag TEXT=FLAG, such as --flag R=normal"
        }
        RejectReason::NotUtf8 => "this is not UTF-8: give --encoding, such as --encoding windows-1252",
        RejectReason::RunTooLong => {
            "too many rows have this time: spread they would reach the next one; choose a shorter --spread"
        }
        RejectReason::WrongFieldCount => "look for a missing or stray delimiter, or a quote that is not closed",
        other => return other.to_string(),
    };
    text.to_owned()
}
