//! How far plans have come: which instants are due, and which samples no window will look at again.

pub(super) mod ahead;

use super::engine::{Engine, PlanState};
use super::member::MemberState;
use super::series::Heard;
use crate::model::{InstrumentId, Timestamp};

/// After so many frames the old samples of one instrument are dropped, each in its turn: no frame waits for all.
const FRAMES_PER_TRIM: u64 = 32;

impl Engine {
    /// Whether any plan has come further without frames since the last checkpoint.
    #[must_use]
    pub const fn is_ahead(&self) -> bool {
        self.ahead.until().is_some()
    }

    /// Whether a frame falls before an instant that was evaluated without it since the last checkpoint.
    #[must_use]
    pub fn is_ahead_of(&self, instrument: InstrumentId, time: Timestamp) -> bool {
        if self.ahead.until().is_none_or(|until| time > until) {
            return false;
        }
        let source = self.source_of.get(&instrument).and_then(|place| self.sources.get(*place));
        let mut plans = source.into_iter().flat_map(|source| &source.plans).filter_map(|plan| self.plans.get(*plan));
        plans.any(|plan| {
            let is_before = |next: Timestamp| time <= next.plus_ms(-plan.step_ms);
            plan.ahead_of == Some(self.ahead.checkpoint()) && plan.next.is_some_and(is_before)
        })
    }

    /// Whether a checkpoint should store how far the plans have come without frames: a restart would have much to evaluate again.
    #[must_use]
    pub fn is_far_ahead(&self) -> bool {
        self.ahead.is_far(self.plans.len())
    }

    /// Notes that a checkpoint has stored how far all plans have come.
    pub const fn note_stored(&mut self) {
        self.ahead.note_stored();
    }

    /// Per series, the time up to which no window will look again. A window still stands at the instant before the next one.
    pub(super) fn needed_since(&self) -> Vec<Option<Timestamp>> {
        let mut needed: Vec<Option<Timestamp>> = vec![Some(Timestamp::MAX); self.series.len()];
        for (series, since) in self.plans.iter().flat_map(|plan| plan.needs_since()) {
            if let Some(place) = needed.get_mut(series) {
                *place = (*place).min(since);
            }
        }
        needed
    }

    /// Counts a frame that was taken in. Now and then the old samples of a source are dropped.
    pub(super) fn note_frame(&mut self) {
        self.frames += 1;
        if self.frames.is_multiple_of(FRAMES_PER_TRIM) {
            self.trim_next();
        }
    }

    /// Drops old samples of the next source.
    fn trim_next(&mut self) {
        self.trim_turn = if self.trim_turn + 1 < self.sources.len() { self.trim_turn + 1 } else { 0 };
        let Some(source) = self.sources.get(self.trim_turn) else { return };
        let mut needed: Vec<(usize, Option<Timestamp>)> =
            source.series.iter().map(|(.., index)| (*index, Some(Timestamp::MAX))).collect();
        let plans = source.plans.iter().filter_map(|plan| self.plans.get(*plan));
        for (series, since) in plans.flat_map(|plan| plan.needs_since()) {
            let of_series = needed.iter_mut().find(|(index, _)| *index == series);
            of_series.into_iter().for_each(|(_, needed)| *needed = (*needed).min(since));
        }
        for (series, since) in needed {
            if let (Some(series), Some(since)) = (self.series.get_mut(series), since) {
                series.forget_until(since);
            }
        }
    }
}

impl PlanState {
    /// The instant up to which it may be evaluated: all of its instruments have come so far, or have been waited for in vain. What time it
    /// is may be known from a clock, and is from the foremost frame otherwise.
    #[inline]
    pub(super) fn frontier(&self, heard: &[Heard], now: Option<Timestamp>) -> Option<Timestamp> {
        if let (Some(source), None) = (self.only_source(), now) {
            // Nobody is ahead of it.
            return heard.get(source)?.newest.map(|newest| newest.plus_ms(-self.lateness_ms));
        }
        let foremost = self.sources().filter_map(|source| heard.get(source)?.newest).max().max(now)?;
        let patience_over = foremost.plus_ms(-self.patience_ms);
        let mut to = Timestamp::MAX;
        for heard in self.sources().filter_map(|source| heard.get(source)) {
            to = to.min(match heard.newest.filter(|_| !heard.is_missed(patience_over)) {
                // Others may have frames of the foremost instant still to come.
                Some(newest) => heard.before_next(newest, self.step_ms).min(foremost.plus_ms(-1)).max(newest),
                None => foremost.plus_ms(-self.grace_ms),
            });
        }
        Some(to.plus_ms(-self.lateness_ms).max(patience_over))
    }

    /// Whether no instant can be due yet, though the source at `place` has sent a frame: another one is as far behind as before, and patience
    /// with it is not over.
    pub(super) fn is_waiting(&self, next: Timestamp, place: usize, heard: &[Heard]) -> bool {
        let of = |place: usize| heard.get(place).copied();
        let (Some(laggard), Some(foremost)) = (self.laggard.and_then(of), of(place).and_then(|one| one.newest)) else {
            return false;
        };
        let patience_over = foremost.plus_ms(-self.patience_ms);
        let due = laggard.newest.map(|newest| laggard.before_next(newest, self.step_ms));
        let is_behind = due.is_some_and(|due| due.plus_ms(-self.lateness_ms) < next);
        is_behind && patience_over < next && !laggard.is_missed(patience_over)
    }

    pub(super) fn note_laggard(&mut self, heard: &[Heard]) {
        if self.only_source().is_some() {
            return;
        }
        let Some(foremost) = self.sources().filter_map(|source| heard.get(source)?.newest).max() else { return };
        let patience_over = foremost.plus_ms(-self.patience_ms);
        let is_there = |source: &usize| heard.get(*source).is_some_and(|one| !one.is_missed(patience_over));
        // Of several the last one, since frames often come in turn.
        let sources = self.members.iter().rev().flat_map(|member| member.sources.iter().rev()).copied();
        let due = |source: &usize| heard.get(*source).and_then(|one| Some(one.before_next(one.newest?, self.step_ms)));
        self.laggard = sources.filter(is_there).min_by_key(due);
    }

    /// The sources of all members.
    fn sources(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().flat_map(|member| member.sources.iter().copied())
    }

    /// Waits for the first frame of all: where silence is asked for, so long and no longer. Says whether that changed anything.
    pub(super) fn wait(&mut self, now: Timestamp) -> bool {
        if self.next.is_some() || !self.plan.asks_silence {
            return false;
        }
        let is_new = self.waits_since.is_none();
        let since = *self.waits_since.get_or_insert(now);
        let silence_ms = self.members.iter().filter_map(MemberState::silence_ms).max().unwrap_or(0);
        let begin = since.plus_ms(silence_ms).ceil_to(self.plan.step_ms);
        if begin <= now.plus_ms(-self.patience_ms) {
            self.begin(begin);
        }
        is_new || self.next.is_some()
    }

    /// The one source of all its windows, where there is only one.
    fn only_source(&self) -> Option<usize> {
        let [member] = self.members.as_slice() else { return None };
        member.only_source
    }

    /// Per series that it reads, the time up to which its windows will not look again.
    fn needs_since(&self) -> impl Iterator<Item = (usize, Option<Timestamp>)> + '_ {
        let standing = self.next.map(|next| next.plus_ms(-self.step_ms));
        let reach = self.members.iter().flat_map(MemberState::reach);
        reach.map(move |(series, width_ms)| (series, standing.map(|standing| standing.plus_ms(-width_ms))))
    }
}
