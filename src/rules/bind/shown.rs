//! What a rule is about: the value that people are shown, and whether it looks at all of its stations together.

use crate::rules::expr::{Condition, Rule, Series};

/// What people are shown: the left side of the first comparison, or its right side where the left one is a constant.
pub(super) fn shown(condition: &Condition) -> Option<&Series> {
    match condition {
        Condition::Compare { left, right, .. } => Some(if is_measured(left) { left } else { right }),
        Condition::And(left, right) | Condition::Or(left, right) => shown(left).or_else(|| shown(right)),
        Condition::Not(inner) => shown(inner),
        Condition::Script { terms, .. } => terms.first().map(|(_, series)| series),
        _ => None,
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
    let others = [rule.clear_when.as_ref().map(|(c, _)| c), rule.suppress_when.as_ref().map(|(c, _)| c)];
    in_condition(&rule.when) || others.into_iter().flatten().any(|condition| in_condition(condition))
}

fn in_condition(condition: &Condition) -> bool {
    match condition {
        Condition::Compare { left, right, .. } => in_series(left) || in_series(right),
        Condition::And(left, right) | Condition::Or(left, right) => in_condition(left) || in_condition(right),
        Condition::Not(inner) => in_condition(inner),
        Condition::Script { terms, .. } => terms.iter().any(|(_, series)| in_series(series)),
        _ => false,
    }
}

fn in_series(series: &Series) -> bool {
    match series {
        Series::Spread { .. } => true,
        Series::Mean { inner, .. } => in_series(inner),
        Series::Binary { left, right, .. } => in_series(left) || in_series(right),
        _ => false,
    }
}
