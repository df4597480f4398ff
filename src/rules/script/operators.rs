//! What operators do with symbols: arithmetic, comparison and logic leave an expression, and never a silent `false`.

use super::symbol::{self, Symbol};
use super::tracer::{Fault, Outcome, Tracer, fault, mistake};
use crate::base::limits::PLAN_NODES_MAX;
use crate::model::Unit;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Arithmetic, Comparison, Condition, Series, WindowFunction};
use crate::rules::getter::{number_text, quantity_text};
use crate::verdict::Place;
use rhai::Dynamic;
use std::sync::Arc;

/// Milliseconds of an hour, over which rates are told.
const HOUR_MS: f64 = 3_600_000.0;
/// Operators that leave a series.
pub(super) const ARITHMETIC: [&str; 4] = ["+", "-", "*", "/"];
/// Operators that leave a condition.
pub(super) const COMPARISONS: [&str; 6] = [">", ">=", "<", "<=", "==", "!="];
/// Operators that join conditions.
pub(super) const LOGIC: [&str; 4] = ["and", "or", "&&", "||"];
/// Operators that mean nothing for symbols.
pub(super) const REFUSED: [&str; 9] = ["%", "**", "<<", ">>", "&", "|", "^", "..", "..="];

/// Two operands and the operator between them.
pub(super) struct Operation<'a> {
    /// For whom.
    pub(super) tracer: &'a Tracer,
    /// The operator.
    pub(super) name: &'a str,
    /// Its token.
    pub(super) token: Option<usize>,
    /// Where it stands.
    pub(super) place: Place,
    /// The operand on its left.
    pub(super) left: Dynamic,
    /// The operand on its right.
    pub(super) right: Dynamic,
}

/// Runs an operator on two operands.
pub(super) fn binary(operation: &Operation<'_>) -> Outcome<Dynamic> {
    let is_poisoned = symbol::is_poison(&operation.left) || symbol::is_poison(&operation.right);
    if LOGIC.contains(&operation.name) {
        return logic(operation, is_poisoned);
    }
    if is_poisoned {
        return Err(Fault::Silent);
    }
    if let Some(comparison) = comparison_of(operation.name) {
        return compare(operation, comparison);
    }
    match arithmetic_of(operation.name) {
        Some(arithmetic) => calculate(operation, arithmetic),
        None => operation.unfit(match operation.name {
            "&" if operation.joins_conditions() => "write `and`",
            "|" if operation.joins_conditions() => "write `or`",
            _ => "use + - * / between measurements and quantities",
        }),
    }
}

/// Runs `-` or `+` before an operand.
pub(super) fn sign(name: &str, place: Place, operand: &Dynamic) -> Outcome<Dynamic> {
    match symbol::symbol(operand) {
        Some(value @ (Symbol::Series(..) | Symbol::Duration(_))) if name == "+" => Ok(Dynamic::from(value)),
        Some(Symbol::Duration(ms)) => Ok(Dynamic::from(Symbol::Duration(ms.saturating_neg()))),
        Some(Symbol::Series(series, nodes)) => {
            let minus = Series::Number { value: -1.0, unit: None, is_per_hour: false, place: place.clone() };
            join(Arithmetic::Multiply, (minus, 1), ((*series).clone(), nodes), place)
        }
        _ if symbol::is_poison(operand) => Err(Fault::Silent),
        _ => fault(place, format!("`{name}` cannot stand before {}", symbol::describe(operand)), "leave it out"),
    }
}

fn comparison_of(name: &str) -> Option<Comparison> {
    Some(match name {
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        _ => return None,
    })
}

fn arithmetic_of(name: &str) -> Option<Arithmetic> {
    Some(match name {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        "/" => Arithmetic::Divide,
        _ => return None,
    })
}

