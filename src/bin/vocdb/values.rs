//! Parsers of command-line values that several subcommands share.

use crate::failure::Failure;
use clap::Args;
use std::fmt;
use std::io::Read;
use std::path::Path;
use vocdb::base::escape::{Line, is_plain};
use vocdb::model::{ReferenceState, Zone};
use vocdb::{Interval, Quality, TimeRange, Timestamp, Unit};

/// Pressure of every reference state that a unit may name: one atmosphere, in hPa.
const PRESSURE_HPA: f64 = 1013.25;
/// Bytes of a text file that a command reads whole.
const TEXT_FILE_BYTES_MAX: u64 = 64 << 20;

/// Parses a length of time such as `1m`.
pub(crate) fn interval(text: &str) -> Result<Interval, String> {
    text.parse().map_err(|error: vocdb::model::ModelError| error.to_string())
}

/// Parses a unit such as `ppb`.
pub(crate) fn unit(text: &str) -> Result<Unit, String> {
    text.parse().map_err(|error: vocdb::model::ModelError| error.to_string())
}

/// Parses a reference state such as `20C`.
pub(crate) fn reference(text: &str) -> Result<ReferenceState, String> {
    let celsius = text.strip_suffix(['C', 'c']).and_then(|number| number.parse().ok());
    let celsius = celsius.ok_or_else(|| format!("`{text}` is not a reference state; write 0C, 20C or 25C"))?;
    ReferenceState::new(celsius, PRESSURE_HPA).map_err(|error| error.to_string())
}

/// A warning about a reference state at a temperature that no common standard has.
pub(crate) fn unusual(reference: ReferenceState) -> Option<String> {
    let known = [ReferenceState::C0, ReferenceState::C20, ReferenceState::C25];
    let is_known = known.iter().any(|known| (known.temperature_k() - reference.temperature_k()).abs() < 0.01);
    let celsius = reference.temperature_k() - ReferenceState::C0.temperature_k();
    (!is_known).then(|| {
        format!(
            "a reference temperature of {celsius:.1} C is unusual: most standards have 0 C, 20 C or 25 C; check the reports of the instrument"
        )
    })
}

/// Parses a time zone such as `Asia/Shanghai` or `+08:00`.
pub(crate) fn zone(text: &str) -> Result<Zone, String> {
    text.parse().map_err(|error: vocdb::model::ModelError| error.to_string())
}

/// The zone of a command that prints times and reads none, or reads them elsewhere.
#[derive(Debug, Args)]
pub(crate) struct PrintedZone {
    /// Time zone of printed times: Asia/Shanghai, +08:00 [default: UTC]
    #[arg(long, allow_hyphen_values = true, value_parser = zone)]
    zone: Option<Zone>,
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

/// The range from `--from` to `--to`, whose times may be local ones of `--zone`.
pub(crate) fn range_in(zone: Option<&Zone>, from: Option<&Moment>, to: Option<&Moment>) -> Result<TimeRange, Failure> {
    let resolve = |moment: Option<&Moment>| moment.map(|moment| moment.resolve(zone)).transpose();
    range(resolve(from)?, resolve(to)?)
}

/// Parses a time in RFC 3339, or a date, which means midnight UTC.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let midnight = format!("{text}T00:00:00Z");
    let parsed = text.parse().or_else(|_: vocdb::model::ModelError| midnight.parse());
    parsed.map_err(|_: vocdb::model::ModelError| {
        if is_local(text) {
            let time = text.replacen(' ', "T", 1);
            return format!("`{text}` has no offset: write {time}Z or {time}+08:00");
        }
        format!("`{text}` is not a time; write 2024-06-01T08:00:00Z, 2024-06-01T16:00:00+08:00, or a date")
    })
}

/// Whether a text is a date and a time of day without an offset.
fn is_local(text: &str) -> bool {
    zone("UTC").is_ok_and(|utc| utc.read(text).is_ok())
}

/// A point in time, which may be a local one of a zone that is given elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Moment {
    text: String,
    /// Whether it is a local time of day, which says nothing without a zone.
    is_local: bool,
}

/// A point in time in RFC 3339, a date, or a local date and time.
pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    let is_local = match instant(text) {
        Ok(_) => false,
        Err(_) if is_local(text) => true,
        Err(error) => return Err(error),
    };
    Ok(Moment { text: text.to_owned(), is_local })
}

impl Moment {
    /// The time in a zone, or in UTC; a local time of day needs the zone.
    pub(crate) fn resolve(&self, zone: Option<&Zone>) -> Result<Timestamp, Failure> {
        match zone {
            Some(zone) => zone.read(&self.text).map_err(Failure::from_error),
            None if self.is_local => {
                let time = self.text.replacen(' ', "T", 1);
                Err(Failure::Says(format!("`{self}` has no offset: write {time}Z or {time}+08:00, or give --zone")))
            }
            None => instant(&self.text).map_err(Failure::Says),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Parses a quality flag such as `calibration` or `below-detection`.
pub(crate) fn flag(text: &str) -> Result<Quality, String> {
    let name = text.to_ascii_lowercase().replace(['-', '_'], " ");
    let named = Quality::ALL.into_iter().find(|quality| quality.name() == name);
    named.ok_or_else(|| {
        let is_normal = ["valid", "ok", "good"].contains(&name.as_str());
        let advice = if is_normal { "write normal; the flags are" } else { "write one of" };
        format!("`{}` is not a quality flag; {advice} {}", Line(text), flag_names())
    })
}

/// The names of all flags.
pub(crate) fn flag_names() -> String {
    Quality::ALL.map(|quality| quality.name().replace(' ', "-")).join(", ")
}

/// Reads a point in degrees: LAT,LON.
pub(crate) fn point(text: &str) -> Result<(f64, f64), String> {
    let wrong = || format!("`{text}`: write latitude and longitude in degrees, such as 31.25,121.5");
    let (latitude, longitude) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    let point = (number(latitude)?, number(longitude)?);
    if !(-90.0..=90.0).contains(&point.0) || !(-180.0..=180.0).contains(&point.1) {
        return Err(format!("`{text}` is not on the globe: write the latitude first"));
    }
    Ok(point)
}

/// Reads a text file, up to 64 MiB.
pub(crate) fn text_file(path: &Path) -> Result<String, Failure> {
    text_file_up_to(path, TEXT_FILE_BYTES_MAX)
}

/// Reads a text file, up to a limit.
pub(crate) fn text_file_up_to(path: &Path, bytes_max: u64) -> Result<String, Failure> {
    let fail = |reason: &dyn fmt::Display| Failure::Says(format!("cannot read {}: {reason}", Line(path.display())));
    let unread = |error: std::io::Error| Failure::from_read(path, &error);
    let file = std::fs::File::open(path).map_err(unread)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > bytes_max {
        return Err(fail(&format!("it is larger than {} MiB", bytes_max >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| fail(&"it is not UTF-8; save it as UTF-8"))
}
