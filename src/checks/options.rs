//! What the caller decides about the tests.

use super::finding::QualityTest;
use crate::model::Unit;
use std::collections::BTreeSet;

/// What a [`Threshold`] bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThresholdKind {
    /// Least possible value, for the gross range.
    RangeMin,
    /// Greatest possible value, for the gross range.
    RangeMax,
    /// Greatest distance of one value from the mean of its two neighbours in time.
    Spike,
    /// Greatest change within an hour.
    RatePerHour,
    /// Limit under which peaks may pile up: an emission limit or an alarm threshold.
    Limit,
}

/// A threshold for all channels of one name. It replaces the default of the test.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What it bounds.
    pub kind: ThresholdKind,
    /// Name of the channels.
    pub channel: String,
    /// The bound, in `unit`.
    pub value: f64,
    /// Unit of the bound, converted into that of each channel.
    pub unit: Unit,
}

/// Options of the tests. The defaults need no knowledge of the station.
///
/// Most thresholds follow from one number, [`false_alarms_per_month`](Self::false_alarms_per_month): each test asks how improbable a
/// reading is under a stated model of honest readings, learned from the channel's own past, and reports those that would occur less often.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckOptions {
    /// False alarms of one test on one channel in a month that are accepted, 1e-6 to 1 [default: 0.01].
    pub false_alarms_per_month: f64,
    /// Consecutive values that must be missing for a gap [default: 2].
    pub gap_values_min: u32,
    /// Shortest flat line, in milliseconds [default: 3 hours, after EPA-454/R-99-005, table 8-4].
    pub flat_line_ms_min: i64,
    /// Fewest equal values of a flat line [default: 5, as in the QARTOD manuals].
    pub flat_line_values_min: u32,
    /// Greatest accepted difference of an hourly mean from the mean of its minutes, and of a total from the sum of its parts, as a share of
    /// the greater one [default: 0.05].
    pub tolerance: f64,
    /// Time that a frame may need from the measurement to the receipt, in milliseconds, besides two intervals [default: 1 hour].
    pub receipt_ms_max: i64,
    /// Thresholds for channels by name.
    pub thresholds: Vec<Threshold>,
    /// Tests that run; all if empty.
    pub tests: BTreeSet<QualityTest>,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            false_alarms_per_month: 0.01,
            gap_values_min: 2,
            flat_line_ms_min: 3 * 3_600_000,
            flat_line_values_min: 5,
            tolerance: 0.05,
            receipt_ms_max: 3_600_000,
            thresholds: Vec::new(),
            tests: BTreeSet::new(),
        }
    }
}

impl CheckOptions {
    /// Returns whether a test runs.
    #[must_use]
    pub fn runs(&self, test: QualityTest) -> bool {
        self.tests.is_empty() || self.tests.contains(&test)
    }

    /// The accepted rate of false alarms, within its bounds.
    pub(super) const fn rate(&self) -> f64 {
        self.false_alarms_per_month.clamp(1e-6, 1.0)
    }
}
