//! What readings that came late have reached: instants that were evaluated without them.

pub(super) mod columns;
pub(super) mod outages;
pub(super) mod ranges;

use self::outages::Outages;
use self::ranges::LateRange;
use super::engine::{Engine, EngineState, PlanState};
use super::member::MemberState;
use crate::base::limits::LATE_INSTANTS_PER_ADVANCE;
use crate::model::Timestamp;
use crate::verdict::AlarmSpec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A range that has been gone through and is still not as it was waits for this share of its length until it is gone through again.
const PAUSE_SHARE: i64 = 8;

/// Instants that were evaluated before readings came that reach back to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// Index of the plan.
    pub plan: usize,
    /// The grid of its instants.
    pub step_ms: i64,
    /// The first instant since it has been in force.
    pub begun: Timestamp,
    /// From where on its condition must be gone through again to be as it was: everything that it waits and holds before `from`, but
    /// nothing from before it came into force.
    pub since: Timestamp,
    /// The first instant.
    pub from: Timestamp,
    /// The last one that the readings reach.
    pub to: Timestamp,
    /// The last instant that the plan has evaluated.
    pub evaluated: Timestamp,
    /// For how long a verdict may have effects.
    pub effects_ms: i64,
    /// How far back its windows look.
    pub reach_ms: i64,
    /// For how long its condition must hold.
    pub hold_ms: i64,
    /// Stations of the plan.
    pub members: usize,
    /// Whether all readings that reach them were appended as history.
    pub is_history: bool,
}

impl Late {
    /// How many instants it takes to go through all of it up to the newest, with those that its windows look back to, counted once for each
    /// station.
    #[must_use]
    pub fn instants(&self) -> i64 {
        let span_ms = self.evaluated.since_ms(self.since).saturating_add(self.reach_ms);
        let members = i64::try_from(self.members).unwrap_or(i64::MAX);
        (span_ms / self.step_ms.max(1) + 1).saturating_mul(members)
    }

    /// The newest instants of it: as many as say whether the condition trips now, and has for as long as it must hold.
    #[must_use]
    pub fn newest(&self) -> Self {
        let span_ms = self.hold_ms.saturating_add(self.reach_ms);
        let from = floor_to(self.evaluated.plus_ms(-span_ms), self.step_ms).max(self.from);
        Self { from, to: self.to.max(from), since: from, ..*self }
    }

    /// The newest instants of it, no more than can be gone through at once.
    #[must_use]
    pub fn bounded(&self, instants_max: i64) -> Self {
        let members = i64::try_from(self.members.max(1)).unwrap_or(i64::MAX);
        let span_ms = (instants_max / members).saturating_mul(self.step_ms) - self.effects_ms - self.reach_ms;
        let from = floor_to(self.evaluated.plus_ms(-span_ms.max(0)), self.step_ms).max(self.from);
        let since = floor_to(from.plus_ms(-self.effects_ms), self.step_ms).max(self.begun);
        Self { from, to: self.to.max(from), since, ..*self }
    }
}

/// How far late instants have been gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// From the last of them on everything is as it was.
    Done,
    /// Up to this one, included.
    Upto(Timestamp),
}

/// What late readings have reached, and since when plans have been in force: what of the engine follows neither from the stored frames nor
/// from [`EngineState`](super::EngineState).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LateState {
    /// Runs of plans with the same first instant: how many, and which.
    #[serde(with = "columns::instants")]
    begun: Vec<(u32, Option<Timestamp>)>,
    /// Plan and ranges, for those that have any.
    #[serde(with = "columns::ranges")]
    late: Vec<(u32, Vec<LateRange>)>,
    /// The plan whose turn it is.
    turn: u32,
    /// Of plans with several members that have any: the last outages of each.
    #[serde(with = "columns::outages")]
    outages: Vec<(u32, Vec<Outages>)>,
    /// The same for times in which only their clear condition was unknown.
    #[serde(with = "columns::outages")]
    clear_outages: Vec<(u32, Vec<Outages>)>,
}

impl LateState {
    /// Of no plan yet.
    pub(super) fn of_turn(turn: usize) -> Self {
        Self { turn: u32::try_from(turn).unwrap_or(0), ..Self::default() }
    }

