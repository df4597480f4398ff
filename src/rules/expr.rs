//! What an operator wrote, as symbols: the result of tracing a rule script, before it is bound to stations.

use super::verdict::{Chain, MissingPolicy, Place, Priority};
use crate::model::Unit;

/// What is computed over a window `(t - width, t]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WindowFunction {
    /// Mean of the valid values.
    Avg,
    /// Least valid value.
    Min,
    /// Greatest valid value.
    Max,
    /// Newest valid value.
    Last,
    /// Number of valid values.
    Count,
    /// Low quantile of the valid values: the background under the plumes. Linear interpolation (R type 7).
    Baseline {
        /// Which quantile, between 0 and 1; 0.1 unless the rule says otherwise.
        quantile: f64,
    },
}

/// One windowed term: `avg("benzene", 10.minutes).coverage(75.percent)`.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowTerm {
    /// What is computed.
    pub function: WindowFunction,
    /// Over which channel: `channel`, or `instrument/channel` where a station has it twice.
    pub channel: String,
    /// The window's length in milliseconds; `None` for `last(channel)`, which looks back one interval of the instrument.
    pub width_ms: Option<i64>,
    /// The share of expected samples that must be valid, 0 to 1; below it the term is unknown.
    pub coverage_min: f64,
    /// Where it stands.
    pub place: Place,
}

/// `+ - * /`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient; unknown where the divisor is zero.
    Divide,
}

/// `> >= < <= == !=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
}

/// A value over time.
#[derive(Debug, Clone, PartialEq)]
pub enum Series {
    /// A number: with a unit (`30.ppb`), or without one (`3`, only as a factor).
    Number {
        /// The number.
        value: f64,
        /// Its unit.
        unit: Option<Unit>,
        /// Where it stands.
        place: Place,
    },
    /// A windowed term.
    Window(WindowTerm),
    /// Arithmetic.
    Binary {
        /// Which.
        operator: Arithmetic,
        /// Left operand.
        left: Box<Series>,
        /// Right operand.
        right: Box<Series>,
        /// Where the operator stands.
        place: Place,
    },
}

/// A truth over time.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// One series against another.
    Compare {
        /// How.
        operator: Comparison,
        /// Left operand.
        left: Series,
        /// Right operand.
        right: Series,
        /// Where the operator stands.
        place: Place,
    },
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// At least one.
    Or(Box<Condition>, Box<Condition>),
    /// The contrary; the contrary of unknown is unknown.
    Not(Box<Condition>),
}

/// One `alarm(...)` chain of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name, unique in the rule set.
    pub name: String,
    /// Template of what people read, with `{value}`, `{stations}`, `{rule}` and `{since}`.
    pub title: String,
    /// How urgent.
    pub priority: Priority,
    /// A glob over station names: `*` stands for any characters but `/`, `**` for any at all.
    pub scope: String,
    /// One alarm for the whole scope once so many stations trip at the same instant; one alarm per station where absent.
    pub quorum: Option<u32>,
    /// When it trips.
    pub when: Condition,
    /// For how long that must hold before the alarm opens, in milliseconds.
    pub hold_ms: i64,
    /// When it clears, and for how long that must hold; as soon as `when` is false where absent.
    pub clear_when: Option<(Condition, i64)>,
    /// What no data means.
    pub on_missing: MissingPolicy,
    /// After how long without a verdict that applies, in milliseconds.
    pub on_missing_ms: i64,
    /// After how long without a trip an open alarm closes by itself, in milliseconds.
    pub auto_close_ms: Option<i64>,
    /// Whether a cleared alarm stays until it is reset.
    pub is_latching: bool,
    /// Who is told when; empty where the rule names no chain.
    pub chain: Chain,
    /// Where the rule stands.
    pub place: Place,
    /// Where its parts stand.
    pub places: RulePlaces,
}

/// Where the parts of a rule stand that are checked once the stations are known; the rule's own place for a part it has not.
#[derive(Debug, Clone, PartialEq)]
pub struct RulePlaces {
    /// The glob.
    pub scope: Place,
    /// The number of stations.
    pub quorum: Place,
    /// The hold time.
    pub hold: Place,
}
