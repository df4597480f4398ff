//! What is kept about the samples inside a window, so that it need not be looked through at each instant.

use super::super::expr::WindowFunction;
use crate::query::Accumulator;

/// What is kept about the samples inside.
#[derive(Debug)]
pub(super) enum Inside {
    /// What queries keep too.
    Values(Accumulator),
    /// How many of them have this value.
    Matches { wanted: f64, found: u64 },
    /// Since which sequence number the value has been the same, and that value.
    Steady { since: u64, value: f64 },
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
            Self::Matches { wanted, found } => *found -= u64::from(value.to_bits() == wanted.to_bits()),
            Self::Steady { .. } => {}
        }
    }
}
