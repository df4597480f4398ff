//! Evaluates plans on their grids as frames arrive. Pure: equal frames in equal order give equal verdicts.

mod handover;
mod skip;
mod warm;

use super::super::expr::Strand;
use super::super::plan::{Plan, WindowSpec};
use super::joint::{Basis, joined_clear, joined_step, joined_suppress, joined_trip, spread};
use super::late::columns;
use super::late::ranges::LateRanges;
use super::member::MemberState;
use super::progress::ahead::Ahead;
use super::progress::live::Reach;
use super::progress::source::SourceProgress;
use super::series::Series;
use crate::model::{InstrumentId, Timestamp};
use crate::verdict::{Present, Truth, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Stands for the member where something is said of the whole plan.
const NOBODY: u32 = u32::MAX;

/// What of the engine does not follow from the stored frames: how far each plan has come, and since when members are unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EngineState {
    /// Runs of plans with the same next instant: how many, and which.
    #[serde(with = "columns::instants")]
    pub(super) next: Vec<(u32, Option<Timestamp>)>,
    /// Plan, member, since when it is unknown; with [`NOBODY`] for the member, since when the plan waits for its first frame.
    #[serde(with = "columns::members")]
    pub(super) unknown: Vec<(u32, u32, Timestamp)>,
    /// Of plans with several members: what the clear condition of each said last.
    #[serde(with = "columns::truths")]
    pub(super) clear_known: Vec<(u32, Vec<Truth>)>,
}

/// All plans of a rule set over the newest samples.
#[derive(Debug)]
pub struct Engine {
    /// In the order of their numbers; in memory those of one source lie together, since a frame asks them one after the other.
    #[expect(clippy::vec_box, reason = "the order in memory is another one than that of the numbers")]
    pub(super) plans: Vec<Box<PlanState>>,
    pub(super) series: Vec<Series>,
    /// Place of each instrument in `sources` and in `progress`.
    pub(super) source_of: BTreeMap<InstrumentId, usize>,
    pub(super) sources: Vec<Source>,
    /// The source of the last frame.
    pub(super) place: usize,
    /// Progress of each source.
    pub(super) progress: Vec<SourceProgress>,
    /// The last host time that the engine was given.
    pub(super) now: Timestamp,
    /// Whether windows were built anew from samples of which older ones have been dropped.
    pub(super) lacks_samples: bool,
    pub(super) frames: u64,
    /// The source whose old samples are dropped next.
    pub(super) trim_turn: usize,
    /// The plan whose late instants are looked at next.
    pub(super) late_turn: usize,
    pub(super) ahead: Ahead,
    /// The plans for which the last frame was late.
    pub(super) fresh_late: Vec<usize>,
    /// What is history and what is of now.
    pub(super) present: Present,
}

/// An instrument that plans read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) instrument: InstrumentId,
    /// Channel, strand and index of each of its series.
    pub(super) series: Vec<(usize, Strand, usize)>,
    pub(super) plans: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct PlanState {
    /// Elsewhere: of what it says, an instant needs little but what stands beside it here.
    pub(super) plan: Box<Plan>,
    pub(super) step_ms: i64,
    pub(super) lateness_ms: i64,
    /// Grace period of a frame that is due. Where the rule asks for silence itself, one step is enough.
    pub(super) grace_ms: i64,
    /// Milliseconds, beside the lateness, for which an overdue source may return to an evaluation time: until the clock has gone on. Where
    /// the rule asks for silence, a step.
    pub(super) return_ms: i64,
    quorum: usize,
    has_suppress: bool,
    /// What the priority steps say at the instant.
    priority_steps: Vec<Truth>,
    has_counts: bool,
    /// The one source of all its windows, where there is only one.
    pub(super) only_source: Option<usize>,
    /// Of several sources, the one that had come least far at the last evaluation.
    pub(super) slowest: Option<usize>,
    pub(super) next: Option<Timestamp>,
    /// The first instant since the plan has been in force.
    pub(super) begun: Option<Timestamp>,
    /// The instants behind which readings came that reach back to them.
    pub(super) late: LateRanges,
    pub(super) members: Vec<MemberState>,
    absent: Vec<String>,
    /// What the spreads are at the instant; NaN for unknown.
    spreads: Vec<f64>,
    fault: Option<String>,
    /// Since which instant all windows have been empty.
    pub(super) empty_since: Option<Timestamp>,
    /// Since when time has passed without a first frame, where silence is asked for.
    pub(super) waits_since: Option<Timestamp>,
    /// The last checkpoint before it came further without a frame.
    pub(super) ahead_of: Option<u64>,
}

