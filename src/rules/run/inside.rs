//! What is kept about the samples inside a window, so that it need not be looked through at each instant.

use super::super::expr::WindowFunction;
use super::sorted::Sorted;
use crate::base::{ExactDirection, ExactMoments, ExactSum};
use std::collections::VecDeque;

/// What is kept about the samples inside. The larger kinds lie elsewhere, so that the common ones stay small.
#[derive(Debug)]
pub(super) enum Inside {
    /// Their sum.
    Sum(ExactSum),
    /// Their sum and the sum of their squares.
    Moments(Box<ExactMoments>),
    /// Their sum as arrows.
    Direction(Box<ExactDirection>),
    /// Candidates for the extreme, by sequence number: each is beaten by none behind it.
    Extreme { candidates: VecDeque<(u64, f64)>, sign: f64 },
    /// All values, sorted.
    Sorted(Box<Sorted>),
    /// How many of them have this value.
    Matches { wanted: f64, found: u64 },
    /// Since which sequence number the value has been the same, and that value.
    Steady { since: u64, value: f64 },
    /// Nothing: the first and the last one are enough.
    Nothing,
}

impl Inside {
    /// Of no samples.
    pub(super) fn new(function: WindowFunction) -> Self {
        match function {
            WindowFunction::Avg | WindowFunction::Sum => Self::Sum(ExactSum::ZERO),
            WindowFunction::Direction => Self::Direction(Box::new(ExactDirection::ZERO)),
            WindowFunction::Stddev => Self::Moments(Box::new(ExactMoments::ZERO)),
            WindowFunction::Min => Self::Extreme { candidates: VecDeque::new(), sign: -1.0 },
            WindowFunction::Max => Self::Extreme { candidates: VecDeque::new(), sign: 1.0 },
            WindowFunction::Baseline { .. } | WindowFunction::Percentile { .. } => Self::Sorted(Box::default()),
            WindowFunction::Flagged(quality) => Self::Matches { wanted: f64::from(quality.code()), found: 0 },
            WindowFunction::Stuck => Self::Steady { since: 0, value: f64::NAN },
            WindowFunction::Last
            | WindowFunction::Count
            | WindowFunction::Coverage
            | WindowFunction::Silent
            | WindowFunction::Delta
            | WindowFunction::Rate => Self::Nothing,
        }
    }

    /// A sample comes in at the end.
    #[inline]
    pub(super) fn enter(&mut self, sequence: u64, value: f64) {
        match self {
            Self::Sum(sum) => sum.add(value),
            other => other.enter_other(sequence, value),
        }
    }

    fn enter_other(&mut self, sequence: u64, value: f64) {
        match self {
            Self::Sum(_) | Self::Nothing => {}
            Self::Moments(moments) => moments.add(value),
            Self::Direction(arrows) => arrows.add(value),
            Self::Extreme { candidates, sign } => {
                let signed = value * *sign;
                while candidates.pop_back_if(|(_, other)| *other <= signed).is_some() {}
                candidates.push_back((sequence, signed));
            }
            Self::Sorted(values) => values.insert(value),
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
            Self::Sum(sum) => sum.remove(value),
            other => other.leave_other(sequence, value),
        }
    }

    fn leave_other(&mut self, sequence: u64, value: f64) {
        match self {
            Self::Moments(moments) => moments.remove(value),
            Self::Direction(arrows) => arrows.remove(value),
            Self::Extreme { candidates, .. } => {
                candidates.pop_front_if(|(at, _)| *at <= sequence);
            }
            Self::Sorted(values) => values.remove(value),
            Self::Matches { wanted, found } => *found -= u64::from(value.to_bits() == wanted.to_bits()),
            Self::Sum(_) | Self::Steady { .. } | Self::Nothing => {}
        }
    }
}
