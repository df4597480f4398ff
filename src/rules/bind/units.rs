//! Brings two values to one unit: constants to the channel's, and otherwise the right one to the left one's.

use super::channels::mistake;
use crate::model::{Channel, Dimension, Line, ModelError, ReferenceState, Unit};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::Arithmetic;
use crate::rules::getter::{number_text, quantity_text};
use crate::rules::plan::Node;
use crate::verdict::Place;

/// A molar mass for conversions between two mass concentrations, out of which it cancels.
const ANY_MOLAR_MASS_G_PER_MOL: f64 = 100.0;

/// What is known of the gas behind a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gas {
    /// The channel's name.
    pub(super) channel: String,
    /// The molar mass of its species.
    pub(super) molar_mass_g_per_mol: Option<f64>,
    /// The state that mass concentrations refer to.
    pub(super) reference: ReferenceState,
}

impl Gas {
    /// The gas of a channel.
    pub(super) fn of(channel: &Channel) -> Self {
        let molar_mass_g_per_mol = channel.molar_mass_g_per_mol();
        Self { channel: channel.name().to_owned(), molar_mass_g_per_mol, reference: channel.reference() }
    }
}

/// What a value counts from. It matters where units count from different zeros: 5 K as a difference are 5 degC, as a reading -268.15 degC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// The zero of its unit: a reading, or a known number.
    Zero,
    /// Another value of its kind: a difference, a spread, a standard deviation.
    Difference,
    /// Neither: a sum or a product.
    Unclear,
}

/// A program that leaves one number, and what that number is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    /// The program.
    pub(super) nodes: Vec<Node>,
    /// The number's unit; [`Unit::One`] for a plain number.
    pub(super) unit: Unit,
    /// Whether it is so much in an hour.
    pub(super) is_per_hour: bool,
    /// What it counts from.
    pub(super) basis: Basis,
    /// The detection limit of the one channel whose values it is made of, in `unit`.
    pub(super) detection_limit: Option<f64>,
    /// The gas, where channels are involved.
    pub(super) gas: Option<Gas>,
    /// The number itself, where it is known.
    pub(super) constant: Option<f64>,
    /// Where it stands.
    pub(super) place: Place,
}

impl Value {
    /// A known number.
    pub(super) fn constant(value: f64, unit: Unit, place: Place) -> Self {
        let nodes = vec![Node::Number(value)];
        let (is_per_hour, basis, detection_limit, gas) = (false, Basis::Zero, None, None);
        Self { nodes, unit, is_per_hour, basis, detection_limit, gas, constant: Some(value), place }
    }

    /// The unit in words: `ppb`, or `ppb/h`.
    pub(super) fn unit_text(&self) -> String {
        format!("{}{}", self.unit.symbol(), if self.is_per_hour { "/h" } else { "" })
    }

    /// The same value in another unit, for comparison with a value of `gas`.
    pub(super) fn converted(mut self, unit: Unit, gas: Option<&Gas>) -> Result<Self, ModelError> {
        if let Some(line) = self.unit.line_to(unit).filter(|line| line.is_shifted()) {
            return self.shifted(unit, line);
        }
        if let Some(value) = self.constant {
            let molar_mass = gas.and_then(|gas| gas.molar_mass_g_per_mol);
            let reference = gas.map_or(ReferenceState::C25, |gas| gas.reference);
            let value = self.unit.convert(value, unit, molar_mass, reference)?;
            let is_per_hour = self.is_per_hour;
            return Ok(Self { gas: gas.cloned(), is_per_hour, ..Self::constant(value, unit, self.place) });
        }
        let factor = self.factor_to(unit, gas)?;
        if factor.to_bits() != 1.0_f64.to_bits() {
            self.nodes.extend([Node::Number(factor), Node::Arithmetic(Arithmetic::Multiply)]);
        }
        Ok(Self { unit, ..self })
    }

