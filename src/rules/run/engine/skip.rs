//! Evaluation times that are skipped, since nothing can change at them.

use super::super::member::MemberState;
use super::super::progress::live::Reach;
use super::super::series::Series;
use super::PlanState;
use crate::model::Timestamp;

/// Over shorter times than this nobody looks for a stretch without any change.
const STEADY_MS_MIN: i64 = 600_000;

/// A stretch of time in which no sample enters or leaves a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steady {
    since: Timestamp,
    until: Timestamp,
}

impl PlanState {
    /// The next evaluation time. A stretch in which nothing can change any more is skipped: no sample has entered or left a window for longer
    /// than the rule waits and holds, so that every verdict until the next one does is like the last and has had all its effects. What is on
    /// record as history becomes current at the first instant that is of now: that one is never skipped.
    #[inline]
    pub(super) fn after(
        &mut self,
        instant: Timestamp,
        series: &[Series],
        (reach, steady): (Reach, &mut Option<Steady>),
    ) -> Timestamp {
        let next = instant.plus_ms(self.step_ms);
        if self.members.iter().all(MemberState::is_empty) {
            if self.members.iter().any(MemberState::has_turned) {
                self.empty_since = None;
            }
            let empty_ms = instant.since_ms(*self.empty_since.get_or_insert(instant));
            if empty_ms <= self.settles_ms() {
                return next;
            }
            let until = self.next_sample(series, instant);
            return next.max(self.no_later(until, instant, reach));
        }
        self.empty_since = None;
        if reach.frontier.since_ms(instant) < STEADY_MS_MIN {
            next
        } else {
            self.after_steady(instant, series, (reach, steady))
        }
    }

    /// The same over many evaluation times, where windows are not empty.
    #[cold]
    fn after_steady(
        &self,
        instant: Timestamp,
        series: &[Series],
        (reach, steady): (Reach, &mut Option<Steady>),
    ) -> Timestamp {
        let next = instant.plus_ms(self.step_ms);
        let known = steady.filter(|steady| instant < steady.until);
        let Steady { since, until } = *steady.insert(known.unwrap_or_else(|| {
            let leave = self.members.iter().filter_map(|member| member.next_leave(series)).min();
            let until = [leave, self.next_sample(series, instant)].into_iter().flatten().min();
            Steady { since: instant, until: until.unwrap_or(Timestamp::MAX) }
        }));
        if instant.since_ms(since) <= self.settles_ms() {
            return next;
        }
        next.max(self.no_later(Some(until), instant, reach))
    }

    /// For how long nothing may change before verdicts stay as they are and have had all their effects.
    fn settles_ms(&self) -> i64 {
        if !self.has_counts {
            return self.effects_ms();
        }
        let counted_ms = self.members.iter().map(MemberState::counted_ms).max().unwrap_or(0);
        self.effects_ms().saturating_add(counted_ms)
    }

    /// The time at which the next sample enters a window.
    fn next_sample(&self, series: &[Series], instant: Timestamp) -> Option<Timestamp> {
        self.members.iter().filter_map(|member| member.next_change(series, instant)).min()
    }

    /// The first evaluation time from a time on, but beyond neither the first one after the frontier nor, from an instant of history, the first
    /// one of now.
    fn no_later(&self, time: Option<Timestamp>, instant: Timestamp, reach: Reach) -> Timestamp {
        let ends = [reach.current_since, reach.live_since].into_iter().filter(|end| instant < *end);
        let end = ends.chain(time).fold(reach.frontier.plus_ms(1), Ord::min);
        end.ceil_to(self.step_ms)
    }
}
