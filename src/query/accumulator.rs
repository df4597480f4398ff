//! What is kept about the valid samples inside a window, so that they need not be read again when the window moves.

use crate::base::sorted::Sorted;
use crate::base::{ExactDirection, ExactMoments, ExactSum};
use std::collections::VecDeque;

/// The accumulator of one window. The larger kinds are boxed, so that the common ones stay small.
#[derive(Debug)]
pub(crate) enum Accumulator {
    /// Their sum.
    Sum(ExactSum),
    /// Their sum and the sum of their squares.
    Moments(Box<ExactMoments>),
    /// Their sum as arrows.
    Direction(Box<ExactDirection>),
    /// Candidates for the extreme, by sequence number: no later sample is more extreme.
    Extreme { candidates: VecDeque<(u64, f64)>, sign: f64 },
    /// All values, sorted.
    Sorted(Box<Sorted>),
    /// Nothing: count, first and last sample are enough.
    Nothing,
}

impl Accumulator {
    /// A sum of no samples.
    pub(crate) const fn sum() -> Self {
        Self::Sum(ExactSum::ZERO)
    }

    /// Moments of no samples.
    pub(crate) fn moments() -> Self {
        Self::Moments(Box::new(ExactMoments::ZERO))
    }

    /// A vector sum of no directions.
    pub(crate) fn direction() -> Self {
        Self::Direction(Box::new(ExactDirection::ZERO))
    }

    /// A minimum of no samples.
    pub(crate) const fn min() -> Self {
        Self::Extreme { candidates: VecDeque::new(), sign: -1.0 }
    }

    /// A maximum of no samples.
    pub(crate) const fn max() -> Self {
        Self::Extreme { candidates: VecDeque::new(), sign: 1.0 }
    }

    /// No values, to be sorted.
    pub(crate) fn sorted() -> Self {
        Self::Sorted(Box::default())
    }

    /// Adds the newest sample.
    #[inline]
    pub(crate) fn enter(&mut self, sequence: u64, value: f64) {
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
        }
    }

    /// Removes the oldest sample.
    #[inline]
    pub(crate) fn leave(&mut self, sequence: u64, value: f64) {
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
            Self::Sum(_) | Self::Nothing => {}
        }
    }
}