    /// Forgets the outages, where they are too many for a checkpoint: quorum rules then re-evaluate late data as if no station had been out.
    pub fn forget_outages(&mut self) {
        (self.outages, self.clear_outages) = (Vec::new(), Vec::new());
    }

    pub(super) fn note(&mut self, plan: &PlanState, number: u32) {
        match self.begun.last_mut().filter(|(_, begun)| *begun == plan.begun) {
            Some((count, _)) => *count += 1,
            None => self.begun.push((1, plan.begun)),
        }
        if !plan.late.0.is_empty() {
            self.late.push((number, plan.late.0.clone()));
        }
        if plan.members.len() > 1 {
            self.outages.extend(plan.outages(number, |member| &member.rare.outages));
            self.clear_outages.extend(plan.outages(number, |member| &member.rare.clear_outages));
        }
    }
}

impl PlanState {
    /// Begins at an instant, which it gives back.
    pub(super) fn begin(&mut self, at: Timestamp) -> Timestamp {
        (self.next, self.begun) = (Some(at), Some(at));
        at
    }

    /// For how long a verdict may have effects that are still to come: everything that the rule waits and holds.
    pub(super) fn effects_ms(&self) -> i64 {
        let spec = &self.plan.spec;
        let waits_ms = spec.on_missing_ms.saturating_mul(2).saturating_add(self.plan.step_ms.saturating_mul(2));
        let falls_ms = spec.priority_steps.iter().map(|step| step.fall_ms).max().unwrap_or(0);
        let closes_ms = spec.clear_hold_ms.max(spec.auto_close_ms.unwrap_or(0)).max(falls_ms);
        waits_ms.saturating_add(spec.hold_ms).saturating_add(closes_ms)
    }

    /// Notes a frame from before the next instant: instants that were evaluated without it. Says whether there are any.
    pub(super) fn note_late(&mut self, time: Timestamp, next: Timestamp, is_history: bool) -> bool {
        let step_ms = self.step_ms;
        let evaluated = next.plus_ms(-step_ms);
        if time > evaluated {
            return false;
        }
        let reach_ms = self.reach_ms();
        let from = time.ceil_to(step_ms).max(self.begun.unwrap_or(next));
        let to = floor_to(time.plus_ms(reach_ms), step_ms).min(evaluated);
        let is_late = from <= to;
        if is_late {
            self.late.add((from, to), reach_ms.saturating_add(self.effects_ms()), is_history);
        }
        is_late
    }

    /// A range of late instants of this plan.
    fn of_range(&self, index: usize, range: LateRange) -> Option<Late> {
        let step_ms = self.plan.step_ms;
        let (effects_ms, reach_ms) = (self.effects_ms(), self.reach_ms());
        let LateRange { from, to, is_history, .. } = range;
        let begun = self.begun.unwrap_or(from);
        let since = floor_to(from.plus_ms(-effects_ms), step_ms).max(begun);
        let evaluated = self.next?.plus_ms(-step_ms);
        let (hold_ms, members) = (self.plan.spec.hold_ms, self.members.len());
        let plan = index;
        Some(Late {
            plan,
            step_ms,
            begun,
            since,
            from,
            to,
            evaluated,
            effects_ms,
            reach_ms,
            hold_ms,
            members,
            is_history,
        })
    }

    /// Notes frames from a time on that were stored while the plan did not run: every instant since, up to the last evaluated one.
    pub(super) fn note_late_from(&mut self, time: Timestamp) {
        let (Some(next), step_ms) = (self.next, self.step_ms) else { return };
        let from = time.ceil_to(step_ms).max(self.begun.unwrap_or(next));
        let evaluated = next.plus_ms(-step_ms);
        if from <= evaluated {
            self.late.add((from, evaluated), self.reach_ms().saturating_add(self.effects_ms()), false);
        }
    }

    /// The outages of its members, if there are any, with its number.
    fn outages(&self, number: u32, of: impl Fn(&MemberState) -> &Outages) -> Option<(u32, Vec<Outages>)> {
        let has_any = self.members.iter().any(|member| !of(member).is_empty());
        has_any.then(|| (number, self.members.iter().map(|member| of(member).clone()).collect()))
    }

    /// How far back its windows look.
    fn reach_ms(&self) -> i64 {
        self.members.iter().flat_map(MemberState::reach).map(|(_, reach_ms)| reach_ms).max().unwrap_or(0)
    }

