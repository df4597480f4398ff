//! One station within a running plan.

mod clocks;
mod counts;

use self::clocks::Clocks;
use self::counts::{Counts, Standing};
use super::super::expr::WindowFunction;
use super::super::interpreted::Script;
use super::super::plan::{Member, WindowSpec};
use super::evaluate::{Asked, Inputs, NumberTree, TruthTree};
use super::late::outages::Outages;
use super::series::Series;
use super::window::Window;
use crate::model::{Timestamp, Unit};
use crate::verdict::{TermValue, Truth};

/// What few rules have, or nobody looks at but when an alarm opens.
#[derive(Debug)]
pub(super) struct Rare {
    suppress: Option<TruthTree>,
    /// The conditions of the priority steps, each with what it said last.
    pub(super) priority_steps: Vec<(TruthTree, Truth)>,
    spreads: Vec<NumberTree>,
    scripts: Vec<Script>,
    asked: Asked,
    /// What the programs ask of clocks.
    clocks: Clocks,
    /// What the programs count.
    counts: Counts,
    /// Windows that are looked at further back than they stand, by their series, and how far.
    further: Vec<(usize, i64)>,
    /// The last times in which the trip condition was unknown.
    pub(super) outages: Outages,
    /// The last times in which the clear condition alone was unknown.
    pub(super) clear_outages: Outages,
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
    has_priority_steps: bool,
    has_scripts: bool,
    has_clocks: bool,
    pub(super) has_counts: bool,
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
    /// Whether the clear condition is unknown, and the trip condition is not.
    is_clear_out: bool,
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
        let condition = |program| TruthTree::of(&member.placed(program), &member.scripts);
        let clocks = Clocks::new(member);
        let counts = Counts::new(member);
        let (has_clocks, has_counts) = (!clocks.is_empty(), !counts.is_empty());
        let reach = windows.iter().enumerate().map(|(slot, window)| (window.series, member.reach_ms(slot)));
        let further = if has_clocks || has_counts { reach.collect() } else { Vec::new() };
        let rare = Rare {
            suppress: member.suppress.as_ref().map(condition),
            priority_steps: member.priority_steps.iter().map(|step| (condition(step), Truth::Unknown)).collect(),
            spreads: member.spreads.iter().map(NumberTree::of).collect(),
            scripts: member.scripts.clone(),
            asked: Asked::default(),
            clocks,
            counts,
            further,
            outages: Outages::default(),
            clear_outages: Outages::default(),
        };
        Self {
            only_source: if let [source] = sources.as_slice() { Some(*source) } else { None },
            values: vec![f64::NAN; member.slots()],
            windows,
            sources,
            when: condition(&member.when),
            clear_when: member.clear.as_ref().map(condition),
            spreads: member.spreads.len(),
            has_suppress: member.suppress.is_some(),
            has_priority_steps: !member.priority_steps.is_empty(),
            has_scripts: !member.scripts.is_empty(),
            has_clocks,
            has_counts,
            rare: Box::new(rare),
            trip: Truth::Unknown,
            clear: Truth::Unknown,
            suppressed: Truth::False,
            clear_known: Truth::Unknown,
            unknown_since: None,
            is_clear_out: false,
            is_absent: false,
        }
    }

    pub(super) fn invalidate(&mut self, series: usize) {
        for window in self.windows.iter_mut().filter(|window| window.series == series) {
            window.invalidate();
            self.rare.counts.forget();
        }
    }

    /// Series of each window, and how far back it looks.
    pub(super) fn reach(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        let windows = self.windows.iter().map(|window| (window.series, window.reach_ms()));
        windows.chain(self.rare.further.iter().copied())
    }

    /// How far back its longest question for silence looks; `None` where it asks none.
    pub(super) fn silence_ms(&self) -> Option<i64> {
        let asks = |window: &&Window| window.function() == WindowFunction::Silent;
        self.windows.iter().filter(asks).map(Window::reach_ms).max()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.windows.iter().all(Window::is_empty)
    }

    /// The first time after `instant` at which a sample enters any window, or a clock changes what it says.
    pub(super) fn next_change(&self, series: &[Series], instant: Timestamp) -> Option<Timestamp> {
        let entering = self.windows.iter().filter_map(|window| window.next_change(series.get(window.series)?, instant));
        entering.chain(self.rare.clocks.next_turn()).min()
    }

    /// Whether a clock has changed what it says at the last instant.
    pub(super) fn has_turned(&self) -> bool {
        self.has_clocks && self.rare.clocks.has_turned
    }

    /// The first time after `instant` at which a sample leaves any window.
    pub(super) fn next_leave(&self, series: &[Series]) -> Option<Timestamp> {
        self.windows.iter().filter_map(|window| window.next_leave(series.get(window.series)?)).min()
    }

    /// Moves the windows to an instant.
    pub(super) fn advance(&mut self, series: &[Series], instant: Timestamp) {
        if self.has_clocks {
            self.rare.clocks.turn(instant, &mut self.windows, &mut self.values);
        }
        for (window, value) in self.windows.iter_mut().zip(&mut self.values) {
            if let Some(series) = series.get(window.series) {
                window.advance(series, instant);
                *value = window.value(series).unwrap_or(f64::NAN);
            }
        }
    }

    /// Counts an instant, to which the windows have moved, on a grid of this step.
    pub(super) fn count(&mut self, series: &[Series], instant: Timestamp, step_ms: i64) {
        let Rare { clocks, counts, .. } = self.rare.as_mut();
        let standing = Standing { windows: &self.windows, clocks, series, instant, step_ms };
        counts.note(&standing, &mut self.values);
    }

    /// Readings have come that reach evaluation times which were counted.
    pub(super) fn recount(&mut self) {
        self.rare.counts.forget();
    }

    /// The longest time that is counted over.
    pub(super) fn counted_ms(&self) -> i64 {
        self.rare.counts.width_ms()
    }

    /// What it adds to a spread of the plan; NaN where that is unknown.
    pub(super) fn spread_part(&self, index: usize) -> f64 {
        let inputs = Inputs { windows: &self.values, spreads: &[], scripts: &[] };
        self.rare.spreads.get(index).map_or(f64::NAN, |tree| tree.number(inputs))
    }

    /// Asks the programs.
    pub(super) fn judge(&mut self, spreads: &[f64], instant: Timestamp) {
        let Self { values, rare, .. } = self;
        let Rare { suppress, priority_steps, scripts, asked, .. } = rare.as_mut();
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
        if self.has_priority_steps {
            priority_steps.iter_mut().for_each(|(step, truth)| *truth = step.truth(inputs, asked));
        }
        self.note_outages(instant, is_otherwise);
    }

    /// Notes since when conditions have been unknown.
    fn note_outages(&mut self, instant: Timestamp, is_otherwise: bool) {
        match (self.trip, self.unknown_since) {
            (Truth::Unknown, None) => {
                self.unknown_since = Some(instant);
                self.rare.outages.begin(instant, self.clear_known);
            }
            (Truth::Unknown, Some(_)) if is_otherwise => {
                self.rare.outages.end(instant);
                self.rare.outages.begin(instant, self.clear_known);
            }
            (Truth::False | Truth::True, Some(_)) => {
                self.unknown_since = None;
                self.rare.outages.end(instant);
            }
            _ => {}
        }
        let is_only_clear_unknown = self.clear == Truth::Unknown && self.trip != Truth::Unknown;
        if is_only_clear_unknown != self.is_clear_out {
            self.is_clear_out = is_only_clear_unknown;
            if is_only_clear_unknown {
                self.rare.clear_outages.begin(instant, self.clear_known);
            } else {
                self.rare.clear_outages.end(instant);
            }
        }
    }

    /// Puts back the times in which the trip condition was unknown.
    pub(super) fn restore_outages(&mut self, outages: &Outages) {
        self.rare.outages.clone_from(outages);
    }

    /// Puts back the times in which the clear condition alone was unknown.
    pub(super) fn restore_clear_outages(&mut self, outages: &Outages) {
        self.rare.clear_outages.clone_from(outages);
        self.is_clear_out = outages.current().is_some();
    }

    /// Stands as another one stood just before an instant, as far as that does not follow from readings.
    pub(super) fn stand_as(&mut self, other: &Self, instant: Timestamp) {
        self.clear_known = other.clear_known_before(instant);
        self.restore_outages(&other.rare.outages.before(instant));
        self.restore_clear_outages(&other.rare.clear_outages.before(instant));
        self.unknown_since = self.rare.outages.since();
    }

    /// Goes back to where it stood just before an evaluation time; its windows are built anew.
    pub(super) fn go_back(&mut self, instant: Timestamp) {
        self.windows.iter_mut().for_each(Window::invalidate);
        self.recount();
        self.clear_known = self.clear_known_before(instant);
        let (outages, clear_outages) = (self.rare.outages.before(instant), self.rare.clear_outages.before(instant));
        self.restore_outages(&outages);
        self.restore_clear_outages(&clear_outages);
        self.unknown_since = self.unknown_since.filter(|since| *since < instant).or(outages.since());
    }

    /// What its clear condition had said last before an instant. That is noted where outages begin; between them, where it says nothing from
    /// the instant on, it is what the next one knows.
    fn clear_known_before(&self, instant: Timestamp) -> Truth {
        let (outages, clear_outages) = (&self.rare.outages, &self.rare.clear_outages);
        let (before, clear_before) = (outages.before(instant), clear_outages.before(instant));
        let next =
            || outages.next(instant).into_iter().chain(clear_outages.next(instant)).min_by_key(|next| next.begin);
        let known = before.current().or(clear_before.current()).or_else(next);
        known.map_or(self.clear_known, |outage| outage.clear_known)
    }

    /// Remembers as its past what another one found, up to an instant.
    pub(super) fn remember_as(&mut self, other: &Self, upto: Timestamp) {
        self.rare.outages.amend(&other.rare.outages, upto);
        self.rare.clear_outages.amend(&other.rare.clear_outages, upto);
    }

    /// Goes on as another one that has evaluated the same instants over more readings.
    pub(super) fn go_on_as(&mut self, other: &Self) {
        (self.unknown_since, self.is_absent) = (other.unknown_since, other.is_absent);
        (self.clear_known, self.is_clear_out) = (other.clear_known, other.is_clear_out);
        (self.trip, self.clear) = (other.trip, other.clear);
    }

    /// Why a closure could not answer, if one could not.
    pub(super) fn fault(&mut self) -> Option<String> {
        if self.has_scripts { self.rare.asked.fault.take() } else { None }
    }

    /// The first part of the trip condition that makes it true, by its place among the member's terms; a comparison where there is one.
    pub(super) fn cause(&self, member: &Member, spreads: &[f64]) -> Option<usize> {
        if self.trip != Truth::True {
            return None;
        }
        let scripts = self.rare.scripts.as_slice();
        let causes = self.when.causes(Inputs { windows: &self.values, spreads, scripts });
        let mut truths = 0;
        let mut first = None;
        for (place, term) in member.terms.iter().enumerate() {
            let is_cause = causes.iter().any(|cause| (truths..truths + term.truths).contains(cause));
            if is_cause && !term.value.0.is_empty() {
                return Some(place);
            }
            first = first.or(is_cause.then_some(place));
            truths += term.truths;
        }
        first
    }

    /// The value of a part of the trip condition. Its program is read here, since nearly no verdict is shown to anyone.
    pub(super) fn term_value(&self, member: &Member, place: usize, spreads: &[f64]) -> Option<f64> {
        let term = member.terms.get(place)?;
        let inputs = Inputs { windows: &self.values, spreads, scripts: &[] };
        Some(NumberTree::of(&term.value).number(inputs)).filter(|value| value.is_finite())
    }

    /// The values of the windows at an instant, and of everything that follows them.
    pub(super) fn window_values(&self, member: &Member, series: &[Series], instant: Timestamp) -> Vec<TermValue> {
        let term = |(window, spec): (&Window, &WindowSpec)| TermValue {
            label: spec.label.clone(),
            value: series.get(window.series).and_then(|series| window.value(series)),
            coverage: window.coverage(),
            unit: spec.unit.clone(),
            flags: series.get(window.series).map_or_else(Vec::new, |series| window.flags(series, instant)),
        };
        let behind = self.values.iter().skip(member.windows.len()).zip(member.labels_behind());
        let behind = behind.map(|(value, label)| TermValue {
            label: label.to_owned(),
            value: Some(*value).filter(|value| value.is_finite()),
            coverage: 0.0,
            unit: Unit::One.symbol().to_owned(),
            flags: Vec::new(),
        });
        self.windows.iter().zip(&member.windows).map(term).chain(behind).collect()
    }
}
