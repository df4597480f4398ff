//! Late readings: instants that were evaluated without them are evaluated again. What the rules would have said is recorded beside what they
//! did say, and a condition that holds now goes on as the late readings say.

use crate::alarm::Trial;
use crate::base::limits::{LATE_DOUBLINGS_MAX, LATE_INSTANTS_PER_ADVANCE, LATE_INSTANTS_PER_FRAME};
use crate::base::observe::{self, Work};
use crate::db::core::Inner;
use crate::error::Error;
use crate::model::Timestamp;
use crate::query::{QueryError, Readings};
use crate::rules::{Late, Progress, Rerun};

/// How often late instants are gone through, each time up to the bound, at the end of one batch of history.
const HISTORY_AMENDS_MAX: usize = 256;
/// Instants from one look at whether a condition is as it was to the next.
const INSTANTS_PER_LOOK: i64 = 256;
/// By how much more is gone through where a condition is not as it was yet.
const EXTENT_FACTOR: i64 = 8;

impl Inner {
    /// Goes through what late readings have reached, as far as the bound allows; the rest waits for the next call. Says whether there was
    /// anything to go through.
    ///
    /// This must not depend on how frames came in batches, only on which are stored: so it is asked for by the host, and never while a batch is
    /// on its way.
    pub(in crate::db) fn amend(&mut self) -> Result<bool, Error> {
        if self.engine.late().is_none() {
            return Ok(false);
        }
        let _work = observe::begin(Work::Rules);
        let readings = Readings::new(self.store.reader());
        let mut instants_left = LATE_INSTANTS_PER_ADVANCE;
        while instants_left > 0
            && let Some(late) = self.engine.late()
        {
            instants_left -= self.amend_one(&late, instants_left, &readings)?;
        }
        Ok(true)
    }

    /// What late readings change that were appended as history is recorded behind them.
    pub(in crate::db) fn amend_history(&mut self) -> Result<(), Error> {
        for _ in 0..HISTORY_AMENDS_MAX {
            if !self.amend()? {
                break;
            }
        }
        Ok(())
    }

    /// Whether the last frame was late for a rule, so that [`Inner::look_at_late`] may find something.
    pub(in crate::db) fn has_late(&self) -> bool {
        self.engine.has_fresh_late()
    }

    /// Finds out whether a late frame, of which and of those before it everything is stored, makes a condition hold now, or begin to hold. If so
    /// it goes on from there: nobody waits for the host to ask. Everything else that late readings change is left to [`Inner::amend`].
    ///
    /// How many instants are gone through for one frame depends on its number alone, so that batches and restarts change nothing.
    pub(in crate::db) fn look_at_late(&mut self, lsn: u64) -> Result<(), Error> {
        let instants_max = LATE_INSTANTS_PER_FRAME << lsn.trailing_zeros().min(LATE_DOUBLINGS_MAX);
        let mut found = self.engine.fresh_late();
        found.retain(|late| !self.machine.is_active(late.plan));
        if found.is_empty() {
            return Ok(());
        }
        let readings = Readings::new(self.store.reader());
        for late in found {
            let newest = late.newest();
            let is_worth_it = late.instants() <= instants_max
                || newest.instants() <= instants_max && self.go_to_end(&newest, &readings).is_some();
            let late = late.bounded(LATE_INSTANTS_PER_ADVANCE);
            if is_worth_it && let Some(again) = self.go_to_end(&late, &readings) {
                self.record_again(&late, again)?;
            }
        }
        Ok(())
    }

    /// Goes through late instants up to the newest one. `None` where the condition does not hold there, nor begins to, more than it does anyway;
    /// readings that cannot be read are met again, and reported, by [`Inner::amend`].
    fn go_to_end(&self, late: &Late, readings: &Readings) -> Option<Again> {
        let again = self.go_again(late, [late.evaluated, late.evaluated], readings).ok()??;
        let is_ahead = self.machine.is_ahead(late.plan, &again.trial);
        (is_ahead && self.can_adopt(late, &again)).then_some(again)
    }

    fn can_adopt(&self, late: &Late, again: &Again) -> bool {
        again.upto >= late.evaluated
            && self.machine.can_adopt(late.plan, &again.trial, (again.rerun.is_known(), late.since))
    }

    /// Records what late instants have shown: as history where every reading that reaches them is.
    fn record_again(&mut self, late: &Late, again: Again) -> Result<(), Error> {
        let takes_history = self.machine.takes_history();
        self.machine.take_history(takes_history || late.is_history);
        let recorded = self.record_late(late, again);
        self.machine.take_history(takes_history);
        recorded
    }

