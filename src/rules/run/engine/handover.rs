//! An engine that takes the place of another one, or goes on behind a time in which no rule ran.

use super::super::member::MemberState;
use super::super::progress::source::SourceStates;
use super::{Engine, EngineState, PlanState};
use crate::base::limits::FUTURE_MS_MAX;
use crate::model::{FrameRef, InstrumentId, Timestamp};
use crate::query::{QueryError, Readings};
use std::collections::{BTreeMap, BTreeSet};

impl Engine {
    /// As [`Engine::warm`], with the frames up to a time of each instrument alone: frames behind it, and all frames of other instruments, are
    /// still to come.
    ///
    /// # Errors
    /// [`QueryError`] where stored frames cannot be read.
    pub fn warm_until(
        &mut self,
        readings: &Readings,
        state: Option<(&EngineState, &SourceStates)>,
        seen: &BTreeMap<InstrumentId, Option<Timestamp>>,
    ) -> Result<(), QueryError> {
        let seen = |instrument| seen.get(&instrument).copied().flatten();
        for (instrument, place) in &self.source_of {
            self.progress.get_mut(*place).into_iter().for_each(|source| source.stand(seen(*instrument)));
        }
        self.restore(state);
        self.fill(readings, |instrument| seen(instrument).map_or(Timestamp::MIN, |seen| seen.plus_ms(1)), |_| true)
    }

    /// Takes in what the store holds of the time before an instant, so that the engine stands as if it had come into force then.
    ///
    /// # Errors
    /// [`QueryError`] where stored frames cannot be read.
    pub fn warm_before(&mut self, readings: &Readings, before: Timestamp) -> Result<(), QueryError> {
        for (instrument, place) in &self.source_of {
            let newest = readings.newest_before(*instrument, before)?;
            self.progress.get_mut(*place).into_iter().for_each(|source| source.stand(newest));
        }
        self.begin(None);
        self.fill_series(readings, before)
    }

    /// Takes in frames that arrived up to host time `now` while the engine was being warmed; plans begin behind the newest of them.
    pub fn warm_on<'a>(&mut self, frames: impl IntoIterator<Item = FrameRef<'a>>, now: Timestamp) {
        let latest = now.plus_ms(FUTURE_MS_MAX);
        for frame in frames {
            let Some(place) = self.place_of(frame.instrument) else { continue };
            self.put(frame, place);
            let source = self.progress.get_mut(place).filter(|_| frame.time <= latest);
            source.into_iter().for_each(|source| source.stand(source.newest.max(Some(frame.time))));
        }
        self.begin(None);
    }

    /// Notes that frames of an instrument from a time on were stored and never shown: instants that were evaluated without them are late.
    pub fn note_unseen_from(&mut self, instrument: InstrumentId, from: Timestamp) {
        let Some(source) = self.source_of.get(&instrument).and_then(|place| self.sources.get(*place)) else { return };
        for index in &source.plans {
            self.plans.get_mut(*index).into_iter().for_each(|plan| plan.note_late_from(from));
        }
    }

    /// Takes the place of an engine that ran the same rules for fewer stations. Nothing that is under way is lost, and only what that
    /// engine does not hold is read. Of an instrument that is new, `newest` gives the newest frame that was shown. Where stored frames
    /// cannot be read, the other engine stays as it is.
    ///
    /// # Errors
    /// [`QueryError`] where stored frames cannot be read.
    pub fn take_over(
        &mut self,
        before: &mut Self,
        readings: &Readings,
        newest: &dyn Fn(InstrumentId) -> Option<Timestamp>,
    ) -> Result<(), QueryError> {
        for (instrument, place) in &self.source_of {
            let known = before.source_of.get(instrument).and_then(|place| before.progress.get(*place)).cloned();
            if let Some(source) = self.progress.get_mut(*place) {
                match known {
                    Some(known) => *source = known,
                    None => source.stand(newest(*instrument)),
                }
            }
        }
        self.begin(None);
        let key = |plan: &PlanState| (plan.plan.spec.rule.clone(), plan.plan.spec.scope_key.clone());
        let standing: BTreeMap<(String, String), &PlanState> =
            before.plans.iter().map(|plan| (key(plan), plan.as_ref())).collect();
        for plan in &mut self.plans {
            standing.get(&key(plan)).into_iter().for_each(|before| plan.continue_as(before));
        }
        drop(standing);
        let moves = self.series_held_by(before);
        let moved: BTreeSet<usize> = moves.iter().map(|(to, _)| *to).collect();
        self.fill(readings, |_| Timestamp::MAX, |index| !moved.contains(&index))?;
        for (to, from) in moves {
            if let (Some(to), Some(from)) = (self.series.get_mut(to), before.series.get_mut(from)) {
                std::mem::swap(to, from);
            }
        }
        self.ahead = std::mem::take(&mut before.ahead);
        (self.now, self.lacks_samples, self.frames) = (before.now, before.lacks_samples, before.frames);
        self.late_turn = before.late_turn.min(self.plans.len());
        Ok(())
    }

    /// Places of the series that another engine holds as far back as this one needs them, here and there.
    fn series_held_by(&self, before: &Self) -> Vec<(usize, usize)> {
        let (needed, held) = (self.needed_since(), before.needed_since());
        let mut moves = Vec::new();
        for (instrument, place) in &self.source_of {
            let source = self.sources.get(*place);
            let known = before.source_of.get(instrument).and_then(|place| before.sources.get(*place));
            for (channel, strand, to) in source.into_iter().flat_map(|source| &source.series) {
                let of_both = |(at, of, _): &&(usize, _, usize)| (at, of) == (channel, strand);
                let Some((.., from)) = known.and_then(|known| known.series.iter().find(of_both)) else { continue };
                if needed.get(*to) >= held.get(*from) {
                    moves.push((*to, *from));
                }
            }
        }
        moves
    }
}

impl PlanState {
    /// Goes on as the plan of the same rule and scope that it takes the place of. Another station in the scope is no reason to evaluate
    /// instants again.
    fn continue_as(&mut self, before: &Self) {
        let is_same = self.plan.spec.logic == before.plan.spec.logic;
        self.next = before.next.map(|next| next.ceil_to(self.step_ms));
        self.begun = if is_same { before.begun } else { self.next };
        if is_same {
            self.late = before.late.clone();
        }
        (self.waits_since, self.ahead_of) = (before.waits_since, before.ahead_of);
        for (described, member) in self.plan.members.iter().zip(&mut self.members) {
            let place = before.plan.members.iter().position(|known| known.station == described.station);
            place.and_then(|place| before.members.get(place)).into_iter().for_each(|known| member.continue_as(known));
        }
    }
}

impl MemberState {
    fn continue_as(&mut self, before: &Self) {
        (self.unknown_since, self.clear_known) = (before.unknown_since, before.clear_known);
        self.restore_outages(&before.rare.outages);
        self.restore_clear_outages(&before.rare.clear_outages);
    }
}