impl Engine {
    /// An engine that has seen nothing.
    #[must_use]
    pub fn new(plans: Vec<Plan>) -> Self {
        let mut engine = Self {
            plans: Vec::new(),
            series: Vec::new(),
            source_of: BTreeMap::new(),
            sources: Vec::new(),
            place: 0,
            progress: Vec::new(),
            now: Timestamp::from_ms(0),
            lacks_samples: false,
            frames: 0,
            trim_turn: 0,
            late_turn: 0,
            ahead: Ahead::default(),
            fresh_late: Vec::new(),
            present: Present::default(),
        };
        let mut numbered: Vec<(usize, Box<Plan>)> = plans.into_iter().map(Box::new).enumerate().collect();
        numbered.sort_by_key(|(_, plan)| {
            plan.members.iter().flat_map(|member| &member.windows).map(|one| one.instrument).min()
        });
        let mut placed: Vec<(usize, Box<PlanState>)> = Vec::with_capacity(numbered.len());
        for (index, plan) in numbered {
            let mut members = Vec::with_capacity(plan.members.len());
            for member in &plan.members {
                members.push(MemberState::new(member, |spec| engine.places(spec)));
            }
            let mut sources: Vec<usize> = members.iter().flat_map(|member| member.sources.iter().copied()).collect();
            sources.sort_unstable();
            sources.dedup();
            for source in sources {
                engine.sources.get_mut(source).into_iter().for_each(|source| source.plans.push(index));
            }
            placed.push((index, Box::new(PlanState::new(plan, members))));
        }
        engine.sources.iter_mut().for_each(|source| source.plans.sort_unstable());
        placed.sort_unstable_by_key(|(index, _)| *index);
        engine.plans = placed.into_iter().map(|(_, plan)| plan).collect();
        engine
    }

    /// The source and the series of a window.
    fn places(&mut self, spec: &WindowSpec) -> (usize, usize) {
        let strand = spec.function.strand();
        let channel = if strand == Strand::Frames { 0 } else { spec.channel };
        let place = *self.source_of.entry(spec.instrument).or_insert(self.sources.len());
        if place == self.sources.len() {
            self.sources.push(Source { instrument: spec.instrument, series: Vec::new(), plans: Vec::new() });
            self.progress.push(SourceProgress::new(spec.interval_ms));
        }
        let next = self.series.len();
        let Some(source) = self.sources.get_mut(place) else { return (place, next) };
        if let Some((.., index)) = source.series.iter().find(|(at, of, _)| (*at, *of) == (channel, strand)) {
            return (place, *index);
        }
        source.series.push((channel, strand, next));
        self.series.push(Series::default());
        (place, next)
    }

    /// The instruments that plans read, each with the places of the channels that they look at, in rising order. Of an instrument whose
    /// frames are only waited for, no channel is read.
    #[must_use]
    pub fn inputs(&self) -> BTreeMap<InstrumentId, Vec<usize>> {
        let channels = |place: &usize| {
            let series = self.sources.get(*place).map_or(&[][..], |source| source.series.as_slice());
            let read = series.iter().filter(|(_, strand, _)| *strand != Strand::Frames);
            let mut channels: Vec<usize> = read.map(|(channel, ..)| *channel).collect();
            channels.sort_unstable();
            channels.dedup();
            channels
        };
        self.source_of.iter().map(|(instrument, place)| (*instrument, channels(place))).collect()
    }
}

impl EngineState {
    pub(super) fn note(&mut self, plan: &PlanState, number: u32) {
        match self.next.last_mut().filter(|(_, next)| *next == plan.next) {
            Some((count, _)) => *count += 1,
            None => self.next.push((1, plan.next)),
        }
        let waits_since = plan.waits_since.filter(|_| plan.next.is_none());
        self.unknown.extend(waits_since.map(|since| (number, NOBODY, since)));
        for (member, place) in plan.members.iter().zip(0_u32..) {
            self.unknown.extend(member.unknown_since.map(|since| (number, place, since)));
        }
        if plan.members.len() > 1 {
            self.clear_known.push((number, plan.members.iter().map(|member| member.clear_known).collect()));
        }
    }

    fn next_instants(&self) -> Vec<Option<Timestamp>> {
        self.next.iter().flat_map(|(count, next)| std::iter::repeat_n(*next, *count as usize)).collect()
    }
}

