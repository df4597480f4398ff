//! A rule with two windowed terms, its windows kept up to date: as a plan, and as an interpreted closure. The rule and its load are those
//! of the crate's own bench.

#[path = "../../../setup/rules.rs"]
#[expect(clippy::unwrap_used, reason = "a bench ends where its answer is wrong")]
mod load;
#[path = "../../../setup/mod.rs"]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench ends where its answer is wrong")]
mod setup;

use super::Run;
use crate::failure::Failure;
use crate::measure::{rate, timed};
use load::{Rise, count};
use std::time::Duration;
use vocdb::rules::{Engine, Plan};

const CASE: &str = "rules/eval";

pub(super) fn run(run: &mut Run) -> Result<(), Failure> {
    if !run.options.wants(CASE) || !run.options.wants_engine("vocdb") {
        return Ok(());
    }
    let rise = Rise::over(run.either(3_600, 1_200));
    let rounds = run.either(20, 7);
    let (plan, closure) = (fastest(&rise, &rise.plan, rounds)?, fastest(&rise, &rise.closure, rounds)?);
    run.add(CASE, "vocdb", rate(rise.instants, plan), "instants/s");
    run.add(CASE, "rhai", rate(rise.instants, closure), "instants/s");
    let times = closure.as_secs_f64() / plan.as_secs_f64().max(1e-9);
    run.note(
        CASE,
        format!(
            "one core, two windowed terms, windows kept up to date, {} instants of 12 stations, {} of which trip; rhai: the same rule \
             as an interpreted closure, with the same verdict at every instant; the plan is {times:.1} x as fast; best of {rounds}",
            rise.instants, rise.trips
        ),
    );
    Ok(())
}

/// The best time of some rounds, each with an engine that has seen nothing.
fn fastest(rise: &Rise, plans: &[Plan], rounds: usize) -> Result<Duration, Failure> {
    let mut best = Duration::MAX;
    for _ in 0..rounds {
        let mut engine = Engine::new(plans.to_vec());
        let (trips, time) = timed(|| Ok(count(&mut engine, &rise.batch)))?;
        if trips != rise.trips {
            return Err(Failure::says(format!("{CASE}: the rule trips {trips} times, and {} before", rise.trips)));
        }
        best = best.min(time);
    }
    Ok(best)
}
