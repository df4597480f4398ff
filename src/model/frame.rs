//! One instant of one instrument.

use super::instrument::InstrumentId;
use super::quality::Quality;
use super::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// One channel's value at one instant, with its flag; the value may be missing, and is never NaN.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Sample {
    /// The value in the channel's unit, `None` where it is missing.
    pub value: Option<f64>,
    /// Quality flag; kept for missing values too (missing *because of* calibration).
    pub quality: Quality,
}

impl Sample {
    /// A value measured in normal operation.
    #[must_use]
    pub const fn normal(value: f64) -> Self {
        Self { value: Some(value), quality: Quality::Normal }
    }

    /// A missing value without a known reason.
    pub const MISSING: Self = Self { value: None, quality: Quality::Normal };

    /// The value, if it counts in averages.
    #[must_use]
    pub fn valid(&self) -> Option<f64> {
        self.value.filter(|_| self.quality.is_valid())
    }
}

impl From<Option<f64>> for Sample {
    fn from(value: Option<f64>) -> Self {
        Self { value, quality: Quality::Normal }
    }
}

/// Presence and quality of a sample in one byte, as columns hold it: bit 7 is presence, bits 0 to 3 the quality code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark(u8);

impl Mark {
    const PRESENT: u8 = 0x80;

    /// The mark of a sample.
    #[must_use]
    pub const fn new(present: bool, quality: Quality) -> Self {
        Self(quality.code() | if present { Self::PRESENT } else { 0 })
    }

    /// Returns whether the sample has a value.
    #[must_use]
    pub const fn is_present(self) -> bool {
        self.0 & Self::PRESENT != 0
    }

    /// The quality flag.
    #[must_use]
    pub fn quality(self) -> Quality {
        Quality::from_code(self.0 & 0x0F).unwrap_or(Quality::Suspect)
    }

    /// Returns whether the sample has a value that counts in averages.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 == Self::PRESENT || self.0 == Self::PRESENT | Quality::BelowDetection.code()
    }

    /// The byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The mark of a byte; `None` for a byte that no mark has.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        let spare = byte & 0x70;
        (spare == 0 && Quality::from_code(byte & 0x0F).is_some()).then_some(Self(byte))
    }

    /// The sample of this mark and a value, which is ignored where the mark says that there is none.
    #[must_use]
    pub fn sample(self, value: f64) -> Sample {
        Sample { value: self.is_present().then_some(value), quality: self.quality() }
    }
}

/// One instant of one instrument: a sample per channel, in the order of the instrument's channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Instrument that measured.
    pub instrument: InstrumentId,
    /// When.
    pub time: Timestamp,
    /// What, one per channel.
    pub samples: Vec<Sample>,
}

impl Frame {
    /// A frame of values measured in normal operation.
    #[must_use]
    pub fn new(instrument: InstrumentId, time: Timestamp, values: &[Option<f64>]) -> Self {
        Self { instrument, time, samples: values.iter().copied().map(Sample::from).collect() }
    }
}

/// A frame inside a batch or a column store: values and marks side by side, nothing owned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameRef<'a> {
    /// Instrument that measured.
    pub instrument: InstrumentId,
    /// When.
    pub time: Timestamp,
    /// A value per channel; the value under an absent mark has no meaning.
    pub values: &'a [f64],
    /// A mark per channel, as many as there are values.
    pub marks: &'a [Mark],
}

impl FrameRef<'_> {
    /// The samples, in the order of the instrument's channels.
    pub fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
        self.values.iter().zip(self.marks).map(|(value, mark)| mark.sample(*value))
    }

    /// An owned copy.
    #[must_use]
    pub fn to_frame(&self) -> Frame {
        Frame { instrument: self.instrument, time: self.time, samples: self.samples().collect() }
    }
}
