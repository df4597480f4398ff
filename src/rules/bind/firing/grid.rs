//! The instants of a rule's grid against the times of its instruments' frames: for how long a condition can hold at a stretch.

use super::possible::{Truths, samples_max, truths};
use crate::rules::expr::WindowFunction;
use crate::rules::plan::{Member, Program, WindowSpec};
use crate::verdict::MissingPolicy;

/// Conditions that are tried, at most: more possible times of frames are not looked into.
const TRIES_MAX: i64 = 20_000;
/// Nodes of programs that are tried, at most.
const NODES_MAX: i64 = 4_000_000;
/// Repetitions of grid and frames that are gone through: the first fills windows, and a stretch that ends is no longer than one.
const CYCLES: i64 = 3;

/// What a rule asks of its conditions over time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand<'a> {
    /// The trip condition.
    pub(super) when: &'a Program,
    /// The clear condition; the contrary of the trip condition where the rule has none.
    pub(super) clear: Option<&'a Program>,
    /// For how long the trip condition must hold.
    pub(super) hold_ms: i64,
    /// For how long the clear condition must hold.
    pub(super) clear_hold_ms: i64,
    /// For how long the trip condition must be false for the alarm to close.
    pub(super) auto_close_ms: Option<i64>,
    /// What missing data means, and after how long.
    pub(super) on_missing: (MissingPolicy, i64),
    /// From one instant to the next.
    pub(super) step_ms: i64,
}

/// Whether an alarm can open and can clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// It can open.
    pub(super) opens: bool,
    /// It can, whenever within their intervals the readings come.
    pub(super) always_opens: bool,
    /// It can clear once it is open.
    pub(super) clears: bool,
}

impl Outcome {
    /// Nothing is known against it.
    pub(super) const POSSIBLE: Self = Self { opens: true, always_opens: true, clears: true };
}

/// Whether the frames of an instrument that sends one per interval always fill a window as far as its term needs.
pub(super) fn is_always_known(spec: &WindowSpec) -> bool {
    spec.width_ms / spec.interval_ms >= spec.samples_needed()
}

/// Whether a window holds equally many readings at any time, as far as its term makes a difference between them.
pub(super) fn is_even(spec: &WindowSpec) -> bool {
    let is_counted = matches!(spec.function, WindowFunction::Count | WindowFunction::Coverage);
    is_always_known(spec) && (!is_counted || spec.width_ms % spec.interval_ms == 0)
}

/// What an alarm can do with the best readings: one frame per interval, at the best times within the intervals.
pub(super) fn outcome(member: &Member, stations: usize, demand: &Demand<'_>) -> Outcome {
    let Some(grid) = Grid::of(member, stations, demand) else { return Outcome::POSSIBLE };
    let mut best = Outcome { opens: false, always_opens: true, clears: false };
    for number in 0..grid.tries {
        let truths = grid.truths(number);
        let opens = grid.opens(&truths);
        best.opens = best.opens || opens;
        best.always_opens = best.always_opens && opens;
        best.clears = best.clears || grid.clears(&truths);
        if best.opens && !best.always_opens && best.clears {
            break;
        }
    }
    best
}

/// The grid over one repetition of grid and frames.
struct Grid<'a> {
    member: &'a Member,
    stations: usize,
    demand: &'a Demand<'a>,
    /// Interval of each instrument with an uneven window, and how many times of its frames are tried.
    sources: Vec<(u32, i64, i64)>,
    /// From one time that is tried to the next.
    grain_ms: i64,
    instants: i64,
    tries: i64,
}

/// The truths of both conditions at one instant.
#[derive(Debug, Clone, Copy)]
struct Moment {
    trip: Truths,
    clear: Truths,
}

impl<'a> Grid<'a> {
    /// `None` where there is too much to go through.
    fn of(member: &'a Member, stations: usize, demand: &'a Demand<'a>) -> Option<Self> {
        let mut sources: Vec<(u32, i64, i64)> = Vec::new();
        let (mut grain_ms, mut cycle_ms) = (demand.step_ms, demand.step_ms);
        for spec in member.windows.iter().filter(|spec| !is_even(spec)) {
            let times = [spec.interval_ms, spec.width_ms, spec.lag_ms];
            grain_ms = times.into_iter().fold(grain_ms, shared_divisor);
            cycle_ms = cycle_ms.checked_mul(spec.interval_ms / shared_divisor(cycle_ms, spec.interval_ms))?;
            if sources.iter().all(|(number, ..)| *number != spec.instrument.number()) {
                sources.push((spec.instrument.number(), spec.interval_ms, 1));
            }
        }
        let mut tries = 1_i64;
        for (_, interval_ms, times) in &mut sources {
            *times = *interval_ms / grain_ms;
            tries = tries.checked_mul(*times)?;
        }
        let instants = cycle_ms / demand.step_ms;
        let nodes = i64::try_from(demand.when.0.len() + demand.clear.map_or(0, |clear| clear.0.len())).ok()?;
        let all = tries.checked_mul(instants)?;
        let is_little = all <= TRIES_MAX && all.checked_mul(nodes)? <= NODES_MAX;
        is_little.then_some(Self { member, stations, demand, sources, grain_ms, instants, tries })
    }

