//! An engine that takes in what the store holds, before the first frame.

use super::super::progress::source::SourceStates;
use super::super::series::{flag_of, of_strand};
use super::{Engine, EngineState, NOBODY};
use crate::base::limits::FUTURE_MS_MAX;
use crate::model::{InstrumentId, TimeRange, Timestamp};
use crate::query::{QueryError, Readings};
use crate::rules::expr::Strand;

impl Engine {
    /// Takes in what the store holds, so that the engine stands as if it had seen every stored frame, at host time `now`. Plans go on where
    /// `state` says; a plan that it does not mention begins after the newest frames.
    ///
    /// # Errors
    /// [`QueryError`] where stored frames cannot be read.
    pub fn warm(
        &mut self,
        readings: &Readings,
        state: Option<(&EngineState, &SourceStates)>,
        now: Timestamp,
    ) -> Result<(), QueryError> {
        // A frame that lies in the future was stored while the host's clock was wrong.
        let latest = now.plus_ms(FUTURE_MS_MAX);
        for (instrument, place) in &self.source_of {
            let newest = match readings.newest(*instrument) {
                Some(newest) if newest > latest => readings.newest_before(*instrument, latest)?,
                newest => newest,
            };
            self.progress.get_mut(*place).into_iter().for_each(|source| source.stand(newest));
        }
        self.restore(state);
        self.fill_series(readings, Timestamp::MAX)?;
        self.fill_windows();
        Ok(())
    }

    /// Fills the windows up to the instant before the next one, so that no frame has to wait for the first evaluation of a long window.
    fn fill_windows(&mut self) {
        let series = &self.series;
        for plan in &mut self.plans {
            if let Some(standing) = plan.next.map(|next| next.plus_ms(-plan.step_ms)) {
                plan.members.iter_mut().for_each(|member| member.advance(series, standing));
            }
        }
    }

    /// Goes on where a checkpoint says, before samples are read: how far back they are needed depends on that too.
    pub(super) fn restore(&mut self, state: Option<(&EngineState, &SourceStates)>) {
        self.begin(state.map(|(engine, _)| engine.next_instants()));
        if let Some((engine, sources)) = state {
            self.restore_members(engine);
            self.restore_sources(sources);
        }
    }

    /// Takes in what the store holds where windows have gone back to samples that had been dropped.
    ///
    /// # Errors
    /// [`QueryError`] where stored frames cannot be read.
    pub fn refill(&mut self, readings: &Readings) -> Result<(), QueryError> {
        if std::mem::take(&mut self.lacks_samples) {
            self.fill_series(readings, Timestamp::MAX)?;
            let series = 0..self.series.len();
            self.plans.iter_mut().for_each(|plan| series.clone().for_each(|index| plan.invalidate(index)));
        }
        Ok(())
    }

    /// Begins every plan, or goes on with it.
    pub(super) fn begin(&mut self, remembered: Option<Vec<Option<Timestamp>>>) {
        let remembered = remembered.filter(|next| next.len() == self.plans.len());
        for (index, plan) in self.plans.iter_mut().enumerate() {
            plan.next = match &remembered {
                Some(next) => next.get(index).copied().flatten(),
                None => plan.stored_until(&self.progress).map(|to| to.plus_ms(1).ceil_to(plan.plan.step_ms)),
            };
            plan.begun = plan.next;
        }
    }

    fn restore_members(&mut self, state: &EngineState) {
        for (plan, member, since) in &state.unknown {
            let Some(plan) = self.plans.get_mut(*plan as usize) else { continue };
            if *member == NOBODY {
                plan.waits_since = Some(*since);
            } else if let Some(member) = plan.members.get_mut(*member as usize) {
                member.unknown_since = Some(*since);
            }
        }
        for (plan, clear_known) in &state.clear_known {
            let members = self.plans.get_mut(*plan as usize).map_or(&mut [][..], |plan| &mut plan.members[..]);
            members.iter_mut().zip(clear_known).for_each(|(member, clear)| member.clear_known = *clear);
        }
    }

    pub(in super::super) fn fill_series(&mut self, readings: &Readings, before: Timestamp) -> Result<(), QueryError> {
        self.fill(readings, |_| before, |_| true)
    }

    /// Reads the samples before a time of each instrument into some of the series.
    pub(super) fn fill(
        &mut self,
        readings: &Readings,
        before: impl Fn(InstrumentId) -> Timestamp,
        is_wanted: impl Fn(usize) -> bool,
    ) -> Result<(), QueryError> {
        let needed = self.needed_since();
        for (instrument, place) in &self.source_of {
            let of_instrument = self.sources.get(*place).map_or(&[][..], |source| source.series.as_slice());
            let of_instrument: Vec<(usize, Strand, usize)> =
                of_instrument.iter().filter(|(.., index)| is_wanted(*index)).copied().collect();
            if of_instrument.is_empty() {
                continue;
            }
            let channels: Vec<usize> = of_instrument.iter().map(|(channel, ..)| *channel).collect();
            let since = of_instrument.iter().map(|(.., index)| needed.get(*index).copied().flatten()).min().flatten();
            let since = since.map_or(Timestamp::MIN, |since| since.plus_ms(1));
            let range = TimeRange::new(since, before(*instrument).max(since));
            let stored = readings.rows(*instrument, &channels, range)?;
            for (column, (_, strand, index)) in of_instrument.iter().enumerate() {
                let Some(series) = self.series.get_mut(*index) else { continue };
                for (time, sample) in stored.samples(column) {
                    series.put(time, of_strand(*strand, sample), flag_of(*strand, sample.quality));
                }
            }
        }
        Ok(())
    }
}
