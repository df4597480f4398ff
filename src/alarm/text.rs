//! What people read.

use crate::base::escape::Line;
use crate::model::{Timestamp, Unit};
use crate::rules::verdict::{AlarmSpec, Evidence, Truth, Verdict};

/// What a title ends with where the alarm opened for want of readings, whatever the rule's own words say: which stations are unknown, and why.
/// Nothing where the rule tripped on readings.
pub(super) fn want(verdict: &Verdict<'_>, evidence: &[Evidence]) -> String {
    if verdict.trip != Truth::Unknown {
        return String::new();
    }
    if let Some(fault) = verdict.fault {
        return format!(" (no verdict: the closure has no answer: {})", Line(fault));
    }
    let unknown: Vec<&Evidence> = evidence.iter().filter(|one| one.trip == Truth::Unknown).collect();
    let is_silent = unknown.iter().flat_map(|one| &one.terms).all(|term| term.coverage == 0.0);
    let names = if unknown.is_empty() { "any station".to_owned() } else { names(unknown.into_iter()) };
    if is_silent {
        format!(" (no reading came from {names})")
    } else {
        format!(" (too few readings came from {names})")
    }
}

/// Fills in a title: `{value}`, `{stations}`, `{rule}`, `{since}`.
pub(super) fn title(spec: &AlarmSpec, evidence: &[Evidence], since: Timestamp) -> String {
    spec.title
        .replace("{value}", &value(spec, evidence))
        .replace("{stations}", &stations(evidence))
        .replace("{rule}", &spec.rule)
        .replace("{since}", &since.to_string())
}

/// The greatest value of the tripping stations, with its unit.
fn value(spec: &AlarmSpec, evidence: &[Evidence]) -> String {
    let greatest = tripping(evidence).filter_map(|one| one.value).reduce(f64::max);
    // The symbol of a plain number is 1, which nobody wants to read behind it.
    let unit = if spec.unit == Unit::One.symbol() { "" } else { spec.unit.as_str() };
    greatest.map_or_else(|| "no value".to_owned(), |value| format!("{} {unit}", short(value)).trim().to_owned())
}

/// The names of the tripping stations or, where none trips, of those that are unknown.
fn stations(evidence: &[Evidence]) -> String {
    let unknown = evidence.iter().filter(|one| one.trip == Truth::Unknown);
    let found = if tripping(evidence).next().is_some() { names(tripping(evidence)) } else { names(unknown) };
    if found.is_empty() { "no station".to_owned() } else { found }
}

fn names<'a>(of: impl Iterator<Item = &'a Evidence>) -> String {
    of.map(|one| one.station.as_str()).collect::<Vec<_>>().join(", ")
}

fn tripping(evidence: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    evidence.iter().filter(|one| one.trip == Truth::True)
}

/// Four significant digits at most, and no trailing zeros.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs().log10().floor();
    let places = (3.0 - magnitude).clamp(0.0, 9.0);
    let scale = 10_f64.powf(places);
    ((value * scale).round() / scale).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::checksum::Digest;
    use crate::rules::verdict::{AcknowledgementPolicy, Chain, LatePolicy, MissingPolicy, Place, Priority};

    fn told(unit: &str, value: Option<f64>) -> String {
        let place = Place { file: "a.rhai".into(), line: 1, column: 1 };
        let spec = AlarmSpec {
            rule: "ratio".to_owned(),
            scope_key: "park/S1".to_owned(),
            guidance: String::new(),
            title: "{rule} {value} at {stations}".to_owned(),
            priority: Priority::High,
            hold_ms: 0,
            clear_hold_ms: 0,
            on_missing: MissingPolicy::Unknown,
            on_missing_ms: 0,
            auto_close_ms: None,
            is_latching: false,
            on_late: LatePolicy::Record,
            acknowledgement: AcknowledgementPolicy::default(),
            channels: Vec::new(),
            logic: Digest::default(),
            chain: Chain::default(),
            unit: unit.to_owned(),
            place,
        };
        let station = |name: &str, trip, value| Evidence { station: name.to_owned(), trip, value, terms: Vec::new() };
        let evidence = [station("park/S1", Truth::True, value), station("park/S2", Truth::False, Some(99.0))];
        title(&spec, &evidence, Timestamp::from_ms(0))
    }

    #[test]
    fn a_title_names_the_tripping_stations_and_their_greatest_value_with_its_unit() {
        assert_eq!(told("ppb", Some(31.25)), "ratio 31.25 ppb at park/S1");
        assert_eq!(told("1", Some(3.042)), "ratio 3.042 at park/S1");
        assert_eq!(told("ppb", None), "ratio no value at park/S1");
    }

    #[test]
    fn values_are_shown_with_four_digits() {
        let shown: Vec<String> = [0.0, 1.80249, 123_456.7, 0.000_123_456, -42.0].into_iter().map(short).collect();
        assert_eq!(shown, ["0", "1.802", "123457", "0.0001235", "-42"]);
    }
}
