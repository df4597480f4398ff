//! How far plans have come without frames since the last checkpoint.

use crate::base::limits::IDLE_INSTANTS_PER_CHECKPOINT;
use crate::model::Timestamp;

/// Instants of each plan without frames that are worth a checkpoint, which takes a look at every plan.
const INSTANTS_PER_PLAN: u64 = 16;

/// Progress without frames since the last checkpoint. A restart evaluates these instants again and finds the same, unless a frame comes that
/// falls before them.
#[derive(Debug, Default)]
pub(in super::super) struct Ahead {
    /// Number of the last checkpoint.
    checkpoint: u64,
    /// The last instant that was evaluated without frames.
    until: Option<Timestamp>,
    /// How many instants that were, of all plans.
    instants: u64,
    /// Whether a plan has begun to wait for its first frame: since when, nothing but a checkpoint knows.
    has_begun: bool,
}

impl Ahead {
    pub(in super::super) const fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    pub(in super::super) const fn until(&self) -> Option<Timestamp> {
        self.until
    }

    pub(in super::super) const fn note_begun(&mut self, has_begun: bool) {
        self.has_begun |= has_begun;
    }

    /// Notes that a plan has evaluated everything from `from` up to its next instant. Returns the number of the last checkpoint.
    pub(in super::super) fn note(&mut self, from: Timestamp, next: Timestamp, step_ms: i64) -> u64 {
        self.until = self.until.max(Some(next.plus_ms(-step_ms)));
        self.instants = self.instants.saturating_add((next.since_ms(from) / step_ms.max(1)).unsigned_abs());
        self.checkpoint
    }

    pub(in super::super) fn is_far(&self, plans: usize) -> bool {
        let instants_max = IDLE_INSTANTS_PER_CHECKPOINT.max(INSTANTS_PER_PLAN.saturating_mul(plans as u64));
        self.has_begun || self.instants >= instants_max
    }

    pub(in super::super) const fn note_stored(&mut self) {
        *self = Self { checkpoint: self.checkpoint + 1, until: None, instants: 0, has_begun: false };
    }
}
