//! Whether a rule clears on the right side of where it trips.

use super::channels::mistake;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Comparison, Rule};
use crate::rules::getter::number_text;
use crate::rules::plan::{Member, Node, Program, WindowSpec};

/// A comparison of something with a number.
struct Limit {
    measured: Vec<Node>,
    is_above: bool,
    number: f64,
}

/// The mistake of a rule that clears where it still trips: it would close and open again at once.
pub(super) fn check(rule: &Rule, member: &Member) -> Option<Diagnostic> {
    let clear = member.clear.as_ref()?;
    let hold_ms = rule.clear_when.as_ref().map_or(0, |(_, hold_ms)| *hold_ms);
    let (trips, clears) = (limits(&member.when), limits(clear));
    for trip in &trips {
        let is_like = |other: &&Limit| {
            other.is_above != trip.is_above && is_same(&trip.measured, &other.measured, &member.windows)
        };
        for clear in clears.iter().filter(is_like) {
            let beyond = if trip.is_above { clear.number - trip.number } else { trip.number - clear.number };
            if beyond > 0.0 || (beyond == 0.0 && hold_ms == 0) {
                let (side, [clear, trip]) =
                    (if trip.is_above { "below" } else { "above" }, [clear.number, trip.number].map(number_text));
                let message = format!("the alarm clears at {clear}, which is not {side} the {trip} at which it trips");
                let help = format!("write a number {side} {trip}, so that it does not close and open again at once");
                return Some(mistake(&rule.places.clear_when, message, help));
            }
        }
    }
    None
}

/// The comparisons with numbers that a condition needs all of.
fn limits(program: &Program) -> Vec<Limit> {
    let (mut numbers, mut truths) = (Vec::<Vec<Node>>::new(), Vec::<Vec<Limit>>::new());
    for node in &program.0 {
        match node {
            Node::Number(_) | Node::Window(_) | Node::Spread(_) => numbers.push(vec![*node]),
            Node::Arithmetic(_) => join(&mut numbers, 2, *node),
            Node::Mean(count, _) => join(&mut numbers, usize::from(*count), *node),
            Node::Compare(comparison) => {
                let (right, left) = (numbers.pop().unwrap_or_default(), numbers.pop().unwrap_or_default());
                truths.push(limit(left, *comparison, right).into_iter().collect());
            }
            Node::And => {
                let right = truths.pop().unwrap_or_default();
                if let Some(left) = truths.last_mut() {
                    left.extend(right);
                }
            }
            Node::Or => {
                truths.truncate(truths.len().saturating_sub(2));
                truths.push(Vec::new());
            }
            Node::Not => {
                truths.pop();
                truths.push(Vec::new());
            }
            Node::Holds(_) => truths.push(Vec::new()),
            Node::Script(_) => {
                numbers.clear();
                truths.push(Vec::new());
            }
        }
    }
    truths.pop().unwrap_or_default()
}

fn join(numbers: &mut Vec<Vec<Node>>, count: usize, node: Node) {
    let from = numbers.len().saturating_sub(count);
    let mut joined: Vec<Node> = numbers.drain(from..).flatten().collect();
    joined.push(node);
    numbers.push(joined);
}

fn limit(left: Vec<Node>, comparison: Comparison, right: Vec<Node>) -> Option<Limit> {
    let is_greater = match comparison {
        Comparison::Greater | Comparison::GreaterOrEqual => true,
        Comparison::Less | Comparison::LessOrEqual => false,
        Comparison::Equal | Comparison::NotEqual => return None,
    };
    match (left.as_slice(), right.as_slice()) {
        ([Node::Number(_)], [Node::Number(_)]) => None,
        (_, [Node::Number(number)]) => Some(Limit { number: *number, measured: left, is_above: is_greater }),
        ([Node::Number(number)], _) => Some(Limit { number: *number, measured: right, is_above: !is_greater }),
        _ => None,
    }
}

/// Whether two programs measure the same, whatever coverage either asks for.
fn is_same(left: &[Node], right: &[Node], windows: &[WindowSpec]) -> bool {
    let look = |node: &Node| match node {
        Node::Window(slot) => {
            windows.get(usize::from(*slot)).map(|spec| WindowSpec { coverage_min: 0.0, ..spec.clone() })
        }
        _ => None,
    };
    let same = |(a, b): (&Node, &Node)| a == b || look(a).is_some_and(|look_a| look(b) == Some(look_a));
    left.len() == right.len() && left.iter().zip(right).all(same)
}
