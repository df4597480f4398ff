//! Advice for files and rows that cannot be read, in terms of the command line.

mod times;

pub(super) use times::advice as of_times;

use crate::failure::unread;
use vocdb::base::escape::Line;
use vocdb::interop::csv::{CsvError, RejectReason};
use vocdb::interop::mapping::{Mapping, MappingError, Shipped, shipped};

/// The text of an error of the whole file, with the option that helps.
pub(super) fn of_file(error: &CsvError, delimiter: u8) -> String {
    match error {
        CsvError::Io { name, source } => format!("`{}` cannot be read: {}", Line(name), unread(source)),
        CsvError::NoZone { .. } => format!("{error} (--zone)"),
        CsvError::NoHeader { .. } => format!("{error} (--skip-lines, --no-header)"),
        CsvError::HeaderNotUtf8 { .. } => format!("{error} (--encoding)"),
        CsvError::SeveralSeries { column, first, .. } => {
            format!("{error} (--where '{}={}', or {}=* for all rows)", Line(column), Line(&first.1), Line(column))
        }
        CsvError::MissingColumn { header, .. } if header.starts_with("`TOA5`") => {
            format!(
                "{error}; this is a Campbell TOA5 file: give --skip-lines 1, its rows of units and processing are skipped"
            )
        }
        CsvError::MissingColumn { header, .. } if !header.contains("`, `") && header.contains(';') => {
            format!("{error}; the header is one field: give --delimiter ';'")
        }
        CsvError::MissingColumn { header, .. } if !header.contains("`, `") && header.contains("\\t") => {
            format!("{error}; the header is one field: give --delimiter tab")
        }
        CsvError::MissingColumn { header, .. } if !header.contains("`, `") && header.contains('|') => {
            format!("{error}; the header is one field: give --delimiter '|'")
        }
        CsvError::MissingColumn { header, .. }
            if !header.contains("`, `") && header.contains(',') && delimiter != b',' =>
        {
            format!("{error}; the header is one field with commas: leave out --delimiter")
        }
        CsvError::MissingColumn { .. } => format!("{error}; you can also give a column by position, such as #1"),
        other => other.to_string(),
    }
}

/// The text of an error of a file that is read by a mapping.
pub(super) fn of_mapped_file(error: &MappingError, profile: &str) -> String {
    if let Some(shipped) = shipped().iter().find(|shipped| shipped.name == profile) {
        return of_shipped(error, *shipped);
    }
    match error {
        MappingError::Csv(error @ CsvError::Io { .. }) => of_file(error, b','),
        MappingError::Csv(
            error @ (CsvError::MissingColumn { .. } | CsvError::NoHeader { .. } | CsvError::HeaderNotUtf8 { .. }),
        ) => format!(
            "{error}; correct the mapping ({}): check the delimiter, the encoding and the lines of the header in [file], and its columns",
            Line(profile)
        ),
        other => other.to_string(),
    }
}

/// The text of an error of a file that a shipped profile does not fit: users cannot correct the profile, but can start from a copy of it.
fn of_shipped(error: &MappingError, profile: Shipped) -> String {
    let (name, copy) = (profile.name, copy_of(profile.name));
    match error {
        MappingError::Csv(CsvError::MissingColumn { name: file, column, header, .. }) => {
            let advice = if name == "query" { of_export(header) } else { None };
            let quoted = |column: &&str| format!("`{}`", Line(column));
            let expected = Mapping::parse(name, profile.text)
                .map(|mapping| mapping.columns().iter().map(quoted).collect::<Vec<_>>().join(", "))
                .unwrap_or_else(|_| quoted(&column.as_str()));
            format!(
                "`{}` does not fit profile {name}: it has no column `{}`; the profile expects {expected}; the file has {header}; {}",
                Line(file),
                Line(column),
                advice.unwrap_or(copy.as_str())
            )
        }
        MappingError::Unfit { .. } | MappingError::Csv(CsvError::NoHeader { .. } | CsvError::HeaderNotUtf8 { .. }) => {
            format!("{error}; {copy}")
        }
        other => other.to_string(),
    }
}

/// How to make a mapping file of a shipped profile.
fn copy_of(name: &str) -> String {
    format!(
        "to change profile {name}, save what `vocdb profiles {name}` prints as a file, edit it, and give --profile FILE.toml"
    )
}

