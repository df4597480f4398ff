//! Contacts that tests name and no rule notifies.

use super::script::trace_tests;
use super::steps::TestAction;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::closest;
use crate::rules::script::{RuleFile, trace};
use crate::verdict::Step;
use std::collections::BTreeSet;

/// The expectations of tests about contacts that no escalation chain of the rules names: `.expect_sent("dutty", 0)` would hold whatever the
/// rules do. Nothing is found if the rules notify nobody.
#[must_use]
pub fn unknown_contacts(rules: &[RuleFile], tests: &[RuleFile]) -> Vec<Diagnostic> {
    let (rules, _) = trace(rules);
    let steps = rules.iter().flat_map(|rule| rule.chain.steps.iter());
    let known: BTreeSet<&str> = steps.flat_map(contacts).collect();
    let mut found = Vec::new();
    for step in trace_tests(tests).into_iter().flat_map(|test| test.steps) {
        let TestAction::Sent { contact, .. } = &step.action else { continue };
        if known.is_empty() || known.contains(contact.as_str()) {
            continue;
        }
        let nearest = closest(contact, known.iter().copied());
        let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let help = nearest.map_or_else(|| format!("the rules notify {names}"), |name| format!("write \"{name}\""));
        let message = format!("no rule notifies a contact `{contact}`");
        found.push(Diagnostic { place: step.place, message, help, is_warning: false });
    }
    found
}

/// The contact of a step, and everybody on its roster.
fn contacts(step: &Step) -> impl Iterator<Item = &str> {
    let parties = step
        .roster
        .iter()
        .flat_map(|roster| roster.shifts.iter().flat_map(|shift| &shift.parties).chain(&roster.otherwise));
    parties.map(|party| party.contact.0.as_str()).chain([step.contact.0.as_str()])
}
