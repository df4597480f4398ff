//! Times in which neither a unit nor its standby treated anything.

use super::states::{RunState, StateSpan};
use crate::model::{TimeRange, Timestamp};
use std::collections::BTreeSet;

/// Which outages are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutageOptions {
    /// A time with which the gaps are compared, such as that of an incident.
    pub overlap: Option<TimeRange>,
}

/// A time in which the duty unit is not known to have run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The time, cut at the range that was looked at.
    pub range: TimeRange,
    /// First report that the duty unit did not run; `None` if reports are missing and none says so.
    pub stopped: Option<Timestamp>,
    /// States that were reported meanwhile.
    pub states: Vec<RunState>,
    /// First report that the duty unit ran again; `None` if the range ends before.
    pub resumed: Option<Timestamp>,
    /// First time from the stop on at which a standby unit ran, which is the stop itself if it ran already; `None` if none did.
    pub standby_started: Option<Timestamp>,
    /// Times in which nothing ran, in milliseconds: the duty unit and every standby unit reported so.
    pub gap_ms: i64,
    /// Times in which reports of a unit are missing and none that reported ran, in milliseconds: the gap may be longer by up to this.
    pub unknown_ms: i64,
    /// Part of `gap_ms` that lies in the time of [`OutageOptions::overlap`].
    pub overlap_ms: Option<i64>,
    /// Part of `unknown_ms` that lies in it.
    pub overlap_unknown_ms: Option<i64>,
}

/// What a group of units did at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    Treats,
    Stands,
    Unknown,
}

/// Finds the outages of a duty unit: when it stopped, when a standby unit started, and how long nothing ran.
///
/// Duty and standby units come as spans over one range, from [`run_states`](super::run_states). Only the state "running" counts as treating; other
/// states are listed. Missing reports are never taken for running or for standing still: they make `unknown_ms`.
///
/// ```
/// use vocdb::trace::{OutageOptions, RunState, outages, state_spans};
/// use vocdb::{Interval, TimeRange, Timestamp};
/// let minute = |minute: i64| Timestamp::from_ms(minute * 60_000);
/// let range = TimeRange::new(minute(0), minute(120));
/// let unit = |runs: &dyn Fn(i64) -> bool| {
///     let report = |at| (minute(at), Some(if runs(at) { RunState::Running } else { RunState::Off }));
///     state_spans(&(0..120).map(report).collect::<Vec<_>>(), Interval::MINUTE, range)
/// };
/// let found = outages(&unit(&|at| at < 20), &[unit(&|at| at >= 56)], OutageOptions::default());
/// assert_eq!((found[0].stopped, found[0].standby_started), (Some(minute(20)), Some(minute(56))));
/// assert_eq!((found[0].gap_ms, found[0].unknown_ms), (36 * 60_000, 0));
/// ```
#[must_use]
pub fn outages(duty: &[StateSpan], standby: &[Vec<StateSpan>], options: OutageOptions) -> Vec<Outage> {
    let steps = steps(duty, standby);
    let mut found: Vec<Outage> = Vec::new();
    let mut is_open = false;
    for step in &steps {
        if step.duty == Activity::Treats {
            if let Some(outage) = found.last_mut().filter(|_| is_open) {
                outage.resumed = Some(step.range.from);
            }
            is_open = false;
            continue;
        }
        if !is_open {
            let overlap = options.overlap.map(|_| 0);
            found.push(Outage::begin(step.range, overlap));
            is_open = true;
        }
        if let Some(outage) = found.last_mut() {
            outage.extend(step, options.overlap);
        }
    }
    for outage in &mut found {
        let within = duty.iter().filter(|span| span.range.from < outage.range.to && outage.range.from < span.range.to);
        outage.states = within.filter_map(|span| span.state).collect::<BTreeSet<_>>().into_iter().collect();
    }
    found
}