impl Operation<'_> {
    fn joins_conditions(&self) -> bool {
        [&self.left, &self.right].into_iter().all(|side| matches!(symbol::symbol(side), Some(Symbol::Condition(..))))
    }

    fn place_of_left(&self) -> Place {
        let source = &self.tracer.source;
        let token = self.token.and_then(|token| source.left_operand(token));
        token.map_or_else(|| self.place.clone(), |token| source.place(token))
    }

    fn place_of_right(&self) -> Place {
        let source = &self.tracer.source;
        let token = self.token.map(|token| token + 1).filter(|token| source.token(*token).is_some());
        token.map_or_else(|| self.place.clone(), |token| source.place(token))
    }

    fn unfit<T>(&self, help: &str) -> Outcome<T> {
        let (left, right) = (symbol::describe(&self.left), symbol::describe(&self.right));
        fault(self.place.clone(), format!("`{}` cannot join {left} and {right}", self.name), help)
    }

    /// Both operands as series, if each is one or a plain number.
    fn series(&self) -> Option<((Series, usize), (Series, usize))> {
        let left = series_of(&self.left, || self.place_of_left())?;
        let right = series_of(&self.right, || self.place_of_right())?;
        Some((left, right))
    }

    /// The complaint about a number without a unit against a quantity, if that is what this is.
    fn bare_number(&self, left: &Series, right: &Series) -> Option<Diagnostic> {
        let (bare, unit) = match (left, right) {
            (Series::Number { unit: None, .. }, Series::Number { unit: Some(unit), .. }) => (left, *unit),
            (Series::Number { unit: Some(unit), .. }, Series::Number { unit: None, .. }) => (right, *unit),
            _ => return None,
        };
        let Series::Number { value, place, .. } = bare else { return None };
        let message = format!("{} has no unit", number_text(*value));
        Some(mistake(place.clone(), message, format!("write {}", quantity_text(*value, unit))))
    }
}

fn series_of(value: &Dynamic, place: impl Fn() -> Place) -> Option<(Series, usize)> {
    if let Some(value) = symbol::number(value) {
        return Some((Series::Number { value, unit: None, is_per_hour: false, place: place() }, 1));
    }
    match symbol::symbol(value)? {
        Symbol::Series(series, nodes) => match (*series).clone() {
            Series::Number { value, unit, is_per_hour, .. } => {
                Some((Series::Number { value, unit, is_per_hour, place: place() }, nodes))
            }
            other => Some((other, nodes)),
        },
        _ => None,
    }
}

fn calculate(operation: &Operation<'_>, arithmetic: Arithmetic) -> Outcome<Dynamic> {
    if let Some(duration) = calculate_duration(operation, arithmetic) {
        return Ok(duration);
    }
    if let Some(rate) = calculate_rate(operation, arithmetic) {
        return Ok(rate);
    }
    let Some((left, right)) = operation.series() else {
        return operation.unfit("use + - * / between measurements and quantities");
    };
    let is_sum = matches!(arithmetic, Arithmetic::Add | Arithmetic::Subtract);
    if let Some(complaint) = operation.bare_number(&left.0, &right.0).filter(|_| is_sum) {
        return Err(Fault::Said(complaint));
    }
    join(arithmetic, left, right, operation.place.clone())
}

fn calculate_duration(operation: &Operation<'_>, arithmetic: Arithmetic) -> Option<Dynamic> {
    let of = |value: &Dynamic| match symbol::symbol(value) {
        Some(Symbol::Duration(ms)) => Some(ms),
        _ => None,
    };
    let (left, right) = (of(&operation.left), of(&operation.right));
    let ms = match (arithmetic, left, right) {
        (Arithmetic::Add, Some(left), Some(right)) => left.saturating_add(right),
        (Arithmetic::Subtract, Some(left), Some(right)) => left.saturating_sub(right),
        (Arithmetic::Divide, Some(left), Some(right)) if right != 0 => {
            return Some(Dynamic::from(left as f64 / right as f64));
        }
        (Arithmetic::Multiply, Some(left), None) => {
            symbol::duration_ms(symbol::number(&operation.right)? * left as f64, 1)?
        }
        (Arithmetic::Multiply, None, Some(right)) => {
            symbol::duration_ms(symbol::number(&operation.left)? * right as f64, 1)?
        }
        (Arithmetic::Divide, Some(left), None) => {
            symbol::duration_ms(left as f64 / symbol::number(&operation.right)?, 1)?
        }
        _ => return None,
    };
    Some(Dynamic::from(Symbol::Duration(ms)))
}

