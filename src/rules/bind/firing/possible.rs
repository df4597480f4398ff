//! What a condition can be at an instant, given how many readings its windows hold at most: an over-approximation, so that what it excludes never happens.

use crate::model::Unit;
use crate::rules::expr::{Arithmetic, Comparison, WindowFunction};
use crate::rules::plan::{Member, Node, Program, WindowSpec};

/// The truths that a condition can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Truths {
    /// It can hold.
    pub(super) holds: bool,
    /// It can be false.
    pub(super) fails: bool,
    /// It can be unknown.
    pub(super) is_unknown: bool,
}

/// The values that a number can have: none where it is unknown.
#[derive(Debug, Clone, Copy)]
struct Range {
    is_known: bool,
    least: f64,
    most: f64,
}

/// A comparison whose outcome is always the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Settled {
    /// Window on its left side.
    pub(super) slot: u16,
    /// How it compares.
    pub(super) comparison: Comparison,
    /// With which number.
    pub(super) number: f64,
    /// Whether it always holds; else it never does.
    pub(super) holds: bool,
}

/// Milliseconds times samples: how many readings a window can hold at most, when an instrument sends one per interval.
pub(super) const fn samples_max(spec: &WindowSpec) -> i64 {
    // A day has an hour more where clocks are put back.
    let width_ms = if spec.day.is_some() { spec.width_ms + 3_600_000 } else { spec.width_ms };
    (width_ms.saturating_add(spec.interval_ms - 1)) / spec.interval_ms
}

/// The values of a window. Frames may be missing, but an instrument sends no more than one per interval.
pub(super) fn range_of(spec: &WindowSpec) -> (f64, f64) {
    range_within(spec, samples_max(spec))
}

/// The values of a window that holds so many readings, or fewer.
fn range_within(spec: &WindowSpec, samples_max: i64) -> (f64, f64) {
    let samples_max = samples_max as f64;
    let is_direction = spec.unit == Unit::Degree.symbol();
    match spec.function {
        WindowFunction::Count => (0.0, samples_max),
        WindowFunction::Coverage => (0.0, 100.0 * samples_max / f64::from(spec.expected)),
        WindowFunction::Stddev => (0.0, f64::INFINITY),
        WindowFunction::Direction => (0.0, 360.0),
        WindowFunction::Last if is_direction => (0.0, 360.0),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// The truths that a condition of a member can have where `samples` says how many readings a window holds at most.
pub(super) fn truths(
    program: &Program,
    member: &Member,
    stations: usize,
    samples: &dyn Fn(&WindowSpec) -> i64,
) -> Truths {
    let mut stacks = Stacks { member, stations, samples, numbers: Vec::new(), truths: Vec::new() };
    program.0.iter().for_each(|node| stacks.take(*node));
    stacks.truths.pop().unwrap_or(Truths::UNKNOWN)
}

/// The comparisons of a window with a number whose outcome is always the same.
pub(super) fn settled(program: &Program, member: &Member) -> Vec<Settled> {
    let mut found = Vec::new();
    for nodes in program.0.windows(3) {
        let [left, right, Node::Compare(comparison)] = nodes else { continue };
        let (slot, number, comparison) = match (left, right) {
            (Node::Window(slot), Node::Number(number)) => (*slot, *number, *comparison),
            (Node::Number(number), Node::Window(slot)) => (*slot, *number, turned(*comparison)),
            _ => continue,
        };
        let Some(spec) = member.windows.get(usize::from(slot)) else { continue };
        let (least, most) = range_of(spec);
        let range = Range { is_known: true, least, most };
        let truths = compare(comparison, range, Range::of(number));
        if truths.holds != truths.fails {
            found.push(Settled { slot, comparison, number, holds: truths.holds });
        }
    }
    found
}

/// The comparison with its sides changed.
const fn turned(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        same => same,
    }
}

struct Stacks<'a> {
    member: &'a Member,
    stations: usize,
    samples: &'a dyn Fn(&WindowSpec) -> i64,
    numbers: Vec<Range>,
    truths: Vec<Truths>,
}

