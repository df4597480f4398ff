//! What deserves a look in a rule that is sound: warnings that do not keep it from loading.

use super::channels::mistake;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Condition, Rule};

/// The warnings about rules as they are written, whatever the stations.
#[must_use]
pub fn advise(rules: &[Rule]) -> Vec<Diagnostic> {
    rules.iter().flat_map(of_rule).collect()
}

fn of_rule(rule: &Rule) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut warn = |place, message: String, help: &str| {
        found.push(Diagnostic { is_warning: true, ..mistake(place, message, help) });
    };
    if rule.clear_when.is_none() && is_compared(&rule.when) {
        let message = format!("the alarm `{}` has no `.clear_when`: it clears as soon as `.when` is false", rule.name);
        let help = "write .clear_when(.., 10.minutes) with a limit on the safe side, so that it does not chatter";
        warn(&rule.place, message, help);
    }
    if !rule.has_on_missing {
        let message = format!("the alarm `{}` has no `.on_missing`", rule.name);
        warn(&rule.places.name, message, "say what no data means: .on_missing(\"unknown\", 15.minutes)");
    }
    if let Condition::Script { place, .. } = &*rule.when {
        let message = format!("the alarm `{}` is interpreted at each instant", rule.name);
        warn(place, message, "say it with `.when(..)` if the functions of rules can: that is much faster");
    }
    found
}

/// Whether a condition compares something measured, so that it can chatter around its limit.
fn is_compared(condition: &Condition) -> bool {
    match condition {
        Condition::Compare { .. } | Condition::Script { .. } => true,
        Condition::And(left, right) | Condition::Or(left, right) => is_compared(left) || is_compared(right),
        Condition::Not(inner) => is_compared(inner),
        _ => false,
    }
}