/// A quantity over a duration, or so much in a time times a duration.
fn calculate_rate(operation: &Operation<'_>, arithmetic: Arithmetic) -> Option<Dynamic> {
    let (Some(Symbol::Series(series, _)), Some(Symbol::Duration(ms))) =
        (symbol::symbol(&operation.left), symbol::symbol(&operation.right))
    else {
        return None;
    };
    let Series::Number { value, unit, is_per_hour, place } = (*series).clone() else { return None };
    let hours = ms as f64 / HOUR_MS;
    let (value, is_per_hour) = match (arithmetic, is_per_hour) {
        (Arithmetic::Divide, false) => (value / hours, true),
        (Arithmetic::Multiply, true) => (value * hours, false),
        _ => return None,
    };
    let number = Series::Number { value, unit, is_per_hour, place };
    value.is_finite().then(|| Dynamic::from(Symbol::Series(Arc::new(number), 1)))
}

/// Joins two series; two numbers that need no conversion become one.
fn join(arithmetic: Arithmetic, left: (Series, usize), right: (Series, usize), place: Place) -> Outcome<Dynamic> {
    if let Some((value, unit, is_per_hour)) = fold(arithmetic, &left.0, &right.0) {
        let folded = Series::Number { value, unit, is_per_hour, place };
        return Ok(unit.map_or_else(|| Dynamic::from(value), |_| Dynamic::from(Symbol::Series(Arc::new(folded), 1))));
    }
    let nodes = left.1 + right.1 + 1;
    check_size(nodes, &place)?;
    let series = Series::Binary { operator: arithmetic, left: Arc::new(left.0), right: Arc::new(right.0), place };
    Ok(Dynamic::from(Symbol::Series(Arc::new(series), nodes)))
}

/// The value and unit of two numbers joined, and whether it is so much in an hour, where no factor between units is needed.
fn fold(arithmetic: Arithmetic, left: &Series, right: &Series) -> Option<(f64, Option<Unit>, bool)> {
    let (
        Series::Number { value: a, unit: u, is_per_hour: p, .. },
        Series::Number { value: b, unit: v, is_per_hour: q, .. },
    ) = (left, right)
    else {
        return None;
    };
    let is_like = (u, p) == (v, q);
    let folded = match arithmetic {
        Arithmetic::Add if is_like => (a + b, *u, *p),
        Arithmetic::Subtract if is_like => (a - b, *u, *p),
        Arithmetic::Multiply if u.is_none() || v.is_none() => (a * b, u.or(*v), *p || *q),
        Arithmetic::Divide if is_like => (a / b, None, false),
        Arithmetic::Divide if v.is_none() => (a / b, *u, *p),
        _ => return None,
    };
    folded.0.is_finite().then_some(folded)
}

/// Refuses an expression of too many nodes.
pub(super) fn check_size(nodes: usize, place: &Place) -> Outcome<()> {
    if nodes > PLAN_NODES_MAX {
        let message = format!("this expression has more than {PLAN_NODES_MAX} parts");
        return fault(place.clone(), message, "split it into several rules");
    }
    Ok(())
}

fn compare(operation: &Operation<'_>, comparison: Comparison) -> Outcome<Dynamic> {
    let (left, right) = (symbol::symbol(&operation.left), symbol::symbol(&operation.right));
    match (&left, &right) {
        (None, None) => compare_plain(operation, comparison),
        (Some(Symbol::Duration(left)), Some(Symbol::Duration(right))) => {
            Ok(Dynamic::from(holds(comparison, left, right)))
        }
        (Some(Symbol::Condition(..)), _) | (_, Some(Symbol::Condition(..))) => {
            operation.unfit("compare two measurements at a time, and join the comparisons with `and` or `or`")
        }
        _ => compare_series(operation, comparison),
    }
}

