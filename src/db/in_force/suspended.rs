//! A rule set that does not run, and the frames that it has not evaluated.

use super::Binding;
use super::history::HistoryRuns;
use crate::db::records::{Checkpoint, FramesUnseen, RuleSetLoaded};
use crate::error::Error;
use crate::ledger::Record;
use crate::model::{FrameRef, InstrumentId, Registry, Timestamp};
use crate::query::Readings;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rule set in force, while it does not run.
#[derive(Debug)]
pub(in crate::db) struct Suspended {
    pub(in crate::db) loaded: Arc<RuleSetLoaded>,
    pub(in crate::db) binding: Binding,
    /// Where rules and alarms were.
    pub(in crate::db) kept: Checkpoint<'static>,
}

impl Suspended {
    /// The records of a checkpoint that leaves the rules where they were.
    pub(in crate::db) fn checkpoint(&self, frame_time: Timestamp) -> Result<Vec<Record>, Error> {
        Ok(Checkpoint { frame_time, ..self.kept.clone() }.records()?)
    }
}

/// Which stored frames the rules have not evaluated.
#[derive(Debug, Clone, Default)]
pub(in crate::db) struct Unseen {
    pub(in crate::db) noted_lsn: u64,
    frames: u64,
    /// By instrument: time of the newest frame that rules have evaluated, and of the earliest unseen one that is not behind it.
    sources: BTreeMap<InstrumentId, (Option<Timestamp>, Option<Timestamp>)>,
    history: BTreeMap<InstrumentId, HistoryRuns>,
}

impl Unseen {
    /// Of a record.
    pub(in crate::db) fn of(record: FramesUnseen) -> Self {
        let FramesUnseen { noted_lsn, frames, sources, history } = record;
        let sources = sources.into_iter().map(|(id, seen, late)| (id, (seen, late))).collect();
        Self { noted_lsn, frames, sources, history: history.into_iter().collect() }
    }

    /// No frame yet: everything that is stored was evaluated.
    pub(in crate::db) fn none_of(readings: &Readings, registry: &Registry) -> Self {
        let sources = registry.instruments().map(|(id, ..)| (id, (readings.newest(id), None)));
        Self { sources: sources.filter(|(_, (seen, _))| seen.is_some()).collect(), ..Self::default() }
    }

    /// Every row of these readings was evaluated.
    pub(in crate::db) fn see_all(&mut self, readings: &Readings, registry: &Registry) {
        self.sources = Self::none_of(readings, registry).sources;
    }

    pub(in crate::db) fn record(&self) -> FramesUnseen {
        let sources = self.sources.iter().map(|(id, (seen, late))| (*id, *seen, *late)).collect();
        let history = self.history.iter().map(|(id, runs)| (*id, runs.clone())).collect();
        FramesUnseen { noted_lsn: self.noted_lsn, frames: self.frames, sources, history }
    }

    /// Time of the newest frame of an instrument that rules have evaluated.
    pub(in crate::db) fn seen(&self, instrument: InstrumentId) -> Option<Timestamp> {
        self.sources.get(&instrument)?.0
    }

    /// The same of every instrument that has one.
    pub(in crate::db) fn seen_all(&self) -> BTreeMap<InstrumentId, Option<Timestamp>> {
        self.sources.iter().map(|(id, (seen, _))| (*id, *seen)).collect()
    }

    /// How many frames there are.
    pub(in crate::db) const fn frames(&self) -> u64 {
        self.frames
    }

    /// Whether a frame was appended as history, and not sent.
    pub(in crate::db) fn is_history(&self, instrument: InstrumentId, time: Timestamp) -> bool {
        self.history.get(&instrument).is_some_and(|runs| runs.contains(time))
    }

    pub(in crate::db) fn note(&mut self, lsn: u64, frame: FrameRef<'_>, is_history: bool) {
        if lsn > self.noted_lsn {
            (self.frames, self.noted_lsn) = (self.frames + 1, lsn);
            if is_history || self.history.contains_key(&frame.instrument) {
                self.history.entry(frame.instrument).or_default().note(frame.time, is_history);
            }
        }
        let (seen, late) = self.sources.entry(frame.instrument).or_default();
        if seen.is_some_and(|seen| frame.time <= seen) {
            *late = Some(late.map_or(frame.time, |late| late.min(frame.time)));
        }
    }

    /// The earliest unseen frame of each instrument that is not behind the newest seen one.
    pub(in crate::db) fn take_late(&mut self) -> Vec<(InstrumentId, Timestamp)> {
        let late = self.sources.iter_mut().filter_map(|(id, (_, late))| Some((*id, late.take()?)));
        late.collect()
    }

    /// Every frame of these instruments up to a time was evaluated.
    pub(in crate::db) fn see_until(&mut self, instruments: &[InstrumentId], time: Timestamp) {
        for instrument in instruments {
            let (seen, _) = self.sources.entry(*instrument).or_default();
            *seen = (*seen).max(Some(time));
        }
    }
}
