//! The limits that rules set for a channel, as lines of its charts.

use crate::model::Unit;
use crate::rules::expr::{Condition, Series, WindowFunction, WindowTerm};
use crate::rules::{RuleFile, trace};
use crate::trace::report::{AlarmSpan, ChartLimit};

/// Milliseconds of a minute.
const MINUTE_MS: f64 = 60_000.0;

/// The limits of the rules whose alarms are in a report, for a channel and in its unit. A limit in a unit of another kind is left out, and so
/// is what is no concentration, such as a rate of change.
pub(super) fn limits(rules: &[RuleFile], alarms: &[AlarmSpan], (channel, unit): (&str, &str)) -> Vec<ChartLimit> {
    let Ok(unit) = unit.parse::<Unit>() else { return Vec::new() };
    let (traced, _) = trace(rules);
    let mut found: Vec<ChartLimit> = Vec::new();
    for rule in traced.iter().filter(|rule| alarms.iter().any(|alarm| alarm.rule == rule.name)) {
        let mut pairs = Vec::new();
        collect(&rule.when, &mut pairs);
        for (term, value, given) in pairs {
            let is_of = term.channel == channel || term.channel.rsplit('/').next() == Some(channel);
            let Some(line) = given.line_to(unit).filter(|_| is_of && term.station.is_none()) else { continue };
            let label = format!("limit of the rule {} in force for {}", rule.name, words(term));
            let limit = ChartLimit { label, value: if given == unit { value } else { line.convert(value) } };
            if !found.contains(&limit) {
                found.push(limit);
            }
        }
    }
    found
}

/// Every comparison of a value of a window with a number that has a unit.
fn collect<'a>(condition: &'a Condition, found: &mut Vec<(&'a WindowTerm, f64, Unit)>) {
    match condition {
        Condition::Compare { left, right, .. } => {
            let pair = match (left, right) {
                (Series::Window(term), other) | (other, Series::Window(term)) => number(other).map(|at| (term, at)),
                _ => None,
            };
            found.extend(pair.filter(|(term, _)| is_value(term)).map(|(term, (value, unit))| (term, value, unit)));
        }
        Condition::And(left, right) | Condition::Or(left, right) => {
            collect(left, found);
            collect(right, found);
        }
        Condition::Not(inner) => collect(inner, found),
        _ => {}
    }
}

/// A number with its unit; of a parameter, the one that holds where nothing else is said.
fn number(series: &Series) -> Option<(f64, Unit)> {
    match series {
        Series::Number { value, unit, is_per_hour: false, .. } => Some((*value, (*unit)?)),
        Series::Param(param) => number(&param.default),
        _ => None,
    }
}

/// Whether a window gives a value of the channel itself.
const fn is_value(term: &WindowTerm) -> bool {
    matches!(
        term.function,
        WindowFunction::Avg
            | WindowFunction::Min
            | WindowFunction::Max
            | WindowFunction::Last
            | WindowFunction::Percentile { .. }
    )
}

fn words(term: &WindowTerm) -> String {
    let name = term.function.name();
    term.width_ms.map_or_else(|| name.to_owned(), |width_ms| format!("{name} over {} min", width_ms as f64 / MINUTE_MS))
}
