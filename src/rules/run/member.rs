//! One station within a running plan.

use super::super::expr::WindowFunction;
use super::super::interpreted::Script;
use super::super::plan::{Member, WindowSpec};
use super::super::verdict::{Evidence, TermValue, Truth};
use super::evaluate::{Asked, Inputs, NumberTree, TruthTree};
use super::series::Series;
use super::window::Window;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Times of one station that are remembered in which its condition was unknown.
const OUTAGES_MAX: usize = 16;

/// A time in which a condition was unknown. Where the clear condition says something else meanwhile, another one begins as this one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outage {
    pub(super) begin: Timestamp,
    pub(super) end: Option<Timestamp>,
    /// What the clear condition had said last.
    clear_known: Truth,
}

/// What few rules have, or nobody looks at but when an alarm opens.
#[derive(Debug)]
pub(super) struct Rare {
    suppress: Option<TruthTree>,
    value: NumberTree,
    spreads: Vec<NumberTree>,
    scripts: Vec<Script>,
    asked: Asked,
    /// The last times in which the trip condition was unknown.
    pub(super) outages: VecDeque<Outage>,
}

/// The windows of one station and what its programs said last.
#[derive(Debug)]
pub(super) struct MemberState {
    windows: Vec<Window>,
    /// The engine's places of the instruments that they look at, each once.
    pub(super) sources: Vec<usize>,
    /// The only one of these, where there is only one.
    pub(super) only_source: Option<usize>,
    /// What the windows say at the instant; NaN for unknown.
    values: Vec<f64>,
    when: TruthTree,
    clear_when: Option<TruthTree>,
    /// How many spreads of the plan it adds to.
    pub(super) spreads: usize,
    has_suppress: bool,
    has_scripts: bool,
    pub(super) rare: Box<Rare>,
    /// Whether the trip condition holds.
    pub(super) trip: Truth,
    /// Whether the clear condition holds.
    pub(super) clear: Truth,
    /// Whether the suppress condition holds.
    pub(super) suppressed: Truth,
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
            windows.push(Window::new(spec, series));
            sources.push(source);
        }
        sources.sort_unstable();
        sources.dedup();
        let condition = |program| TruthTree::of(program, &member.scripts);
        let rare = Rare {
            suppress: member.suppress.as_ref().map(condition),
            value: NumberTree::of(&member.value),
            spreads: member.spreads.iter().map(NumberTree::of).collect(),
            scripts: member.scripts.clone(),
            asked: Asked::default(),
            outages: VecDeque::new(),
        };
        Self {
            only_source: if let [source] = sources.as_slice() { Some(*source) } else { None },
            values: vec![f64::NAN; member.windows.len()],
            windows,
            sources,
            when: condition(&member.when),
            clear_when: member.clear.as_ref().map(condition),
            spreads: member.spreads.len(),
            has_suppress: member.suppress.is_some(),
            has_scripts: !member.scripts.is_empty(),
            rare: Box::new(rare),
            trip: Truth::Unknown,
            clear: Truth::Unknown,
            suppressed: Truth::False,
            clear_known: Truth::Unknown,
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
        self.windows.iter().map(|window| (window.series, window.reach_ms()))
    }

    /// How far back its longest question for silence looks; `None` where it asks none.
    pub(super) fn silence_ms(&self) -> Option<i64> {
        let asks = |window: &&Window| window.function() == WindowFunction::Silent;
        self.windows.iter().filter(asks).map(Window::reach_ms).max()
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

    /// What it adds to a spread of the plan; NaN where that is unknown.
    pub(super) fn spread_part(&self, index: usize) -> f64 {
        let inputs = Inputs { windows: &self.values, spreads: &[], scripts: &[] };
        self.rare.spreads.get(index).map_or(f64::NAN, |tree| tree.number(inputs))
    }

    /// Asks the programs.
    pub(super) fn judge(&mut self, spreads: &[f64], instant: Timestamp) {
        let Self { values, rare, .. } = self;
        let Rare { suppress, scripts, asked, .. } = rare.as_mut();
        let scripts = if self.has_scripts { scripts.as_slice() } else { &[] };
        let inputs = Inputs { windows: values, spreads, scripts };
        self.trip = self.when.truth(inputs, asked);
        self.clear = match &self.clear_when {
            Some(clear) => clear.truth(inputs, asked),
            None => self.trip.not(),
        };
        let is_otherwise = self.clear != Truth::Unknown && self.clear != self.clear_known;
        if is_otherwise {
            self.clear_known = self.clear;
        }
        if self.has_suppress
            && let Some(suppress) = suppress
        {
            self.suppressed = suppress.truth(inputs, asked);
        }
        match (self.trip, self.unknown_since) {
            (Truth::Unknown, None) => {
                self.unknown_since = Some(instant);
                self.begin_outage(instant);
            }
            (Truth::Unknown, Some(_)) if is_otherwise => {
                self.end_outage(instant);
                self.begin_outage(instant);
            }
            (Truth::False | Truth::True, Some(_)) => {
                self.unknown_since = None;
                self.end_outage(instant);
            }
            _ => {}
        }
    }

    fn begin_outage(&mut self, instant: Timestamp) {
        self.rare.outages.push_back(Outage { begin: instant, end: None, clear_known: self.clear_known });
        if self.rare.outages.len() > OUTAGES_MAX {
            self.rare.outages.pop_front();
        }
    }

    fn end_outage(&mut self, instant: Timestamp) {
        self.rare.outages.back_mut().into_iter().for_each(|outage| outage.end = outage.end.or(Some(instant)));
    }

    /// Stands as another one stood just before an instant, as far as that does not follow from readings. What its clear condition had said
    /// last is noted where outages begin; between them, where it says nothing from the instant on, it is what the next one knows.
    pub(super) fn stand_as(&mut self, other: &Self, instant: Timestamp) {
        let outages = &other.rare.outages;
        self.rare.outages = outages.iter().filter(|outage| outage.begin < instant).copied().collect();
        let next = outages.iter().find(|outage| outage.begin >= instant);
        self.clear_known = next.map_or(other.clear_known, |next| next.clear_known);
        let Some(outage) = self.rare.outages.back_mut() else { return };
        outage.end = outage.end.filter(|end| *end < instant);
        if outage.end.is_none() {
            self.clear_known = outage.clear_known;
            let mut since = outage.begin;
            for before in self.rare.outages.iter().rev().filter(|before| before.end.is_some()) {
                since = if before.end == Some(since) { before.begin } else { break };
            }
            self.unknown_since = Some(since);
        }
    }

    /// Remembers as its past what another one found, up to an instant.
    pub(super) fn remember_as(&mut self, other: &Self, upto: Timestamp) {
        let behind = self.rare.outages.iter().filter(|outage| outage.begin > upto).copied();
        let going_on =
            self.rare.outages.iter().find(|outage| outage.begin <= upto && outage.end.is_none_or(|end| end > upto));
        let mut outages = other.rare.outages.clone();
        if let (Some(last), Some(going_on)) = (outages.back_mut(), going_on) {
            last.end = last.end.or(going_on.end);
        }
        outages.extend(behind);
        let surplus = outages.len().saturating_sub(OUTAGES_MAX);
        outages.drain(..surplus);
        self.rare.outages = outages;
    }

    /// Why a closure could not answer, if one could not.
    pub(super) fn fault(&mut self) -> Option<String> {
        if self.has_scripts { self.rare.asked.fault.take() } else { None }
    }

    /// What people are shown is reckoned here, since nearly no verdict is shown to any.
    fn evidence(&self, member: &Member, spreads: &[f64], series: &[Series], instant: Timestamp) -> Evidence {
        let value = self.rare.value.number(Inputs { windows: &self.values, spreads, scripts: &[] });
        let term = |(window, spec): (&Window, &WindowSpec)| TermValue {
            label: spec.label.clone(),
            value: series.get(window.series).and_then(|series| window.value(series)),
            coverage: window.coverage(),
            unit: spec.unit.clone(),
            flags: series.get(window.series).map_or_else(Vec::new, |series| window.flags(series, instant)),
        };
        Evidence {
            station: member.station_name.clone(),
            trip: self.trip,
            value: Some(value).filter(|value| value.is_finite()),
            terms: self.windows.iter().zip(&member.windows).map(term).collect(),
        }
    }
}

/// The values behind a verdict, station by station.
pub(super) fn gather(
    states: &[MemberState],
    members: &[Member],
    spreads: &[f64],
    series: &[Series],
    instant: Timestamp,
) -> Vec<Evidence> {
    states.iter().zip(members).map(|(state, member)| state.evidence(member, spreads, series, instant)).collect()
}
