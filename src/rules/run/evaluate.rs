//! What the postfix programs of a plan become, to be asked at every instant: trees, which push and pop nothing. Unknown numbers are NaN
//! here: readings never are.

use super::super::expr::{Arithmetic, Comparison};
use super::super::interpreted::Script;
use super::super::plan::{Node, Program};
use crate::verdict::Truth;

/// What a program reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inputs<'a> {
    /// The value of each window.
    pub(super) windows: &'a [f64],
    /// The spreads over the plan's members.
    pub(super) spreads: &'a [f64],
    /// The closures that may be asked.
    pub(super) scripts: &'a [Script],
}

/// What closures leave behind.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The numbers of the last one, kept so that nothing is allocated for the next.
    numbers: Vec<f64>,
    /// Why a closure could not answer.
    pub(super) fault: Option<String>,
}

/// A program that leaves a number.
#[derive(Debug)]
pub(super) enum NumberTree {
    Window(u16),
    Spread(u16),
    Number(f64),
    Arithmetic(Arithmetic, Box<[Self; 2]>),
    /// Of those that are known, in this order; unknown where fewer are.
    Mean(u16, Box<[Self]>),
}

/// A program that leaves a truth.
#[derive(Debug)]
pub(super) enum TruthTree {
    /// What a program without an answer leaves.
    Unknown,
    Holds(u16),
    /// A window against a number: what most rules ask.
    Limit(Comparison, u16, f64),
    Compare(Comparison, Box<[NumberTree; 2]>),
    Script(u16, Box<[NumberTree]>),
    And(Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
    Not(Box<Self>),
}

/// The stacks of a program that is read.
#[derive(Default)]
struct Growing {
    numbers: Vec<NumberTree>,
    truths: Vec<TruthTree>,
}

impl Growing {
    fn of(program: &Program, scripts: &[Script]) -> Self {
        let mut growing = Self::default();
        program.0.iter().for_each(|node| growing.take(*node, scripts));
        growing
    }

    fn take(&mut self, node: Node, scripts: &[Script]) {
        match node {
            Node::Window(index) => self.numbers.push(NumberTree::Window(index)),
            Node::Spread(index) => self.numbers.push(NumberTree::Spread(index)),
            Node::Number(number) => self.numbers.push(NumberTree::Number(number)),
            Node::Mean(count, known_min) => {
                let numbers = self.topmost(usize::from(count));
                self.numbers.push(NumberTree::Mean(known_min, numbers));
            }
            Node::Arithmetic(operator) => {
                let (right, left) = (self.number(), self.number());
                self.numbers.push(NumberTree::Arithmetic(operator, Box::new([left, right])));
            }
            // Plans have hours and counts behind their windows.
            Node::Counted(index) => self.numbers.push(NumberTree::Window(index)),
            Node::Holds(index) | Node::Hours(index) => self.truths.push(TruthTree::Holds(index)),
            Node::Compare(operator) => {
                let (right, left) = (self.number(), self.number());
                self.truths.push(match (left, right) {
                    (NumberTree::Window(index), NumberTree::Number(limit)) => TruthTree::Limit(operator, index, limit),
                    (left, right) => TruthTree::Compare(operator, Box::new([left, right])),
                });
            }
            Node::Script(index) => {
                let script = scripts.get(usize::from(index)).map(|script| script.names.len());
                let tree = script.map(|count| TruthTree::Script(index, self.topmost(count)));
                self.truths.push(tree.unwrap_or(TruthTree::Unknown));
            }
            Node::And | Node::Or => {
                let (right, left) = (self.truth(), self.truth());
                let both = Box::new([left, right]);
                self.truths.push(if node == Node::And { TruthTree::And(both) } else { TruthTree::Or(both) });
            }
            Node::Not => {
                let truth = self.truth();
                self.truths.push(TruthTree::Not(Box::new(truth)));
            }
        }
    }

    fn topmost(&mut self, count: usize) -> Box<[NumberTree]> {
        self.numbers.split_off(self.numbers.len().saturating_sub(count)).into_boxed_slice()
    }

    fn number(&mut self) -> NumberTree {
        self.numbers.pop().unwrap_or(NumberTree::Number(f64::NAN))
    }

    fn truth(&mut self) -> TruthTree {
        self.truths.pop().unwrap_or(TruthTree::Unknown)
    }
}

fn at(values: &[f64], index: u16) -> f64 {
    values.get(usize::from(index)).copied().unwrap_or(f64::NAN)
}

impl NumberTree {
    /// The tree of a program that leaves a number.
    pub(super) fn of(program: &Program) -> Self {
        Growing::of(program, &[]).number()
    }

    /// The number; NaN where it is unknown. Most are leaves, which need no call.
    #[inline]
    pub(super) fn number(&self, inputs: Inputs<'_>) -> f64 {
        match self {
            Self::Window(index) => at(inputs.windows, *index),
            Self::Number(number) => *number,
            _ => self.reckoned(inputs),
        }
    }

