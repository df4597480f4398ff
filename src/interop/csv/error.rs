//! What can be wrong with a CSV file as a whole, or with the description of how to read it.

use crate::base::edits::{distance, is_close};
use crate::base::escape::Line;
use crate::base::limits::CSV_RECORD_BYTES_MAX;
use crate::model::{InstrumentId, ModelError};
use std::io;

/// Names that an error lists before it only counts them.
const NAMES_LISTED_MAX: usize = 40;
/// Characters of a text that an error or a report shows.
const TEXT_CHARS_MAX: usize = 60;

/// A CSV file that cannot be read at all, or a [`CsvSpec`](super::CsvSpec) that contradicts itself, its file or its instruments.
///
/// What concerns one row only is no error: it is counted and listed in the [`CsvReport`](super::CsvReport).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// The operating system could not open or read the file.
    #[error("`{}` cannot be read: {source}", Line(name))]
    Io {
        /// The path, or the name given to [`CsvReader::from_reader`](super::CsvReader::from_reader).
        name: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// Reading went on after an [`CsvError::Io`], which would pass over the part that failed.
    #[error("reading `{}` stopped at an earlier error: open the file again", Line(name))]
    Stopped {
        /// The file.
        name: String,
    },
    /// The file ends before its header.
    #[error(
        "`{}` ends before its header (lines skipped: {skip_lines}): check the file and the number of lines to skip",
        Line(name)
    )]
    NoHeader {
        /// The file.
        name: String,
        /// How many lines the spec skips.
        skip_lines: u64,
    },
    /// The header is longer than a record may be.
    #[error(
        "the header of `{}` has more than {CSV_RECORD_BYTES_MAX} bytes: check that it is a CSV file and has the given delimiter",
        Line(name)
    )]
    HeaderTooLong {
        /// The file.
        name: String,
    },
    /// The header lacks a column that the spec names, and is not UTF-8.
    #[error(
        "`{}` has no column `{}`, and its header is not UTF-8: save the file as UTF-8, or give its encoding \
         (windows-1252 for Latin-1, utf-16le, utf-16be)",
        Line(name),
        Line(column)
    )]
    HeaderNotUtf8 {
        /// The file.
        name: String,
        /// The column that the spec names.
        column: String,
    },
    /// Rows of several series: the column that says what was measured, or where, changes.
    #[error(
        "`{}` contains several series: column `{}` is `{}` on line {} and `{}` on line {}; \
         select the rows of one series by this column, and read the file once for each series",
        Line(name),
        Line(column),
        Line(&first.1),
        first.0,
        Line(&second.1),
        second.0
    )]
    SeveralSeries {
        /// The file.
        name: String,
        /// The column.
        column: String,
        /// Line and text of the first row.
        first: (u64, String),
        /// Line and text of the first row that differs.
        second: (u64, String),
    },
    /// The header lacks a column that the spec names.
    #[error("`{}` has no column `{}`{}; columns: {header}", Line(name), Line(column), the_nearest(nearest))]
    MissingColumn {
        /// The file.
        name: String,
        /// The column that the spec names.
        column: String,
        /// The closest name in the header; empty if none is close.
        nearest: String,
        /// The names in the header.
        header: String,
    },
    /// The header has a column that the spec names twice, so that it is not clear which is meant.
    #[error(
        "`{}` has two columns `{}`, number {first} and number {second}: give one by position, `#{first}` or `#{second}`",
        Line(name),
        Line(column)
    )]
    RepeatedColumn {
        /// The file.
        name: String,
        /// The column that the spec names.
        column: String,
        /// The first place in the header, counted from 1.
        first: usize,
        /// The second place in the header, counted from 1.
        second: usize,
    },
    /// A column is mapped to a channel that the instrument does not have.
    #[error("`{}` has no channel `{}`{}; channels: {known}", Line(instrument), Line(channel), the_nearest(nearest))]
    UnknownChannel {
        /// The instrument.
        instrument: String,
        /// The channel that the spec names.
        channel: String,
        /// The closest name of a channel; empty if none is close.
        nearest: String,
        /// All channels of the instrument.
        known: String,
    },
    /// The unit of a column does not convert to the unit of its channel.
    #[error("column `{}` cannot be stored in channel `{}`: {source}", Line(column), Line(channel))]
    Inconvertible {
        /// The column.
        column: String,
        /// The channel.
        channel: String,
        /// Why nothing converts.
        source: ModelError,
    },
    /// Two columns are mapped to one channel.
    #[error(
        "columns `{}` and `{}` are both mapped to channel `{}` of `{}`: map only one of them",
        Line(first),
        Line(second),
        Line(channel),
        Line(instrument)
    )]
    ChannelTwice {
        /// The instrument.
        instrument: String,
        /// The channel.
        channel: String,
        /// The column mapped first.
        first: String,
        /// The column mapped second.
        second: String,
    },
    /// Two targets are the same instrument, so that every row would give it two frames of one time.
    #[error("{instrument} is mapped twice: map all its columns in one `CsvTarget`")]
    InstrumentTwice {
        /// The instrument.
        instrument: InstrumentId,
    },
    /// The spec maps nothing, or one of its targets does.
    #[error("nothing is mapped to {}: call `.column()` on a `CsvTarget` and `.map()` it", Line(target))]
    NothingMapped {
        /// The instrument without a column, or "any instrument".
        target: String,
    },
    /// The time zone is not known.
    #[error("{reason}")]
    Zone {
        /// The zone as given.
        zone: String,
        /// What is wrong with it, and what to write instead.
        reason: String,
    },
    /// The pattern of the time column has no offset, and no zone was given.
    #[error(
        "times of the pattern `{}` have no offset: give their zone, such as UTC, +08:00 or Europe/Berlin",
        Line(pattern)
    )]
    NoZone {
        /// The pattern as given.
        pattern: String,
    },
    /// The pattern of the time column cannot be used.
    #[error("the time pattern `{}` cannot be used: {}", Line(pattern), Line(reason))]
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The delimiter may occur in fields.
    #[error("{delimiter:?} cannot separate fields: use a comma, a semicolon, a tab or a bar")]
    Delimiter {
        /// The delimiter as given.
        delimiter: char,
    },
}