impl Stacks<'_> {
    fn take(&mut self, node: Node) {
        match node {
            Node::Window(slot) => {
                let range = self.window(slot);
                self.numbers.push(range);
            }
            Node::Number(number) => self.numbers.push(Range::of(number)),
            Node::Spread(_) => {
                self.numbers.push(Range { is_known: self.stations > 1, least: 0.0, most: f64::INFINITY });
            }
            Node::Mean(count, known_min) => self.mean(usize::from(count), usize::from(known_min)),
            Node::Arithmetic(operator) => {
                let (right, left) = (self.number(), self.number());
                self.numbers.push(left.join(operator, right));
            }
            Node::Compare(comparison) => {
                let (right, left) = (self.number(), self.number());
                self.truths.push(compare(comparison, left, right));
            }
            Node::Holds(slot) => {
                let is_known = self.window(slot).is_known;
                self.truths.push(if is_known { Truths::EITHER } else { Truths::UNKNOWN });
            }
            Node::Counted(place) => {
                let inner = self.member.counts.get(usize::from(place));
                let can_hold =
                    inner.is_some_and(|one| truths(&one.program, self.member, self.stations, &samples_max).holds);
                self.numbers.push(Range {
                    is_known: true,
                    least: 0.0,
                    most: if can_hold { f64::INFINITY } else { 0.0 },
                });
            }
            Node::Hours(_) => self.truths.push(Truths::EITHER),
            Node::Script(place) => {
                let count = self.member.scripts.get(usize::from(place)).map_or(0, |script| script.names.len());
                self.numbers.truncate(self.numbers.len().saturating_sub(count));
                self.truths.push(Truths { is_unknown: true, ..Truths::EITHER });
            }
            Node::And | Node::Or => {
                let (right, left) = (self.truth(), self.truth());
                self.truths.push(if node == Node::And { left.and(right) } else { left.not().and(right.not()).not() });
            }
            Node::Not => {
                let inner = self.truth();
                self.truths.push(inner.not());
            }
        }
    }

    fn window(&self, slot: u16) -> Range {
        let Some(spec) = self.member.windows.get(usize::from(slot)) else { return Range::ANY };
        let samples = (self.samples)(spec);
        let (least, most) = range_within(spec, samples);
        Range { is_known: samples >= spec.samples_needed(), least, most }
    }

    fn mean(&mut self, count: usize, known_min: usize) {
        let parts = self.numbers.split_off(self.numbers.len().saturating_sub(count));
        let known: Vec<Range> = parts.into_iter().filter(|part| part.is_known).collect();
        let least = known.iter().map(|part| part.least).fold(f64::INFINITY, f64::min);
        let most = known.iter().map(|part| part.most).fold(f64::NEG_INFINITY, f64::max);
        self.numbers.push(Range { is_known: known.len() >= known_min.max(1), least, most });
    }

    fn number(&mut self) -> Range {
        self.numbers.pop().unwrap_or(Range::ANY)
    }

    fn truth(&mut self) -> Truths {
        self.truths.pop().unwrap_or(Truths::UNKNOWN)
    }
}

impl Truths {
    const UNKNOWN: Self = Self { holds: false, fails: false, is_unknown: true };
    const EITHER: Self = Self { holds: true, fails: true, is_unknown: false };

    const fn not(self) -> Self {
        Self { holds: self.fails, fails: self.holds, is_unknown: self.is_unknown }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            holds: self.holds && other.holds,
            fails: self.fails || other.fails,
            is_unknown: (self.is_unknown && (other.holds || other.is_unknown)) || (self.holds && other.is_unknown),
        }
    }
}

impl Range {
    const ANY: Self = Self { is_known: true, least: f64::NEG_INFINITY, most: f64::INFINITY };

    const fn of(number: f64) -> Self {
        Self { is_known: true, least: number, most: number }
    }

