//! Notes about a file that can be read, but may not mean what the options say.

use super::columns::ColumnMapping;
use crate::values;
use std::io::Write;
use std::path::Path;
use vocdb::base::escape::{Line, Lines, counted};
use vocdb::interop::csv::CsvReport;
use vocdb::model::{Dimension, ReferenceState, Registry};
use vocdb::{Channel, Database, Instrument, InstrumentId, TimeRange, Timestamp, Unit};

/// 0 °C in K.
const ZERO_CELSIUS_K: f64 = 273.15;

/// Prints a line on standard error.
pub(super) fn print(text: &str) {
    // If standard error is closed, nobody reads it.
    let _ = writeln!(std::io::stderr().lock(), "{}", Lines(text));
}

/// What the rows of an import changed in a store.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Changed {
    pub(super) values: u64,
    /// Flags of values that stayed.
    pub(super) flags: u64,
    /// Stored rows between the first and the last row of the file that the file does not have, if it changed any values or flags.
    pub(super) rows_elsewhere: u64,
    /// First and last of these.
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

/// Warnings about stored values and flags that the file replaced, and about rows that it leaves as they are. `lacks_flags`: the command
/// line names no column of flags.
pub(super) fn changed(changed: &Changed, store: &Path, lacks_flags: bool) -> Vec<String> {
    let store = Line(store.display());
    let audit = format!("`vocdb audit {store}` lists them");
    let values = match changed.values {
        0 => None,
        1 => Some(format!("1 stored value was replaced by a different value of this file: {audit}")),
        values => Some(format!("{values} stored values were replaced by different values of this file: {audit}")),
    };
    let advice = if lacks_flags { "; if the file has a column of flags, give it with --quality" } else { "" };
    let flags = match changed.flags {
        0 => None,
        1 => Some(format!("1 flag was changed, its value stayed: {audit}{advice}")),
        flags => Some(format!("{flags} flags were changed, their values stayed: {audit}{advice}")),
    };
    let elsewhere = changed.span.filter(|_| changed.rows_elsewhere > 0).map(|(first, last)| {
        format!(
            "{} between {first} and {last} {} not in this file (an earlier import with another zone?): `vocdb delete {store}` removes them",
            counted(changed.rows_elsewhere, "stored row"),
            if changed.rows_elsewhere == 1 { "is" } else { "are" },
        )
    });
    values.into_iter().chain(flags).chain(elsewhere).collect()
}

/// Number of stored rows of an instrument between two times, both included; 0 if they cannot be read, since the import itself is complete.
pub(super) fn rows_between(db: &Database, id: InstrumentId, (first, last): (Timestamp, Timestamp)) -> u64 {
    let end = Timestamp::from_ms(last.as_ms().saturating_add(1));
    let Ok(mut scan) = db.readings().scan(id, &[], TimeRange::new(first, end)) else { return 0 };
    let mut rows = 0;
    while let Ok(Some(chunk)) = scan.next_rows() {
        rows += chunk.times.len() as u64;
    }
    rows
}

/// The line about alarms that an import recorded as history.
pub(super) fn history(store: &str, is_notified: bool) -> String {
    let advice = if is_notified { "" } else { "; give --notify to notify for conditions that still hold" };
    format!(
        "alarms of history notified nobody; list them with `vocdb alarms list {} --state history`{advice}\n",
        Line(store)
    )
}

/// Warnings about numbers such as -999 in a column of concentrations.
pub(super) fn probable_marks(report: &CsvReport) -> Vec<String> {
    let warned = report.probable_marks.iter().map(|((column, text), count)| {
        let text = Line(text);
        format!(
            "column `{}` has {} of {text}, which often marks a missing value: if it does, give --missing {text}",
            Line(column),
            counted(*count, "value")
        )
    });
    warned.collect()
}

/// The channels whose columns have another unit or reference state than a registered channel.
pub(super) fn conversions(mappings: &[ColumnMapping], instrument: &Instrument) -> Vec<String> {
    let of_name = |name: &str| instrument.channels().iter().find(|channel| channel.name() == name);
    let converted = mappings.iter().filter_map(|mapping| {
        let channel = of_name(&mapping.channel)?;
        let (from, to) = (of_mapping(mapping, channel), shown(channel.unit(), Some(channel.reference())));
        (is_converted(mapping, channel)).then(|| format!("{}: converted from {from} to {to}", Line(&mapping.channel)))
    });
    converted.collect()
}

fn is_converted(mapping: &ColumnMapping, channel: &Channel) -> bool {
    let is_mass = mapping.unit.dimension() == Dimension::MassConcentration;
    let is_other_state = mapping.reference.is_some_and(|reference| reference != channel.reference());
    mapping.unit != channel.unit() || (is_mass && is_other_state)
}

fn of_mapping(mapping: &ColumnMapping, channel: &Channel) -> String {
    shown(mapping.unit, Some(mapping.reference.unwrap_or(channel.reference())))
}

