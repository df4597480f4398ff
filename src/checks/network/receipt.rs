//! Time of receipt against time of measurement.

use crate::checks::facts::length;
use crate::checks::finding::{Finding, QualityTest};
use crate::checks::options::CheckOptions;
use crate::model::{InstrumentId, Timestamp};

/// Frames of one instrument that came too late or too early.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Receipts {
    interval_ms: i64,
    delay_ms_max: i64,
    open: Option<Block>,
}

/// Consecutive frames that came too late, or too early.
#[derive(Debug, Clone, Copy)]
struct Block {
    is_late: bool,
    from: Timestamp,
    to: Timestamp,
    frames: u32,
    /// Least and greatest distance between measurement and receipt.
    distance_ms: (i64, i64),
}

impl Receipts {
    pub(in crate::checks) fn new(interval_ms: i64, options: &CheckOptions) -> Self {
        let delay_ms_max = options.receipt_ms_max.saturating_add(interval_ms.saturating_mul(2));
        Self { interval_ms, delay_ms_max, open: None }
    }

    pub(in crate::checks) fn push(
        &mut self,
        instrument: InstrumentId,
        time: Timestamp,
        received: Timestamp,
    ) -> Option<Finding> {
        let delay_ms = received.since_ms(time);
        let is_late = delay_ms > self.delay_ms_max;
        if !is_late && delay_ms >= -self.interval_ms {
            return self.finish(instrument);
        }
        let distance = delay_ms.abs();
        if let Some(block) = self.open.as_mut().filter(|block| block.is_late == is_late) {
            (block.to, block.frames) = (time.max(block.to), block.frames.saturating_add(1));
            block.from = time.min(block.from);
            block.distance_ms = (block.distance_ms.0.min(distance), block.distance_ms.1.max(distance));
            return None;
        }
        let found = self.finish(instrument);
        self.open = Some(Block { is_late, from: time, to: time, frames: 1, distance_ms: (distance, distance) });
        found
    }

    pub(in crate::checks) fn finish(&mut self, instrument: InstrumentId) -> Option<Finding> {
        let Block { is_late, from, to, frames, distance_ms: (least, greatest) } = self.open.take()?;
        let bound_ms = if is_late { self.delay_ms_max } else { self.interval_ms };
        let bound = length(bound_ms);
        let side = if is_late { "after" } else { "before" };
        let reason = format!(
            "{frames} frames arrived {} to {} {side} their time of measurement, more than {bound}",
            length(least),
            length(greatest)
        );
        let (measured, expected) = (greatest as f64 / 1_000.0, bound_ms as f64 / 1_000.0);
        let test = QualityTest::TimeOfReceipt;
        Some(Finding { test, instrument, channel: None, from, to, measured, expected, reason })
    }
}
