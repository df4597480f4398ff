//! What hosts may watch: spans around work (feature `tracing`) and metrics (feature `metrics`). Without the features everything here is
//! empty and leaves no trace in the program. Names and units are listed in `guide::operations`.

use std::time::Duration;

/// Whether metrics are published at all: what must be counted for them alone is not counted otherwise.
pub(crate) const IS_METERED: bool = cfg!(feature = "metrics");

/// Work that takes time; its span has the target `vocdb`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// Opening a store.
    Open,
    /// Reading the write-ahead log back while opening.
    Recovery,
    /// Appending so many frames.
    Append(usize),
    /// Showing frames, or time that has passed, to the rules.
    Rules,
    /// Sealing the head into a segment.
    Seal,
    /// Making the write-ahead log durable.
    Sync,
    /// Merging or rewriting so many segments' worth of plans.
    Compaction(usize),
    /// Handing over what is due, and taking what gateways have answered.
    Delivery,
}

/// Work that is under way, until it is dropped.
#[must_use]
pub(crate) struct Working {
    #[cfg(feature = "tracing")]
    _span: tracing::span::EnteredSpan,
}

/// Work begins.
#[inline]
pub(crate) fn begin(work: Work) -> Working {
    #[cfg(feature = "tracing")]
    {
        use tracing::info_span;
        let span = match work {
            Work::Open => info_span!(target: "vocdb", "open"),
            Work::Recovery => info_span!(target: "vocdb", "recovery"),
            Work::Append(frames) => info_span!(target: "vocdb", "append", frames),
            Work::Rules => info_span!(target: "vocdb", "rules"),
            Work::Seal => info_span!(target: "vocdb", "seal"),
            Work::Sync => info_span!(target: "vocdb", "sync"),
            Work::Compaction(plans) => info_span!(target: "vocdb", "compaction", plans),
            Work::Delivery => info_span!(target: "vocdb", "delivery"),
        };
        Working { _span: span.entered() }
    }
    #[cfg(not(feature = "tracing"))]
    {
        if let Work::Append(amount) | Work::Compaction(amount) = work {
            let _ = amount;
        }
        Working {}
    }
}

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[doc = $what:literal])+ $name:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum $type {
            $($(#[doc = $what])+ $name,)+
        }

        #[cfg(any(feature = "metrics", test))]
        impl $type {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),+];

            const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

names! {
    /// What only grows, from opening on.
    Count {
        /// Frames that were accepted.
        FramesAccepted = "vocdb_frames_accepted_total",
        /// Present values in accepted frames.
        ValuesAccepted = "vocdb_values_accepted_total",
        /// Frames that repeat what is stored.
        FramesIdentical = "vocdb_frames_identical_total",
        /// Frames that lost against an earlier one.
        FramesSuperseded = "vocdb_frames_superseded_total",
        /// Values that a later frame replaced.
        ValuesCorrected = "vocdb_values_corrected_total",
        /// Frames older than the newest.
        FramesOutOfOrder = "vocdb_frames_out_of_order_total",
        /// Frames of an instrument that is not registered.
        RejectedUnknownInstrument = "vocdb_rejected_unknown_instrument_total",
        /// Frames of another width.
        RejectedWidth = "vocdb_rejected_channel_count_total",
        /// Frames with a value of a retired channel.
        RejectedRetiredChannel = "vocdb_rejected_retired_channel_total",
        /// Frames with a value that is none.
        RejectedValue = "vocdb_rejected_value_total",
        /// Frames ahead of the clock.
        RejectedFuture = "vocdb_rejected_future_total",
        /// Second frames for an instant, refused by policy.
        RejectedDuplicate = "vocdb_rejected_duplicate_total",
        /// Frames around which stored readings do not check.
        RejectedUnreadable = "vocdb_rejected_unreadable_total",
        /// Attempts to seal that failed.
        SealsFailed = "vocdb_seals_failed_total",
        /// Rows in sealed segments.
        RowsSealed = "vocdb_rows_sealed_total",
        /// Syncs of the write-ahead log.
        Syncs = "vocdb_syncs_total",
        /// Syncs that failed.
        SyncsFailed = "vocdb_syncs_failed_total",
        /// Attempts to tell somebody.
        DeliveriesTried = "vocdb_deliveries_tried_total",
        /// Attempts that failed.
        DeliveriesFailed = "vocdb_deliveries_failed_total",
    }
}

names! {
    /// What rises and falls.
    Level {
        /// Alarms that are open.
        AlarmsOpen = "vocdb_alarms_open",
        /// Notifications that wait.
        Outbox = "vocdb_outbox_notifications",
        /// Frames that the rules have not seen.
        RulesLag = "vocdb_rules_lag_frames",
        /// Frames that a power failure would take.
        DurableLag = "vocdb_durable_lag_frames",
        /// Records in the ledger.
        LedgerRecords = "vocdb_ledger_records",
        /// Sealed segments.
        Segments = "vocdb_segments",
        /// Segments set aside at opening.
        SegmentsQuarantined = "vocdb_segments_quarantined",
        /// Bytes of segments.
        SegmentBytes = "vocdb_segment_bytes",
        /// Bytes of the write-ahead log.
        WalBytes = "vocdb_wal_bytes",
        /// Bytes of the catalog.
        CatalogBytes = "vocdb_catalog_bytes",
        /// Bytes of the ledger.
        LedgerBytes = "vocdb_ledger_bytes",
        /// How far the newest row of the station that is furthest behind is behind the clock.
        StationLag = "vocdb_station_lag_max_seconds",
    }
}

names! {
    /// How long something takes.
    Timing {
        /// One sync of the write-ahead log.
        Sync = "vocdb_sync_seconds",
    }
}

/// Adds to a counter; nothing is published for an amount of 0.
#[inline]
pub(crate) fn count(count: Count, amount: u64) {
    #[cfg(feature = "metrics")]
    if amount > 0 {
        metrics::counter!(count.name()).increment(amount);
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (count, amount);
}

/// Sets a gauge.
#[inline]
pub(crate) fn level(level: Level, value: u64) {
    #[cfg(feature = "metrics")]
    metrics::gauge!(level.name()).set(value as f64);
    #[cfg(not(feature = "metrics"))]
    let _ = (level, value);
}

/// Adds to a histogram of seconds.
#[inline]
pub(crate) fn took(timing: Timing, time: Duration) {
    #[cfg(feature = "metrics")]
    metrics::histogram!(timing.name()).record(time.as_secs_f64());
    #[cfg(not(feature = "metrics"))]
    let _ = (timing, time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_in_the_guide() {
        let guide = include_str!("../guide/OPERATIONS.md");
        let counts = Count::ALL.iter().map(|one| one.name());
        let levels = Level::ALL.iter().map(|one| one.name());
        for name in counts.chain(levels).chain(Timing::ALL.iter().map(|one| one.name())) {
            assert!(guide.contains(&format!("`{name}`")), "{name} is not in the guide");
        }
    }
}
