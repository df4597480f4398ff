//! What the host's clock shows, and whether it runs.

use crate::model::{InstrumentId, Timestamp};
use std::collections::BTreeMap;

/// Frames of the future that were refused, by instrument, since the last one that was not.
pub(in crate::db) type Refused = BTreeMap<InstrumentId, u32>;

/// A clock that goes back by more was set back.
const BACK_MS: i64 = 5_000;
/// A clock that is ahead of a steady one by more was set ahead.
const AHEAD_MS: i64 = 60_000;
/// A clock that shows the same for so long, by a steady one, stands still.
const STANDING_MS: i64 = 30_000;
/// A clock that stands still while frames of so many appends, each later than the one before, are this far ahead of it.
const STANDING_APPENDS: u32 = 5;
const STANDING_AHEAD_MS: i64 = 60_000;

/// What the host's clock showed last.
#[derive(Debug, Default)]
pub(in crate::db) struct HostClock {
    last: Option<Reading>,
    /// Host time since when it has run evenly.
    pub(super) even_since: Timestamp,
    /// What it showed when frames ahead of it arrived, the newest of them, and how many appends since have brought a newer one.
    outrun: (Timestamp, Timestamp, u32),
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    host: Timestamp,
    /// Of a clock that nobody can set, where there is one.
    steady_ms: Option<i64>,
}

/// What a look at the clock finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It runs.
    Runs,
    /// It was set by so much, as far as can be told.
    SetBy(i64),
    /// It has stood still for so long.
    Stands(i64),
}

impl HostClock {
    /// A clock that had run evenly since a time when a system alarm about it was raised last.
    pub(in crate::db) fn even_since(even_since: Timestamp) -> Self {
        Self { even_since, ..Self::default() }
    }

    /// It showed a time when the store was last used.
    pub(in crate::db) fn note_seen(&mut self, host: Timestamp) {
        self.last = Some(Reading { host, steady_ms: None });
    }

    /// What it showed last.
    pub(in crate::db) fn last(&self) -> Timestamp {
        self.last.map_or(Timestamp::default(), |last| last.host)
    }

    /// Takes a reading of the clock, and of one that cannot be set, where there is one.
    pub(super) fn look(&mut self, host: Timestamp, steady_ms: Option<i64>) -> Found {
        let now = Reading { host, steady_ms };
        let Some(last) = self.last.replace(now) else { return Found::Runs };
        let passed_ms = host.since_ms(last.host);
        let Some(steady_passed_ms) = steady_ms.zip(last.steady_ms).map(|(now, last)| now.saturating_sub(last)) else {
            return if passed_ms < -BACK_MS { Found::SetBy(passed_ms) } else { Found::Runs };
        };
        let set_by_ms = passed_ms.saturating_sub(steady_passed_ms);
        if passed_ms == 0 {
            if steady_passed_ms < STANDING_MS {
                self.last = Some(last);
                return Found::Runs;
            }
            return Found::Stands(steady_passed_ms);
        }
        if (-BACK_MS..=AHEAD_MS).contains(&set_by_ms) { Found::Runs } else { Found::SetBy(set_by_ms) }
    }

    /// Whether it stands still while frames come in.
    pub(super) fn is_outrun(&mut self, host: Timestamp, newest: Timestamp) -> bool {
        let (shown, before, appends) = self.outrun;
        if newest.since_ms(host) < STANDING_AHEAD_MS {
            return false;
        }
        if shown != host {
            self.outrun = (host, newest, 1);
        } else if newest > before {
            self.outrun = (host, newest, appends.saturating_add(1));
        }
        self.outrun.2 >= STANDING_APPENDS
    }
}
