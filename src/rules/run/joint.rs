//! What the stations of one plan say together.

use super::super::verdict::Truth;
use super::member::MemberState;

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

/// Greatest less least of the known numbers; NaN with fewer than two.
pub(super) fn spread(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut least, mut most, mut known) = (f64::INFINITY, f64::NEG_INFINITY, 0_u32);
    for number in numbers.filter(|number| !number.is_nan()) {
        (least, most, known) = (least.min(number), most.max(number), known + 1);
    }
    if known < 2 { f64::NAN } else { most - least }
}