impl Outage {
    fn begin(range: TimeRange, overlap: Option<i64>) -> Self {
        Self {
            range,
            stopped: None,
            states: Vec::new(),
            resumed: None,
            standby_started: None,
            gap_ms: 0,
            unknown_ms: 0,
            overlap_ms: overlap,
            overlap_unknown_ms: overlap,
        }
    }

    fn extend(&mut self, step: &Step, overlap: Option<TimeRange>) {
        self.range.to = step.range.to;
        if step.duty == Activity::Stands && self.stopped.is_none() {
            self.stopped = Some(step.range.from);
        }
        if self.stopped.is_some() && step.standby == Activity::Treats && self.standby_started.is_none() {
            self.standby_started = Some(step.range.from);
        }
        let whole_ms = step.range.to.since_ms(step.range.from);
        let part_ms =
            overlap.map_or(0, |other| step.range.to.min(other.to).since_ms(step.range.from.max(other.from)).max(0));
        let (gap, in_overlap) = match (step.duty, step.standby) {
            (_, Activity::Treats) => return,
            (Activity::Stands, Activity::Stands) => (&mut self.gap_ms, &mut self.overlap_ms),
            _ => (&mut self.unknown_ms, &mut self.overlap_unknown_ms),
        };
        *gap += whole_ms;
        if let Some(in_overlap) = in_overlap {
            *in_overlap += part_ms;
        }
    }
}

/// A time in which no unit changed its state.
struct Step {
    range: TimeRange,
    duty: Activity,
    standby: Activity,
}

fn steps(duty: &[StateSpan], standby: &[Vec<StateSpan>]) -> Vec<Step> {
    let Some((first, last)) = duty.first().zip(duty.last()) else { return Vec::new() };
    let (from, to) = (first.range.from, last.range.to);
    let all = duty.iter().chain(standby.iter().flatten());
    let mut ends: BTreeSet<Timestamp> = all.flat_map(|span| [span.range.from, span.range.to]).collect();
    ends.retain(|end| from <= *end && *end <= to);
    let mut cursors = vec![0_usize; standby.len() + 1];
    let ranges = ends.iter().zip(ends.iter().skip(1)).map(|(from, to)| TimeRange::new(*from, *to));
    let units: Vec<&[StateSpan]> = std::iter::once(duty).chain(standby.iter().map(Vec::as_slice)).collect();
    let step = |range: TimeRange| {
        let states: Vec<Activity> =
            units.iter().zip(&mut cursors).map(|(spans, cursor)| activity(spans, cursor, range.from)).collect();
        let (duty, standby) = states.split_first().map_or((Activity::Unknown, &[][..]), |(duty, rest)| (*duty, rest));
        let standby = if standby.contains(&Activity::Treats) {
            Activity::Treats
        } else if standby.contains(&Activity::Unknown) {
            Activity::Unknown
        } else {
            Activity::Stands
        };
        Step { range, duty, standby }
    };
    ranges.map(step).collect()
}

