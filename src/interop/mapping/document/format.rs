//! `[file]`, `[time]` and `[where]`.

use super::super::description::{FileFormat, TimeMapping};
use super::keys::{Keys, Problems, Text};
use crate::interop::csv::{CsvError, Encoding, Fold, TimeFormat, check_delimiter, check_time};
use crate::model::Interval;

/// Lines of a header.
const HEADER_LINES_MAX: u64 = 1_000;
const ENCODINGS: [(&str, Encoding); 8] = [
    ("utf-8", Encoding::Utf8),
    ("utf-16le", Encoding::Utf16Le),
    ("utf-16be", Encoding::Utf16Be),
    ("windows-1252", Encoding::Windows1252),
    ("latin1", Encoding::Windows1252),
    ("iso-8859-1", Encoding::Windows1252),
    ("gbk", Encoding::Gbk),
    ("gb18030", Encoding::Gbk),
];
const FOLDS: [(&str, Fold); 4] =
    [("reject", Fold::Reject), ("earlier", Fold::Earlier), ("later", Fold::Later), ("by-order", Fold::ByOrder)];

pub(super) fn file(mut keys: Keys<'_, '_>, problems: &mut Problems<'_>) -> FileFormat {
    let delimiter = keys.text("delimiter", problems).map_or(b',', |text| delimiter(&text, problems));
    let encoding = keys.choice("encoding", &ENCODINGS, problems).unwrap_or_default();
    let decimal_comma = keys.choice("decimal", &[(".", false), (",", true)], problems).unwrap_or(false);
    let names_start = keys.text("names_start", problems).map(|text| text.text);
    let names = keys.count("names_line", problems);
    let names_line = names.map_or(1, |(line, _)| line);
    let units = keys.count("units_line", problems);
    let units_line = units.map_or(0, |(line, _)| line);
    let lines = keys.count("header_lines", problems);
    let header_lines = lines.map_or(names_line.max(units_line), |(lines, _)| lines);
    let at = lines.or(names).or(units).map_or(keys.at, |(_, at)| at);
    if header_lines > HEADER_LINES_MAX {
        problems.add(at, format!("a header has at most {HEADER_LINES_MAX} lines"));
    } else if header_lines < names_line.max(units_line) {
        problems.add(at, "`header_lines` must count the lines of names and units too");
    }
    if let Some((_, at)) = units.filter(|(line, _)| *line > 0 && (*line <= names_line || names_line == 0)) {
        problems.add(at, "`units_line` must be below `names_line`");
    }
    if let Some((_, at)) = names.filter(|_| names_start.is_some()) {
        problems.add(at, "give either `names_line` or `names_start`");
    }
    keys.finish(problems);
    FileFormat { delimiter, encoding, decimal_comma, header_lines, names_start, names_line, units_line }
}

fn delimiter(text: &Text, problems: &mut Problems<'_>) -> u8 {
    match (text.text.as_str(), text.text.as_bytes()) {
        ("tab", _) => b'\t',
        (_, [byte]) if check_delimiter(*byte).is_ok() => *byte,
        _ => {
            problems.add(text.at, "`delimiter` must be one character that is in no number, or \"tab\"");
            b','
        }
    }
}

pub(super) fn time(mut keys: Keys<'_, '_>, problems: &mut Problems<'_>) -> TimeMapping {
    let columns: Vec<String> = keys.texts("columns", problems).into_iter().map(|text| text.text).collect();
    if columns.is_empty() {
        problems.add(keys.at, "[time] needs `columns`: the column of the time, or a list of columns that make it up");
    }
    let format = keys.text("format", problems);
    let is_named = format.is_some();
    let (format, at) = format.map_or((TimeFormat::Rfc3339, keys.at), |Text { text, at }| (time_format(text), at));
    let zone = keys.text("zone", problems);
    let fold = keys.choice("fold", &FOLDS, problems).unwrap_or_default();
    let is_begin = keys.choice("stamp", &[("end", false), ("begin", true)], problems).unwrap_or(false);
    let spread = keys.text("spread", problems).and_then(|text| interval(&text, problems));
    let checked = check_time(&format, zone.as_ref().map(|zone| zone.text.as_str()));
    // The host may still give a zone.
    if let Err(error) =
        checked.or_else(|error| if matches!(error, CsvError::NoZone { .. }) { Ok(()) } else { Err(error) })
    {
        let is_pattern = matches!(error, CsvError::Pattern { .. });
        let at = if is_pattern { at } else { zone.as_ref().map_or(at, |zone| zone.at) };
        problems.add(at, error.to_string());
    } else if let TimeFormat::Pattern(pattern) = &format
        && is_named
        && !pattern.contains('%')
    {
        problems.add(at, "`format` must be rfc3339, epoch-s, epoch-ms, or a pattern such as %Y-%m-%d %H:%M");
    }
    keys.finish(problems);
    let zone = zone.map(|zone| zone.text);
    TimeMapping { columns, format, zone, fold, is_begin, spread }
}

fn time_format(text: String) -> TimeFormat {
    match text.as_str() {
        "rfc3339" => TimeFormat::Rfc3339,
        "epoch-s" => TimeFormat::EpochSeconds,
        "epoch-ms" => TimeFormat::EpochMilliseconds,
        _ => TimeFormat::Pattern(text),
    }
}

/// A length of time such as `1h`.
pub(super) fn interval(text: &Text, problems: &mut Problems<'_>) -> Option<Interval> {
    match text.text.parse() {
        Ok(interval) => Some(interval),
        Err(error) => {
            problems.add(text.at, error.to_string());
            None
        }
    }
}

pub(super) fn filters(keys: &Keys<'_, '_>, problems: &mut Problems<'_>) -> Vec<(String, Vec<String>)> {
    let entries = keys.entries(problems).into_iter();
    entries.map(|(column, texts)| (column.text, texts.into_iter().map(|text| text.text).collect())).collect()
}