fn shown(unit: Unit, reference: Option<ReferenceState>) -> String {
    match reference.filter(|_| unit.dimension() == Dimension::MassConcentration) {
        Some(state) => format!("{}@{:.0}C", unit.symbol(), state.temperature_k() - ZERO_CELSIUS_K),
        None => unit.symbol().to_owned(),
    }
}

/// Warnings about the units and reference states that the options give to columns.
pub(super) fn of_columns(mappings: &[ColumnMapping], header: &[String]) -> Vec<String> {
    let mut warnings = other_units(mappings, header);
    warnings.extend(mappings.iter().filter_map(|mapping| {
        let unusual = values::unusual(mapping.reference?)?;
        Some(format!("{}: {unusual}", Line(&mapping.channel)))
    }));
    warnings
}

/// Warnings about columns whose names have another unit in brackets than the option gives.
fn other_units(mappings: &[ColumnMapping], header: &[String]) -> Vec<String> {
    let warned = mappings.iter().filter_map(|mapping| {
        let name = name_of(&mapping.column, header)?;
        let unit = unit_in_brackets(name).filter(|unit| *unit != mapping.unit)?;
        Some(format!(
            "column `{}` names {}, but --channel gives {}: check the unit",
            Line(name),
            unit.symbol(),
            mapping.unit.symbol()
        ))
    });
    warned.collect()
}

/// The name in the header of a column given by name or by position.
fn name_of<'a>(column: &'a str, header: &'a [String]) -> Option<&'a str> {
    let column = column.trim_ascii();
    if let Some(name) = header.iter().find(|name| *name == column) {
        return Some(name);
    }
    let place = column.strip_prefix('#')?.parse::<usize>().ok()?;
    header.get(place.checked_sub(1)?).map(String::as_str)
}

/// The unit in the last brackets of a name, such as that of `Benzene (ug/m3)`.
fn unit_in_brackets(name: &str) -> Option<Unit> {
    let in_brackets = |open: char, close: char| name.rsplit_once(open)?.1.split_once(close).map(|(text, _)| text);
    // A number in brackets counts sensors.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unit = |text: &str| {
        let text = text.split('@').next()?.trim();
        if is_number(text) { None } else { text.parse().ok() }
    };
    in_brackets('(', ')').and_then(unit).or_else(|| in_brackets('[', ']').and_then(unit))
}

/// The note about a new station whose name could be a slip for that of another.
pub(super) fn new_station(name: &str, registry: &Registry) -> Option<String> {
    let similar = registry.stations().map(|(_, station)| station.name()).find(|known| is_similar(known, name))?;
    Some(format!("note: station `{}` is new, similar to the existing `{}`", Line(name), Line(similar)))
}

/// Whether two names differ only by case, spaces and punctuation, or by one letter that is no digit.
fn is_similar(left: &str, right: &str) -> bool {
    let letters = |name: &str| -> Vec<char> {
        name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let is_word = [left, right].into_iter().all(|name| letters(name.rsplit('/').next().unwrap_or_default()).len() >= 4);
    let (left, right) = (letters(left), letters(right));
    let same_start = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let rest = |name: &[char]| name.get(same_start..).unwrap_or_default().to_vec();
    let (left, right) = (rest(&left), rest(&right));
    let same_end = left.iter().rev().zip(right.iter().rev()).take_while(|(left, right)| left == right).count();
    let middle = |name: &[char]| name.get(..name.len().saturating_sub(same_end)).unwrap_or_default().to_vec();
    let (left, right) = (middle(&left), middle(&right));
    let has_digit = left.iter().chain(&right).any(|letter| letter.is_numeric());
    left.is_empty() && right.is_empty() || (is_word && !has_digit && left.len().max(right.len()) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stations_are_similar_by_a_letter_and_not_by_a_number() {
        for (left, right) in
            [("chempark/eastgate", "chempark/east-gate"), ("park/S 1", "Park/s1"), ("park/Nort", "park/North")]
        {
            assert!(is_similar(left, right), "{left} {right}");
        }
        for (left, right) in [
            ("park/S1", "park/S2"),
            ("park/S1", "park/S11"),
            ("park/M", "park/N"),
            ("park/east", "park/west"),
            ("a/A", "a/B"),
        ] {
            assert!(!is_similar(left, right), "{left} {right}");
        }
    }

    #[test]
    fn the_unit_in_a_name_is_found() {
        for (name, unit) in [
            ("Benzene (ug/m3)", Some(Unit::MicrogramPerM3)),
            ("SO2 [ppb]", Some(Unit::Ppb)),
            ("AirT_C(1)", None),
            ("Wind (10 m) [m/s]", Some(Unit::MetrePerSecond)),
            ("v", None),
        ] {
            assert_eq!(unit_in_brackets(name), unit, "{name}");
        }
    }
}
