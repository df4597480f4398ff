//! What deserves a look in a rule that is sound: warnings that do not keep it from loading.

use super::channels::mistake;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Condition, Rule};
use crate::verdict::Place;
use std::collections::BTreeSet;

/// The warnings about rules as they are written, whatever the stations; about rules without errors only. An error belongs to the last rule that
/// begins before it in its file.
#[must_use]
pub fn advise_sound(rules: &[Rule], found: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut begins: Vec<&Place> = rules.iter().map(|rule| &rule.place).collect();
    begins.sort_unstable();
    let begin_before = |error: &Diagnostic| {
        let count = begins.partition_point(|begin| **begin <= error.place);
        begins.get(count.checked_sub(1)?).copied().filter(|begin| begin.file == error.place.file)
    };
    let faulty: BTreeSet<&Place> = found.iter().filter(|one| !one.is_warning).filter_map(begin_before).collect();
    rules.iter().filter(|rule| !faulty.contains(&rule.place) && !is_broken(&rule.when)).flat_map(of_rule).collect()
}

fn is_broken(condition: &Condition) -> bool {
    match condition {
        Condition::Broken => true,
        Condition::And(left, right) | Condition::Or(left, right) => is_broken(left) || is_broken(right),
        Condition::Not(inner) | Condition::Exceedances { inner, .. } => is_broken(inner),
        _ => false,
    }
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
        warn(&rule.places.name, message, "set the meaning of missing data: .on_missing(\"unknown\", 15.minutes)");
    }
    if rule.chain.steps.is_empty() {
        let message = format!("rule `{}` notifies nobody: it has no `.escalate`", rule.name);
        warn(&rule.places.name, message, "add .escalate(..) if somebody is to be notified of its alarms");
    }
    if let Condition::Script { place, .. } = &*rule.when {
        let message = format!("the alarm `{}` is interpreted at each evaluation", rule.name);
        warn(place, message, "use `.when(..)` if the functions of rules suffice: it is much faster");
    }
    found
}

/// Whether a condition compares something measured, so that it can chatter around its limit.
fn is_compared(condition: &Condition) -> bool {
    match condition {
        Condition::Compare { .. } | Condition::Script { .. } => true,
        Condition::And(left, right) | Condition::Or(left, right) => is_compared(left) || is_compared(right),
        Condition::Not(inner) | Condition::Exceedances { inner, .. } => is_compared(inner),
        _ => false,
    }
}
