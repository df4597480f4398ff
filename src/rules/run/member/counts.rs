//! How often a condition was true at the evaluation times of a window: what `exceedances` counts.

use super::super::evaluate::{Asked, Inputs, TruthTree};
use super::super::series::Series;
use super::super::window::Window;
use super::clocks::Clocks;
use crate::model::Timestamp;
use crate::rules::plan::{CountSpec, Member};
use crate::verdict::Truth;
use std::collections::VecDeque;

/// The counted evaluation times of one condition.
#[derive(Debug)]
struct Count {
    truth: TruthTree,
    /// The windows that the condition reads.
    windows: Vec<usize>,
    width_ms: i64,
    /// From how many on they decide, whether the condition is known now or not.
    least: usize,
    /// The evaluation times at which it was true.
    trues: VecDeque<Timestamp>,
    /// The last one that was looked at.
    last: Option<Timestamp>,
}

/// What is counted at one station.
#[derive(Debug)]
pub(in super::super) struct Counts {
    counts: Vec<Count>,
    /// Place of the first one among the station's values.
    first_slot: usize,
}

/// Where the windows of a station stand.
pub(super) struct Standing<'a> {
    pub(super) windows: &'a [Window],
    pub(super) clocks: &'a Clocks,
    pub(super) series: &'a [Series],
    pub(super) instant: Timestamp,
    pub(super) step_ms: i64,
}

impl Counts {
    pub(super) fn new(member: &Member) -> Self {
        let count = |spec: &CountSpec| {
            let mut windows: Vec<usize> = spec.program.windows().collect();
            windows.sort_unstable();
            windows.dedup();
            Count {
                truth: TruthTree::of(&member.placed(&spec.program), &[]),
                windows,
                width_ms: spec.width_ms,
                least: usize::try_from(spec.least).unwrap_or(usize::MAX),
                trues: VecDeque::new(),
                last: None,
            }
        };
        Self { counts: member.counts.iter().map(count).collect(), first_slot: member.slots() - member.counts.len() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The longest of their windows.
    pub(super) fn width_ms(&self) -> i64 {
        self.counts.iter().map(|count| count.width_ms).max().unwrap_or(0)
    }

    /// Readings have changed, or have come, that reach evaluation times that were counted: all are looked at again.
    pub(super) fn forget(&mut self) {
        self.counts.iter_mut().for_each(|count| count.last = None);
    }

    /// Counts an instant: the values are those of the station at it. The numbers go among them.
    pub(super) fn note(&mut self, at: &Standing<'_>, values: &mut [f64]) {
        for (count, slot) in self.counts.iter_mut().zip(self.first_slot..) {
            if count.last != Some(at.instant.plus_ms(-at.step_ms)) {
                count.look_back(at, values.len());
            }
            let truth = count.truth.truth(inputs(values), &mut Asked::default());
            count.enter(at.instant, truth);
            if let Some(value) = values.get_mut(slot) {
                *value = count.value(truth);
            }
        }
    }
}

impl Count {
    /// Looks at every evaluation time of the window before the instant, with the readings that are there now.
    #[cold]
    fn look_back(&mut self, at: &Standing<'_>, slots: usize) {
        self.trues.clear();
        let mut windows: Vec<Window> = at.windows.iter().map(Window::fresh).collect();
        let (mut clocks, mut values) = (at.clocks.clone(), vec![f64::NAN; slots]);
        let mut time = at.instant.plus_ms(1 - self.width_ms).ceil_to(at.step_ms);
        while time < at.instant {
            clocks.turn(time, &mut windows, &mut values);
            for slot in &self.windows {
                let (Some(window), Some(value)) = (windows.get_mut(*slot), values.get_mut(*slot)) else { continue };
                if let Some(series) = at.series.get(window.series) {
                    window.advance(series, time);
                    *value = window.value(series).unwrap_or(f64::NAN);
                }
            }
            let truth = self.truth.truth(inputs(&values), &mut Asked::default());
            self.enter(time, truth);
            let next = time.plus_ms(at.step_ms);
            if next <= time {
                break;
            }
            time = next;
        }
    }

    fn enter(&mut self, instant: Timestamp, truth: Truth) {
        let begin = instant.plus_ms(-self.width_ms);
        while self.trues.pop_front_if(|time| *time <= begin).is_some() {}
        if truth == Truth::True {
            self.trues.push_back(instant);
        }
        self.last = Some(instant);
    }

    /// How many there are; unknown where the condition is unknown now and they do not decide.
    fn value(&self, truth: Truth) -> f64 {
        let found = self.trues.len();
        if truth == Truth::Unknown && found < self.least { f64::NAN } else { found as f64 }
    }
}

const fn inputs(values: &[f64]) -> Inputs<'_> {
    Inputs { windows: values, spreads: &[], scripts: &[] }
}
