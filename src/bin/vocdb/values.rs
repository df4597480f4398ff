//! Parsers of command-line values that several subcommands share.

use crate::failure::Failure;
use vocdb::base::escape::is_plain;
use vocdb::{Interval, TimeRange, Timestamp, Unit};

/// Parses a length of time such as `1m`.
pub(crate) fn interval(text: &str) -> Result<Interval, String> {
    text.parse().map_err(|error: vocdb::model::ModelError| error.to_string())
}

/// Parses a unit such as `ppb`.
pub(crate) fn unit(text: &str) -> Result<Unit, String> {
    text.parse().map_err(|error: vocdb::model::ModelError| error.to_string())
}

/// Parses a line of text that is not empty.
pub(crate) fn line(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("this must not be empty".to_owned()) } else { remark(text) }
}

/// Parses a line of text, or none. Other text could imitate lines of a report.
pub(crate) fn remark(text: &str) -> Result<String, String> {
    let plain = is_plain(text).then(|| text.to_owned());
    plain.ok_or_else(|| "write it on one line, without control or invisible characters".to_owned())
}

/// The range from `--from` to `--to`; open if one is not given.
pub(crate) fn range(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<TimeRange, Failure> {
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Failure::Says("--to must be later than --from".to_owned()));
    }
    Ok(TimeRange::new(from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX)))
}

/// Parses a time in RFC 3339, or a date, which means midnight UTC.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let midnight = format!("{text}T00:00:00Z");
    let parsed = text.parse().or_else(|error| midnight.parse().map_err(|_| error));
    parsed.map_err(|error: vocdb::model::ModelError| {
        format!("{error}; write 2024-06-01T08:00:00Z, 2024-06-01T16:00:00+08:00, or a date")
    })
}
