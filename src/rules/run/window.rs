//! Windows `(t - width, t]` that move with the grid: exact, and cheap per sample.

use super::super::expr::WindowFunction;
use super::super::plan::WindowSpec;
use super::series::Series;
use crate::base::ExactSum;
use crate::model::Timestamp;
use std::collections::VecDeque;

/// One window at one station.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) spec: WindowSpec,
    /// Index of its series in the engine.
    pub(super) series: usize,
    /// Sequence numbers of the samples inside: from, and up to but not including.
    from: u64,
    to: u64,
    inside: Inside,
    must_rebuild: bool,
}

/// What is kept about the samples inside.
#[derive(Debug)]
enum Inside {
    Sum(ExactSum),
    /// Candidates for the extreme, by sequence number: each is beaten by none behind it.
    Extreme {
        candidates: VecDeque<(u64, f64)>,
        sign: f64,
    },
    /// All values, sorted.
    Sorted(Vec<f64>),
    Nothing,
}

impl Window {
    pub(super) fn new(spec: WindowSpec, series: usize) -> Self {
        let inside = Inside::new(spec.function);
        Self { spec, series, from: 0, to: 0, inside, must_rebuild: true }
    }

    /// Samples inside or before it have changed.
    pub(super) const fn invalidate(&mut self) {
        self.must_rebuild = true;
    }

    /// Moves the window so that it ends at `end`, included; ends never go back.
    pub(super) fn advance(&mut self, series: &Series, end: Timestamp) {
        let begin = end.plus_ms(-self.spec.width_ms);
        // Samples that came too late for any window may have been dropped before they were ever inside.
        let is_overtaken = self.from < series.first_sequence();
        if std::mem::take(&mut self.must_rebuild) || is_overtaken {
            self.inside = Inside::new(self.spec.function);
            self.from = series.sequence_after(begin);
            self.to = self.from;
        }
        while let Some((_, value)) = series.get(self.to).filter(|(time, _)| *time <= end) {
            self.inside.enter(self.to, value);
            self.to += 1;
        }
        while self.from < self.to {
            let Some((_, value)) = series.get(self.from).filter(|(time, _)| *time <= begin) else { break };
            self.inside.leave(self.from, value);
            self.from += 1;
        }
    }

    /// Valid samples inside.
    const fn valid(&self) -> u64 {
        self.to - self.from
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.valid() == 0
    }

    /// Valid samples over expected ones.
    pub(super) fn coverage(&self) -> f64 {
        self.valid() as f64 / f64::from(self.spec.expected)
    }

    /// The value; `None` where nothing is inside, or less than the rule asks for.
    pub(super) fn value(&self, series: &Series) -> Option<f64> {
        if self.coverage() < self.spec.coverage_min {
            return None;
        }
        match (&self.inside, self.spec.function) {
            (_, WindowFunction::Count) => Some(self.valid() as f64),
            (Inside::Sum(sum), _) => sum.mean(self.valid()),
            (Inside::Extreme { candidates, sign }, _) => candidates.front().map(|(_, value)| value * sign),
            (Inside::Sorted(values), WindowFunction::Baseline { quantile }) => quantile_of(values, quantile),
            _ => self
                .to
                .checked_sub(1)
                .filter(|last| *last >= self.from)
                .and_then(|last| series.get(last))
                .map(|(_, v)| v),
        }
    }
}

impl Inside {
    const fn new(function: WindowFunction) -> Self {
        match function {
            WindowFunction::Avg => Self::Sum(ExactSum::ZERO),
            WindowFunction::Min => Self::Extreme { candidates: VecDeque::new(), sign: -1.0 },
            WindowFunction::Max => Self::Extreme { candidates: VecDeque::new(), sign: 1.0 },
            WindowFunction::Baseline { .. } => Self::Sorted(Vec::new()),
            WindowFunction::Last | WindowFunction::Count => Self::Nothing,
        }
    }

    fn enter(&mut self, sequence: u64, value: f64) {
        match self {
            Self::Sum(sum) => sum.add(value),
            Self::Extreme { candidates, sign } => {
                let signed = value * *sign;
                while candidates.pop_back_if(|(_, other)| *other <= signed).is_some() {}
                candidates.push_back((sequence, signed));
            }
            Self::Sorted(values) => {
                let place = values.partition_point(|other| *other < value);
                values.insert(place, value);
            }
            Self::Nothing => {}
        }
    }

    fn leave(&mut self, sequence: u64, value: f64) {
        match self {
            Self::Sum(sum) => sum.remove(value),
            Self::Extreme { candidates, .. } => {
                candidates.pop_front_if(|(at, _)| *at <= sequence);
            }
            Self::Sorted(values) => {
                let place = values.partition_point(|other| *other < value);
                if place < values.len() {
                    values.remove(place);
                }
            }
            Self::Nothing => {}
        }
    }
}

/// Linear interpolation between order statistics (R type 7).
fn quantile_of(sorted: &[f64], quantile: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = quantile.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= place <= last, a usize")]
    let below = place.floor() as usize;
    let (low, high) = (*sorted.get(below)?, *sorted.get((below + 1).min(last))?);
    Some(low + (high - low) * (place - below as f64))
}
