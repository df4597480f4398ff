//! What drives the engine: frames that arrive, and time that passes without them.

use super::super::super::expr::Strand;
use super::super::engine::Engine;
use super::super::series::{Change, flag_of, of_strand};
use super::source::{SourceState, SourceStates, Step};
use crate::model::{FrameRef, InstrumentId, Mark, Quality, Timestamp};
use crate::verdict::Verdict;

/// Frames with the same lag after which it is no accident,
const LASTING_FRAMES: u32 = 10;
/// and the time that they must span, in milliseconds.
const LASTING_MS: i64 = 600_000;

impl Engine {
    /// The source of an instrument, if plans read it. Frames often come in turn, or several of one instrument.
    #[inline]
    pub(in super::super) fn place_of(&self, instrument: InstrumentId) -> Option<usize> {
        let is_of = |place: &usize| self.sources.get(*place).is_some_and(|source| source.instrument == instrument);
        let next = if self.place + 1 < self.sources.len() { self.place + 1 } else { 0 };
        let likely = [next, self.place].into_iter().find(is_of);
        likely.or_else(|| self.source_of.get(&instrument).copied())
    }

    /// Takes one frame that arrives at host time `now`, and gives every verdict that has become possible to `sink`, in order of plan and
    /// instant.
    pub fn push(&mut self, frame: FrameRef<'_>, now: Timestamp, sink: &mut dyn FnMut(&Verdict<'_>)) {
        self.fresh_late.clear();
        let Some(place) = self.place_of(frame.instrument) else { return };
        self.place = place;
        self.set_now(now);
        self.put(frame, place);
        let takes_history = self.present.takes_history;
        let Some(progress) = self.progress.get_mut(place) else { return };
        progress.live.note(frame.time, takes_history);
        let newest = progress.newest;
        let step = progress.note(frame.time, now);
        // A correction, or a late frame: it says nothing of the time since the newest one. Time without frames passes in `idle`.
        let is_old = step == Step::None && newest.is_some_and(|newest| frame.time <= newest);
        let Some(source) = self.sources.get(place) else { return };
        let is_taken_back = matches!(step, Step::TakenBack(_));
        self.lacks_samples |= is_taken_back;
        let earliest = step.earliest(frame.time);
        for index in &source.plans {
            let Some(plan) = self.plans.get_mut(*index) else { continue };
            let mut next = plan.next.unwrap_or_else(|| plan.begin(frame.time.ceil_to(plan.step_ms)));
            // Of most frames, nothing was evaluated behind them yet.
            if earliest <= next.plus_ms(-plan.step_ms) {
                let frames = step.frames(frame.time).into_iter();
                frames.for_each(|frames| plan.go_back(frames, (place, now), &self.progress));
                plan.recount();
                next = plan.next.unwrap_or(next);
                if plan.note_late(frame.time, next, takes_history) {
                    self.fresh_late.push(*index);
                }
            }
            if is_taken_back || is_old || plan.is_waiting(next, &self.progress, now) {
                continue;
            }
            if let Some(frontier) = plan.frontier(&self.progress, now) {
                let reach = plan.reach(frontier, &self.progress, self.present);
                plan.run(*index, &self.series, next, reach, sink);
                plan.note_slowest(&self.progress, now);
            }
        }
        self.note_frame();
    }

    /// Puts the samples of a frame into the series of its source.
    #[inline]
    pub(in super::super) fn put(&mut self, frame: FrameRef<'_>, place: usize) {
        let Some(source) = self.sources.get(place) else { return };
        for (channel, strand, index) in &source.series {
            let mark = frame.marks.get(*channel).copied().unwrap_or(Mark::new(false, Quality::Normal));
            let value = frame.values.get(*channel).copied().unwrap_or_default();
            let value = match strand {
                Strand::Valid => mark.is_valid().then_some(value),
                _ => of_strand(*strand, mark.sample(value)),
            };
            let change = self.series.get_mut(*index).map(|series| {
                let flag = flag_of(*strand, mark.quality());
                series.put(frame.time, value, flag)
            });
            if change == Some(Change::Within) {
                self.plans.iter_mut().for_each(|plan| plan.invalidate(*index));
            }
        }
    }

    /// Lets time pass without frames, up to host time `now`: evaluates the times that are due though no frame has reached them. A frame that
    /// is due has the grace period of each rule; no evaluation waits for a source that is overdue by more. A rule that asks for silence, and
    /// whose stations have never sent anything, begins once its longest silence is over, counted from the first time that passed.
    pub fn idle(&mut self, now: Timestamp, sink: &mut dyn FnMut(&Verdict<'_>)) {
        self.set_now(now);
        for (index, plan) in self.plans.iter_mut().enumerate() {
            self.ahead.note_begun(plan.wait(now));
            let Some(next) = plan.next else { continue };
            if let Some(to) = plan.frontier(&self.progress, now).filter(|to| next <= *to) {
                let reach = plan.reach(to, &self.progress, self.present);
                plan.run(index, &self.series, next, reach, sink);
                if let Some(reached) = plan.next.filter(|reached| *reached != next) {
                    plan.ahead_of = Some(self.ahead.note(next, reached, plan.step_ms));
                }
            }
        }
    }

    /// Whether windows have gone back to samples that had been dropped: [`Engine::refill`] takes them in again, before the next frame.
    #[must_use]
    pub const fn lacks_samples(&self) -> bool {
        self.lacks_samples
    }

    /// The host's clock shows an earlier time than before: nothing has arrived later than that.
    fn set_now(&mut self, now: Timestamp) {
        if now < self.now {
            self.progress.iter_mut().for_each(|source| source.set_back(now));
        }
        self.now = now;
    }

    /// The host's clock has been set by so much, as a clock that cannot be set says: what has arrived is as long ago as before.
    pub fn rebase(&mut self, by_ms: i64) {
        self.now = self.now.plus_ms(by_ms);
        self.progress.iter_mut().for_each(|source| source.rebase(by_ms));
    }

    /// The progress of all sources, for a checkpoint.
    #[must_use]
    pub fn source_states(&self) -> SourceStates {
        let state =
            |source: (&InstrumentId, &usize)| SourceState::of(*source.0, self.progress.get(*source.1)?, self.now);
        SourceStates { now: self.now, sources: self.source_of.iter().filter_map(state).collect() }
    }

    /// Takes over the progress of the sources that another engine reads too.
    pub(in super::super) fn adopt_sources(&mut self, before: &Self) {
        self.restore_sources(&before.source_states());
    }

    /// Puts back what [`Engine::source_states`] returned.
    pub(in super::super) fn restore_sources(&mut self, states: &SourceStates) {
        self.now = states.now;
        for state in &states.sources {
            let place = self.source_of.get(&state.instrument());
            let source = place.and_then(|place| self.progress.get_mut(*place));
            source.into_iter().for_each(|source| state.restore(source, states.now));
        }
    }

    /// The instruments whose frames have been equally early or late for a while, as far as rules read them.
    pub fn lasting_lags(&self) -> impl Iterator<Item = LastingLag> + '_ {
        let of = |(instrument, place): (&InstrumentId, &usize)| {
            let source = self.progress.get(*place)?;
            let lag_ms = source.lasting_lag_ms(LASTING_FRAMES, LASTING_MS)?;
            Some(LastingLag { instrument: *instrument, lag_ms, lag_ms_max: source.lag_ms_max() })
        };
        self.source_of.iter().filter_map(of)
    }
}

/// By how much the frames of an instrument are late, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastingLag {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Milliseconds from the time of a frame to its arrival: delay and clock error together. Negative for frames that are early.
    pub lag_ms: i64,
    /// Milliseconds up to which that is no matter for concern, either way.
    pub lag_ms_max: i64,
}
