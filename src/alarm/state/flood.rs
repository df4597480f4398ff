//! How much one contact is being told, and what waits for a roll-up.

use crate::alarm::event::{AlarmId, HeldBack};
use crate::model::Timestamp;
use std::collections::{BTreeSet, VecDeque};

/// So many alarms to one contact within [`FLOOD_WINDOW_MS`] are a flood (ISA-18.2, EEMUA 191).
pub(crate) const FLOOD_ALARMS: usize = 10;
/// A flood ends when there are fewer than this.
const FLOOD_ENDS_BELOW: usize = 5;
/// Ten minutes.
const FLOOD_WINDOW_MS: i64 = 600_000;
/// From one roll-up to the next.
const ROLL_UP_MS: i64 = 60_000;

/// How much one contact is being told.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Load {
    /// Alarms of which the contact was told, with the host time of the first time, oldest first.
    recent: VecDeque<(Timestamp, AlarmId)>,
    /// The same alarms by number.
    known: BTreeSet<AlarmId>,
    /// Since when there is a flood.
    pub(crate) flood_since: Option<Timestamp>,
    /// Number and host time of the last roll-up.
    pub(crate) rolled_up: (u64, Option<Timestamp>),
    /// What waits for the next one.
    pub(crate) held: Vec<HeldBack>,
}

impl Load {
    /// The host's clock was set by so much.
    pub(crate) fn rebase(&mut self, by_ms: i64) {
        self.recent.iter_mut().for_each(|(at, _)| *at = at.plus_ms(by_ms));
        self.flood_since = self.flood_since.map(|since| since.plus_ms(by_ms));
        self.rolled_up.1 = self.rolled_up.1.map(|at| at.plus_ms(by_ms));
        self.held.iter_mut().for_each(|held| held.at = held.at.plus_ms(by_ms));
    }

    /// Takes note that the contact is told of an alarm.
    pub(crate) fn note(&mut self, alarm: AlarmId, at: Timestamp) {
        while let Some((_, over)) = self.recent.pop_front_if(|(told, _)| at.since_ms(*told) >= FLOOD_WINDOW_MS) {
            self.known.remove(&over);
        }
        if self.known.insert(alarm) {
            self.recent.push_back((at, alarm));
        }
    }

    /// Of how many alarms the contact was told in the ten minutes before `now`.
    pub(crate) fn count(&self, now: Timestamp) -> usize {
        self.recent.iter().filter(|(told, _)| now.since_ms(*told) < FLOOD_WINDOW_MS).count()
    }

    /// Host time of the next roll-up, where something waits for one.
    pub(crate) fn next_roll_up(&self) -> Option<Timestamp> {
        let first = self.held.first()?;
        Some(self.rolled_up.1.map_or(first.at, |last| last.plus_ms(ROLL_UP_MS).max(first.at)))
    }

    /// Host time at which the flood is over, if nothing more comes. What waits goes out before.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        self.flood_since?;
        let last_of_enough = self.recent.len().checked_sub(FLOOD_ENDS_BELOW).and_then(|place| self.recent.get(place));
        let over = last_of_enough.map_or(self.flood_since, |(told, _)| Some(told.plus_ms(FLOOD_WINDOW_MS)))?;
        Some(self.next_roll_up().map_or(over, |roll_up| roll_up.max(over)))
    }
}