fn compare_series(operation: &Operation<'_>, comparison: Comparison) -> Outcome<Dynamic> {
    let Some((left, right)) = operation.series() else {
        return operation.unfit("compare a measurement with a quantity, such as 30.ppb");
    };
    if let Some(complaint) = operation.bare_number(&left.0, &right.0) {
        return Err(Fault::Said(complaint));
    }
    let place = operation.place.clone();
    if matches!((&left.0, &right.0), (Series::Number { .. }, Series::Number { .. })) {
        return fault(
            place,
            "both sides are constants",
            "compare a measurement with a constant: avg(\"benzene\", 10.minutes) > 30.ppb",
        );
    }
    let is_exact = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if is_exact && !is_count(&left.0) && !is_count(&right.0) {
        let message = format!("`{}` between measurements depends on their last digit", operation.name);
        let diagnostic =
            Diagnostic { is_warning: true, ..mistake(place.clone(), message, "write `>=` and `<=` with a margin") };
        operation.tracer.report(diagnostic);
    }
    let nodes = left.1 + right.1 + 1;
    check_size(nodes, &place)?;
    let condition = Condition::Compare { operator: comparison, left: left.0, right: right.0, place };
    Ok(Dynamic::from(Symbol::Condition(Arc::new(condition), nodes)))
}

fn is_count(series: &Series) -> bool {
    matches!(series, Series::Window(term) if term.function == WindowFunction::Count)
}

/// Compares values of Rhai's own types, whose operators say a silent `false` where the types differ.
fn compare_plain(operation: &Operation<'_>, comparison: Comparison) -> Outcome<Dynamic> {
    let (left, right) = (&operation.left, &operation.right);
    let text = |value: &Dynamic| value.as_char().map(String::from).or_else(|_| value.clone().into_string()).ok();
    if let (Some(left), Some(right)) = (text(left), text(right)) {
        return Ok(Dynamic::from(holds(comparison, &left, &right)));
    }
    if let (Ok(left), Ok(right)) = (left.as_bool(), right.as_bool()) {
        return Ok(Dynamic::from(holds(comparison, &left, &right)));
    }
    if left.is_unit() || right.is_unit() {
        let is_same = left.is_unit() && right.is_unit();
        match comparison {
            Comparison::Equal => return Ok(Dynamic::from(is_same)),
            Comparison::NotEqual => return Ok(Dynamic::from(!is_same)),
            _ => {}
        }
    }
    operation.unfit("compare values of one kind")
}

fn holds<T: PartialOrd>(comparison: Comparison, left: &T, right: &T) -> bool {
    match comparison {
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
    }
}

/// `and` and `or`. A mistake on one side leaves the other, so that its mistakes are found as well.
fn logic(operation: &Operation<'_>, is_poisoned: bool) -> Outcome<Dynamic> {
    let (left, right) = (&operation.left, &operation.right);
    let is_and = matches!(operation.name, "and" | "&&");
    if let (Ok(left), Ok(right)) = (left.as_bool(), right.as_bool()) {
        return Ok(Dynamic::from(if is_and { left && right } else { left || right }));
    }
    let is_fit = is_poisoned
        || [left, right].into_iter().all(|side| matches!(symbol::symbol(side), Some(Symbol::Condition(..))));
    if is_fit && matches!(operation.name, "&&" | "||") {
        let word = if is_and { "and" } else { "or" };
        let message = format!("`{}` does not join conditions", operation.name);
        operation.tracer.report(mistake(operation.place.clone(), message, format!("write `{word}`")));
    }
    let (a, b) = match (symbol::symbol(left), symbol::symbol(right)) {
        (Some(Symbol::Condition(a, m)), Some(Symbol::Condition(b, n))) => ((a, m), (b, n)),
        (Some(only @ Symbol::Condition(..)), None) | (None, Some(only @ Symbol::Condition(..))) if is_poisoned => {
            return Ok(Dynamic::from(only));
        }
        _ if is_poisoned => return Err(Fault::Silent),
        _ => return operation.unfit("join two comparisons, such as avg(\"benzene\", 10.minutes) > 30.ppb"),
    };
    let nodes = a.1 + b.1 + 1;
    check_size(nodes, &operation.place)?;
    let joined = if is_and { Condition::And(a.0, b.0) } else { Condition::Or(a.0, b.0) };
    Ok(Dynamic::from(Symbol::Condition(Arc::new(joined), nodes)))
}
