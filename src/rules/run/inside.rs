//! What is kept about the samples inside a window, so that it need not be looked through at each instant.

use super::super::expr::WindowFunction;
use crate::base::ExactSum;
use crate::query::Accumulator;
use std::collections::VecDeque;

/// What is kept about the samples inside.
#[derive(Debug)]
pub(super) enum Inside {
    /// What queries keep too.
    Values(Accumulator),
    /// How many of them have this value.
    Matches { wanted: f64, found: u64 },
    /// Since which sequence number the value has been the same, and that value.
    Steady { since: u64, value: f64 },
    /// Where it has fallen.
    Rises(Box<Rises>),
}

/// The falls of a counter. What it has risen is the last value less the first one, and all values before a fall: it began anew at 0.
#[derive(Debug)]
pub(super) struct Rises {
    /// The sequence numbers of the values after the falls, and the values before them.
    falls: VecDeque<(u64, f64)>,
    /// Sum of the latter.
    before: ExactSum,
    /// The newest sample inside.
    newest: Option<(u64, f64)>,
}

impl Rises {
    const fn new() -> Self {
        Self { falls: VecDeque::new(), before: ExactSum::ZERO, newest: None }
    }

    fn enter(&mut self, sequence: u64, value: f64) {
        let before = self.newest.replace((sequence, value));
        if let Some((_, before)) = before.filter(|(_, before)| value < *before) {
            self.falls.push_back((sequence, before));
            self.before.add(before);
        }
    }

    fn leave(&mut self, sequence: u64) {
        // The step from the sample that goes to the next one goes with it.
        if let Some((_, before)) = self.falls.pop_front_if(|(at, _)| *at <= sequence + 1) {
            self.before.remove(before);
        }
        self.newest = self.newest.filter(|(newest, _)| *newest != sequence);
    }

    /// The rise from the first value inside to the last one.
    pub(super) fn total(&self, first: f64, last: f64) -> f64 {
        let mut sum = self.before;
        sum.add(last);
        sum.remove(first);
        sum.total()
    }
}

impl Inside {
    /// Of no samples.
    pub(super) fn new(function: WindowFunction) -> Self {
        match function {
            WindowFunction::Avg | WindowFunction::Sum => Self::Values(Accumulator::sum()),
            WindowFunction::Direction => Self::Values(Accumulator::direction()),
            WindowFunction::Stddev => Self::Values(Accumulator::moments()),
            WindowFunction::Min => Self::Values(Accumulator::min()),
            WindowFunction::Max => Self::Values(Accumulator::max()),
            WindowFunction::Baseline { .. } | WindowFunction::Percentile { .. } => Self::Values(Accumulator::sorted()),
            WindowFunction::Flagged(quality) => Self::Matches { wanted: f64::from(quality.code()), found: 0 },
            WindowFunction::Increase => Self::Rises(Box::new(Rises::new())),
            WindowFunction::Stuck => Self::Steady { since: 0, value: f64::NAN },
            WindowFunction::Last
            | WindowFunction::Count
            | WindowFunction::Coverage
            | WindowFunction::Silent
            | WindowFunction::Delta
            | WindowFunction::Rate => Self::Values(Accumulator::Nothing),
        }
    }

    /// A sample comes in at the end.
    #[inline]
    pub(super) fn enter(&mut self, sequence: u64, value: f64) {
        match self {
            Self::Values(values) => values.enter(sequence, value),
            Self::Rises(rises) => rises.enter(sequence, value),
            Self::Matches { wanted, found } => *found += u64::from(value.to_bits() == wanted.to_bits()),
            Self::Steady { since, value: steady } => {
                if steady.to_bits() != value.to_bits() {
                    (*since, *steady) = (sequence, value);
                }
            }
        }
    }

    /// The oldest sample goes out.
    #[inline]
    pub(super) fn leave(&mut self, sequence: u64, value: f64) {
        match self {
            Self::Values(values) => values.leave(sequence, value),
            Self::Rises(rises) => rises.leave(sequence),
            Self::Matches { wanted, found } => *found -= u64::from(value.to_bits() == wanted.to_bits()),
            Self::Steady { .. } => {}
        }
    }
}
