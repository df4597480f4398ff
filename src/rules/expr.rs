//! What an operator wrote, as symbols: the result of tracing a rule script, before it is bound to stations.

use super::interpreted::Script;
use crate::model::{LocalHours, Quality, Unit, Zone};
use crate::verdict::{AcknowledgementPolicy, Chain, LatePolicy, MissingPolicy, Place, Priority};
use std::sync::Arc;

/// What is computed over a window `(t - width, t]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WindowFunction {
    /// Mean of the valid values.
    Avg,
    /// Vector mean of the valid values, which are directions in degrees: what `avg` becomes for such a channel.
    Direction,
    /// Sum of the valid values.
    Sum,
    /// Newest valid value less the oldest one; unknown with fewer than two.
    Delta,
    /// Sum of the rises from each valid value to the next, where a fall begins anew at 0; unknown with fewer than two.
    Increase,
    /// [`WindowFunction::Delta`] over the time between the two samples, per hour.
    Rate,
    /// Sample standard deviation of the valid values (divisor n - 1); unknown with fewer than two.
    Stddev,
    /// Valid samples over expected ones, in percent.
    Coverage,
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
    /// Any quantile of the valid values, as for `Baseline`.
    Percentile {
        /// Which quantile, between 0 and 1.
        quantile: f64,
    },
    /// Whether any sample bears this flag, present or not: 1 or 0; unknown without a sample.
    Flagged(Quality),
    /// Whether no frame of the instrument has come: 1 or 0, always known.
    Silent,
    /// Whether all values flagged normal are the same: 1 or 0; unknown with fewer than two.
    Stuck,
}

/// Which samples of a channel a window looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strand {
    /// Values that are present and flagged *normal* or *below detection*.
    Valid,
    /// Values that are present and flagged *normal*.
    Normal,
    /// The flag of every sample, as its code, whether a value is present or not.
    Flags,
    /// Every frame of the instrument.
    Frames,
}

impl WindowFunction {
    /// Which samples it looks at.
    #[must_use]
    pub const fn strand(self) -> Strand {
        match self {
            Self::Flagged(_) => Strand::Flags,
            Self::Silent => Strand::Frames,
            Self::Stuck => Strand::Normal,
            _ => Strand::Valid,
        }
    }

    /// The word that rules use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avg | Self::Direction => "avg",
            Self::Sum => "sum",
            Self::Delta => "delta",
            Self::Increase => "increase",
            Self::Rate => "rate",
            Self::Stddev => "stddev",
            Self::Coverage => "coverage",
            Self::Min => "min",
            Self::Max => "max",
            Self::Last => "last",
            Self::Count => "count",
            Self::Baseline { .. } => "baseline",
            Self::Percentile { .. } => "percentile",
            Self::Flagged(_) => "flag",
            Self::Silent => "silent",
            Self::Stuck => "stuck",
        }
    }
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
    /// The number of samples that must be valid.
    pub samples_min: u32,
    /// Zone whose last whole day is the window.
    pub day: Option<Arc<Zone>>,
    /// By how many milliseconds the window ends before the instant.
    pub lag_ms: i64,
    /// The station whose channel it is; the one that the rule is evaluated for where absent.
    pub station: Option<String>,
    /// Where it stands.
    pub place: Place,
}

impl WindowTerm {
    /// A window that ends at the instant, of which any sample will do.
    pub(super) const fn new(function: WindowFunction, channel: String, width_ms: Option<i64>, place: Place) -> Self {
        let (coverage_min, samples_min, day, lag_ms, station) = (0.0, 0, None, 0, None);
        Self { function, channel, width_ms, coverage_min, samples_min, day, lag_ms, station, place }
    }
}

