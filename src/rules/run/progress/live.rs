//! Whether sources send, or only their history is appended; and from which instant on an evaluation is of now.

use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

/// A source that has sent frames of its own for so long counts as if it had always done so.
const LIVE_MS: i64 = 3_600_000;

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
        let goes_on = match *self {
            Self::Not => false,
            Self::Since(since) => time.since_ms(since) < LIVE_MS,
            Self::Always => true,
        };
        if is_history || !goes_on {
            self.note_change(time, is_history);
        }
    }

    #[cold]
    fn note_change(&mut self, time: Timestamp, is_history: bool) {
        *self = match *self {
            _ if is_history => Self::Not,
            Self::Not => Self::Since(time),
            Self::Since(_) | Self::Always => Self::Always,
        };
    }

    pub(in super::super) const fn since(self) -> Timestamp {
        match self {
            Self::Not => Timestamp::MAX,
            Self::Since(since) => since,
            Self::Always => Timestamp::MIN,
        }
    }
}
