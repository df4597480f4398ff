//! When a connection is closed: pure arithmetic over times.

use crate::config::Limits;
use crate::counters::End;
use std::time::Duration;

/// The times of one connection, counted from its opening.
#[derive(Debug, Clone)]
pub struct Patience {
    first_frame: Duration,
    frame: Duration,
    idle: Duration,
    newest_frame: Option<Duration>,
    /// Since when an incomplete frame is held. Further bytes of it do not move this time.
    part_since: Option<Duration>,
}

impl Patience {
    /// The times of a new connection.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            first_frame: Limits::duration(limits.first_frame_s),
            frame: Limits::duration(limits.frame_s),
            idle: Limits::duration(limits.idle_s),
            newest_frame: None,
            part_since: None,
        }
    }

    /// Notes the result of a read: whether it completed a good frame, and whether a part of a frame is left.
    pub fn read(&mut self, now: Duration, has_good_frame: bool, holds_part: bool) {
        if has_good_frame {
            self.newest_frame = Some(now);
            self.part_since = None;
        }
        self.part_since = holds_part.then(|| self.part_since.unwrap_or(now));
    }

    /// When the connection is to be closed unless a good frame comes, and why.
    #[must_use]
    pub fn deadline(&self) -> (Duration, End) {
        let base = match self.newest_frame {
            None => (self.first_frame, End::NoFrame),
            Some(newest) => (newest + self.idle, End::Idle),
        };
        let part = self.part_since.map(|since| (since + self.frame, End::SlowFrame));
        part.into_iter().chain([base]).min_by_key(|(at, _)| *at).unwrap_or(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn bytes_that_drip_do_not_move_the_deadline_of_a_frame() {
        let limits = Limits { first_frame_s: 60.0, frame_s: 20.0, idle_s: 600.0, ..Limits::default() };
        let mut patience = Patience::new(&limits);
        assert_eq!(patience.deadline(), (s(60), End::NoFrame));
        for second in 5..15 {
            patience.read(s(second), false, true);
            assert_eq!(patience.deadline(), (s(25), End::SlowFrame));
        }
        patience.read(s(16), true, false);
        assert_eq!(patience.deadline(), (s(616), End::Idle));
        patience.read(s(100), false, true);
        assert_eq!(patience.deadline(), (s(120), End::SlowFrame));
        // A good frame and the start of the next one.
        patience.read(s(110), true, true);
        assert_eq!(patience.deadline(), (s(130), End::SlowFrame));
    }

    #[test]
    fn garbage_never_counts_as_a_frame() {
        let mut patience = Patience::new(&Limits::default());
        patience.read(s(10), false, false);
        assert_eq!(patience.deadline(), (s(30), End::NoFrame));
    }
}