/// A value that differs from station to station: `param("trip", 30.ppb).at("park/S3", 20.ppb)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// The value where nothing else is said: a number.
    pub default: Series,
    /// Globs over station names with their values and places; the last match applies. Shared by all copies of the parameter.
    pub exceptions: Vec<Arc<(String, Series, Place)>>,
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
        /// Whether it is so much in an hour: `20.ppb / 1.hour`.
        is_per_hour: bool,
        /// Place in the rule file.
        place: Place,
    },
    /// A windowed term.
    Window(WindowTerm),
    /// A value per station.
    Param(Arc<Param>),
    /// Greatest less least over the stations of the scope, of those where it is known; unknown with fewer than two.
    Spread {
        /// Of what.
        inner: Arc<Series>,
        /// Place in the rule file.
        place: Place,
    },
    /// The mean of a series at the instant and at instants before it.
    Mean {
        /// Of what.
        inner: Arc<Series>,
        /// Of how many values.
        count: u32,
        /// How many milliseconds lie between them.
        step_ms: i64,
        /// The share of them that must be known, 0 to 1.
        coverage_min: f64,
        /// Place in the rule file.
        place: Place,
    },
    /// Arithmetic.
    Binary {
        /// Which.
        operator: Arithmetic,
        /// Left operand.
        left: Arc<Series>,
        /// Right operand.
        right: Arc<Series>,
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
    And(Arc<Condition>, Arc<Condition>),
    /// At least one.
    Or(Arc<Condition>, Arc<Condition>),
    /// The contrary; the contrary of unknown is unknown.
    Not(Arc<Condition>),
    /// Whether a sample bears a flag.
    Flag {
        /// Which flag.
        quality: Quality,
        /// Of which channel; of any channel that the rule reads at the station where absent.
        channel: Option<String>,
        /// How far back, in milliseconds; one interval of the instrument where absent.
        width_ms: Option<i64>,
        /// Place in the rule file.
        place: Place,
    },
    /// Whether no frame has come.
    Silent {
        /// Of which instrument; of all instruments of the station where absent.
        instrument: Option<String>,
        /// For how long, in milliseconds.
        width_ms: i64,
        /// Place in the rule file.
        place: Place,
    },
    /// Whether a value has not changed.
    Stuck {
        /// Of which channel.
        channel: String,
        /// For how long, in milliseconds.
        width_ms: i64,
        /// The share of expected samples that must be there, 0 to 1.
        coverage_min: f64,
        /// Place in the rule file.
        place: Place,
    },
    /// Whether a plant reports that it runs, or that it does not.
    RunState {
        /// Which channel reports it: zero is off, one is on.
        channel: String,
        /// How far back, in milliseconds; one interval of the instrument where absent.
        width_ms: Option<i64>,
        /// Whether it is asked to run.
        is_on: bool,
        /// Place in the rule file.
        place: Place,
    },
    /// Whether the clock of a place shows certain hours.
    WithinHours {
        /// The hours.
        hours: LocalHours,
        /// Place in the rule file.
        place: Place,
    },
    /// Whether a condition was true at so many evaluation times.
    Exceedances {
        /// The condition.
        inner: Arc<Condition>,
        /// The condition as the operator wrote it.
        text: String,
        /// How many.
        least: u32,
        /// How far back, in milliseconds.
        width_ms: i64,
        /// Place in the rule file.
        place: Place,
    },
    /// What an interpreted closure says of plain numbers.
    Script {
        /// The closure.
        script: Script,
        /// What it is given, by name.
        terms: Vec<(String, Series)>,
        /// Place in the rule file.
        place: Place,
    },
    /// A condition with a mistake that is told already.
    Broken,
}

/// A `.priority_when(..)` of an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct PriorityClause {
    /// The priority.
    pub priority: Priority,
    /// The condition under which the alarm has it.
    pub condition: Arc<Condition>,
    /// For how long that must have been false before the priority falls, in milliseconds.
    pub fall_ms: i64,
    /// The condition as the operator wrote it.
    pub text: String,
    /// Where the priority stands.
    pub place: Place,
    /// Where the condition stands.
    pub condition_place: Place,
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
    /// When it is more urgent, as written.
    pub priority_steps: Vec<PriorityClause>,
    /// A glob over station names: `*` stands for any characters but `/`, `**` for any at all.
    pub scope: String,
    /// One alarm for the whole scope once so many stations trip at the same instant; one alarm per station where absent.
    pub quorum: Option<u32>,
    /// When it trips. Rules made from one value share it.
    pub when: Arc<Condition>,
    /// When it opens and closes as ever and tells nobody, and how that is written.
    pub suppress_when: Option<(Arc<Condition>, String)>,
    /// What to do about it.
    pub guidance: String,
    /// The grid in milliseconds; the least interval of the instruments that it reads where absent.
    pub every_ms: Option<i64>,
    /// For how long an instant waits for frames that are late, in milliseconds.
    pub lateness_ms: i64,
    /// For how long that must hold before the alarm opens, in milliseconds.
    pub hold_ms: i64,
    /// When it clears, and for how long that must hold; as soon as `when` is false where absent.
    pub clear_when: Option<(Arc<Condition>, i64)>,
    /// What no data means.
    pub on_missing: MissingPolicy,
    /// After how long without a verdict that applies, in milliseconds.
    pub on_missing_ms: i64,
    /// Whether the rule says so itself.
    pub has_on_missing: bool,
    /// After how long without a trip an open alarm closes by itself, in milliseconds.
    pub auto_close_ms: Option<i64>,
    /// Whether a cleared alarm stays until it is reset.
    pub is_latching: bool,
    /// What late readings mean.
    pub on_late: LatePolicy,
    /// What it asks of acknowledgements.
    pub acknowledgement: AcknowledgementPolicy,
    /// Who is told when; empty where the rule names no chain.
    pub chain: Chain,
    /// Where the rule stands.
    pub place: Place,
    /// Where its parts stand.
    pub places: RulePlaces,
}

impl Rule {
    /// Every condition of the rule: the trip condition first.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Arc<Condition>> {
        let clear = self.clear_when.iter().map(|(condition, _)| condition);
        let steps = self.priority_steps.iter().map(|step| &step.condition);
        let suppress = self.suppress_when.iter().map(|(condition, _)| condition);
        std::iter::once(&self.when).chain(clear).chain(steps).chain(suppress)
    }

    /// Every condition of the rule, to be changed.
    pub(super) fn conditions_mut(&mut self) -> impl Iterator<Item = &mut Arc<Condition>> {
        let clear = self.clear_when.iter_mut().map(|(condition, _)| condition);
        let steps = self.priority_steps.iter_mut().map(|step| &mut step.condition);
        let suppress = self.suppress_when.iter_mut().map(|(condition, _)| condition);
        std::iter::once(&mut self.when).chain(clear).chain(steps).chain(suppress)
    }
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
    /// The trip condition.
    pub when: Place,
    /// The clear condition.
    pub clear_when: Place,
    /// The rule's name.
    pub name: Place,
}
