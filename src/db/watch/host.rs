//! The host's clock, watched.

use super::clock::Found;
use crate::alarm::event::{SystemCondition, SystemKind};
use crate::config::Timers;
use crate::db::core::Inner;
use crate::error::Error;
use crate::model::{Batch, Timestamp};

/// Two clocks that are read within this are read at once.
const READING_MS_MAX: i64 = 500;
/// Once the clock has run evenly for so long, all is well again.
const CLEARS_MS: i64 = 600_000;

impl Inner {
    /// Looks at the host's clock. Where it was set, everything that waits for a host time goes on waiting as long as it would have.
    pub(in crate::db) fn watch_clock(&mut self) -> Result<(), Error> {
        if self.config.timers == Timers::Frames {
            return Ok(());
        }
        let before_ms = self.config.clock.steady_ms();
        let (host, steady_ms) = (self.now(), self.config.clock.steady_ms());
        let taken_ms = before_ms.zip(steady_ms).map_or(0, |(before, after)| after.saturating_sub(before));
        if taken_ms > READING_MS_MAX {
            // This thread was held up between two clocks: their readings are not of one time.
            return Ok(());
        }
        let last = self.host_clock.last();
        let found = self.host_clock.look(host, steady_ms);
        let (set_by_ms, text) = match found {
            Found::Runs => return self.note_even_clock(host),
            Found::SetBy(ms) => (ms, format!("the host's clock was set from {last} to {host}: check what sets it")),
            Found::Stands(ms) => (-ms, format!("the host's clock has stood still at {host} for {} s", ms / 1_000)),
        };
        self.host_clock.even_since = host;
        if steady_ms.is_some() {
            self.engine.rebase(set_by_ms);
        }
        self.note_host_clock(Some(text), (set_by_ms, host))
    }

    /// Looks at the times of accepted frames that arrive while the host's clock shows a time.
    pub(in crate::db) fn watch_frames(&mut self, batch: &Batch, host: Timestamp) -> Result<(), Error> {
        // Beside a steady clock there is nothing to guess.
        if self.config.timers == Timers::Frames || self.config.clock.steady_ms().is_some() {
            return Ok(());
        }
        let Some(newest) = batch.frames().map(|frame| frame.time).max() else { return Ok(()) };
        if !self.host_clock.is_outrun(host, newest) {
            return Ok(());
        }
        self.host_clock.even_since = host;
        let text = format!("the host's clock stands still at {host}, while frames come in up to {newest}");
        self.note_host_clock(Some(text), (0, host))
    }

    fn note_even_clock(&mut self, host: Timestamp) -> Result<(), Error> {
        let is_over = host.since_ms(self.host_clock.even_since) >= CLEARS_MS;
        if is_over && self.machine.system_alarm(SystemKind::HostClock, "").is_some() {
            return self.note_host_clock(None, (0, host));
        }
        Ok(())
    }

    fn note_host_clock(&mut self, text: Option<String>, (set_by_ms, at): (i64, Timestamp)) -> Result<(), Error> {
        let is_raised = text.is_some();
        let text = text.unwrap_or_else(|| "the host's clock runs evenly again".to_owned());
        let (kind, subject, clock_set_by_ms) = (SystemKind::HostClock, String::new(), set_by_ms);
        self.note_system(SystemCondition { kind, subject, is_raised, text, clock_set_by_ms, at })
    }
}