    /// Sums and differences are followed, and products and quotients with a number; anything else may be any number.
    fn join(self, operator: Arithmetic, other: Self) -> Self {
        let is_known = self.is_known && other.is_known;
        let is_number = |range: Self| range.least.to_bits() == range.most.to_bits();
        let ends = match operator {
            Arithmetic::Add => [self.least + other.least, self.most + other.most],
            Arithmetic::Subtract => [self.least - other.most, self.most - other.least],
            Arithmetic::Multiply if is_number(other) => [self.least * other.least, self.most * other.least],
            Arithmetic::Multiply if is_number(self) => [self.least * other.least, self.least * other.most],
            Arithmetic::Divide if is_number(other) => [self.least / other.least, self.most / other.least],
            _ => [f64::NEG_INFINITY, f64::INFINITY],
        };
        if ends.iter().any(|end| end.is_nan()) {
            return Self { is_known, ..Self::ANY };
        }
        let [one, two] = ends;
        Self { is_known, least: one.min(two), most: one.max(two) }
    }
}

fn compare(comparison: Comparison, left: Range, right: Range) -> Truths {
    if !left.is_known || !right.is_known {
        return Truths::UNKNOWN;
    }
    let (can_be_less, can_be_more) = (left.least < right.most, left.most > right.least);
    let can_be_equal = left.least <= right.most && left.most >= right.least;
    let (holds, fails) = match comparison {
        Comparison::Greater => (can_be_more, can_be_less || can_be_equal),
        Comparison::GreaterOrEqual => (can_be_more || can_be_equal, can_be_less),
        Comparison::Less => (can_be_less, can_be_more || can_be_equal),
        Comparison::LessOrEqual => (can_be_less || can_be_equal, can_be_more),
        Comparison::Equal => (can_be_equal, can_be_less || can_be_more),
        Comparison::NotEqual => (can_be_less || can_be_more, can_be_equal),
    };
    Truths { holds, fails, is_unknown: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truths_join_as_the_truths_of_conditions_do() {
        use crate::verdict::Truth;
        let all = [Truth::False, Truth::Unknown, Truth::True];
        let only = |truth: Truth| Truths {
            holds: truth == Truth::True,
            fails: truth == Truth::False,
            is_unknown: truth == Truth::Unknown,
        };
        let union = |a: Truths, b: Truths| Truths {
            holds: a.holds || b.holds,
            fails: a.fails || b.fails,
            is_unknown: a.is_unknown || b.is_unknown,
        };
        let sets: Vec<Vec<Truth>> = (1_u8..8)
            .map(|bits| all.iter().zip(0..).filter(|(_, bit)| bits >> bit & 1 == 1).map(|(truth, _)| *truth).collect())
            .collect();
        let set = |of: &[Truth]| of.iter().map(|truth| only(*truth)).fold(Truths::default(), union);
        for left in &sets {
            for right in &sets {
                let joined: Vec<Truth> = left.iter().flat_map(|a| right.iter().map(|b| a.and(*b))).collect();
                assert_eq!(set(left).and(set(right)), set(&joined), "{left:?} {right:?}");
            }
            let turned: Vec<Truth> = left.iter().map(|truth| truth.not()).collect();
            assert_eq!(set(left).not(), set(&turned));
        }
    }

    #[test]
    fn ranges_follow_what_arithmetic_makes_of_them() {
        let range = |least, most| Range { is_known: true, least, most };
        let ends = |range: Range| (range.least, range.most);
        let count = range(0.0, 10.0);
        assert_eq!(ends(count.join(Arithmetic::Multiply, Range::of(-2.0))), (-20.0, 0.0));
        assert_eq!(ends(Range::of(3.0).join(Arithmetic::Subtract, count)), (-7.0, 3.0));
        assert_eq!(ends(count.join(Arithmetic::Divide, Range::of(4.0))), (0.0, 2.5));
        assert_eq!(ends(Range::of(1.0).join(Arithmetic::Divide, count)), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!(ends(Range::ANY.join(Arithmetic::Subtract, Range::ANY)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(!compare(Comparison::Greater, count, Range::of(10.0)).holds);
        assert!(compare(Comparison::GreaterOrEqual, count, Range::of(10.0)).holds);
        assert!(!compare(Comparison::GreaterOrEqual, count, Range::of(0.0)).fails);
    }
}