impl PlanState {
    fn new(plan: Box<Plan>, members: Vec<MemberState>) -> Self {
        let waits_ms = if plan.asks_silence { plan.step_ms } else { plan.spec.on_missing_ms };
        Self {
            step_ms: plan.step_ms,
            lateness_ms: plan.lateness_ms,
            grace_ms: plan.lateness_ms.max(waits_ms),
            return_ms: if plan.asks_silence { (plan.step_ms - plan.lateness_ms).max(1) } else { 1 },
            quorum: plan.quorum,
            has_suppress: !plan.suppress_text.is_empty(),
            priority_steps: vec![Truth::Unknown; plan.spec.priority_steps.len()],
            has_counts: members.iter().any(|member| member.has_counts),
            only_source: if let [member] = members.as_slice() { member.only_source } else { None },
            slowest: None,
            plan,
            next: None,
            begun: None,
            late: LateRanges::NONE,
            members,
            absent: Vec::new(),
            spreads: Vec::new(),
            fault: None,
            empty_since: None,
            waits_since: None,
            ahead_of: None,
        }
    }

    pub(super) fn invalidate(&mut self, series: usize) {
        self.members.iter_mut().for_each(|member| member.invalidate(series));
    }

    /// Readings have come that reach evaluation times before the next one: what was counted of these is looked at again.
    pub(super) fn recount(&mut self) {
        if self.has_counts {
            self.members.iter_mut().for_each(MemberState::recount);
        }
    }

    fn note_absent(&mut self, instant: Timestamp) {
        if self.members.len() < 2 {
            return;
        }
        let patience_ms = self.plan.spec.on_missing_ms;
        self.absent.clear();
        for (member, described) in self.members.iter_mut().zip(&self.plan.members) {
            let unknown_ms = member.unknown_since.map_or(-1, |since| instant.since_ms(since));
            member.is_absent = unknown_ms >= patience_ms;
            if member.is_absent {
                self.absent.push(described.station_name.clone());
            }
        }
    }

    /// Evaluates every instant from `instant` up to the frontier, both included.
    pub(super) fn run(
        &mut self,
        index: usize,
        series: &[Series],
        mut instant: Timestamp,
        reach: Reach,
        sink: &mut dyn FnMut(&Verdict<'_>),
    ) {
        let mut steady = None;
        while instant <= reach.frontier {
            self.evaluate(index, series, (instant, reach), sink);
            let next = self.after(instant, series, (reach, &mut steady));
            if next <= instant {
                // The end of time.
                break;
            }
            instant = next;
        }
        self.next = Some(instant);
    }

    /// One instant: moves the windows, asks every member, joins the answers.
    fn evaluate(
        &mut self,
        index: usize,
        series: &[Series],
        (instant, reach): (Timestamp, Reach),
        sink: &mut dyn FnMut(&Verdict<'_>),
    ) {
        let (watermark, is_live) = (reach.frontier, instant >= reach.live_since);
        self.members.iter_mut().for_each(|member| member.advance(series, instant));
        if self.has_counts {
            self.members.iter_mut().for_each(|member| member.count(series, instant, self.step_ms));
        }
        self.spread();
        self.fault = None;
        for member in &mut self.members {
            member.judge(&self.spreads, instant);
            self.fault = self.fault.take().or_else(|| member.fault());
        }
        self.note_absent(instant);
        let quorum = self.quorum;
        let trip = joined_trip(&self.members, quorum);
        let clear = joined_clear(&self.members, quorum);
        let is_suppressed = self.has_suppress && joined_suppress(&self.members, quorum);
        let suppressed = is_suppressed.then_some(self.plan.suppress_text.as_str());
        for (step, truth) in self.priority_steps.iter_mut().enumerate() {
            *truth = joined_step(&self.members, step, quorum);
        }
        let (states, members, spreads) = (&self.members, &self.plan.members, &self.spreads);
        let basis = Basis { states, members, spreads, series, instant };
        let (absent, fault) = (self.absent.as_slice(), self.fault.as_deref());
        let (evidence, shown) = (|| basis.evidence(), || basis.shown());
        let (evidence, shown): (&dyn Fn() -> _, &dyn Fn() -> _) = (&evidence, &shown);
        let priority_steps = self.priority_steps.as_slice();
        sink(&Verdict {
            spec: index,
            instant,
            watermark,
            is_live,
            trip,
            clear,
            priority_steps,
            absent,
            suppressed,
            fault,
            evidence,
            shown,
        });
    }

    /// Takes the spreads over all members.
    fn spread(&mut self) {
        self.spreads.clear();
        let count = self.members.first().map_or(0, |member| member.spreads);
        for index in 0..count {
            self.spreads.push(spread(self.members.iter().map(|member| member.spread_part(index))));
        }
    }
}