/// Where to correct the mapping of a profile: in its file, or in a copy if it is shipped.
pub(super) fn of_profile(profile: &str) -> String {
    let is_shipped = shipped().iter().any(|shipped| shipped.name == profile);
    if is_shipped { format!("; {}", copy_of(profile)) } else { String::new() }
}

/// Advice about an output of `vocdb query` that the profile cannot read; none if it is not such an output.
fn of_export(header: &str) -> Option<&'static str> {
    if header.ends_with("`end`, `value`, `valid`, `coverage`") {
        return Some("this is an export of windows, which cannot be read back: export the readings without --window");
    }
    (header == "`time`, `value`, `quality`").then_some(
        "this is an export of one channel: give --time time --channel value=NAME:UNIT --quality quality instead of --profile, \
         or export several channels or a pattern of stations",
    )
}

/// Advice about a rejected row or field, in terms of a mapping file.
pub(super) fn of_mapped(reason: RejectReason) -> String {
    let text = match reason {
        RejectReason::NotANumber => {
            "not a number: write it in `missing` or `marks` of [values], or check `decimal` in [file]; otherwise correct it"
        }
        RejectReason::NotFinite => "not a finite number: write it in `missing` of [values]; otherwise correct it",
        RejectReason::NotADirection => {
            "not a direction from 0 to 360 degrees: write it in `missing` of [values], or directions = \"wrap\" if it \
             counts beyond a turn; otherwise correct it"
        }
        RejectReason::BadTime => "not a time in the format: check `columns` and `format` in [time], or correct the row",
        RejectReason::AmbiguousTime => {
            "this local time exists twice, because clocks were put back: write fold = \"by-order\" in [time] if the rows are in order"
        }
        RejectReason::SkippedTime => {
            "this local time does not exist, because clocks were put forward: check the zone, or write fold = \"earlier\" or \"later\""
        }
        RejectReason::NoOffset => "the time has no offset such as Z or +08:00: give the zone in [time], or with --zone",
        RejectReason::RunTooLong => {
            "too many rows have this time, so that spreading would reach the next time: write a shorter `spread` in [time]"
        }
        RejectReason::UnknownFlag => {
            "unknown quality flag: give its meaning in [flags] or with --flag, or write `unknown_flag` in [values]"
        }
        RejectReason::UnknownUnit => "unknown unit: give its meaning in [units], or correct it",
        RejectReason::NotUtf8 => {
            "not UTF-8: write encoding = \"windows-1252\" in [file], or the encoding that the file has"
        }
        RejectReason::WrongFieldCount => "look for a missing or extra delimiter, or an unclosed quote",
        other => return other.to_string(),
    };
    text.to_owned()
}

/// Advice about a rejected row or field, in terms of the command line.
pub(super) fn of_rejection(reason: RejectReason, text: &str) -> String {
    let text = match reason {
        // With a decimal point alone it is a number.
        RejectReason::NotANumber if text.parse::<f64>().is_ok() => {
            "a number with a decimal point, while --decimal-comma is given: remove --decimal-comma, or correct it"
        }
        RejectReason::NotANumber => {
            "not a number: give --missing if it means a missing value, --mark if it has a mark, --decimal-comma if it has a \
             decimal comma; otherwise correct it"
        }
        RejectReason::NotFinite => {
            "not a finite number: give --missing if it means a missing value; otherwise correct it"
        }
        RejectReason::NotADirection => {
            "not a direction from 0 to 360 degrees: give --missing if it means a missing value, or --wrap-directions if it counts \
             beyond a turn; otherwise correct it"
        }
        RejectReason::BadTime => "not a time in the given format: check --time-format, or correct the row",
        RejectReason::AmbiguousTime => {
            "this local time exists twice, because clocks were put back: give --fold by-order if the rows are in order, or export in UTC"
        }
        RejectReason::SkippedTime => {
            "this local time does not exist, because clocks were put forward: check --zone, or give --fold earlier or later"
        }
        RejectReason::NoOffset => {
            "the time has no offset such as Z or +08:00: give the zone of the file, such as --zone +08:00"
        }
        RejectReason::UnknownFlag => {
            "unknown quality flag: give its meaning with --flag TEXT=FLAG, such as --flag R=normal"
        }
        RejectReason::NotUtf8 => "not UTF-8: give the encoding, such as --encoding windows-1252",
        RejectReason::RunTooLong => {
            "too many rows have this time, so that spreading would reach the next time: give a shorter --spread"
        }
        RejectReason::WrongFieldCount => "look for a missing or extra delimiter, or an unclosed quote",
        other => return other.to_string(),
    };
    text.to_owned()
}
