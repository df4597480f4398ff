//! A plan over a stretch of the past once more, apart from the engine that runs.

use super::engine::Engine;
use super::late::Late;
use super::member::MemberState;
use super::progress::live::Reach;
use crate::model::Timestamp;
use crate::query::{QueryError, Readings};
use crate::verdict::{Truth, Verdict};

/// A plan that goes through instants again, with all readings that are stored now. Its verdicts are of the spec 0.
#[derive(Debug)]
pub struct Rerun {
    engine: Engine,
    upto: Timestamp,
}

impl Engine {
    /// One of the plans, from [`Late::since`] on, with everything that is stored of it up to `upto`.
    ///
    /// # Errors
    /// [`QueryError`] where stored frames cannot be read.
    pub fn rerun(&self, late: &Late, upto: Timestamp, readings: &Readings) -> Result<Rerun, QueryError> {
        let running = self.plans.get(late.plan);
        let mut engine = Self::new(running.map(|running| (*running.plan).clone()).into_iter().collect());
        for (plan, running) in engine.plans.iter_mut().zip(running) {
            plan.next = Some(late.since);
            if plan.members.len() > 1 {
                let pairs = plan.members.iter_mut().zip(&running.members);
                pairs.for_each(|(member, running)| member.stand_as(running, late.since));
            }
        }
        engine.fill_series(readings, upto.plus_ms(1))?;
        Ok(Rerun { engine, upto })
    }
}

impl Rerun {
    /// Evaluates the next instants up to `upto`, included, but not beyond the readings that were taken in.
    pub fn run(&mut self, upto: Timestamp, sink: &mut dyn FnMut(&Verdict<'_>)) {
        let upto = upto.min(self.upto);
        for plan in &mut self.engine.plans {
            if let Some(next) = plan.next.filter(|next| *next <= upto) {
                plan.run(0, &self.engine.series, next, Reach::until(upto), sink);
            }
        }
    }

    /// The running engine remembers which stations were unknown when, up to an instant, as it was found here.
    pub fn leave_to(&self, engine: &mut Engine, plan: usize, upto: Timestamp) {
        let (Some(mine), Some(running)) = (self.engine.plans.first(), engine.plans.get_mut(plan)) else { return };
        if mine.members.len() > 1 {
            running.members.iter_mut().zip(&mine.members).for_each(|(running, mine)| running.remember_as(mine, upto));
        }
    }

    /// The plan of the running engine goes on from here: both stand at the same instant.
    pub fn hand_over(&self, engine: &mut Engine, plan: usize) {
        let (Some(mine), Some(running)) = (self.engine.plans.first(), engine.plans.get_mut(plan)) else { return };
        running.empty_since = None;
        running.members.iter_mut().zip(&mine.members).for_each(|(running, mine)| running.go_on_as(mine));
    }

    /// Whether nothing is under way here that began before: a station that is unknown may leave a quorum sooner or later, and counts then as
    /// its clear condition said last.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let is_known = |one: &MemberState| one.unknown_since.is_none() && one.clear != Truth::Unknown;
        self.engine.plans.iter().all(|plan| plan.members.len() < 2 || plan.members.iter().all(is_known))
    }

    /// Whether the plan of the running engine stands just so.
    #[must_use]
    pub fn is_like(&self, engine: &Engine, plan: usize) -> bool {
        let (Some(mine), Some(running)) = (self.engine.plans.first(), engine.plans.get(plan)) else { return true };
        let is_like = |(mine, running): (&MemberState, &MemberState)| {
            mine.unknown_since == running.unknown_since && mine.clear_known == running.clear_known
        };
        mine.members.len() < 2 || mine.members.iter().zip(&running.members).all(is_like)
    }
}
