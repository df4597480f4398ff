//! Where the host's time comes from. Only the wiring (`db`) ever asks; everything below takes time as an argument.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The host's wall clock in milliseconds since the Unix epoch, UTC.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Milliseconds of a clock that nobody can set and that never stands still, since any moment in the past; `None` where there is no such
    /// clock. It tells time that passed from a wall clock that was set.
    fn steady_ms(&self) -> Option<i64> {
        None
    }
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }

    fn steady_ms(&self) -> Option<i64> {
        static BEGIN: OnceLock<Instant> = OnceLock::new();
        i64::try_from(BEGIN.get_or_init(Instant::now).elapsed().as_millis()).ok()
    }
}

/// A clock that stands still until it is set: for tests, simulations and replays.
///
/// ```
/// use vocdb::base::clock::{Clock, ManualClock};
/// let clock = ManualClock::new(1_000);
/// clock.set_ms(5_000);
/// assert_eq!(clock.now_ms(), 5_000);
/// ```
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now_ms`.
    #[must_use]
    pub const fn new(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Sets the clock, forwards or backwards.
    pub fn set_ms(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::Release);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Acquire)
    }
}