fn the_nearest(nearest: &str) -> String {
    if nearest.is_empty() { String::new() } else { format!("; the nearest is `{}`", Line(nearest)) }
}

/// The first characters of a text, as many as a report shows.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// Names in one line, the first of them where they are many.
pub(super) fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMES_LISTED_MAX);
    let shown: Vec<String> = names.take(NAMES_LISTED_MAX).map(|name| format!("`{}`", Line(cut(name)))).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + rest.as_str()
}

/// The column that is meant by a name: the same but for case, one that begins with it or contains it, or the nearest.
pub(super) fn nearest_column<'a>(wanted: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let lower = cut(wanted).to_lowercase();
    let find = |fits: &dyn Fn(&str) -> bool| names.clone().find(|name| fits(&name.to_lowercase())).map(cut);
    let close = || nearest(wanted, names.clone());
    if lower.is_empty() {
        return String::new();
    }
    find(&|name| name == lower)
        .or_else(|| find(&|name| name.starts_with(&lower)))
        .or_else(|| find(&|name| name.contains(&lower)))
        .unwrap_or_else(close)
}

/// The name that takes the fewest changes of one letter to reach, case not counted; empty if none is close.
pub(super) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let wanted = cut(wanted).to_lowercase();
    let edits = |name: &str| distance(&wanted, &cut(name).to_lowercase());
    let nearest = names.min_by_key(|name| edits(name)).filter(|name| is_close(&wanted, edits(name)));
    nearest.map(cut).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_that_is_meant_contains_the_name_and_a_distant_one_is_not_offered() {
        let names = ["Time", "Wind", "Benzene (ug/m3)", "Toluene"];
        for (wanted, found) in [
            ("Benzene", "Benzene (ug/m3)"),
            ("toluene", "Toluene"),
            ("Tolune", "Toluene"),
            ("ug/m3", "Benzene (ug/m3)"),
            ("xylene mix", ""),
        ] {
            assert_eq!(nearest_column(wanted, names.into_iter()), found, "{wanted}");
        }
    }

    #[test]
    fn a_long_list_of_names_ends_in_a_count() {
        let names = vec!["x"; NAMES_LISTED_MAX + 3];
        assert!(list(names.iter().copied()).ends_with("`x` and 3 more"));
        assert_eq!(list(["a", "b"].into_iter()), "`a`, `b`");
    }
}