    /// The first range with instants to go through. One that goes on waits until that is worth the way there.
    fn due(&self) -> Option<LateRange> {
        let evaluated = self.next?.plus_ms(-self.plan.step_ms);
        let lead_ms = self.effects_ms().saturating_add(self.reach_ms());
        let is_due = |range: &&LateRange| match range.upto {
            None => range.from <= evaluated,
            Some(upto) => {
                let length_ms = upto.since_ms(range.from).saturating_add(lead_ms);
                upto.plus_ms(length_ms / PAUSE_SHARE) < evaluated
            }
        };
        self.late.0.iter().find(is_due).copied()
    }

    /// Goes on where another plan of the same rule and scope stands, as far as the two are alike: no instant is evaluated twice.
    fn go_on_from(&mut self, before: &Self) {
        let (spec, spec_before) = (&self.plan.spec, &before.plan.spec);
        let is_of_one_logic = spec.logic == spec_before.logic;
        // Where a rule stands in its file makes it no other rule.
        let is_same = AlarmSpec { place: spec.place.clone(), ..spec_before.clone() } == *spec;
        self.next = self.next.max(before.next.map(|next| next.ceil_to(self.plan.step_ms)));
        self.begun = self.next;
        if is_of_one_logic {
            self.waits_since = before.waits_since;
            for (member, member_before) in self.members.iter_mut().zip(&before.members) {
                (member.unknown_since, member.clear_known) = (member_before.unknown_since, member_before.clear_known);
                member.restore_outages(&member_before.rare.outages);
                member.restore_clear_outages(&member_before.rare.clear_outages);
            }
        }
        if is_same {
            (self.begun, self.late) = (before.begun, before.late.clone());
        }
    }
}

impl Engine {
    /// Instants that late readings have reached and that are worth going through now, if there are any. Plans take turns.
    #[must_use]
    pub fn late(&self) -> Option<Late> {
        let in_turn = (self.late_turn..self.plans.len()).chain(0..self.late_turn);
        let late = |index: usize| self.plans.get(index).and_then(|plan| plan.of_range(index, plan.due()?));
        in_turn.filter_map(late).next()
    }

    /// Whether the last frame was late for any plan.
    #[must_use]
    pub fn has_fresh_late(&self) -> bool {
        !self.fresh_late.is_empty()
    }

    /// The last range of late instants of each plan for which the last frame was late.
    #[must_use]
    pub fn fresh_late(&self) -> Vec<Late> {
        let of_plan = |index: &usize| {
            let plan = self.plans.get(*index)?;
            plan.of_range(*index, *plan.late.0.last()?).filter(|late| late.from <= late.evaluated)
        };
        self.fresh_late.iter().filter_map(of_plan).collect()
    }

    /// Says how far late instants have been gone through; the next plan has its turn.
    pub fn settle(&mut self, late: &Late, progress: Progress) {
        self.late_turn = late.plan + 1;
        let Some(plan) = self.plans.get_mut(late.plan) else { return };
        let Some(place) = plan.late.0.iter().position(|range| range.from == late.from) else { return };
        let step_ms = plan.plan.step_ms;
        match progress {
            Progress::Upto(upto) => {
                let is_long = upto.since_ms(late.since) / step_ms.max(1) > LATE_INSTANTS_PER_ADVANCE / 2;
                let behind = upto.plus_ms(step_ms);
                for range in plan.late.0.iter_mut().skip(place).take(1) {
                    *range = if is_long {
                        LateRange { from: behind, to: range.to.max(behind), upto: None, ..*range }
                    } else {
                        LateRange { upto: Some(upto), ..*range }
                    };
                }
            }
            Progress::Done => {
                plan.late.0.remove(place);
            }
        }
    }

    /// What must be remembered beside the frames: of the plans' course, and of what late readings have reached. In one pass over the plans,
    /// which are many.
    #[must_use]
    pub fn states(&self) -> (EngineState, LateState) {
        let (mut state, mut late) = (EngineState::default(), LateState::of_turn(self.late_turn));
        for (plan, number) in self.plans.iter().zip(0_u32..) {
            state.note(plan, number);
            late.note(plan, number);
        }
        (state, late)
    }

