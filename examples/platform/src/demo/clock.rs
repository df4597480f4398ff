//! The time of the demo against the time on the wall.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use vocdb::Timestamp;

/// How fast the demo may go, and the sign to stop.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    start: Timestamp,
    speed: Option<f64>,
    stop: Receiver<()>,
}

impl Pace {
    /// A pace of `speed` seconds of the demo in a second, or as fast as the machine can. Dropping the sender of `stop` stops the demo.
    pub(super) fn new(start: Timestamp, speed: Option<f64>, stop: Receiver<()>) -> Self {
        Self { begun: Instant::now(), start, speed, stop }
    }

    /// Waits until the demo may be at a time; `false` if it is to stop.
    pub(super) fn wait(&self, time: Timestamp) -> bool {
        let due = match self.speed {
            Some(speed) => Duration::from_secs_f64((time.since_ms(self.start) as f64 / 1_000.0 / speed).max(0.0)),
            None => Duration::ZERO,
        };
        self.rest(due.saturating_sub(self.begun.elapsed()))
    }

    /// Waits for a while; `false` if the demo is to stop.
    pub(super) fn rest(&self, time: Duration) -> bool {
        self.stop.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    /// Wall time so far in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }
}
