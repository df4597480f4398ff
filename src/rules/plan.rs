//! A rule bound to its stations: flat programs over window slots, nothing symbolic left.

use super::expr::{Arithmetic, Comparison, WindowFunction};
use super::interpreted::Script;
use super::verdict::AlarmSpec;
use crate::model::{Instrument, InstrumentId, StationId};

/// What binding must know of a station.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its number.
    pub id: StationId,
    /// Its name.
    pub name: String,
    /// Its instruments, in order of registration.
    pub instruments: Vec<(InstrumentId, Instrument)>,
}

/// One window that must be kept up to date at one station.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowSpec {
    /// Which instrument,
    pub instrument: InstrumentId,
    /// which of its channels,
    pub channel: usize,
    /// what is computed,
    pub function: WindowFunction,
    /// over how many milliseconds.
    pub width_ms: i64,
    /// that end so many milliseconds before the instant.
    pub lag_ms: i64,
    /// The instrument sends a frame every so many milliseconds.
    pub interval_ms: i64,
    /// How many samples a whole window has: width over the instrument's interval, at least 1.
    pub expected: u32,
    /// The share of them that must be valid.
    pub coverage_min: f64,
    /// The term as the operator wrote it.
    pub label: String,
    /// The channel's unit, as a symbol.
    pub unit: String,
}

/// One step of a postfix program. Numbers and truths live on two stacks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// Pushes the value of the member's window of this index; unknown where its coverage is too small.
    Window(u16),
    /// Pushes whether that value is not zero; unknown where it is unknown.
    Holds(u16),
    /// Pushes the spread of this index over the plan's members.
    Spread(u16),
    /// Pushes a number.
    Number(f64),
    /// Pops so many numbers, pushes the mean of those that are known; unknown where fewer than the second number are.
    Mean(u16, u16),
    /// Pops the numbers that the member's script of this index takes, pushes what it says.
    Script(u16),
    /// Pops two numbers, pushes one; unknown if either is.
    Arithmetic(Arithmetic),
    /// Pops two numbers, pushes a truth; unknown if either is.
    Compare(Comparison),
    /// Pops two truths, pushes their conjunction.
    And,
    /// Pops two truths, pushes their disjunction.
    Or,
    /// Turns the topmost truth round.
    Not,
}

/// Postfix nodes that leave exactly one number or one truth.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program(pub Vec<Node>);

/// One station within a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its number.
    pub station: StationId,
    /// Its name.
    pub station_name: String,
    /// The windows that its programs read.
    pub windows: Vec<WindowSpec>,
    /// The trip condition.
    pub when: Program,
    /// The clear condition; the contrary of `when` where the rule has none.
    pub clear: Option<Program>,
    /// The number that people are shown: the left side of the first comparison, in the unit of the alarm's [`AlarmSpec::unit`].
    pub value: Program,
    /// When the alarm tells nobody.
    pub suppress: Option<Program>,
    /// What the plan's spreads are taken over, in the order of their indices.
    pub spreads: Vec<Program>,
    /// The interpreted closures that its programs ask.
    pub scripts: Vec<Script>,
}

/// One rule over one scope, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What the alarm layer must know.
    pub spec: AlarmSpec,
    /// The grid: instants are multiples of this since the epoch.
    pub step_ms: i64,
    /// For how long an instant waits for frames that are late.
    pub lateness_ms: i64,
    /// Whether the rule asks for silence, so that time alone may trip it.
    pub asks_silence: bool,
    /// The suppress condition as the operator wrote it; empty where there is none.
    pub suppress_text: String,
    /// How many stations must trip at once.
    pub quorum: usize,
    /// The stations, in order of their numbers.
    pub members: Vec<Member>,
}
