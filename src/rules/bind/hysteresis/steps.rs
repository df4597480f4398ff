//! Whether the priority steps of a rule rise, and whether each asks for more than what it rises from.

use super::super::channels::mistake;
use super::{Limit, is_same, ways};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{PriorityClause, Rule};
use crate::rules::plan::{Member, Node, Program, WindowSpec};
use crate::verdict::Priority;

/// The mistakes of priority steps as they are written, whatever the stations: each must be above the priority before it.
pub(in crate::rules::bind) fn check_order(rule: &Rule) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut before: Option<Priority> = None;
    for PriorityClause { priority, place, .. } in &rule.priority_steps {
        let message = match before {
            _ if *priority <= rule.priority => {
                format!("the priority step to {priority} is not above the alarm's own priority, {}", rule.priority)
            }
            Some(before) if before > *priority => {
                format!("the priority step to {priority} comes after the one to {before}")
            }
            _ => {
                before = Some(*priority);
                continue;
            }
        };
        let help = "write .priority first, then the steps in rising order: low, medium, high, urgent";
        found.push(mistake(place, message, help));
    }
    found
}

/// Warnings about steps that hold wherever the alarm trips, or wherever the step before does: their priority is never the one that counts.
pub(in crate::rules::bind) fn check_strictness(rule: &Rule, member: &Member) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut below: Vec<(String, &Program)> = vec![("the alarm trips".to_owned(), &member.when)];
    for (step, program) in rule.priority_steps.iter().zip(&member.priority_steps) {
        let weaker = single(program);
        let implied = weaker.as_ref().and_then(|limit| {
            let of = below.iter().find(|(_, stronger)| implies(stronger, limit, &member.windows));
            of.map(|(when, _)| (when, limit.words(&member.windows)))
        });
        if let Some((when, limit)) = implied {
            let message = format!("the priority step to {} holds wherever {when}: {limit}", step.priority);
            let help = "write a stricter limit, or leave the lower priority out";
            found.push(Diagnostic { is_warning: true, ..mistake(&step.condition_place, message, help) });
        }
        below.push((format!("the step to {} does", step.priority), program));
    }
    found
}

/// The one limit that a condition is; `None` for any other condition.
fn single(program: &Program) -> Option<Limit> {
    let is_plain = |node: &Node| {
        matches!(node, Node::Window(_) | Node::Spread(_) | Node::Number(_) | Node::Arithmetic(_) | Node::Mean(..))
    };
    let (last, rest) = program.0.split_last()?;
    if !matches!(last, Node::Compare(_)) || !rest.iter().all(is_plain) {
        return None;
    }
    ways(program).pop()?.pop()
}

/// Whether a condition can hold only where a limit holds too.
fn implies(stronger: &Program, limit: &Limit, windows: &[WindowSpec]) -> bool {
    let is_within = |other: &Limit| {
        let reaches = if limit.is_above { other.number >= limit.number } else { other.number <= limit.number };
        other.is_above == limit.is_above && reaches && is_same(&other.measured, &limit.measured, windows)
    };
    let ways = ways(stronger);
    !ways.is_empty() && ways.iter().all(|way| way.iter().any(is_within))
}
