//! Values on the command line that several subcommands read.

use crate::failure::Failure;
use vocdb::base::escape::is_plain;
use vocdb::{Interval, Quality, TimeRange, Timestamp, Unit};

/// A length of time such as `1m`.
pub(crate) fn interval(text: &str) -> Result<Interval, String> {
    text.parse().map_err(|error: vocdb::model::ModelError| error.to_string())
}

/// A unit such as `ppb`.
pub(crate) fn unit(text: &str) -> Result<Unit, String> {
    text.parse().map_err(|error: vocdb::model::ModelError| error.to_string())
}

/// A text of one line that says something.
pub(crate) fn line(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("write something".to_owned()) } else { remark(text) }
}

/// A text of one line, or none. What else would be shown could look like lines of the record.
pub(crate) fn remark(text: &str) -> Result<String, String> {
    let plain = is_plain(text).then(|| text.to_owned());
    plain.ok_or_else(|| "write it on one line, without control or invisible characters".to_owned())
}

/// What lies between `--from` and `--to`; open where one is not said.
pub(crate) fn range(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<TimeRange, Failure> {
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Failure::Says("nothing lies between --from and --to: --to is the later one".to_owned()));
    }
    Ok(TimeRange::new(from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX)))
}

/// A point in time in RFC 3339, or a date, which is its midnight in UTC.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let midnight = format!("{text}T00:00:00Z");
    let parsed = text.parse().or_else(|error| midnight.parse().map_err(|_| error));
    parsed.map_err(|error: vocdb::model::ModelError| {
        format!("{error}; write 2024-06-01T08:00:00Z, 2024-06-01T16:00:00+08:00, or a date")
    })
}

/// A quality flag such as `calibration` or `below-detection`.
pub(crate) fn flag(text: &str) -> Result<Quality, String> {
    let name = text.to_ascii_lowercase().replace(['-', '_'], " ");
    let known = || Quality::ALL.map(|quality| quality.name().replace(' ', "-")).join(", ");
    let named = Quality::ALL.into_iter().find(|quality| quality.name() == name);
    named.ok_or_else(|| format!("no flag has this name; known are {}", known()))
}
