//! What people read.

use crate::base::escape::Line;
use crate::model::{Timestamp, Unit};
use crate::verdict::{AlarmSpec, Evidence, Shown, TermValue, Truth, Verdict};

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

/// Most terms of a station that a title lists.
const TERMS_MAX: usize = 12;

/// Fills in a title: `{value}`, `{values}`, `{stations}`, `{rule}`, `{since}`.
pub(super) fn title(spec: &AlarmSpec, (evidence, shown): (&[Evidence], &Shown), since: Timestamp) -> String {
    spec.title
        .replace("{value}", &value(shown))
        .replace("{values}", &values(shown))
        .replace("{stations}", &stations(evidence))
        .replace("{rule}", &spec.rule)
        .replace("{since}", &since.to_string())
}

/// What tripped: the value with its unit or, where it is no comparison, its name.
fn value(shown: &Shown) -> String {
    match shown.value {
        Some(value) => with_unit(value, &shown.unit),
        None if shown.label.is_empty() => "no value".to_owned(),
        None => shown.label.clone(),
    }
}

/// Every term of the trip condition with its value; behind the station's name where there are several.
fn values(shown: &Shown) -> String {
    let term = |term: &TermValue| {
        let value = term.value.map_or_else(|| "no value".to_owned(), |value| with_unit(value, &term.unit));
        format!("{} {value}", term.label)
    };
    let of_station = |(station, terms): &(String, Vec<TermValue>)| {
        let mut listed: Vec<String> = terms.iter().take(TERMS_MAX).map(term).collect();
        listed.extend((terms.len() > TERMS_MAX).then(|| format!("{} more", terms.len() - TERMS_MAX)));
        let listed = listed.join(", ");
        if shown.terms.len() > 1 { format!("{station}: {listed}") } else { listed }
    };
    let listed = shown.terms.iter().map(of_station).collect::<Vec<_>>().join("; ");
    if listed.is_empty() { "no value".to_owned() } else { listed }
}

fn with_unit(value: f64, unit: &str) -> String {
    // The symbol of a plain number is 1, which nobody wants to read behind it.
    let unit = if unit == Unit::One.symbol() { "" } else { unit };
    format!("{} {unit}", short(value)).trim().to_owned()
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
    use crate::verdict::{AcknowledgementPolicy, Chain, LatePolicy, MissingPolicy, Place, Priority};

    fn filled(template: &str, shown: &Shown) -> String {
        let place = Place { file: "a.rhai".into(), line: 1, column: 1 };
        let spec = AlarmSpec {
            rule: "ratio".to_owned(),
            scope_key: "park/S1".to_owned(),
            guidance: String::new(),
            title: template.to_owned(),
            priority: Priority::High,
            priority_steps: Vec::new(),
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
            unit: "ppb".to_owned(),
            place,
        };
        let station = |name: &str, trip, value| Evidence { station: name.to_owned(), trip, value, terms: Vec::new() };
        let evidence = [station("park/S1", Truth::True, shown.value), station("park/S2", Truth::False, Some(99.0))];
        title(&spec, (&evidence, shown), Timestamp::from_ms(0))
    }

    fn shown(unit: &str, value: Option<f64>, label: &str) -> Shown {
        Shown { value, unit: unit.to_owned(), label: label.to_owned(), terms: Vec::new() }
    }

    #[test]
    fn a_title_names_the_tripping_stations_and_what_tripped() {
        let told = |shown: Shown| filled("{rule} {value} at {stations}", &shown);
        assert_eq!(told(shown("ppb", Some(31.25), "")), "ratio 31.25 ppb at park/S1");
        assert_eq!(told(shown("1", Some(3.042), "")), "ratio 3.042 at park/S1");
        assert_eq!(told(shown("", None, "silent(gc, 10 min)")), "ratio silent(gc, 10 min) at park/S1");
        assert_eq!(told(shown("", None, "")), "ratio no value at park/S1");
    }

    #[test]
    fn all_values_are_listed_by_station_and_term() {
        let term = |label: &str, value, unit: &str| TermValue {
            label: label.to_owned(),
            value,
            coverage: 1.0,
            unit: unit.to_owned(),
            flags: Vec::new(),
        };
        let terms = vec![term("last(benzene)", Some(3.1), "ppb"), term("last(SB1)", None, "1")];
        let mut all = Shown { terms: vec![("park/S1".to_owned(), terms)], ..Shown::default() };
        assert_eq!(filled("{values}", &all), "last(benzene) 3.1 ppb, last(SB1) no value");
        all.terms.push(("park/S2".to_owned(), vec![term("last(benzene)", Some(7.0), "ppb"); TERMS_MAX + 2]));
        let filled = filled("{values}", &all);
        assert!(
            filled.starts_with("park/S1: last(benzene) 3.1 ppb, last(SB1) no value; park/S2: last(benzene) 7 ppb, ")
        );
        assert!(filled.ends_with("7 ppb, 2 more"), "{filled}");
        assert_eq!(super::values(&Shown::default()), "no value");
    }

    #[test]
    fn values_are_shown_with_four_digits() {
        let shown: Vec<String> = [0.0, 1.80249, 123_456.7, 0.000_123_456, -42.0].into_iter().map(short).collect();
        assert_eq!(shown, ["0", "1.802", "123457", "0.0001235", "-42"]);
    }
}
