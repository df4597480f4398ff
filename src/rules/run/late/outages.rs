//! The last times in which one station said nothing: what is known of the past that readings alone do not tell.

use crate::model::Timestamp;
use crate::verdict::Truth;
use std::collections::VecDeque;

/// Times that are remembered of one station: what late readings before the first of them would have changed is only nearly known where an
/// absent station counts.
const OUTAGES_MAX: usize = 64;

/// A time in which a condition was unknown. Where the clear condition says something else meanwhile, another one begins as this one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Outage {
    pub(in super::super) begin: Timestamp,
    pub(in super::super) end: Option<Timestamp>,
    /// What the clear condition had said last.
    pub(in super::super) clear_known: Truth,
}

/// Outages in order of time, of which only the last may still go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Outages(VecDeque<Outage>);

impl Outages {
    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Begin, end and last clear condition of each, as checkpoints store them.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Timestamp, Option<Timestamp>, Truth)> {
        self.0.iter().map(|outage| (outage.begin, outage.end, outage.clear_known))
    }

    pub(super) fn of_parts(parts: impl Iterator<Item = (Timestamp, Option<Timestamp>, Truth)>) -> Self {
        Self(parts.map(|(begin, end, clear_known)| Outage { begin, end, clear_known }).collect())
    }

    pub(in super::super) fn begin(&mut self, begin: Timestamp, clear_known: Truth) {
        self.0.push_back(Outage { begin, end: None, clear_known });
        if self.0.len() > OUTAGES_MAX {
            self.0.pop_front();
        }
    }

    /// Ends the last one, if it goes on.
    pub(in super::super) fn end(&mut self, instant: Timestamp) {
        self.0.back_mut().into_iter().for_each(|outage| outage.end = outage.end.or(Some(instant)));
    }

    /// The one that goes on.
    pub(in super::super) fn current(&self) -> Option<&Outage> {
        self.0.back().filter(|outage| outage.end.is_none())
    }

    /// Since when there has been an outage, however often the clear condition said something else meanwhile.
    pub(in super::super) fn since(&self) -> Option<Timestamp> {
        let mut since = self.current()?.begin;
        for before in self.0.iter().rev().skip(1) {
            since = if before.end == Some(since) { before.begin } else { break };
        }
        Some(since)
    }

    /// Those that had begun before an instant, as they stood just before it.
    pub(in super::super) fn before(&self, instant: Timestamp) -> Self {
        let begun = self.0.iter().filter(|outage| outage.begin < instant);
        Self(begun.map(|outage| Outage { end: outage.end.filter(|end| *end < instant), ..*outage }).collect())
    }

    /// The first that begins at an instant or behind it.
    pub(in super::super) fn next(&self, instant: Timestamp) -> Option<&Outage> {
        self.0.iter().find(|outage| outage.begin >= instant)
    }

    /// Those that another one found, up to an instant, and behind it its own.
    pub(in super::super) fn amend(&mut self, found: &Self, upto: Timestamp) {
        let behind = self.0.iter().filter(|outage| outage.begin > upto).copied();
        let going_on = self.0.iter().find(|outage| outage.begin <= upto && outage.end.is_none_or(|end| end > upto));
        let mut outages = found.0.clone();
        if let (Some(last), Some(going_on)) = (outages.back_mut(), going_on) {
            last.end = last.end.or(going_on.end);
        }
        outages.extend(behind);
        let surplus = outages.len().saturating_sub(OUTAGES_MAX);
        outages.drain(..surplus);
        self.0 = outages;
    }
}
