//! What people read.

use crate::model::Timestamp;
use crate::rules::verdict::{AlarmSpec, Evidence, Truth};

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
    greatest.map_or_else(|| "no value".to_owned(), |value| format!("{} {}", short(value), spec.unit).trim().to_owned())
}

/// The names of the tripping stations.
fn stations(evidence: &[Evidence]) -> String {
    let names: Vec<&str> = tripping(evidence).map(|one| one.station.as_str()).collect();
    if names.is_empty() { "no station".to_owned() } else { names.join(", ") }
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
    use super::short;

    #[test]
    fn values_are_shown_with_four_digits() {
        let shown: Vec<String> = [0.0, 1.80249, 123_456.7, 0.000_123_456, -42.0].into_iter().map(short).collect();
        assert_eq!(shown, ["0", "1.802", "123457", "0.0001235", "-42"]);
    }
}
