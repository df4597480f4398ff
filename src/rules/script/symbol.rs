//! What values of a rule script stand for, and the getters that make quantities and durations of numbers.

use super::draft::{SharedAlarm, SharedChain, SharedRoster};
use crate::base::limits::WINDOW_MS_MAX;
use crate::model::Zone;
use crate::rules::expr::{Condition, Series};
use crate::verdict::Party;
use rhai::{Array, Dynamic, Map};
use std::sync::Arc;

/// Contacts in lists of lists are looked for so deep.
const NESTED_MAX: usize = 3;

/// A value of this crate in a script.
#[derive(Debug, Clone)]
pub(super) enum Symbol {
    /// A value over time or a quantity, and how many nodes it has.
    Series(Arc<Series>, usize),
    /// A truth over time, and how many nodes it has.
    Condition(Arc<Condition>, usize),
    /// A length of time in milliseconds.
    Duration(i64),
    /// `day("zone")`: the last whole day of the zone.
    Day(Arc<Zone>),
    /// `stations("glob")`.
    Stations(String),
    /// Someone who is told.
    Contact(Arc<Party>),
    /// Someone who is told, and who that is at which hour.
    Roster(SharedRoster),
    /// Who is told when.
    Chain(SharedChain),
    /// An alarm under construction.
    Alarm(SharedAlarm),
}

/// What a mistake leaves behind: it swallows all that is tried with it, in silence, because the mistake is on the list already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Poison;

impl IntoIterator for Poison {
    type Item = Dynamic;
    type IntoIter = std::iter::Empty<Dynamic>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::empty()
    }
}

/// Getters that make a duration of a number, in milliseconds.
pub(in crate::rules) const DURATIONS: [(&str, i64); 9] = [
    ("ms", 1),
    ("second", 1_000),
    ("seconds", 1_000),
    ("minute", 60_000),
    ("minutes", 60_000),
    ("hour", 3_600_000),
    ("hours", 3_600_000),
    ("day", 86_400_000),
    ("days", 86_400_000),
];

/// A number of units as milliseconds; `None` where it is no number or far beyond every limit.
pub(in crate::rules) fn duration_ms(count: f64, unit_ms: i64) -> Option<i64> {
    let ms = (count * unit_ms as f64).round();
    if ms.is_nan() || ms.abs() > 1000.0 * WINDOW_MS_MAX as f64 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the magnitude was checked above and is far below 2^53")]
    Some(ms as i64)
}

/// A duration in words: `10 min`.
pub(super) fn duration_text(ms: i64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let whole = units.iter().find(|(unit_ms, _)| ms % unit_ms == 0 && ms != 0);
    whole.map_or_else(|| format!("{ms} ms"), |(unit_ms, symbol)| format!("{} {symbol}", ms / unit_ms))
}

/// A plain number of Rhai.
pub(super) fn number(value: &Dynamic) -> Option<f64> {
    value.as_int().map(|whole| whole as f64).or_else(|_| value.as_float()).ok()
}

/// The symbol that a value holds.
pub(super) fn symbol(value: &Dynamic) -> Option<Symbol> {
    value.clone().flatten().try_cast::<Symbol>()
}

/// The names of the contacts that a value holds: one, those on duty in a roster, those of a list or a map.
pub(super) fn contacts(value: &Dynamic) -> Vec<String> {
    let (mut names, mut inside) = (Vec::new(), vec![(value.clone().flatten(), 0)]);
    while let Some((value, depth)) = inside.pop() {
        match symbol(&value) {
            Some(Symbol::Contact(party)) => names.push(party.contact.0.clone()),
            Some(Symbol::Roster(roster)) => {
                let roster = Arc::clone(&roster.lock().1);
                let parties = roster.shifts.iter().flat_map(|shift| &shift.parties).chain(&roster.otherwise);
                names.extend(parties.map(|party| party.contact.0.clone()));
            }
            _ if depth >= NESTED_MAX => {}
            _ if value.is_array() => {
                let values = value.try_cast::<Array>().unwrap_or_default();
                inside.extend(values.into_iter().map(|value| (value, depth + 1)));
            }
            _ => {
                let values = value.try_cast::<Map>().unwrap_or_default();
                inside.extend(values.into_values().map(|value| (value, depth + 1)));
            }
        }
    }
    names
}

/// Whether a value is what an earlier mistake left behind.
pub(super) fn is_poison(value: &Dynamic) -> bool {
    value.is::<Poison>()
}

/// What a value is, with an article: for messages.
pub(super) fn describe(value: &Dynamic) -> &'static str {
    match symbol(value) {
        Some(Symbol::Series(series, _)) => match *series {
            Series::Number { .. } => "a quantity",
            _ => "a measurement",
        },
        Some(Symbol::Condition(..)) => "a condition",
        Some(Symbol::Duration(_)) => "a duration",
        Some(Symbol::Day(_)) => "a local day",
        Some(Symbol::Stations(_)) => "a choice of stations",
        Some(Symbol::Contact(_)) => "a contact",
        Some(Symbol::Roster(_)) => "a roster",
        Some(Symbol::Chain(_)) => "an escalation chain",
        Some(Symbol::Alarm(_)) => "an alarm",
        None => describe_plain(value),
    }
}

fn describe_plain(value: &Dynamic) -> &'static str {
    if number(value).is_some() {
        "a number"
    } else if value.is_string() || value.is_char() {
        "a text"
    } else if value.is_bool() {
        "true or false"
    } else if value.is_array() {
        "a list"
    } else if value.is_map() {
        "a map"
    } else if value.is_unit() {
        "nothing"
    } else {
        "something else"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_round_to_milliseconds_and_stop_at_nonsense() {
        assert_eq!(duration_ms(1.5, 3_600_000), Some(5_400_000));
        assert_eq!(duration_ms(f64::NAN, 1), None);
        assert_eq!(duration_ms(f64::INFINITY, 1), None);
        assert_eq!(duration_ms(1e300, 1), None);
        assert_eq!(duration_text(600_000), "10 min");
        assert_eq!(duration_text(-5), "-5 ms");
    }
}
