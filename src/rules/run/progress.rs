//! How far plans have come: which evaluation times are due, and which samples no window will look at again.

pub(super) mod ahead;
pub(super) mod feed;
pub(super) mod live;
mod present;
pub(super) mod source;

use self::source::{Frames, SourceProgress};
use super::engine::{Engine, PlanState};
use super::member::MemberState;
use crate::base::limits::FUTURE_MS_MAX;
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
        for (series, since) in self.plans.iter().flat_map(|plan| plan.needs_since(&self.progress)) {
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
        for (series, since) in plans.flat_map(|plan| plan.needs_since(&self.progress)) {
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

/// The sources of a plan at a host time, in sum.
struct Fleet {
    /// The clock of the foremost source that is not overdue; of all overdue ones, that of the last to fall silent.
    clock: Option<Timestamp>,
    /// By how much the newest frames of those that are not overdue were late: least and most.
    late_ms: (i64, i64),
}

impl PlanState {
    /// The last evaluation time that is due at host time `now`: all of its sources have come so far, or are overdue. Every source is judged by
    /// the arrival of its own frames, and by its own clock: what time another one thinks it is decides nothing.
    #[inline]
    pub(super) fn frontier(&self, sources: &[SourceProgress], now: Timestamp) -> Option<Timestamp> {
        if let Some(source) = self.only_source.and_then(|place| sources.get(place)).filter(|one| one.arrived >= now) {
            return source.newest.map(|newest| newest.plus_ms(-self.lateness_ms));
        }
        let fleet = self.fleet(sources, now);
        let late_ms_max = self.late_ms_max(sources, now, &fleet);
        let clock = match fleet.clock {
            Some(clock) => clock,
            None if self.next.is_some() => now,
            None => return None,
        };
        let overdue_until = clock.plus_ms(-self.return_ms).plus_ms(-self.lateness_ms);
        let mut to = Timestamp::MAX;
        for source in self.sources().filter_map(|source| sources.get(source)) {
            let is_awaited = !source.is_overdue(now, self.grace_ms) && source.late_ms() <= late_ms_max;
            let Some(newest) = source.newest.filter(|_| is_awaited) else {
                to = to.min(overdue_until);
                continue;
            };
            // Others may have frames of the foremost instant still to come.
            let reached = source.before_next(newest, self.step_ms).min(clock.plus_ms(-1)).max(newest);
            to = to.min(reached.plus_ms(-self.lateness_ms).max(self.awaited_until(source, now)));
        }
        Some(to)
    }

    /// The last evaluation time for which a source has had its grace period, by its own clock.
    fn awaited_until(&self, source: &SourceProgress, now: Timestamp) -> Timestamp {
        source.clock(now).map_or(Timestamp::MIN, |clock| clock.plus_ms(-self.grace_ms))
    }

    /// The last evaluation time that stored frames leave behind, as if each had arrived without delay.
    pub(super) fn stored_until(&self, sources: &[SourceProgress]) -> Option<Timestamp> {
        let newest = self.sources().filter_map(|source| sources.get(source)?.newest).max()?;
        self.frontier(sources, newest)
    }

    fn fleet(&self, sources: &[SourceProgress], now: Timestamp) -> Fleet {
        let (mut foremost, mut silent) = (None, None);
        let (mut least_ms, mut most_ms) = (i64::MAX, i64::MIN);
        for source in self.sources().filter_map(|source| sources.get(source)) {
            if source.is_overdue(now, self.grace_ms) {
                silent = silent.max(source.clock(now).map(|clock| (source.arrived, clock)));
            } else {
                foremost = foremost.max(source.clock(now));
                (least_ms, most_ms) = (least_ms.min(source.late_ms()), most_ms.max(source.late_ms()));
            }
        }
        let clock = foremost.or(silent.map(|(_, clock)| clock));
        Fleet { clock, late_ms: (least_ms, most_ms) }
    }

    /// The most by which a frame may have been late for its source to be waited for. One that lags behind most others by more than the grace
    /// period delays nobody but itself.
    fn late_ms_max(&self, sources: &[SourceProgress], now: Timestamp, fleet: &Fleet) -> i64 {
        let (least_ms, most_ms) = fleet.late_ms;
        if most_ms.saturating_sub(least_ms.max(0)) <= self.grace_ms {
            return i64::MAX;
        }
        let present = self.sources().filter_map(|source| sources.get(source));
        let present = present.filter(|source| !source.is_overdue(now, self.grace_ms));
        let mut late_ms: Vec<i64> = present.map(SourceProgress::late_ms).collect();
        late_ms.sort_unstable();
        let usual_ms = late_ms.get(late_ms.len().saturating_sub(1) / 2).copied().unwrap_or(0);
        usual_ms.max(0).saturating_add(self.grace_ms)
    }

    /// Whether no evaluation time can be due yet, though a source has sent a frame: another one is as far behind as before, and not overdue.
    pub(super) fn is_waiting(&self, next: Timestamp, sources: &[SourceProgress], now: Timestamp) -> bool {
        let Some(slowest) = self.slowest.and_then(|place| sources.get(place)) else { return false };
        let due = slowest.newest.map(|newest| slowest.before_next(newest, self.step_ms));
        let is_behind = due.is_some_and(|due| due.plus_ms(-self.lateness_ms) < next);
        is_behind && self.awaited_until(slowest, now) < next && self.awaits(slowest, now)
    }

    /// Whether a source is waited for, whatever the others do.
    fn awaits(&self, source: &SourceProgress, now: Timestamp) -> bool {
        source.late_ms() <= self.grace_ms && !source.is_overdue(now, self.grace_ms)
    }

    pub(super) fn note_slowest(&mut self, sources: &[SourceProgress], now: Timestamp) {
        if self.only_source.is_some() {
            return;
        }
        let is_awaited = |place: &usize| sources.get(*place).is_some_and(|one| self.awaits(one, now));
        // Of several the last one, since frames often come in turn.
        let places = self.members.iter().rev().flat_map(|member| member.sources.iter().rev()).copied();
        let due = |place: &usize| sources.get(*place).and_then(|one| Some(one.before_next(one.newest?, self.step_ms)));
        self.slowest = places.filter(is_awaited).min_by_key(due);
    }

    /// Goes back to the frames of a source that count, where only a clock, or frames that turned out to be wrong, had passed them. What other
    /// sources have confirmed stays.
    #[cold]
    pub(super) fn go_back(&mut self, frames: Frames, (place, now): (usize, Timestamp), sources: &[SourceProgress]) {
        let Some(next) = self.next.filter(|next| frames.first.plus_ms(self.step_ms) <= *next) else { return };
        // Where the frames before the last have reached all that was evaluated, only the last one counts.
        let is_reached = next.plus_ms(-self.step_ms) <= frames.before;
        let to = if is_reached { frames.last } else { frames.first };
        let others = self.sources().filter(|source| *source != place);
        let newest = others.filter_map(|source| sources.get(source)?.newest);
        // Nothing of the host's future confirms anything: its clock was wrong when that arrived.
        let confirmed = newest.filter(|newest| *newest <= now.plus_ms(FUTURE_MS_MAX)).max();
        let to = confirmed.map_or(to, |confirmed| to.max(confirmed.plus_ms(1))).ceil_to(self.step_ms);
        if to >= next {
            return;
        }
        (self.next, self.begun) = (Some(to), self.begun.map(|begun| begun.min(to)));
        self.empty_since = None;
        self.late.cut(to.plus_ms(-self.step_ms));
        self.members.iter_mut().for_each(|member| member.go_back(to));
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
        // A clock that was ahead when the wait began must not prolong it.
        let since = self.waits_since.map_or(now, |since| since.min(now));
        self.waits_since = Some(since);
        let silence_ms = self.members.iter().filter_map(MemberState::silence_ms).max().unwrap_or(0);
        let begin = since.plus_ms(silence_ms).ceil_to(self.plan.step_ms);
        if begin <= now.plus_ms(-self.grace_ms) {
            self.begin(begin);
        }
        is_new || self.next.is_some()
    }

    /// Per series that it reads, the time up to which its windows will not look again. What only a clock has passed may be evaluated once more.
    fn needs_since(&self, sources: &[SourceProgress]) -> impl Iterator<Item = (usize, Option<Timestamp>)> + '_ {
        let confirmed = self.sources().filter_map(|source| sources.get(source)?.newest).max();
        let unsure = self.sources().filter_map(|source| sources.get(source)?.unsure_since()).min();
        let confirmed = confirmed.map(|newest| unsure.map_or(newest, |since| newest.min(since.plus_ms(-1))));
        let standing = self.next.map(|next| next.plus_ms(-self.step_ms).min(confirmed.unwrap_or(next)));
        let reach = self.members.iter().flat_map(MemberState::reach);
        reach.map(move |(series, width_ms)| (series, standing.map(|standing| standing.plus_ms(-width_ms))))
    }
}
