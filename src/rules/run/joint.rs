//! What the stations of one plan say together, and the values behind it, gathered only when they go on record.

use super::super::plan::{Member, Node, Program, TripTerm};
use super::member::MemberState;
use super::series::Series;
use crate::model::Timestamp;
use crate::verdict::{Evidence, Shown, TermValue, Truth};

/// How many stations say so.
fn count(states: &[MemberState], says: impl Fn(&MemberState) -> bool) -> usize {
    states.iter().filter(|state| says(state)).count()
}

/// The station of a plan that is of one station, as most are: what it says is what all say.
const fn alone(states: &[MemberState], quorum: usize) -> Option<&MemberState> {
    match states {
        [state] if quorum == 1 && !state.is_absent => Some(state),
        _ => None,
    }
}

/// Whether so many of the present stations trip as the quorum asks; unknown while the unknown ones could make the difference, and while
/// fewer are present than it asks.
pub(super) fn joined_trip(states: &[MemberState], quorum: usize) -> Truth {
    if let Some(alone) = alone(states, quorum) {
        return alone.trip;
    }
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
    if let Some(alone) = alone(states, quorum) {
        return alone.clear;
    }
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

/// Whether fewer of the stations that trip (of all, where none does) are free of the suppress condition than the quorum asks.
pub(super) fn joined_suppress(states: &[MemberState], quorum: usize) -> bool {
    let tripping = count(states, |state| state.trip == Truth::True);
    let is_meant = |state: &MemberState| tripping == 0 || state.trip == Truth::True;
    let meant = count(states, is_meant);
    count(states, |state| is_meant(state) && state.suppressed != Truth::True) < quorum.min(meant)
}

/// Whether a priority step is true at as many stations as the quorum asks for; unknown while the unknown ones could make the difference. An
/// absent station counts as unknown: no priority falls because a link has died.
pub(super) fn joined_step(states: &[MemberState], step: usize, quorum: usize) -> Truth {
    let says = |state: &MemberState| state.rare.priority_steps.get(step).map_or(Truth::Unknown, |(_, truth)| *truth);
    let holding = count(states, |state| says(state) == Truth::True);
    let unknown = count(states, |state| says(state) == Truth::Unknown);
    if holding >= quorum {
        Truth::True
    } else if holding + unknown >= quorum {
        Truth::Unknown
    } else {
        Truth::False
    }
}

/// Greatest less least of the known numbers; NaN with fewer than two.
pub(super) fn spread(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut least, mut most, mut known) = (f64::INFINITY, f64::NEG_INFINITY, 0_u32);
    for number in numbers.filter(|number| !number.is_nan()) {
        (least, most, known) = (least.min(number), most.max(number), known + 1);
    }
    if known < 2 { f64::NAN } else { most - least }
}

/// What a verdict rests on: the stations of a plan at an instant.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    /// What the stations said.
    pub(super) states: &'a [MemberState],
    /// The stations as bound.
    pub(super) members: &'a [Member],
    /// The spreads over them.
    pub(super) spreads: &'a [f64],
    /// All series of the engine.
    pub(super) series: &'a [Series],
    /// The instant.
    pub(super) instant: Timestamp,
}

impl Basis<'_> {
    fn each(&self) -> impl Iterator<Item = (&MemberState, &Member)> {
        self.states.iter().zip(self.members)
    }

    /// The place of what made each station trip among its terms; `None` for a station that does not trip.
    fn causes(&self) -> Vec<Option<usize>> {
        self.each().map(|(state, member)| state.cause(member, self.spreads)).collect()
    }

    fn has_value(&self, place: usize) -> bool {
        self.term(place).is_some_and(|term| !term.value.0.is_empty())
    }

    fn term(&self, place: usize) -> Option<&TripTerm> {
        self.members.first().and_then(|member| member.terms.get(place))
    }

    /// The term that is shown of all stations: the first that made any of them trip, a comparison where there is one; where none trips, the
    /// first comparison of the rule.
    fn term_shown(&self, causes: &[Option<usize>]) -> Option<usize> {
        let found = || causes.iter().flatten().copied();
        let first =
            || (0..self.members.first().map_or(0, |member| member.terms.len())).find(|one| self.has_value(*one));
        found().filter(|place| self.has_value(*place)).min().or_else(|| found().min()).or_else(first)
    }

    /// The values behind the verdict, station by station.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let shown = self.term_shown(&self.causes());
        let of_station = |(state, member): (&MemberState, &Member)| Evidence {
            station: member.station_name.clone(),
            trip: state.trip,
            value: shown.and_then(|place| state.term_value(member, place, self.spreads)),
            terms: state.window_values(member, self.series, self.instant),
        };
        self.each().map(of_station).collect()
    }

    /// What made the rule trip.
    pub(super) fn shown(&self) -> Shown {
        let causes = self.causes();
        let wanted = if causes.iter().any(Option::is_some) { Truth::True } else { Truth::Unknown };
        let listed = self.each().filter(|(state, _)| state.trip == wanted);
        let terms = listed.map(|(state, member)| (member.station_name.clone(), self.trip_values(state, member)));
        let terms = terms.collect();
        let place = self.term_shown(&causes).filter(|_| wanted == Truth::True);
        let Some((place, term)) = place.and_then(|place| Some((place, self.term(place)?))) else {
            return Shown { terms, ..Shown::default() };
        };
        let by_it = self.each().zip(&causes).filter(|(_, cause)| **cause == Some(place));
        let values = by_it.filter_map(|((state, member), _)| state.term_value(member, place, self.spreads));
        let value = values.reduce(if term.is_low { f64::min } else { f64::max });
        Shown { value, unit: term.unit.clone(), label: term.label.clone(), terms }
    }

    /// The values of the windows that the trip condition reads.
    fn trip_values(&self, state: &MemberState, member: &Member) -> Vec<TermValue> {
        let is_read = windows_of(member, &member.when);
        let values = state.window_values(member, self.series, self.instant);
        values.into_iter().zip(is_read).filter(|(_, is_read)| *is_read).map(|(value, _)| value).collect()
    }
}

/// Whether a program of a member reads each of its windows, itself or through a spread.
fn windows_of(member: &Member, asked: &Program) -> Vec<bool> {
    let mut is_read = vec![false; member.slots()];
    let program = &member.placed(asked);
    let in_spread = program.0.iter().filter_map(|node| match node {
        Node::Spread(place) => member.spreads.get(usize::from(*place)),
        _ => None,
    });
    let counted = asked.0.iter().filter_map(|node| match node {
        Node::Counted(place) => member.counts.get(usize::from(*place)).map(|count| member.placed(&count.program)),
        _ => None,
    });
    let counted: Vec<Program> = counted.collect();
    for node in in_spread.chain(&counted).chain([program]).flat_map(|program| &program.0) {
        if let Node::Window(slot) | Node::Holds(slot) = node
            && let Some(is_read) = is_read.get_mut(usize::from(*slot))
        {
            *is_read = true;
        }
    }
    is_read
}
