//! What became of every frame and value: nothing is dropped without being counted.

use crate::base::observe::{Count, count};
use serde::Serialize;

/// Counts since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counters {
    /// Frames that were accepted, corrections among them.
    pub frames_accepted: u64,
    /// Present values in accepted frames.
    pub values_accepted: u64,
    /// Frames that repeat what is stored already.
    pub frames_identical: u64,
    /// Frames that lost against an earlier one under [`DuplicatePolicy::KeepFirst`](crate::model::DuplicatePolicy).
    pub frames_superseded: u64,
    /// Stored values that a later frame replaced; each is in the ledger.
    pub values_corrected: u64,
    /// Frames older than the newest of their instrument.
    pub frames_out_of_order: u64,
    /// Frames of an instrument that is not registered.
    pub rejected_unknown_instrument: u64,
    /// Frames with another number of samples than the instrument has channels.
    pub rejected_channel_count: u64,
    /// Frames with a value of a retired channel.
    pub rejected_retired_channel: u64,
    /// Frames with a value that is not finite or over 1e15.
    pub rejected_value: u64,
    /// Frames too far ahead of the host's clock.
    pub rejected_future: u64,
    /// Different frames for an instant that has one, under [`DuplicatePolicy::Reject`](crate::model::DuplicatePolicy).
    pub rejected_duplicate: u64,
    /// Attempts to seal a full head that failed; its rows stay in memory and in the log, and the next try comes with the next full head.
    pub seals_failed: u64,
}

impl Counters {
    /// All rejected frames.
    #[must_use]
    pub const fn frames_rejected(&self) -> u64 {
        self.rejected_unknown_instrument
            + self.rejected_channel_count
            + self.rejected_retired_channel
            + self.rejected_value
            + self.rejected_future
            + self.rejected_duplicate
    }

    /// Tells whoever watches.
    pub(crate) fn publish(&self) {
        count(Count::FramesAccepted, self.frames_accepted);
        count(Count::ValuesAccepted, self.values_accepted);
        count(Count::FramesIdentical, self.frames_identical);
        count(Count::FramesSuperseded, self.frames_superseded);
        count(Count::ValuesCorrected, self.values_corrected);
        count(Count::FramesOutOfOrder, self.frames_out_of_order);
        count(Count::RejectedUnknownInstrument, self.rejected_unknown_instrument);
        count(Count::RejectedWidth, self.rejected_channel_count);
        count(Count::RejectedValue, self.rejected_value);
        count(Count::RejectedFuture, self.rejected_future);
        count(Count::RejectedDuplicate, self.rejected_duplicate);
    }

    pub(super) const fn add(&mut self, other: &Self) {
        self.frames_accepted += other.frames_accepted;
        self.values_accepted += other.values_accepted;
        self.frames_identical += other.frames_identical;
        self.frames_superseded += other.frames_superseded;
        self.values_corrected += other.values_corrected;
        self.frames_out_of_order += other.frames_out_of_order;
        self.rejected_unknown_instrument += other.rejected_unknown_instrument;
        self.rejected_channel_count += other.rejected_channel_count;
        self.rejected_retired_channel += other.rejected_retired_channel;
        self.rejected_value += other.rejected_value;
        self.rejected_future += other.rejected_future;
        self.rejected_duplicate += other.rejected_duplicate;
        self.seals_failed += other.seals_failed;
    }
}