    /// Records what late instants have shown, and lets the condition go on as they say where they reach the newest one.
    fn record_late(&mut self, late: &Late, again: Again) -> Result<(), Error> {
        let adopts = !again.is_as_it_was && self.can_adopt(late, &again);
        let Again { mut trial, rerun, upto, is_as_it_was } = again;
        let now = self.timer_now();
        if adopts {
            self.machine.note_opens(late.plan, &mut trial);
        }
        let mut events = self.machine.amend(late.plan, &trial, (late.from, upto), now);
        rerun.leave_to(&mut self.engine, late.plan, upto);
        if adopts {
            events.extend(self.machine.go_on_from(late.plan, &trial, (late.since, upto), now));
            rerun.hand_over(&mut self.engine, late.plan);
            let responder = self.config.responder.clone();
            events.extend(self.machine.tick(now, responder.as_deref()));
        }
        let is_settled = is_as_it_was || adopts;
        self.engine.settle(late, if is_settled { Progress::Done } else { Progress::Upto(upto) });
        self.keep(events)
    }

    /// Goes through some late instants of one plan. Says how many that were, with those that its windows look back to.
    fn amend_one(&mut self, late: &Late, instants_max: i64, readings: &Readings) -> Result<i64, Error> {
        let step_ms = late.step_ms.max(1);
        // One instant beyond those that readings reach says what the ones before say; then a condition may take its time.
        let bound = late.from.plus_ms(instants_max.saturating_mul(step_ms)).min(late.evaluated);
        let reached = late.to.plus_ms(step_ms).clamp(late.from, bound);
        let mut extent_ms = (late.effects_ms / step_ms + 1).saturating_mul(step_ms);
        loop {
            let behind = reached.plus_ms(extent_ms).min(bound);
            let again = match self.go_again(late, [reached, behind], readings) {
                Ok(again) => again,
                Err(error) => {
                    self.engine.settle(late, Progress::Done);
                    return Err(error.into());
                }
            };
            let Some(again) = again else {
                self.engine.settle(late, Progress::Done);
                return Ok(1);
            };
            let upto = again.upto;
            if again.is_as_it_was || upto >= bound {
                self.record_again(late, again)?;
                return Ok((upto.since_ms(late.since) + late.reach_ms) / step_ms + 1);
            }
            extent_ms = extent_ms.saturating_mul(EXTENT_FACTOR);
        }
    }

    /// Goes through late instants until all is as it was, or up to `behind`. `None` where it is not known any more how things stood.
    fn go_again(
        &self,
        late: &Late,
        [reached, behind]: [Timestamp; 2],
        readings: &Readings,
    ) -> Result<Option<Again>, QueryError> {
        let step_ms = late.step_ms.max(1);
        let Some(mut trial) = self.machine.trial(late.plan, (late.since, late.begun), late.evaluated) else {
            return Ok(None);
        };
        let mut rerun = self.engine.rerun(late, behind, readings)?;
        // Whether it was active is known at every instant. Without that, what was under way at the first one could be wrong for ever: one trip
        // after another, with missing data between them, opens with every second one of them.
        rerun.run(late.from.plus_ms(-step_ms), &mut |verdict| {
            trial.verdict(verdict);
            self.machine.stand(late.plan, &mut trial, (verdict.instant.plus_ms(1), late.begun));
        });
        self.machine.stand(late.plan, &mut trial, (late.from, late.begun));
        let mut upto = reached;
        loop {
            rerun.run(upto, &mut |verdict| trial.verdict(verdict));
            let is_as_it_was = if upto >= late.evaluated {
                self.machine.is_like(late.plan, &trial) && rerun.is_like(&self.engine, late.plan)
            } else {
                let behind = late.to.plus_ms(step_ms);
                upto >= behind && self.machine.agrees(late.plan, &trial, (behind, upto)) && rerun.is_known()
            };
            if is_as_it_was || upto >= behind {
                return Ok(Some(Again { trial, rerun, upto, is_as_it_was }));
            }
            upto = upto.plus_ms(INSTANTS_PER_LOOK.saturating_mul(step_ms)).min(behind);
        }
    }
}

/// Late instants, gone through again.
struct Again {
    trial: Trial,
    rerun: Rerun,
    /// The last of them.
    upto: Timestamp,
    /// Whether from there on everything is as it was.
    is_as_it_was: bool,
}
