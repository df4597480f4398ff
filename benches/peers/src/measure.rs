//! Clocks around work.

use crate::failure::Failure;
use std::time::{Duration, Instant};

/// The best time of several rounds, and what the last one gave. Noise of the machine only ever adds time.
pub(crate) struct Best<T> {
    pub(crate) time: Duration,
    pub(crate) rounds: usize,
    pub(crate) answer: T,
}

/// Runs some work up to `rounds_max` times, but not again once `budget` is spent.
pub(crate) fn best<T>(
    rounds_max: usize,
    budget: Duration,
    mut work: impl FnMut() -> Result<T, Failure>,
) -> Result<Best<T>, Failure> {
    let begun = Instant::now();
    let (answer, time) = timed(&mut work)?;
    let mut best = Best { time, rounds: 1, answer };
    while best.rounds < rounds_max && begun.elapsed() < budget {
        let (answer, time) = timed(&mut work)?;
        best = Best { time: best.time.min(time), rounds: best.rounds + 1, answer };
    }
    Ok(best)
}

/// How long some work takes.
pub(crate) fn timed<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, Duration), Failure> {
    let begun = Instant::now();
    let answer = work()?;
    Ok((answer, begun.elapsed()))
}

/// Per second.
pub(crate) fn rate(amount: u64, time: Duration) -> f64 {
    amount as f64 / time.as_secs_f64().max(1e-9)
}

/// In milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// In microseconds for each of some calls.
pub(crate) fn microseconds_each(time: Duration, calls: usize) -> f64 {
    time.as_secs_f64() * 1e6 / calls.max(1) as f64
}
