//! A rule bound to its stations: flat programs over window slots, nothing symbolic left.

use super::expr::{Arithmetic, Comparison, WindowFunction};
use super::interpreted::Script;
use crate::model::{Instrument, InstrumentId, LocalHours, StationId, Zone};
use crate::verdict::AlarmSpec;

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
    /// The number of samples that must be valid.
    pub samples_min: u32,
    /// Zone whose last whole day the window is, and so many days before it as its lag says; width and number of samples are then those of
    /// a day without a clock change.
    pub day: Option<Zone>,
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
            F::Delta | F::Increase | F::Rate | F::Stddev | F::Stuck => 2,
            _ => 1,
        };
        let by_coverage = i64::try_from(needed(self.coverage_min, f64::from(self.expected))).unwrap_or(i64::MAX);
        by_coverage.max(by_function).max(i64::from(self.samples_min))
    }

    /// How far back it looks from an instant at most. A day that is over may be nearly two days old, and days have more hours where clocks
    /// change.
    pub(super) const fn reach_ms(&self) -> i64 {
        let nominal_ms = self.width_ms.saturating_add(self.lag_ms);
        if self.day.is_some() { nominal_ms.saturating_add(2 * self.width_ms) } else { nominal_ms }
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

/// Hours by the clock of a place, at which a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub struct HoursSpec {
    /// The hours.
    pub hours: LocalHours,
    /// The condition as evidence shows it: `within_hours(Asia/Shanghai, 22, 6)`.
    pub label: String,
}

/// A condition whose evaluation times are counted.
#[derive(Debug, Clone, PartialEq)]
pub struct CountSpec {
    /// The condition. It asks for no spread, for no closure and for no other count.
    pub program: Program,
    /// Over how many milliseconds.
    pub width_ms: i64,
    /// From which number on the rule need not know whether the condition holds now.
    pub least: u32,
    /// The count as evidence shows it: `exceedances(last("benzene") > 30.ppb, 3, 24 h)`.
    pub label: String,
}

/// One step of a postfix program. Numbers and truths live on two stacks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// Pushes the value of the member's window of this index; unknown where its coverage is too small.
    Window(u16),
    /// Pushes whether that value is not zero; unknown where it is unknown.
    Holds(u16),
    /// Pushes whether the clock shows one of the member's hours of this index.
    Hours(u16),
    /// Pushes at how many evaluation times the member's count of this index found its condition true.
    Counted(u16),
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

impl Program {
    /// The windows that it reads itself, some perhaps more than once.
    pub(super) fn windows(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().filter_map(|node| match node {
            Node::Window(slot) | Node::Holds(slot) => Some(usize::from(*slot)),
            _ => None,
        })
    }
}

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
    /// The conditions of the rule's priority steps.
    pub priority_steps: Vec<Program>,
    /// What the plan's spreads are taken over, in the order of their indices.
    pub spreads: Vec<Program>,
    /// The interpreted closures that its programs ask.
    pub scripts: Vec<Script>,
    /// The hours that its programs ask for.
    pub hours: Vec<HoursSpec>,
    /// The conditions whose evaluation times its programs count.
    pub counts: Vec<CountSpec>,
}

impl Member {
    /// A program in which everything kept beside the windows follows them, in the order in which evidence lists it.
    pub(super) fn placed(&self, program: &Program) -> Program {
        let (windows, clocks) = (self.windows.len(), self.windows.len() + self.hours.len());
        let behind = |place: u16, before: usize| {
            let slot = usize::from(place).saturating_add(before);
            u16::try_from(slot).unwrap_or(u16::MAX)
        };
        let place = |node: &Node| match *node {
            Node::Hours(place) => Node::Holds(behind(place, windows)),
            Node::Counted(place) => Node::Window(behind(place, clocks)),
            other => other,
        };
        Program(program.0.iter().map(place).collect())
    }

    /// The labels of everything that follows its windows.
    pub(super) fn labels_behind(&self) -> impl Iterator<Item = &str> {
        let counts = self.counts.iter().map(|spec| spec.label.as_str());
        self.hours.iter().map(|spec| spec.label.as_str()).chain(counts)
    }

    /// Number of values that it keeps: of its windows, and of everything that follows them.
    pub(super) const fn slots(&self) -> usize {
        self.windows.len() + self.hours.len() + self.counts.len()
    }

    /// How far back a window is looked at: further where evaluation times before the instant are counted.
    pub(super) fn reach_ms(&self, slot: usize) -> i64 {
        let reach_ms = self.windows.get(slot).map_or(0, WindowSpec::reach_ms);
        let reads = |spec: &&CountSpec| spec.program.windows().any(|one| one == slot);
        let counted_ms = self.counts.iter().filter(reads).map(|spec| spec.width_ms).max();
        reach_ms.saturating_add(counted_ms.unwrap_or(0))
    }
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
