//! Stations whose clock is wrong, as the times of their frames say.

use crate::alarm::event::SystemKind;
use crate::db::core::Inner;
use crate::error::Error;
use crate::model::{Batch, InstrumentId, Timestamp};
use crate::rules::LastingLag;
use crate::store::RejectReason;

/// Frames of an instrument that are refused one after the other before somebody is notified.
const REFUSED_FRAMES: u32 = 10;
/// Instruments that are looked at before a clock that differs from most of theirs is said to be wrong itself.
const INSTRUMENTS_MIN: usize = 3;

impl Inner {
    /// Looks at what was refused of a batch, and what was not.
    pub(in crate::db) fn watch_refused(
        &mut self,
        batch: &Batch,
        rejections: &[(usize, RejectReason)],
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.refused.is_empty() && rejections.is_empty() {
            return Ok(());
        }
        let mut reasons = rejections.iter().peekable();
        for (index, frame) in batch.frames().enumerate() {
            match reasons.next_if(|(at, _)| *at == index) {
                Some((_, RejectReason::Future { ahead_ms, .. })) => {
                    let count = self.refused.entry(frame.instrument).or_default();
                    *count = count.saturating_add(1);
                    if *count >= REFUSED_FRAMES {
                        let subject = self.name_of(frame.instrument);
                        let text = format!(
                            "{subject}: its frames are refused, {} s ahead of the host's clock: check both clocks",
                            ahead_ms / 1_000
                        );
                        self.note_of_instrument(SystemKind::FutureFrames, subject, Some(text), now)?;
                    }
                }
                Some(_) => {}
                None if self.refused.remove(&frame.instrument).is_some() => {
                    let subject = self.name_of(frame.instrument);
                    self.note_of_instrument(SystemKind::FutureFrames, subject, None, now)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Looks at by how much frames are early or late for good. Where most are, the host's own clock is wrong.
    pub(in crate::db) fn watch_stations(&mut self, now: Timestamp) -> Result<(), Error> {
        let is_off = |lag: &LastingLag| lag.lag_ms.saturating_abs() > lag.lag_ms_max;
        if self.machine.system_alarms().next().is_none() && !self.engine.lasting_lags().any(|lag| is_off(&lag)) {
            return Ok(());
        }
        let lags: Vec<LastingLag> = self.engine.lasting_lags().collect();
        let off = lags.iter().filter(|lag| is_off(lag)).count();
        let is_host_off = lags.len() >= INSTRUMENTS_MIN && off * 2 > lags.len();
        let most = "most stations".to_owned();
        let text = is_host_off.then(|| {
            let mut late_ms: Vec<i64> = lags.iter().map(|lag| lag.lag_ms).collect();
            late_ms.sort_unstable();
            let usual_s = late_ms.get(late_ms.len() / 2).map_or(0, |ms| ms / 1_000);
            format!("the frames of most stations arrive {usual_s} s after their time: check the host's clock")
        });
        self.note_of_instrument(SystemKind::HostClock, most, text, now)?;
        for lag in lags {
            let subject = self.name_of(lag.instrument);
            let how = if lag.lag_ms < 0 { "before" } else { "after" };
            let text = (is_off(&lag) && !is_host_off).then(|| {
                let seconds = lag.lag_ms.saturating_abs() / 1_000;
                format!("{subject}: its frames arrive {seconds} s {how} their time: check the station's clock")
            });
            self.note_of_instrument(SystemKind::StationClock, subject, text, now)?;
        }
        Ok(())
    }

    /// The instruments whose frames were being refused when the store was last used.
    pub(in crate::db) fn resume_refused(&mut self) {
        let names: Vec<(InstrumentId, String)> =
            self.registry.instruments().map(|(id, ..)| (id, self.name_of(id))).collect();
        let was_refused = |name: &str| self.machine.system_alarm(SystemKind::FutureFrames, name).is_some();
        let refused = names.into_iter().filter(|(_, name)| was_refused(name));
        self.refused = refused.map(|(id, _)| (id, REFUSED_FRAMES)).collect();
    }
}