/// What a unit did at a time; the times of one cursor rise.
fn activity(spans: &[StateSpan], cursor: &mut usize, time: Timestamp) -> Activity {
    while spans.get(*cursor).is_some_and(|span| span.range.to <= time) {
        *cursor += 1;
    }
    match spans.get(*cursor).filter(|span| span.range.contains(time)).and_then(|span| span.state) {
        Some(RunState::Running) => Activity::Treats,
        Some(_) => Activity::Stands,
        None => Activity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::states::state_spans;
    use super::*;
    use crate::model::Interval;
    use proptest::prelude::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_ms(minute * 60_000)
    }

    /// A unit from a text: one letter a minute, `1` to `5` and `0` as in HJ 212, `.` for a minute without a report.
    fn unit(text: &str) -> Vec<StateSpan> {
        let states = text.chars().zip(0_i64..).filter(|(letter, _)| *letter != '.');
        let reports: Vec<_> = states
            .map(|(letter, at)| (minute(at), letter.to_digit(10).and_then(|own| RunState::from_number(f64::from(own)))))
            .collect();
        state_spans(&reports, Interval::MINUTE, TimeRange::new(minute(0), minute(text.len() as i64)))
    }

    fn found(duty: &str, standby: &[&str], overlap: Option<(i64, i64)>) -> Vec<Outage> {
        let overlap = overlap.map(|(from, to)| TimeRange::new(minute(from), minute(to)));
        outages(&unit(duty), &standby.iter().map(|text| unit(text)).collect::<Vec<_>>(), OutageOptions { overlap })
    }

    #[test]
    fn the_gap_reaches_from_the_stop_to_the_first_of_several_standby_units() {
        let one = &found("1110000011", &["0000000011", "0000011100"], Some((4, 100)))[0];
        assert_eq!(
            (one.stopped, one.standby_started, one.resumed),
            (Some(minute(3)), Some(minute(5)), Some(minute(8)))
        );
        assert_eq!((one.gap_ms, one.unknown_ms), (120_000, 0));
        assert_eq!((one.overlap_ms, one.overlap_unknown_ms), (Some(60_000), Some(0)));
        assert_eq!(one.states, [RunState::Off]);
    }

    #[test]
    fn missing_reports_are_neither_running_nor_standing_still() {
        let one = &found("11....0011", &["0000000000"], None)[0];
        assert_eq!((one.range.from, one.stopped, one.resumed), (minute(2), Some(minute(6)), Some(minute(8))));
        assert_eq!((one.gap_ms, one.unknown_ms), (120_000, 4 * 60_000));
        let one = &found("1100000000", &["00......11"], None)[0];
        assert_eq!((one.gap_ms, one.unknown_ms, one.standby_started), (0, 6 * 60_000, Some(minute(8))));
        let silent = &found("..........", &[], None)[0];
        assert_eq!((silent.stopped, silent.gap_ms, silent.unknown_ms), (None, 0, 600_000));
        assert_eq!(
            found("11.1111171", &["0000000000"], None).len(),
            1,
            "one late report is no gap; a number without a state is"
        );
    }

    #[test]
    fn a_standby_that_runs_already_leaves_no_gap_and_no_standby_a_gap_to_the_end() {
        let one = &found("1100001111", &["1111111111"], None)[0];
        assert_eq!((one.gap_ms, one.standby_started), (0, Some(minute(2))));
        let one = &found("1100340000", &[], None)[0];
        assert_eq!((one.gap_ms, one.standby_started, one.resumed), (8 * 60_000, None, None));
        assert_eq!(one.states, [RunState::Off, RunState::Maintenance, RunState::Alarm]);
        assert_eq!(found("1111", &["0000"], None), []);
    }

    proptest! {
        #[test]
        fn every_minute_counts_once_as_a_count_by_hand_says(
            duty in "[01.]{1,60}", standby in "[01.]{1,60}", from in 0_i64..60, length in 0_i64..60,
        ) {
            let standby = format!("{standby:.<60}").chars().take(duty.len()).collect::<String>();
            let (own, other) = (unit(&duty), unit(&standby));
            let at = |spans: &[StateSpan], m: i64| {
                spans.iter().find(|span| span.range.contains(minute(m))).and_then(|span| span.state)
            };
            let (mut gap, mut unknown, mut part) = (0, 0, 0);
            for m in 0..duty.len() as i64 {
                let states = [at(&own, m), at(&other, m)];
                if states.contains(&Some(RunState::Running)) {
                } else if states.contains(&None) {
                    unknown += 60_000;
                } else {
                    gap += 60_000;
                    part += if (from..from + length).contains(&m) { 60_000 } else { 0 };
                }
            }
            let outages = found(&duty, &[&standby], Some((from, from + length)));
            prop_assert_eq!(outages.iter().map(|one| one.gap_ms).sum::<i64>(), gap);
            prop_assert_eq!(outages.iter().map(|one| one.unknown_ms).sum::<i64>(), unknown);
            prop_assert_eq!(outages.iter().filter_map(|one| one.overlap_ms).sum::<i64>(), part);
        }
    }
}
