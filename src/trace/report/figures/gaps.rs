//! Times in which a unit and all its standby units reported that they did not run.

use crate::model::{TimeRange, Timestamp};
use crate::trace::facility::{RunState, StateSpan};
use crate::trace::report::input::{TreatmentUnits, UnitStates};

/// The times in which nothing treated, side by side ones joined.
pub(super) fn gaps(units: &TreatmentUnits) -> Vec<TimeRange> {
    let all: Vec<&UnitStates> = std::iter::once(&units.duty).chain(&units.standby).collect();
    let ends = |span: &StateSpan| [span.range.from, span.range.to];
    let mut times: Vec<Timestamp> = all.iter().flat_map(|unit| unit.spans.iter().flat_map(ends)).collect();
    times.sort_unstable();
    times.dedup();
    let mut found: Vec<TimeRange> = Vec::new();
    for (from, to) in times.iter().copied().zip(times.iter().copied().skip(1)) {
        if !all.iter().all(|unit| stands(&unit.spans, from)) {
            continue;
        }
        match found.last_mut().filter(|last| last.to == from) {
            Some(last) => last.to = to,
            None => found.push(TimeRange::new(from, to)),
        }
    }
    found
}

/// Whether a unit reports at a time that it does not run.
fn stands(spans: &[StateSpan], time: Timestamp) -> bool {
    let behind = spans.partition_point(|span| span.range.from <= time);
    let span = behind.checked_sub(1).and_then(|place| spans.get(place));
    let state = span.filter(|span| span.range.contains(time)).and_then(|span| span.state);
    state.is_some_and(|state| state != RunState::Running)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_lies_between_the_stop_and_the_start_of_the_standby() {
        let minute = |minute: i64| Timestamp::from_ms(minute * 60_000);
        let span = |from, to, state| StateSpan { range: TimeRange::new(minute(from), minute(to)), state };
        let (on, off) = (Some(RunState::Running), Some(RunState::Off));
        let unit = |spans: Vec<StateSpan>| UnitStates { name: String::new(), spans };
        let duty = unit(vec![span(0, 20, on), span(20, 90, off), span(90, 120, None)]);
        let standby = unit(vec![span(0, 30, off), span(30, 56, Some(RunState::Alarm)), span(56, 120, on)]);
        let units = TreatmentUnits { duty, standby: vec![standby], outages: Vec::new() };
        assert_eq!(gaps(&units), [TimeRange::new(minute(20), minute(56))]);
    }
}
