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

impl WindowSpec {
    /// Samples that must be inside for the term to be known: as many as its coverage asks for, and as its function needs.
    pub(super) fn samples_needed(&self) -> i64 {
        use WindowFunction as F;
        let by_function = match self.function {
            F::Count | F::Coverage | F::Silent => 0,
            F::Delta | F::Rate | F::Stddev | F::Stuck => 2,
            _ => 1,
        };
        i64::try_from(needed(self.coverage_min, f64::from(self.expected))).unwrap_or(i64::MAX).max(by_function)
    }
}

/// The least count of samples of which the share of the expected ones is not below a coverage.
#[expect(clippy::cast_possible_truncation, reason = "a share of at most 2^32 samples")]
pub(super) fn needed(coverage_min: f64, expected: f64) -> u64 {
    if coverage_min <= 0.0 {
        return 0;
    }
    let near = (coverage_min * expected) as u64;
    // A product that was rounded may be beside it by one.
    (near.saturating_sub(1)..=near).find(|count| *count as f64 / expected >= coverage_min).unwrap_or(near + 1)
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

/// One comparison, or another part without parts, of a trip condition, as an alarm shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct TripTerm {
    /// What it is, where it has no value: `silent(gc, 10 min)`.
    pub label: String,
    /// The program of its value; empty where it has none.
    pub value: Program,
    /// Unit of the value, as a symbol.
    pub unit: String,
    /// Whether the condition holds for low values.
    pub is_low: bool,
    /// How many truths of the trip program it stands for: one per instrument or channel that it looks at.
    pub truths: usize,
}

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
    /// The parts of the trip condition, in its order. Units are the same at all stations of a plan.
    pub terms: Vec<TripTerm>,
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
