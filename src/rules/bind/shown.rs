//! What a rule is about: the parts of its condition that people are shown, and whether it looks at all of its stations together.

use super::units::Value;
use crate::rules::expr::{Comparison, Condition, Rule, Series};
use crate::rules::plan::{Program, TripTerm};

/// One part of a trip condition at one station, as its alarm shows it.
#[derive(Debug, Clone)]
pub(super) struct TripPart {
    /// What it is, where it has no value.
    pub(super) label: String,
    /// Its measured side.
    pub(super) value: Option<Value>,
    /// Whether it holds for low values.
    pub(super) is_low: bool,
    /// How many truths of the program it stands for.
    pub(super) truths: usize,
}

impl TripPart {
    /// A comparison, by its left side, or by its right side where the left one is not measured.
    pub(super) fn of_comparison((left, right): (&Value, &Value), series: &Series, operator: Comparison) -> Self {
        let is_left = is_measured(series);
        let is_less = matches!(operator, Comparison::Less | Comparison::LessOrEqual);
        let value = Some(if is_left { left } else { right }.clone());
        Self { label: String::new(), value, is_low: is_less == is_left, truths: 1 }
    }

    /// As plans have it.
    pub(super) fn into_term(self) -> TripTerm {
        let unit = self.value.as_ref().map_or_else(String::new, Value::unit_text);
        let value = Program(self.value.map(|value| value.nodes).unwrap_or_default());
        TripTerm { label: self.label, value, unit, is_low: self.is_low, truths: self.truths }
    }
}

fn is_measured(series: &Series) -> bool {
    match series {
        Series::Number { .. } | Series::Param(_) => false,
        Series::Window(_) | Series::Spread { .. } | Series::Mean { .. } => true,
        Series::Binary { left, right, .. } => is_measured(left) || is_measured(right),
    }
}

/// Whether a rule takes a spread over its stations: it has one alarm for them all then.
pub(super) fn has_spread(rule: &Rule) -> bool {
    rule.conditions().any(|condition| in_condition(condition))
}

fn in_condition(condition: &Condition) -> bool {
    match condition {
        Condition::Compare { left, right, .. } => series_has_spread(left) || series_has_spread(right),
        Condition::And(left, right) | Condition::Or(left, right) => in_condition(left) || in_condition(right),
        Condition::Not(inner) | Condition::Exceedances { inner, .. } => in_condition(inner),
        Condition::Script { terms, .. } => terms.iter().any(|(_, series)| series_has_spread(series)),
        _ => false,
    }
}

/// Whether a series takes a spread.
pub(super) fn series_has_spread(series: &Series) -> bool {
    match series {
        Series::Spread { .. } => true,
        Series::Mean { inner, .. } => series_has_spread(inner),
        Series::Binary { left, right, .. } => series_has_spread(left) || series_has_spread(right),
        _ => false,
    }
}
