//! Samples that no window will look at again are dropped.

use super::engine::{Engine, PlanState};
use super::member::MemberState;
use crate::model::Timestamp;

/// After so many frames the old samples of one instrument are dropped, each in its turn: no frame waits for all.
const FRAMES_PER_TRIM: u64 = 16;

impl Engine {
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
    /// Per series that it reads, the time up to which its windows will not look again.
    fn needs_since(&self) -> impl Iterator<Item = (usize, Option<Timestamp>)> + '_ {
        let standing = self.next.map(|next| next.plus_ms(-self.step_ms));
        let reach = self.members.iter().flat_map(MemberState::reach);
        reach.map(move |(series, width_ms)| (series, standing.map(|standing| standing.plus_ms(-width_ms))))
    }
}