    /// The truths at each instant where frames come at the times of this number.
    fn truths(&self, mut number: i64) -> Vec<Moment> {
        let mut offsets: Vec<(u32, i64)> = Vec::new();
        for (source, _, times) in &self.sources {
            offsets.push((*source, (number % times) * self.grain_ms));
            number /= times;
        }
        let at = |place: i64| {
            let instant_ms = place * self.demand.step_ms;
            let samples = |spec: &WindowSpec| {
                if is_even(spec) { samples_max(spec) } else { samples_at(spec, instant_ms, &offsets) }
            };
            let trip = truths(self.demand.when, self.member, self.stations, &samples);
            let clear = self.demand.clear.map(|clear| truths(clear, self.member, self.stations, &samples));
            let contrary = Truths { holds: trip.fails, fails: trip.holds, is_unknown: trip.is_unknown };
            Moment { trip, clear: clear.unwrap_or(contrary) }
        };
        (0..self.instants).map(at).collect()
    }

    /// The moments of all cycles with their times.
    fn moments<'b>(&self, truths: &'b [Moment]) -> impl Iterator<Item = (i64, Moment)> + 'b {
        let step_ms = self.demand.step_ms;
        let all = (0..CYCLES).flat_map(move |_| truths.iter().copied());
        (0_i64..).map(move |place| place * step_ms).zip(all)
    }

    /// Whether an alarm opens where the condition holds whenever it can, as the alarm machine goes about it.
    fn opens(&self, truths: &[Moment]) -> bool {
        let (policy, missing_ms) = self.demand.on_missing;
        let (mut pending_since, mut missing_since, mut has_ended) = (None, None, false);
        for (now_ms, moment) in self.moments(truths) {
            if moment.trip.holds {
                missing_since = None;
                let since_ms = *pending_since.get_or_insert(now_ms);
                if now_ms - since_ms >= self.demand.hold_ms {
                    return true;
                }
            } else if moment.trip.is_unknown {
                let is_over = now_ms - *missing_since.get_or_insert(now_ms) >= missing_ms;
                if is_over && policy == MissingPolicy::Alarm {
                    return true;
                }
                has_ended = has_ended || is_over;
                pending_since = pending_since.filter(|_| !is_over);
            } else {
                (pending_since, missing_since, has_ended) = (None, None, true);
            }
        }
        // What has not ended in all this time goes on for ever.
        pending_since.is_some() && !has_ended
    }

    /// Whether an open alarm clears where its clear condition holds whenever it can.
    fn clears(&self, truths: &[Moment]) -> bool {
        let clear = self.lasts(truths, self.demand.clear_hold_ms, |moment| {
            moment.clear.holds && (moment.trip.fails || moment.trip.is_unknown)
        });
        let is_quiet = |auto_close_ms| self.lasts(truths, auto_close_ms, |moment| moment.trip.fails);
        clear || self.demand.auto_close_ms.is_some_and(is_quiet)
    }

    /// Whether something lasts so long at a stretch.
    fn lasts(&self, truths: &[Moment], wanted_ms: i64, holds: impl Fn(&Moment) -> bool) -> bool {
        let mut since = None;
        if truths.iter().all(&holds) {
            return !truths.is_empty();
        }
        self.moments(truths).any(|(now_ms, moment)| {
            since = if holds(&moment) { since.or(Some(now_ms)) } else { None };
            since.is_some_and(|since_ms| now_ms - since_ms >= wanted_ms)
        })
    }
}

/// How many readings a window holds at an instant, where frames come so long after the beginning of each interval.
fn samples_at(spec: &WindowSpec, instant_ms: i64, offsets: &[(u32, i64)]) -> i64 {
    let offset = offsets.iter().find(|(number, _)| *number == spec.instrument.number());
    let end_ms = instant_ms - spec.lag_ms - offset.map_or(0, |(_, offset_ms)| *offset_ms);
    let frames = |upto_ms: i64| upto_ms.div_euclid(spec.interval_ms);
    frames(end_ms) - frames(end_ms - spec.width_ms)
}

/// The greatest common divisor of two lengths of time; the other one where one is zero.
const fn shared_divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