    /// The same value in a unit that counts from another zero.
    fn shifted(mut self, unit: Unit, line: Line) -> Result<Self, ModelError> {
        let is_difference = self.is_per_hour || self.basis == Basis::Difference;
        if self.basis == Basis::Unclear && !is_difference {
            let (from, to) = (self.unit.symbol(), unit.symbol());
            let reason = "they count from different zeros, and a sum or a product of readings converts to neither";
            return Err(ModelError::Inconvertible { from, to, reason });
        }
        let shift = if is_difference { 0.0 } else { line.shift() };
        if let Some(value) = self.constant {
            let value = if is_difference { value * line.factor() } else { line.convert(value) };
            let (is_per_hour, basis) = (self.is_per_hour, self.basis);
            return Ok(Self { gas: self.gas, is_per_hour, basis, ..Self::constant(value, unit, self.place) });
        }
        for (number, arithmetic, neutral) in
            [(line.factor(), Arithmetic::Multiply, 1.0_f64), (shift, Arithmetic::Add, 0.0)]
        {
            if number.to_bits() != neutral.to_bits() {
                self.nodes.extend([Node::Number(number), Node::Arithmetic(arithmetic)]);
            }
        }
        Ok(Self { unit, detection_limit: None, ..self })
    }

    fn factor_to(&self, unit: Unit, gas: Option<&Gas>) -> Result<f64, ModelError> {
        let own = self.gas.as_ref();
        let molar_mass = own.or(gas).and_then(|gas| gas.molar_mass_g_per_mol);
        let state_of = |gas: Option<&Gas>| gas.map_or(ReferenceState::C25, |gas| gas.reference);
        let (from, to) = (state_of(own.or(gas)), state_of(gas.or(own)));
        match (self.unit.dimension(), unit.dimension()) {
            (Dimension::MassConcentration, Dimension::MassConcentration) if from != to => {
                let any = Some(ANY_MOLAR_MASS_G_PER_MOL);
                Ok(self.unit.factor_to(Unit::Ppb, any, from)? * Unit::Ppb.factor_to(unit, any, to)?)
            }
            (Dimension::MixingRatio, _) => self.unit.factor_to(unit, molar_mass, to),
            _ => self.unit.factor_to(unit, molar_mass, from),
        }
    }

    /// Whether it is a number without a unit.
    pub(super) fn is_plain(&self) -> bool {
        self.unit == Unit::One && !self.is_per_hour
    }
}

/// Both values in one unit, or what keeps them apart; `place` is the operator's.
pub(super) fn align(left: Value, right: Value, place: &Place) -> Result<(Value, Value), Diagnostic> {
    if left.is_plain() != right.is_plain() {
        return Err(without_unit(&left, &right, place));
    }
    if left.is_per_hour != right.is_per_hour {
        let message = format!("{} and {} cannot be brought to one unit", left.unit_text(), right.unit_text());
        let help = "a rate is so much in a time: write rate(\"benzene\", 10.minutes) > 20.ppb / 1.hour";
        return Err(mistake(place, message, help));
    }
    let complain = |error: ModelError| explain(&left, &right, &error, place);
    if left.constant.is_some() && right.constant.is_none() {
        let number = Value { basis: right.basis, ..left.clone() };
        let aligned = number.converted(right.unit, right.gas.as_ref()).map_err(complain)?;
        return Ok((aligned, right));
    }
    let basis = if left.basis == right.basis || right.constant.is_some() { left.basis } else { Basis::Unclear };
    let value = Value { basis, ..right.clone() };
    let aligned = value.converted(left.unit, left.gas.as_ref()).map_err(complain)?;
    Ok((left, Value { basis: right.basis, ..aligned }))
}

/// Whether two values are in units that count from different zeros.
fn have_different_zeros(left: &Value, right: &Value) -> bool {
    left.unit.line_to(right.unit).is_some_and(Line::is_shifted)
}

