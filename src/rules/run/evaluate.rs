//! Runs the postfix programs of a plan. Unknown numbers are NaN here: readings never are.

use super::super::expr::{Arithmetic, Comparison};
use super::super::interpreted::Script;
use super::super::plan::{Node, Program};
use super::super::verdict::Truth;

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

/// The two stacks of a program, kept between runs so that nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    numbers: Vec<f64>,
    truths: Vec<Truth>,
    /// Why a closure could not answer.
    pub(super) fault: Option<String>,
}

impl Stacks {
    /// The truth that a condition leaves.
    pub(super) fn truth(&mut self, program: &Program, inputs: Inputs<'_>) -> Truth {
        self.run(program, inputs);
        self.truths.pop().unwrap_or(Truth::Unknown)
    }

    /// The number that a series leaves; NaN where it is unknown.
    pub(super) fn number(&mut self, program: &Program, inputs: Inputs<'_>) -> f64 {
        if let [Node::Window(index)] = program.0.as_slice() {
            return inputs.windows.get(usize::from(*index)).copied().unwrap_or(f64::NAN);
        }
        self.run(program, inputs);
        self.numbers.pop().unwrap_or(f64::NAN)
    }

    fn run(&mut self, program: &Program, inputs: Inputs<'_>) {
        self.numbers.clear();
        self.truths.clear();
        let at = |values: &[f64], index: u16| values.get(usize::from(index)).copied().unwrap_or(f64::NAN);
        for node in &program.0 {
            match node {
                Node::Window(index) => self.numbers.push(at(inputs.windows, *index)),
                Node::Spread(index) => self.numbers.push(at(inputs.spreads, *index)),
                Node::Holds(index) => {
                    let value = at(inputs.windows, *index);
                    self.truths.push(if value.is_nan() { Truth::Unknown } else { (value > 0.5).into() });
                }
                Node::Number(number) => self.numbers.push(*number),
                Node::Arithmetic(operator) => self.arithmetic(*operator),
                Node::Compare(operator) => self.compare(*operator),
                Node::Mean(count, known_min) => self.mean(usize::from(*count), usize::from(*known_min)),
                Node::Script(index) => self.ask(inputs.scripts.get(usize::from(*index))),
                Node::And => self.join(Truth::and),
                Node::Or => self.join(Truth::or),
                Node::Not => {
                    let truth = self.pop_truth();
                    self.truths.push(truth.not());
                }
            }
        }
    }

    fn pop_number(&mut self) -> f64 {
        self.numbers.pop().unwrap_or(f64::NAN)
    }

    fn pop_truth(&mut self) -> Truth {
        self.truths.pop().unwrap_or(Truth::Unknown)
    }

    fn arithmetic(&mut self, operator: Arithmetic) {
        let (right, left) = (self.pop_number(), self.pop_number());
        let result = match operator {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
        };
        self.numbers.push(if result.is_finite() { result } else { f64::NAN });
    }

    /// The mean of the topmost numbers that are known, added in the order in which they were pushed.
    fn mean(&mut self, count: usize, known_min: usize) {
        let from = self.numbers.len().saturating_sub(count);
        let (mut sum, mut known) = (0.0, 0_usize);
        for number in self.numbers.drain(from..).filter(|number| !number.is_nan()) {
            sum += number;
            known += 1;
        }
        let mean = sum / known as f64;
        self.numbers.push(if known >= known_min.max(1) && mean.is_finite() { mean } else { f64::NAN });
    }

    fn ask(&mut self, script: Option<&Script>) {
        let Some(script) = script else {
            self.truths.push(Truth::Unknown);
            return;
        };
        let from = self.numbers.len().saturating_sub(script.names.len());
        let answer = (script.ask)(self.numbers.get(from..).unwrap_or_default());
        self.numbers.truncate(from);
        let truth = answer.unwrap_or_else(|reason| {
            self.fault = Some(reason);
            Truth::Unknown
        });
        self.truths.push(truth);
    }

    #[expect(clippy::float_cmp, reason = "`==` on measurements is the operator's own wish; `rules check` warns of it")]
    fn compare(&mut self, operator: Comparison) {
        let (right, left) = (self.pop_number(), self.pop_number());
        if left.is_nan() || right.is_nan() {
            self.truths.push(Truth::Unknown);
            return;
        }
        let holds = match operator {
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
        };
        self.truths.push(holds.into());
    }

    fn join(&mut self, operator: impl Fn(Truth, Truth) -> Truth) {
        let (right, left) = (self.pop_truth(), self.pop_truth());
        self.truths.push(operator(left, right));
    }
}
