//! Units as far as they are known without a station: channels that bear the name of a species measure its concentration.

use super::channels::mistake;
use crate::model::{Dimension, Unit, species};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::expr::{Arithmetic, Condition, Rule, Series, WindowFunction, WindowTerm};
use crate::rules::getter::{number_text, quantity_text};
use crate::verdict::Place;
use std::collections::BTreeSet;

/// What is known of a rule's units without its stations.
#[derive(Debug, Default)]
pub(in crate::rules) struct SpeciesCheck {
    /// What is wrong.
    pub(in crate::rules) mistakes: Vec<Diagnostic>,
    /// The channels whose units are not known.
    pub(in crate::rules) unchecked: BTreeSet<String>,
}

/// What a series measures, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Anything: its channels are of no species.
    Unknown,
    /// A number without a unit.
    Plain,
    /// The concentration of a species, or so much of it in an hour.
    Gas { is_per_hour: bool },
    /// A quantity with this unit.
    Quantity(Unit),
}

/// Checks the units of a rule without its stations.
pub(in crate::rules) fn check_species(rule: &Rule) -> SpeciesCheck {
    let mut check = SpeciesCheck::default();
    rule.conditions().for_each(|condition| check.condition(condition));
    check
}

impl SpeciesCheck {
    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Compare { left, right, place, .. } => {
                let kinds = (self.kind(left), self.kind(right));
                self.compare((left, right), kinds, place);
            }
            Condition::And(left, right) | Condition::Or(left, right) => {
                self.condition(left);
                self.condition(right);
            }
            Condition::Not(inner) | Condition::Exceedances { inner, .. } => self.condition(inner),
            Condition::Script { terms, .. } => terms.iter().for_each(|(name, series)| {
                if let Kind::Gas { .. } = self.kind(series) {
                    let message = format!("`{name}` is a concentration, and a closure receives plain numbers only");
                    let help = "divide it by the unit that the closure expects: 1.ppb";
                    self.mistakes.extend(place_of(series).map(|place| mistake(place, message, help)));
                }
            }),
            _ => {}
        }
    }

    /// Two sides that must have one unit.
    fn compare(&mut self, (left, right): (&Series, &Series), (of_left, of_right): (Kind, Kind), place: &Place) {
        let plain = match (of_left, of_right) {
            (Kind::Plain, Kind::Gas { .. } | Kind::Quantity(_)) => Some((left, of_right)),
            (Kind::Gas { .. } | Kind::Quantity(_), Kind::Plain) => Some((right, of_left)),
            _ => None,
        };
        if let Some((plain, other)) = plain {
            self.mistakes.push(without_unit(plain, other, place));
        } else if !of_left.fits(of_right) {
            let message = format!("{} and {} cannot be brought to one unit", of_left.words(), of_right.words());
            let help = "compare or join only values of one kind: a concentration with 30.ppb or 30.ug_m3, a rate with 20.ppb / 1.hour";
            self.mistakes.push(mistake(place, message, help));
        }
    }

    fn kind(&mut self, series: &Series) -> Kind {
        match series {
            Series::Number { unit: None, .. } => Kind::Plain,
            Series::Number { unit: Some(unit), is_per_hour, .. } => match (unit.dimension(), is_per_hour) {
                (Dimension::MixingRatio | Dimension::MassConcentration, _) => Kind::Gas { is_per_hour: *is_per_hour },
                (_, false) => Kind::Quantity(*unit),
                (_, true) => Kind::Unknown,
            },
            Series::Window(term) => self.window(term),
            Series::Param(param) => self.kind(&param.default),
            Series::Spread { inner, .. } | Series::Mean { inner, .. } => self.kind(inner),
            Series::Binary { operator, left, right, place } => {
                let kinds = (self.kind(left), self.kind(right));
                self.join(*operator, (left, right), kinds, place)
            }
        }
    }

    fn window(&mut self, term: &WindowTerm) -> Kind {
        let name = term.channel.rsplit_once('/').map_or(term.channel.as_str(), |(_, name)| name);
        match term.function {
            WindowFunction::Count => Kind::Plain,
            WindowFunction::Coverage => Kind::Quantity(Unit::Percent),
            function if species::find(name).is_ok() => Kind::Gas { is_per_hour: function == WindowFunction::Rate },
            _ => {
                self.unchecked.insert(term.channel.clone());
                Kind::Unknown
            }
        }
    }

    fn join(
        &mut self,
        operator: Arithmetic,
        (left, right): (&Series, &Series),
        (of_left, of_right): (Kind, Kind),
        place: &Place,
    ) -> Kind {
        match (operator, of_left, of_right) {
            (_, Kind::Unknown, _) | (_, _, Kind::Unknown) => Kind::Unknown,
            (Arithmetic::Add | Arithmetic::Subtract, ..) => {
                self.compare((left, right), (of_left, of_right), place);
                if of_left == Kind::Plain { of_right } else { of_left }
            }
            (Arithmetic::Multiply | Arithmetic::Divide, kind, Kind::Plain)
            | (Arithmetic::Multiply, Kind::Plain, kind) => kind,
            (Arithmetic::Divide, Kind::Gas { is_per_hour: a }, Kind::Gas { is_per_hour: b }) if a == b => Kind::Plain,
            _ => Kind::Unknown,
        }
    }
}

impl Kind {
    /// Whether both may have one unit. A species may be measured in percent, of volume or of its explosion limit.
    fn fits(self, other: Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => true,
            (Self::Gas { is_per_hour: false }, Self::Quantity(unit))
            | (Self::Quantity(unit), Self::Gas { is_per_hour: false }) => {
                matches!(unit, Unit::Percent | Unit::Millivolt | Unit::Volt | Unit::OdourUnitPerM3)
            }
            (Self::Quantity(one), Self::Quantity(other)) => one.dimension() == other.dimension(),
            _ => self == other,
        }
    }

    const fn is_per_hour(self) -> bool {
        matches!(self, Self::Gas { is_per_hour: true })
    }

    fn words(self) -> String {
        match self {
            Self::Unknown => "a value".to_owned(),
            Self::Plain => "a plain number".to_owned(),
            Self::Gas { is_per_hour: false } => "a concentration".to_owned(),
            Self::Gas { is_per_hour: true } => "a concentration per hour".to_owned(),
            Self::Quantity(unit) => format!("a value in {unit}"),
        }
    }
}

fn without_unit(plain: &Series, other: Kind, place: &Place) -> Diagnostic {
    let unit = match other {
        Kind::Quantity(unit) => unit,
        _ => Unit::Ppb,
    };
    match plain {
        Series::Number { value, place, .. } => {
            let (number, per) = (quantity_text(*value, unit), if other.is_per_hour() { " / 1.hour" } else { "" });
            mistake(place, format!("{} has no unit", number_text(*value)), format!("write {number}{per}"))
        }
        _ => {
            let message = format!("a plain number meets {}", other.words());
            mistake(place, message, "divide by a measurement of the same kind, or compare with a plain number")
        }
    }
}

/// Where a series stands.
fn place_of(series: &Series) -> Option<&Place> {
    match series {
        Series::Number { place, .. } | Series::Spread { place, .. } | Series::Mean { place, .. } => Some(place),
        Series::Window(term) => Some(&term.place),
        Series::Param(param) => Some(&param.place),
        Series::Binary { left, .. } => place_of(left),
    }
}
