//! Trees against the plain reading of postfix: two stacks, node by node.

use super::*;
use crate::base::checksum::Digest;
use parking_lot::Mutex;
use proptest::prelude::*;
use std::sync::Arc;

/// The two stacks of a program, node by node.
#[derive(Debug, Default)]
struct Stacks {
    numbers: Vec<f64>,
    truths: Vec<Truth>,
    /// Why a closure could not answer.
    fault: Option<String>,
}

impl Stacks {
    /// The truth that a condition leaves.
    fn truth(&mut self, program: &Program, inputs: Inputs<'_>) -> Truth {
        self.run(program, inputs);
        self.truths.pop().unwrap_or(Truth::Unknown)
    }

    /// The number that a series leaves; NaN where it is unknown.
    fn number(&mut self, program: &Program, inputs: Inputs<'_>) -> f64 {
        self.run(program, inputs);
        self.numbers.pop().unwrap_or(f64::NAN)
    }

    fn run(&mut self, program: &Program, inputs: Inputs<'_>) {
        self.numbers.clear();
        self.truths.clear();
        let at = |values: &[f64], index: u16| values.get(usize::from(index)).copied().unwrap_or(f64::NAN);
        for node in &program.0 {
            match node {
                Node::Window(index) | Node::Counted(index) => self.numbers.push(at(inputs.windows, *index)),
                Node::Spread(index) => self.numbers.push(at(inputs.spreads, *index)),
                Node::Holds(index) | Node::Hours(index) => {
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

const ARITHMETIC: [Arithmetic; 4] = [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide];
const COMPARISONS: [Comparison; 6] = [
    Comparison::Greater,
    Comparison::GreaterOrEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Equal,
    Comparison::NotEqual,
];

/// A node that pushes a number; some look for windows and spreads that there are not.
fn leaf() -> impl Strategy<Value = Node> {
    prop_oneof![
        6 => (0_u16..6).prop_map(Node::Window),
        2 => (0_u16..3).prop_map(Node::Spread),
        3 => prop_oneof![Just(0.0), Just(1e308), -3.0_f64..3.0].prop_map(Node::Number),
    ]
}

fn any_node() -> impl Strategy<Value = Node> {
    prop_oneof![
        6 => leaf(),
        2 => (0_u16..6).prop_map(Node::Holds),
        1 => (0_u16..4, 0_u16..4).prop_map(|(count, known_min)| Node::Mean(count, known_min)),
        2 => prop::sample::select(&ARITHMETIC[..]).prop_map(Node::Arithmetic),
        2 => prop::sample::select(&COMPARISONS[..]).prop_map(Node::Compare),
        3 => prop::sample::select(vec![Node::And, Node::Or, Node::Not]),
    ]
}

fn number() -> impl Strategy<Value = Vec<Node>> {
    leaf().prop_map(|node| vec![node]).prop_recursive(4, 24, 4, |inner| {
        let operators = prop::sample::select(&ARITHMETIC[..]).prop_map(Node::Arithmetic);
        let mean = (prop::collection::vec(inner.clone(), 0..4), 0_u16..4).prop_map(|(parts, known_min)| {
            let node = Node::Mean(u16::try_from(parts.len()).unwrap(), known_min);
            [parts.concat(), vec![node]].concat()
        });
        prop_oneof![
            (inner.clone(), inner, operators).prop_map(|(left, right, node)| [left, right, vec![node]].concat()),
            mean
        ]
    })
}

/// A condition that asks closures here and there: the closure of a place takes so many numbers.
fn truth() -> impl Strategy<Value = Vec<Node>> {
    let compare = (number(), number(), prop::sample::select(&COMPARISONS[..]))
        .prop_map(|(left, right, operator)| [left, right, vec![Node::Compare(operator)]].concat());
    let script = (0_u16..4).prop_flat_map(|place| {
        let count = if place < 3 { usize::from(place) } else { 0 };
        prop::collection::vec(number(), count)
            .prop_map(move |parts| [parts.concat(), vec![Node::Script(place)]].concat())
    });
    let leaf = prop_oneof![2 => compare, 1 => script, 1 => (0_u16..6).prop_map(|index| vec![Node::Holds(index)])];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let both = (inner.clone(), inner.clone(), prop::sample::select(vec![Node::And, Node::Or]))
            .prop_map(|(left, right, node)| [left, right, vec![node]].concat());
        prop_oneof![3 => both, 1 => inner.prop_map(|nodes| [nodes, vec![Node::Not]].concat())]
    })
}

/// What closures were asked: which, and the bits of what it was given.
type Heard = Arc<Mutex<Vec<(usize, Vec<u64>)>>>;

/// Closures of no, one and two numbers; those that are given an unknown one first have no answer.
fn scripts(heard: &Heard) -> Vec<Script> {
    let script = |place: usize| {
        let heard = Arc::clone(heard);
        let ask = move |numbers: &[f64]| {
            heard.lock().push((place, numbers.iter().map(|number| number.to_bits()).collect()));
            match numbers.first() {
                Some(number) if number.is_nan() => Err(format!("{place} knows nothing")),
                Some(number) => Ok((*number > 1.0).into()),
                None => Ok(Truth::True),
            }
        };
        let names = vec!["n".to_owned(); place];
        Script {
            names: names.into(),
            text: place.to_string().into(),
            surroundings: Digest([0; 32]),
            ask: Arc::new(ask),
        }
    };
    (0..3).map(script).collect()
}

fn windows() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![3 => -3.0_f64..3.0, 1 => Just(f64::NAN)], 5)
}

proptest! {
    #[test]
    fn a_condition_says_and_asks_as_a_tree_what_it_does_node_by_node(
        nodes in truth(), windows in windows(), spreads in prop::collection::vec(0.0_f64..3.0, 2),
    ) {
        let heard = Heard::default();
        let (scripts, program) = (scripts(&heard), Program(nodes));
        let inputs = Inputs { windows: &windows, spreads: &spreads, scripts: &scripts };
        let (mut stacks, mut asked) = (Stacks::default(), Asked::default());
        let plain = stacks.truth(&program, inputs);
        let heard_plainly = std::mem::take(&mut *heard.lock());
        prop_assert_eq!(TruthTree::of(&program, &scripts).truth(inputs, &mut asked), plain);
        prop_assert_eq!(&*heard.lock(), &heard_plainly);
        prop_assert_eq!(asked.fault, stacks.fault);
    }

    #[test]
    fn even_a_program_without_sense_leaves_the_same(
        nodes in prop::collection::vec(any_node(), 0..40), windows in windows(),
    ) {
        let inputs = Inputs { windows: &windows, spreads: &[0.5, f64::NAN], scripts: &[] };
        let (mut stacks, program) = (Stacks::default(), Program(nodes));
        prop_assert_eq!(TruthTree::of(&program, &[]).truth(inputs, &mut Asked::default()), stacks.truth(&program, inputs));
        let number = stacks.number(&program, inputs);
        prop_assert_eq!(NumberTree::of(&program).number(inputs).to_bits(), number.to_bits());
    }
}
