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
    /// Frames that lost against an earlier one under [`DuplicatePolicy::KeepFirst`](crate::model::DuplicatePolicy), or against values
    /// that a person corrected.
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
    /// Frames with a value that is not finite or over 1e15, or with a direction outside 0 to 360 degrees.
    pub rejected_value: u64,
    /// Frames too far ahead of the host's clock.
    pub rejected_future: u64,
    /// Different frames for an instant that has one, under [`DuplicatePolicy::Reject`](crate::model::DuplicatePolicy).
    pub rejected_duplicate: u64,
    /// Frames for an instant around which stored readings do not check: nothing can be compared with them.
    pub rejected_unreadable: u64,
    /// Attempts to seal that failed; the rows stay in memory and in the log, and the next try comes with the next full head.
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
            + self.rejected_unreadable
    }

    /// Tells whoever watches.
    pub(crate) fn publish(&self) {
        // Every field by name, so that none is forgotten.
        let Self {
            frames_accepted,
            values_accepted,
            frames_identical,
            frames_superseded,
            values_corrected,
            frames_out_of_order,
            rejected_unknown_instrument,
            rejected_channel_count,
            rejected_retired_channel,
            rejected_value,
            rejected_future,
            rejected_duplicate,
            rejected_unreadable,
            seals_failed,
        } = *self;
        count(Count::FramesAccepted, frames_accepted);
        count(Count::ValuesAccepted, values_accepted);
        count(Count::FramesIdentical, frames_identical);
        count(Count::FramesSuperseded, frames_superseded);
        count(Count::ValuesCorrected, values_corrected);
        count(Count::FramesOutOfOrder, frames_out_of_order);
        count(Count::RejectedUnknownInstrument, rejected_unknown_instrument);
        count(Count::RejectedWidth, rejected_channel_count);
        count(Count::RejectedRetiredChannel, rejected_retired_channel);
        count(Count::RejectedValue, rejected_value);
        count(Count::RejectedFuture, rejected_future);
        count(Count::RejectedDuplicate, rejected_duplicate);
        count(Count::RejectedUnreadable, rejected_unreadable);
        count(Count::SealsFailed, seals_failed);
    }

    pub(super) const fn add(&mut self, other: &Self) {
        let Self {
            frames_accepted,
            values_accepted,
            frames_identical,
            frames_superseded,
            values_corrected,
            frames_out_of_order,
            rejected_unknown_instrument,
            rejected_channel_count,
            rejected_retired_channel,
            rejected_value,
            rejected_future,
            rejected_duplicate,
            rejected_unreadable,
            seals_failed,
        } = *other;
        self.frames_accepted += frames_accepted;
        self.values_accepted += values_accepted;
        self.frames_identical += frames_identical;
        self.frames_superseded += frames_superseded;
        self.values_corrected += values_corrected;
        self.frames_out_of_order += frames_out_of_order;
        self.rejected_unknown_instrument += rejected_unknown_instrument;
        self.rejected_channel_count += rejected_channel_count;
        self.rejected_retired_channel += rejected_retired_channel;
        self.rejected_value += rejected_value;
        self.rejected_future += rejected_future;
        self.rejected_duplicate += rejected_duplicate;
        self.rejected_unreadable += rejected_unreadable;
        self.seals_failed += seals_failed;
    }
}
