//! One station within a running plan.

use super::super::expr::WindowFunction;
use super::super::plan::{Member, Program, WindowSpec};
use super::super::verdict::{Evidence, TermValue, Truth};
use super::evaluate::{Inputs, Stacks};
use super::series::Series;
use super::window::Window;
use crate::model::Timestamp;

/// The windows of one station and what its programs said last.
#[derive(Debug)]
pub(super) struct MemberState {
    windows: Vec<Window>,
    /// The engine's places of the instruments that they look at, each once.
    pub(super) sources: Vec<usize>,
    /// What the windows say at the instant; NaN for unknown.
    values: Vec<f64>,
    stacks: Stacks,
    /// Whether the trip condition holds.
    pub(super) trip: Truth,
    /// Whether the clear condition holds.
    pub(super) clear: Truth,
    /// Whether the suppress condition holds.
    pub(super) suppressed: Truth,
    value: f64,
    /// What the clear condition said last when it was known.
    pub(super) clear_known: Truth,
    /// Since which instant the trip condition has been unknown.
    pub(super) unknown_since: Option<Timestamp>,
    /// Unknown for so long that it no longer counts towards the quorum.
    pub(super) is_absent: bool,
}

impl MemberState {
    pub(super) fn new(member: &Member, mut places: impl FnMut(&WindowSpec) -> (usize, usize)) -> Self {
        let (mut windows, mut sources) = (Vec::with_capacity(member.windows.len()), Vec::new());
        for spec in &member.windows {
            let (source, series) = places(spec);
            windows.push(Window::new(spec.clone(), series));
            sources.push(source);
        }
        sources.sort_unstable();
        sources.dedup();
        Self {
            values: vec![f64::NAN; member.windows.len()],
            windows,
            sources,
            stacks: Stacks::default(),
            trip: Truth::Unknown,
            clear: Truth::Unknown,
            suppressed: Truth::False,
            clear_known: Truth::Unknown,
            value: f64::NAN,
            unknown_since: None,
            is_absent: false,
        }
    }

    pub(super) fn invalidate(&mut self, series: usize) {
        self.windows.iter_mut().filter(|window| window.series == series).for_each(Window::invalidate);
    }

    /// How far its instruments have come; `None` while one of them has sent nothing.
    pub(super) fn reached(&self, newest: &[Option<Timestamp>]) -> Option<Timestamp> {
        self.sources.iter().map(|source| newest.get(*source).copied().flatten()).min().flatten()
    }

    /// How far the foremost of its instruments has come.
    pub(super) fn foremost(&self, newest: &[Option<Timestamp>]) -> Option<Timestamp> {
        self.sources.iter().filter_map(|source| newest.get(*source).copied().flatten()).max()
    }

    /// Series of each window, and how far back it looks.
    pub(super) fn reach(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.windows.iter().map(|window| (window.series, window.spec.width_ms.saturating_add(window.spec.lag_ms)))
    }

    /// How far back its longest question for silence looks; `None` where it asks none.
    pub(super) fn silence_ms(&self) -> Option<i64> {
        let asks = |window: &&Window| window.spec.function == WindowFunction::Silent;
        let reach = |window: &Window| window.spec.width_ms.saturating_add(window.spec.lag_ms);
        self.windows.iter().filter(asks).map(reach).max()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.windows.iter().all(Window::is_empty)
    }

    /// The first instant behind `instant` at which a sample enters any window.
    pub(super) fn next_change(&self, series: &[Series], instant: Timestamp) -> Option<Timestamp> {
        self.windows.iter().filter_map(|window| window.next_change(series.get(window.series)?, instant)).min()
    }

    /// Moves the windows to an instant.
    pub(super) fn advance(&mut self, series: &[Series], instant: Timestamp) {
        for (window, value) in self.windows.iter_mut().zip(&mut self.values) {
            if let Some(series) = series.get(window.series) {
                window.advance(series, instant);
                *value = window.value(series).unwrap_or(f64::NAN);
            }
        }
    }

    /// The number that a program leaves; NaN where it is unknown.
    pub(super) fn number(&mut self, program: &Program) -> f64 {
        self.stacks.number(program, Inputs { windows: &self.values, spreads: &[], scripts: &[] })
    }

    /// Asks the programs.
    pub(super) fn judge(&mut self, member: &Member, spreads: &[f64], instant: Timestamp) {
        let Self { values, stacks, .. } = self;
        let inputs = Inputs { windows: values, spreads, scripts: &member.scripts };
        self.trip = stacks.truth(&member.when, inputs);
        self.clear = match &member.clear {
            Some(clear) => stacks.truth(clear, inputs),
            None => self.trip.not(),
        };
        if self.clear != Truth::Unknown {
            self.clear_known = self.clear;
        }
        if let Some(suppress) = &member.suppress {
            self.suppressed = stacks.truth(suppress, inputs);
        }
        self.value = stacks.number(&member.value, inputs);
        if self.trip == Truth::Unknown {
            self.unknown_since.get_or_insert(instant);
        } else {
            self.unknown_since = None;
        }
    }

    /// Why a closure could not answer, if one could not.
    pub(super) const fn fault(&mut self) -> Option<String> {
        self.stacks.fault.take()
    }

    fn evidence(&self, member: &Member, series: &[Series], instant: Timestamp) -> Evidence {
        let term = |window: &Window| TermValue {
            label: window.spec.label.clone(),
            value: series.get(window.series).and_then(|series| window.value(series)),
            coverage: window.coverage(),
            unit: window.spec.unit.clone(),
            flags: series.get(window.series).map_or_else(Vec::new, |series| window.flags(series, instant)),
        };
        Evidence {
            station: member.station_name.clone(),
            trip: self.trip,
            value: Some(self.value).filter(|value| value.is_finite()),
            terms: self.windows.iter().map(term).collect(),
        }
    }
}

/// The values behind a verdict, station by station.
pub(super) fn gather(
    states: &[MemberState],
    members: &[Member],
    series: &[Series],
    instant: Timestamp,
) -> Vec<Evidence> {
    states.iter().zip(members).map(|(state, member)| state.evidence(member, series, instant)).collect()
}
