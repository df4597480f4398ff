//! What is history and what is of now: an instant that is too old notifies nobody, nor does one of readings that were appended as history.

use super::super::engine::{Engine, PlanState};
use super::live::Reach;
use super::source::SourceProgress;
use crate::model::Timestamp;
use crate::verdict::Present;

impl Engine {
    /// Says which instants are of now.
    pub const fn set_present(&mut self, present: Present) {
        self.present = present;
    }
}

impl PlanState {
    /// An evaluation up to a frontier.
    #[inline]
    pub(in super::super) fn reach(&self, frontier: Timestamp, sources: &[SourceProgress], present: Present) -> Reach {
        let Present { current_since, .. } = present;
        Reach { frontier, current_since, live_since: self.live_since(sources) }
    }

    /// The first instant that a frame of any source reaches which was not appended as history.
    fn live_since(&self, sources: &[SourceProgress]) -> Timestamp {
        let since = |place: usize| sources.get(place).map_or(Timestamp::MAX, |source| source.live.since());
        let all = || self.sources().map(since).min().unwrap_or(Timestamp::MAX);
        self.only_source.map_or_else(all, since)
    }
}
