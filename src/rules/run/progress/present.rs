//! What is history and what is of now: an instant that is too old notifies nobody, nor does one of readings that were appended as history.

use super::super::engine::{Engine, PlanState};
use super::source::SourceProgress;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

/// A source that has sent frames of its own for so long counts as if it had always done so.
const LIVE_MS: i64 = 3_600_000;

/// Which instants are of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// The first one that is not too old to notify.
    pub current_since: Timestamp,
    /// Whether readings are appended as history, which notify nobody.
    pub takes_history: bool,
}

/// How far an evaluation goes, and which of its instants are of now.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Reach {
    /// The last instant.
    pub(in super::super) frontier: Timestamp,
    /// The first instant that is not too old to notify.
    pub(in super::super) current_since: Timestamp,
    /// The first instant that frames reach which were not appended as history.
    pub(in super::super) live_since: Timestamp,
}

/// Whether a source sends, or only its history is appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Live {
    /// No frame of its own has come since its history was appended.
    Not,
    /// Time of the first one.
    Since(Timestamp),
    /// For long.
    Always,
}

impl Reach {
    /// Up to an instant, whenever that is.
    pub(in super::super) const fn until(frontier: Timestamp) -> Self {
        Self { frontier, current_since: Timestamp::MIN, live_since: Timestamp::MIN }
    }
}

impl Live {
    /// Takes note of a frame.
    #[inline]
    pub(in super::super) fn note(&mut self, time: Timestamp, is_history: bool) {
        *self = match *self {
            _ if is_history => Self::Not,
            Self::Not => Self::Since(time),
            Self::Since(since) if time.since_ms(since) >= LIVE_MS => Self::Always,
            known => known,
        };
    }

    const fn since(self) -> Timestamp {
        match self {
            Self::Not => Timestamp::MAX,
            Self::Since(since) => since,
            Self::Always => Timestamp::MIN,
        }
    }
}

impl Default for Present {
    fn default() -> Self {
        Self { current_since: Timestamp::MIN, takes_history: false }
    }
}

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
        self.only_source().map_or_else(all, since)
    }
}
