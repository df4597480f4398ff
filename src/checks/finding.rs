//! The tests by name, and what they find.

use crate::model::{InstrumentId, Timestamp};
use serde::Serialize;
use std::fmt;

/// A test of data quality. The first seven are those of QARTOD; the others look for readings that were changed or made up.
///
/// ```
/// use vocdb::checks::QualityTest;
/// assert_eq!(QualityTest::from_name("flat-line"), Some(QualityTest::FlatLine));
/// assert_eq!(QualityTest::FlatLine.to_string(), "flat-line");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QualityTest {
    /// Values are missing where the interval of the instrument expects them.
    Gap,
    /// A value outside the range that is possible.
    GrossRange,
    /// One value far from both neighbours in time, which agree with each other.
    Spike,
    /// A change from one value to the next that is too large.
    RateOfChange,
    /// The same value again and again.
    FlatLine,
    /// The range of the values of a block is too small for this channel.
    AttenuatedSignal,
    /// The channel has moved away from the same channel of other stations.
    Neighbour,
    /// A sequence of values that occurred before, to the last digit.
    RepeatedSequence,
    /// Too few different values in a block.
    FewDistinctValues,
    /// Too smooth a curve: the step-to-step variation is too small for the range of the block.
    SmoothSignal,
    /// Variation that collapses while other stations vary as usual.
    SmoothAgainstNeighbours,
    /// Too many peaks that end just under a limit.
    UnderLimit,
    /// Calibration or maintenance flags that coincide with high concentrations.
    CalibrationAtPeaks,
    /// Parts that do not add up to their total, such as methane and NMHC to THC.
    SumOfSpecies,
    /// Hourly means that differ from the mean of the minutes.
    MinuteAgainstHour,
    /// Frames that arrive long after they were measured, or before.
    TimeOfReceipt,
}

impl QualityTest {
    /// All tests, in the order in which reports list them.
    pub const ALL: [Self; 16] = [
        Self::Gap,
        Self::GrossRange,
        Self::Spike,
        Self::RateOfChange,
        Self::FlatLine,
        Self::AttenuatedSignal,
        Self::Neighbour,
        Self::RepeatedSequence,
        Self::FewDistinctValues,
        Self::SmoothSignal,
        Self::SmoothAgainstNeighbours,
        Self::UnderLimit,
        Self::CalibrationAtPeaks,
        Self::SumOfSpecies,
        Self::MinuteAgainstHour,
        Self::TimeOfReceipt,
    ];

    /// The name in commands and JSON, such as `flat-line`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::GrossRange => "gross-range",
            Self::Spike => "spike",
            Self::RateOfChange => "rate-of-change",
            Self::FlatLine => "flat-line",
            Self::AttenuatedSignal => "attenuated-signal",
            Self::Neighbour => "neighbour",
            Self::RepeatedSequence => "repeated-sequence",
            Self::FewDistinctValues => "few-distinct-values",
            Self::SmoothSignal => "smooth-signal",
            Self::SmoothAgainstNeighbours => "smooth-against-neighbours",
            Self::UnderLimit => "under-limit",
            Self::CalibrationAtPeaks => "calibration-at-peaks",
            Self::SumOfSpecies => "sum-of-species",
            Self::MinuteAgainstHour => "minute-against-hour",
            Self::TimeOfReceipt => "time-of-receipt",
        }
    }

    /// The test of a name; `None` for a name that no test has.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|test| test.name() == name)
    }
}

impl fmt::Display for QualityTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Readings that a test doubts, with the numbers that the doubt rests on. A finding changes nothing that is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Test that made it.
    pub test: QualityTest,
    /// Instrument of the readings.
    pub instrument: InstrumentId,
    /// Place of the channel in the instrument; `None` for frames as a whole.
    pub channel: Option<usize>,
    /// Time of the first reading in doubt; of a gap, the last value before it.
    pub from: Timestamp,
    /// Time of the last reading in doubt, inclusive; of a gap, the first value after it.
    pub to: Timestamp,
    /// What was measured: the quantity that `reason` names.
    pub measured: f64,
    /// The bound that `measured` passed.
    pub expected: f64,
    /// One sentence with the numbers.
    pub reason: String,
}
