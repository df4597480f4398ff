//! Runs the postfix programs of a plan. Unknown numbers are NaN here: readings never are.

use super::super::expr::{Arithmetic, Comparison};
use super::super::plan::{Node, Program};
use super::super::verdict::Truth;

/// The two stacks of a program, kept between runs so that nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    numbers: Vec<f64>,
    truths: Vec<Truth>,
}

impl Stacks {
    /// The truth that a condition leaves.
    pub(super) fn truth(&mut self, program: &Program, window: &impl Fn(u16) -> Option<f64>) -> Truth {
        self.run(program, window);
        self.truths.pop().unwrap_or(Truth::Unknown)
    }

    /// The number that a series leaves.
    pub(super) fn number(&mut self, program: &Program, window: &impl Fn(u16) -> Option<f64>) -> Option<f64> {
        self.run(program, window);
        self.numbers.pop().filter(|number| number.is_finite())
    }

    fn run(&mut self, program: &Program, window: &impl Fn(u16) -> Option<f64>) {
        self.numbers.clear();
        self.truths.clear();
        for node in &program.0 {
            match node {
                Node::Window(index) => self.numbers.push(window(*index).unwrap_or(f64::NAN)),
                Node::Number(number) => self.numbers.push(*number),
                Node::Arithmetic(operator) => self.arithmetic(*operator),
                Node::Compare(operator) => self.compare(*operator),
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
