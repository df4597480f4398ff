//! One station within a running plan.

use super::super::plan::{Member, WindowSpec};
use super::super::verdict::{Evidence, TermValue, Truth};
use super::evaluate::Stacks;
use super::series::Series;
use super::window::Window;
use crate::model::{InstrumentId, Timestamp};
use std::collections::BTreeMap;

/// The windows of one station and what its programs said last.
#[derive(Debug)]
pub(super) struct MemberState {
    windows: Vec<Window>,
    stacks: Stacks,
    trip: Truth,
    clear: Truth,
    value: Option<f64>,
    /// What the clear condition said last when it was known.
    pub(super) clear_known: Truth,
    /// Since which instant the trip condition has been unknown.
    pub(super) unknown_since: Option<Timestamp>,
    /// Unknown for so long that it no longer counts towards the quorum.
    pub(super) is_absent: bool,
}

impl MemberState {
    pub(super) fn new(member: &Member, mut series_of: impl FnMut(&WindowSpec) -> usize) -> Self {
        let windows = member.windows.iter().map(|spec| Window::new(spec.clone(), series_of(spec))).collect();
        Self {
            windows,
            stacks: Stacks::default(),
            trip: Truth::Unknown,
            clear: Truth::Unknown,
            clear_known: Truth::Unknown,
            value: None,
            unknown_since: None,
            is_absent: false,
        }
    }

    pub(super) fn invalidate(&mut self, series: usize) {
        self.windows.iter_mut().filter(|window| window.series == series).for_each(Window::invalidate);
    }

    /// How far its instruments have come; `None` while one of them has sent nothing.
    pub(super) fn reached(&self, newest: &BTreeMap<InstrumentId, Timestamp>) -> Option<Timestamp> {
        self.windows.iter().map(|window| newest.get(&window.spec.instrument).copied()).min().flatten()
    }

    /// How far the foremost of its instruments has come.
    pub(super) fn foremost(&self, newest: &BTreeMap<InstrumentId, Timestamp>) -> Option<Timestamp> {
        self.windows.iter().filter_map(|window| newest.get(&window.spec.instrument).copied()).max()
    }

    /// Series and width of each window.
    pub(super) fn reach(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.windows.iter().map(|window| (window.series, window.spec.width_ms))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.windows.iter().all(Window::is_empty)
    }

    /// The time of the first sample behind an instant, over all windows.
    pub(super) fn next_sample(&self, series: &[Series], instant: Timestamp) -> Option<Timestamp> {
        self.windows.iter().filter_map(|window| series.get(window.series)?.next_after(instant)).min()
    }

    pub(super) fn evaluate(&mut self, member: &Member, series: &[Series], instant: Timestamp) {
        for window in &mut self.windows {
            if let Some(series) = series.get(window.series) {
                window.advance(series, instant);
            }
        }
        let Self { windows, stacks, .. } = self;
        let value_of = |index: u16| {
            let window = windows.get(usize::from(index))?;
            window.value(series.get(window.series)?)
        };
        self.trip = stacks.truth(&member.when, &value_of);
        self.clear = match &member.clear {
            Some(clear) => stacks.truth(clear, &value_of),
            None => self.trip.not(),
        };
        if self.clear != Truth::Unknown {
            self.clear_known = self.clear;
        }
        self.value = stacks.number(&member.value, &value_of);
        if self.trip == Truth::Unknown {
            self.unknown_since.get_or_insert(instant);
        } else {
            self.unknown_since = None;
        }
    }

    fn evidence(&self, member: &Member, series: &[Series]) -> Evidence {
        let term = |window: &Window| TermValue {
            label: window.spec.label.clone(),
            value: series.get(window.series).and_then(|series| window.value(series)),
            coverage: window.coverage(),
            unit: window.spec.unit.clone(),
        };
        Evidence {
            station: member.station_name.clone(),
            trip: self.trip,
            value: self.value,
            terms: self.windows.iter().map(term).collect(),
        }
    }
}

/// The values behind a verdict, station by station.
pub(super) fn gather(states: &[MemberState], members: &[Member], series: &[Series]) -> Vec<Evidence> {
    states.iter().zip(members).map(|(state, member)| state.evidence(member, series)).collect()
}

/// How many stations say so.
fn count(states: &[MemberState], says: impl Fn(&MemberState) -> bool) -> usize {
    states.iter().filter(|state| says(state)).count()
}

/// Whether so many of the present stations trip as the quorum asks; unknown while the unknown ones could make the difference, and while
/// fewer are present than it asks.
pub(super) fn joined_trip(states: &[MemberState], quorum: usize) -> Truth {
    let present = count(states, |state| !state.is_absent);
    let tripping = count(states, |state| !state.is_absent && state.trip == Truth::True);
    let unknown = count(states, |state| !state.is_absent && state.trip == Truth::Unknown);
    if tripping >= quorum {
        Truth::True
    } else if present < quorum || tripping + unknown >= quorum {
        Truth::Unknown
    } else {
        Truth::False
    }
}

/// Whether so few stations are not clear that the quorum could no longer be reached. An absent station counts as it was when it was last
/// known: an alarm does not clear because a link has died.
pub(super) fn joined_clear(states: &[MemberState], quorum: usize) -> Truth {
    let clear_of = |state: &MemberState| if state.is_absent { state.clear_known } else { state.clear };
    let not_clear = count(states, |state| clear_of(state) == Truth::False);
    let unknown = count(states, |state| !state.is_absent && clear_of(state) == Truth::Unknown);
    if not_clear >= quorum {
        Truth::False
    } else if states.iter().all(|state| state.is_absent) || not_clear + unknown >= quorum {
        Truth::Unknown
    } else {
        Truth::True
    }
}