    #[inline(never)]
    fn reckoned(&self, inputs: Inputs<'_>) -> f64 {
        match self {
            Self::Window(index) => at(inputs.windows, *index),
            Self::Number(number) => *number,
            Self::Spread(index) => at(inputs.spreads, *index),
            Self::Arithmetic(operator, operands) => {
                let [left, right] = operands.as_ref();
                join(*operator, left.number(inputs), right.number(inputs))
            }
            Self::Mean(known_min, numbers) => {
                mean(numbers.iter().map(|tree| tree.number(inputs)), usize::from(*known_min))
            }
        }
    }
}

impl TruthTree {
    /// The tree of a condition, which may ask these closures.
    pub(super) fn of(program: &Program, scripts: &[Script]) -> Self {
        Growing::of(program, scripts).truth()
    }

    /// The truth. Every closure is asked, in the order of the program, whatever those before have said.
    pub(super) fn truth(&self, inputs: Inputs<'_>, asked: &mut Asked) -> Truth {
        match self {
            Self::Unknown => Truth::Unknown,
            Self::Holds(index) => {
                let value = at(inputs.windows, *index);
                if value.is_nan() { Truth::Unknown } else { (value > 0.5).into() }
            }
            Self::Limit(operator, index, limit) => compare(*operator, at(inputs.windows, *index), *limit),
            Self::Compare(operator, operands) => {
                let [left, right] = operands.as_ref();
                compare(*operator, left.number(inputs), right.number(inputs))
            }
            Self::Script(index, numbers) => asked.ask(inputs, *index, numbers),
            Self::And(operands) => {
                let [left, right] = operands.as_ref();
                let left = left.truth(inputs, asked);
                left.and(right.truth(inputs, asked))
            }
            Self::Or(operands) => {
                let [left, right] = operands.as_ref();
                let left = left.truth(inputs, asked);
                left.or(right.truth(inputs, asked))
            }
            Self::Not(operand) => operand.truth(inputs, asked).not(),
        }
    }
}

impl TruthTree {
    /// The leaves that make the tree as true or false as it is, by their places among all its leaves, from left to right; none where it is
    /// unknown.
    pub(super) fn causes(&self, inputs: Inputs<'_>) -> Vec<usize> {
        let (mut found, wanted) = (Vec::new(), self.truth(inputs, &mut Asked::default()));
        if wanted != Truth::Unknown {
            self.note_causes((inputs, wanted), &mut 0, &mut found);
        }
        found
    }

    /// Notes the leaves of a tree that make it what is wanted, and counts all its leaves.
    fn note_causes(&self, (inputs, wanted): (Inputs<'_>, Truth), leaves: &mut usize, found: &mut Vec<usize>) {
        match self {
            Self::Not(inner) => inner.note_causes((inputs, wanted.not()), leaves, found),
            Self::And(sides) | Self::Or(sides) => {
                let before = found.len();
                sides.iter().for_each(|side| side.note_causes((inputs, wanted), leaves, found));
                if self.truth(inputs, &mut Asked::default()) != wanted {
                    found.truncate(before);
                }
            }
            _ => {
                if self.truth(inputs, &mut Asked::default()) == wanted {
                    found.push(*leaves);
                }
                *leaves += 1;
            }
        }
    }
}

impl Asked {
    fn ask(&mut self, inputs: Inputs<'_>, index: u16, numbers: &[NumberTree]) -> Truth {
        let Some(script) = inputs.scripts.get(usize::from(index)) else { return Truth::Unknown };
        self.numbers.clear();
        self.numbers.extend(numbers.iter().map(|tree| tree.number(inputs)));
        (script.ask)(&self.numbers).unwrap_or_else(|reason| {
            self.fault = Some(reason);
            Truth::Unknown
        })
    }
}

fn join(operator: Arithmetic, left: f64, right: f64) -> f64 {
    let result = match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
    };
    if result.is_finite() { result } else { f64::NAN }
}

/// The mean of those that are known, added in their order.
fn mean(numbers: impl Iterator<Item = f64>, known_min: usize) -> f64 {
    let (mut sum, mut known) = (0.0, 0_usize);
    for number in numbers.filter(|number| !number.is_nan()) {
        sum += number;
        known += 1;
    }
    let mean = sum / known as f64;
    if known >= known_min.max(1) && mean.is_finite() { mean } else { f64::NAN }
}

#[expect(clippy::float_cmp, reason = "`==` on measurements is the operator's own wish; `rules check` warns of it")]
fn compare(operator: Comparison, left: f64, right: f64) -> Truth {
    if left.is_nan() || right.is_nan() {
        return Truth::Unknown;
    }
    let holds = match operator {
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
    };
    holds.into()
}

#[cfg(test)]
mod tests;