/// Refuses a known number that is added to a reading in a unit with another zero: nobody can tell whether it is a reading or a difference.
fn check_sum(left: &Value, right: &Value, place: &Place) -> Result<(), Diagnostic> {
    let is_clear = |value: &Value| value.constant.is_none() && value.basis == Basis::Difference;
    let has_number = left.constant.is_some() || right.constant.is_some();
    if !has_number || is_clear(left) || is_clear(right) || !have_different_zeros(left, right) {
        return Ok(());
    }
    let own = if left.constant.is_some() { right.unit } else { left.unit };
    let message = format!("{} and {} count from different zeros", left.unit, right.unit);
    Err(mistake(place, message, format!("write the number in {own}")))
}

/// What the sum or difference of two values counts from.
fn basis_of_sum(operator: Arithmetic, left: &Value, right: &Value) -> Basis {
    let is_difference = |value: &Value| value.constant.is_some() || value.basis == Basis::Difference;
    match (left.constant, right.constant) {
        (Some(_), Some(_)) => Basis::Zero,
        _ if is_difference(left) && is_difference(right) => Basis::Difference,
        (None, None) if operator == Arithmetic::Subtract && left.basis == Basis::Zero && right.basis == Basis::Zero => {
            Basis::Difference
        }
        _ => Basis::Unclear,
    }
}

/// What a value counts from once a plain number has multiplied or divided it.
fn basis_of_product(value: &Value) -> Basis {
    if value.constant.is_none() && value.basis == Basis::Zero { Basis::Unclear } else { value.basis }
}

/// The warning about a threshold that the instrument cannot see.
pub(super) fn check_detection(left: &Value, right: &Value) -> Option<Diagnostic> {
    let (number, limit, place) = match (left.constant, right.constant) {
        (None, Some(number)) => (number, left.detection_limit?, &right.place),
        (Some(number), None) => (number, right.detection_limit?, &left.place),
        _ => return None,
    };
    if number >= limit {
        return None;
    }
    let [number, limit] = [number, limit].map(|number| quantity_text(number, left.unit));
    let message = format!("{number} is below the channel's detection limit of {limit}");
    let help = "a comparison there is mostly noise; write a greater number";
    Some(Diagnostic { is_warning: true, ..mistake(place, message, help) })
}

/// One of a value's unit, as an operator would write it.
pub(super) fn one_of(value: &Value) -> Option<String> {
    let one = quantity_text(1.0, value.unit);
    (value.unit != Unit::One).then(|| if value.is_per_hour { format!("({one} / 1.hour)") } else { one })
}

fn without_unit(left: &Value, right: &Value, place: &Place) -> Diagnostic {
    let (plain, other) = if left.is_plain() { (left, right) } else { (right, left) };
    match plain.constant {
        Some(number) => {
            let help = format!("write {}", quantity_text(number, other.unit));
            mistake(&plain.place, format!("{} has no unit", number_text(number)), help)
        }
        None => {
            let message = format!("a plain number meets a value in {}", other.unit);
            mistake(place, message, "divide by a measurement of the same kind, or compare with a plain number")
        }
    }
}

fn explain(left: &Value, right: &Value, error: &ModelError, place: &Place) -> Diagnostic {
    let is_concentration =
        |value: &Value| matches!(value.unit.dimension(), Dimension::MixingRatio | Dimension::MassConcentration);
    let message = format!("{} and {} cannot be brought to one unit", left.unit, right.unit);
    if is_concentration(left) && is_concentration(right) {
        let gas = [left, right]
            .into_iter()
            .filter_map(|value| value.gas.as_ref())
            .find(|gas| gas.molar_mass_g_per_mol.is_none());
        if let Some(gas) = gas {
            let own = if left.constant.is_some() { right.unit } else { left.unit };
            let message =
                format!("{message}: channel `{}` has no species, so its molar mass is not known", gas.channel);
            return mistake(
                place,
                message,
                format!("write the quantity in {own}, or register the channel with its species"),
            );
        }
    }
    let reason = match error {
        ModelError::Inconvertible { reason, .. } => (*reason).to_owned(),
        other => other.to_string(),
    };
    mistake(place, format!("{message}: {reason}"), remedy(left, right))
}

