//! The quality flag of one sample.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A quality flag of a sample: the data flags of HJ 212-2017 (annex D), and three more of this crate.
///
/// Flagged values are always stored. Only [`Quality::Normal`] and [`Quality::BelowDetection`] count as valid in averages.
///
/// ```
/// use vocdb::Quality;
/// assert_eq!(Quality::from_hj212('D'), Some(Quality::Fault));
/// assert!(!Quality::Calibration.is_valid());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[repr(u8)]
pub enum Quality {
    /// N: measured in normal operation.
    #[default]
    Normal = 0,
    /// T: over the upper limit of the range.
    OverRange = 1,
    /// D: the instrument reports a fault.
    Fault = 2,
    /// C: calibration.
    Calibration = 3,
    /// M: maintenance.
    Maintenance = 4,
    /// S: set by hand.
    SetByHand = 5,
    /// F: out of operation.
    OutOfOperation = 6,
    /// B: link fault between instrument and logger.
    LinkFault = 7,
    /// Below the detection limit; valid, and stored as the instrument gave it.
    BelowDetection = 8,
    /// Doubted by a test of this crate or by a person.
    Suspect = 9,
}

impl Quality {
    /// All flags, in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Normal,
        Self::OverRange,
        Self::Fault,
        Self::Calibration,
        Self::Maintenance,
        Self::SetByHand,
        Self::OutOfOperation,
        Self::LinkFault,
        Self::BelowDetection,
        Self::Suspect,
    ];

    /// The code that is stored, 0 to 9.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The flag of a stored code; `None` for a code that no flag has.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The flag of an HJ 212-2017 letter (N T D C M S F B).
    #[must_use]
    pub const fn from_hj212(letter: char) -> Option<Self> {
        Some(match letter {
            'N' => Self::Normal,
            'T' => Self::OverRange,
            'D' => Self::Fault,
            'C' => Self::Calibration,
            'M' => Self::Maintenance,
            'S' => Self::SetByHand,
            'F' => Self::OutOfOperation,
            'B' => Self::LinkFault,
            _ => return None,
        })
    }

    /// Returns whether a sample with this flag counts in averages and coverage.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Normal | Self::BelowDetection)
    }

    /// The flag in words, as rules and reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::OverRange => "over range",
            Self::Fault => "fault",
            Self::Calibration => "calibration",
            Self::Maintenance => "maintenance",
            Self::SetByHand => "set by hand",
            Self::OutOfOperation => "out of operation",
            Self::LinkFault => "link fault",
            Self::BelowDetection => "below detection",
            Self::Suspect => "suspect",
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