    /// Puts back what [`Engine::states`] gave.
    pub fn restore_late(&mut self, state: &LateState) {
        let begun = state.begun.iter().flat_map(|(count, begun)| std::iter::repeat_n(*begun, *count as usize));
        self.plans.iter_mut().zip(begun).for_each(|(plan, begun)| plan.begun = begun);
        self.late_turn = usize::try_from(state.turn).unwrap_or(0).min(self.plans.len());
        for (plan, ranges) in &state.late {
            let plan = usize::try_from(*plan).ok().and_then(|plan| self.plans.get_mut(plan));
            plan.into_iter().for_each(|plan| plan.late.0.clone_from(ranges));
        }
        self.restore_outages(&state.outages, MemberState::restore_outages);
        self.restore_outages(&state.clear_outages, MemberState::restore_clear_outages);
    }

    fn restore_outages(&mut self, state: &[(u32, Vec<Outages>)], restore: impl Fn(&mut MemberState, &Outages)) {
        for (plan, outages) in state {
            let plan = usize::try_from(*plan).ok().and_then(|plan| self.plans.get_mut(plan));
            let members = plan.map_or(&mut [][..], |plan| &mut plan.members[..]);
            members.iter_mut().zip(outages).for_each(|(member, outages)| restore(member, outages));
        }
    }

    /// Goes on where another engine stands with the rules and scopes that both have.
    pub fn go_on_from(&mut self, before: &Self) {
        let key = |plan: &PlanState| (plan.plan.spec.rule.clone(), plan.plan.spec.scope_key.clone());
        let standing: BTreeMap<(String, String), &PlanState> =
            before.plans.iter().map(|plan| (key(plan), plan.as_ref())).collect();
        for plan in &mut self.plans {
            if let Some(before) = standing.get(&key(plan)) {
                plan.go_on_from(before);
            }
        }
        self.adopt_sources(before);
    }
}

/// The last instant of a grid up to a time, included.
fn floor_to(time: Timestamp, step_ms: i64) -> Timestamp {
    time.plus_ms(1 - step_ms.max(1)).ceil_to(step_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Truth;
    use proptest::prelude::*;

    fn any_instant() -> impl Strategy<Value = Timestamp> {
        (0_i64..40).prop_map(|second| Timestamp::from_ms(1_750_000_000_000 + second * 1_000))
    }

    fn any_truth() -> impl Strategy<Value = Truth> {
        prop::sample::select(vec![Truth::False, Truth::Unknown, Truth::True])
    }

    fn any_outages() -> impl Strategy<Value = Outages> {
        let part = (any_instant(), prop::option::of(any_instant()), any_truth());
        prop::collection::vec(part, 0..3).prop_map(|parts| Outages::of_parts(parts.into_iter()))
    }

    fn any_late() -> impl Strategy<Value = LateState> {
        let begun = prop::collection::vec((1_u32..9, prop::option::of(any_instant())), 0..5);
        let range = (any_instant(), any_instant(), prop::option::of(any_instant()), any::<bool>());
        let range = range.prop_map(|(from, to, upto, is_history)| LateRange { from, to, upto, is_history });
        let late = prop::collection::btree_map(any::<u32>(), prop::collection::vec(range, 0..4), 0..5);
        let outages = || prop::collection::btree_map(any::<u32>(), prop::collection::vec(any_outages(), 1..4), 0..5);
        (begun, late, any::<u32>(), outages(), outages()).prop_map(|(begun, late, turn, outages, clear_outages)| {
            let (late, outages) = (late.into_iter().collect(), outages.into_iter().collect());
            LateState { begun, late, turn, outages, clear_outages: clear_outages.into_iter().collect() }
        })
    }

    proptest! {
        #[test]
        fn the_state_of_the_engine_comes_back(
            next in prop::collection::vec((1_u32..9, prop::option::of(any_instant())), 0..5),
            unknown in prop::collection::vec((any::<u32>(), any::<u32>(), any_instant()), 0..9),
            clear_known in prop::collection::vec((any::<u32>(), prop::collection::vec(any_truth(), 0..4)), 0..5),
            late in any_late(),
        ) {
            let engine = EngineState { next, unknown, clear_known };
            let bytes = bincode::serialize(&(&engine, &late)).unwrap();
            let again: (EngineState, LateState) = bincode::deserialize(&bytes).unwrap();
            prop_assert_eq!(again, (engine, late));
        }
    }
}