/// What to write where two values have no unit in which they could meet.
fn remedy(left: &Value, right: &Value) -> String {
    match (left.constant, right.constant) {
        (None, Some(_)) => format!("write a number in {}, or in a unit that converts to it", left.unit),
        (Some(_), None) => format!("write a number in {}, or in a unit that converts to it", right.unit),
        _ => "compare or join only channels that measure the same kind of quantity".to_owned(),
    }
}

/// One value of two, or what keeps them apart.
pub(super) fn join(operator: Arithmetic, left: Value, right: Value, place: &Place) -> Result<Value, Diagnostic> {
    if operator == Arithmetic::Divide && right.constant == Some(0.0) {
        let help = "divide by another number: with zero the condition would be unknown for ever";
        return Err(mistake(place, "this divides by zero", help));
    }
    let is_per_hour = match operator {
        Arithmetic::Divide => left.is_per_hour && !right.is_per_hour,
        _ => left.is_per_hour || right.is_per_hour,
    };
    let (left, right, unit, basis) = match operator {
        Arithmetic::Add | Arithmetic::Subtract => {
            check_sum(&left, &right, place)?;
            let (left, right) = align(left, right, place)?;
            let (unit, basis) = (left.unit, basis_of_sum(operator, &left, &right));
            (left, right, unit, basis)
        }
        Arithmetic::Multiply if left.is_plain() || right.is_plain() => {
            let measured = if left.is_plain() { &right } else { &left };
            let (unit, basis) = (measured.unit, basis_of_product(measured));
            (left, right, unit, basis)
        }
        Arithmetic::Divide if right.is_plain() => {
            let (unit, basis) = (left.unit, basis_of_product(&left));
            (left, right, unit, basis)
        }
        Arithmetic::Divide if !left.is_plain() => {
            let (left, right) = align(in_unit_of_number(left, &right, place)?, right, place)?;
            (left, right, Unit::One, Basis::Zero)
        }
        _ => {
            let word = if operator == Arithmetic::Multiply { "product" } else { "quotient" };
            let (left, right) = (in_words(&left), in_words(&right));
            let message = format!("a {word} of {left} and {right} has no unit that rules know");
            return Err(mistake(place, message, "multiply or divide by a plain number, or divide values of one kind"));
        }
    };
    let has_answer = |value: &Value| value.constant.is_some();
    let are_known = has_answer(&left) && has_answer(&right);
    let joined = joined(operator, left, right, unit);
    if are_known && !has_answer(&joined) {
        return Err(mistake(place, "the result is not a finite number", "write smaller numbers"));
    }
    Ok(Value { is_per_hour, basis, ..joined })
}

/// A value that a known number divides, in the number's unit where that counts from another zero: `last("temperature") / 1.degC` is what a
/// thermometer in degrees Celsius shows.
fn in_unit_of_number(left: Value, right: &Value, place: &Place) -> Result<Value, Diagnostic> {
    if left.is_per_hour || right.constant.is_none() || !have_different_zeros(&left, right) {
        return Ok(left);
    }
    let converted = left.clone().converted(right.unit, None);
    converted.map_err(|error| explain(&left, right, &error, place))
}

fn in_words(value: &Value) -> String {
    if value.is_plain() { "a plain number".to_owned() } else { value.unit_text() }
}

fn joined(operator: Arithmetic, left: Value, right: Value, unit: Unit) -> Value {
    let folded = match (left.constant, right.constant) {
        (Some(a), Some(b)) => Some(match operator {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
        }),
        _ => None,
    };
    let gas = left.gas.or(right.gas);
    if let Some(value) = folded.filter(|value| value.is_finite()) {
        return Value { gas, ..Value::constant(value, unit, left.place) };
    }
    let mut nodes = left.nodes;
    nodes.extend(right.nodes);
    nodes.push(Node::Arithmetic(operator));
    let (is_per_hour, basis) = (false, Basis::Unclear);
    Value { nodes, unit, is_per_hour, basis, detection_limit: None, gas, constant: None, place: left.place }
}
