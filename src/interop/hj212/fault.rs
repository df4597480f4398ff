//! What is wrong with a frame.

use super::deviation::Deviations;
use crate::base::escape::Line;
use std::fmt;

/// Bytes of a text from a frame that a fault repeats.
const SHOWN_BYTES_MAX: usize = 32;

/// A frame that cannot be used, or bytes that belong to no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {kind}")]
pub struct Fault {
    /// Place of the first byte concerned, counted from the start of the stream or text.
    pub offset: u64,
    /// Number of bytes that were skipped.
    pub bytes: u64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// Bytes that belong to no frame: text of a log, or garbage.
    #[error("bytes that belong to no frame; remove them or decode in the tolerant mode")]
    Noise,
    /// No four digits behind `##`.
    #[error("`##` is followed by `{found}` and not by the four digits of the length")]
    LengthDigits {
        /// Text at this place.
        found: Excerpt,
    },
    /// The segment is shorter or longer than the length declares.
    #[error("the length declares {declared} bytes, but the segment has {}", FoundLength(*found))]
    Length {
        /// Bytes that the frame declares.
        declared: u16,
        /// Bytes of the segment, where the end of the frame was found.
        found: Option<usize>,
    },
    /// The bytes end within a frame.
    #[error("the frame ends early: {missing} bytes are missing")]
    Truncated {
        /// Bytes that the declared length still wants, CR LF included.
        missing: usize,
    },
    /// CR LF is missing behind the checksum.
    #[error("CR LF is missing behind the checksum")]
    LineEnd,
    /// The checksum is not four hexadecimal digits.
    #[error("the checksum is `{found}` and not four hexadecimal digits")]
    ChecksumDigits {
        /// Text at this place.
        found: Excerpt,
    },
    /// The checksum is wrong: the frame is damaged, or encrypted with another key.
    #[error("the checksum is {found:04X}, but the segment has {computed:04X}: the frame is damaged, or encrypted")]
    Checksum {
        /// Checksum of the frame.
        found: u16,
        /// Checksum that is right for the segment.
        computed: u16,
    },
    /// The checksum is the one of Modbus, which other senders compute.
    #[error("the checksum {found:04X} is the one of Modbus; HJ 212 has {computed:04X}: the sender must be corrected")]
    ModbusChecksum {
        /// Checksum of the frame.
        found: u16,
        /// Checksum that is right for the segment.
        computed: u16,
    },
    /// The segment is not UTF-8.
    #[error("the segment is not UTF-8 from its byte {at} on")]
    NotText {
        /// Place in the segment.
        at: usize,
    },
    /// A field that every frame needs is missing.
    #[error("the field `{name}` is missing")]
    MissingField {
        /// Name of the field.
        name: &'static str,
    },
    /// The segment has a field twice.
    #[error("the segment has the field `{name}` twice")]
    RepeatedField {
        /// Name of the field.
        name: &'static str,
    },
    /// A field that the standard does not have.
    #[error("the segment has the field `{name}`, which HJ 212 does not have")]
    UnknownField {
        /// Name of the field.
        name: Excerpt,
    },
    /// A field whose value cannot be read.
    #[error("the field `{name}` is `{value}`; expected {expected}")]
    BadField {
        /// Name of the field.
        name: &'static str,
        /// Value of the field.
        value: Excerpt,
        /// What the standard has.
        expected: &'static str,
    },
    /// The content of `CP` is not enclosed in `&&`.
    #[error("the content of `CP` is not enclosed in `&&`")]
    ContentMarks,
    /// An item of `CP` that is not `name=value`.
    #[error("the item `{item}` of `CP` is not `name=value`")]
    BadItem {
        /// Text of the item.
        item: Excerpt,
    },
    /// A departure from the standard that the tolerant mode would forgive.
    #[error("the frame departs from the standard ({deviations}); the tolerant mode would accept it")]
    Deviates {
        /// All departures that were found.
        deviations: Deviations,
    },
}

impl FaultKind {
    /// The fault in one word, as reports name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::LengthDigits { .. } => "no-length",
            Self::Length { .. } => "bad-length",
            Self::Truncated { .. } => "truncated",
            Self::LineEnd => "no-line-end",
            Self::ChecksumDigits { .. } => "no-crc",
            Self::Checksum { .. } => "bad-crc",
            Self::ModbusChecksum { .. } => "crc-modbus-variant",
            Self::NotText { .. } => "not-text",
            Self::MissingField { .. } => "missing-field",
            Self::RepeatedField { .. } => "repeated-field",
            Self::UnknownField { .. } => "unknown-field",
            Self::BadField { .. } => "bad-field",
            Self::ContentMarks => "no-content-marks",
            Self::BadItem { .. } => "bad-item",
            Self::Deviates { .. } => "deviates",
        }
    }
}

struct FoundLength(Option<usize>);

impl fmt::Display for FoundLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(found) => write!(f, "{found}"),
            None => f.write_str("another length"),
        }
    }
}

/// The first bytes of a text that is wrong; shown with control characters escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; SHOWN_BYTES_MAX],
    length: u8,
    is_cut: bool,
}

impl Excerpt {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut bytes = [0; SHOWN_BYTES_MAX];
        let mut length = 0;
        for (to, from) in bytes.iter_mut().zip(text) {
            *to = *from;
            length += 1;
        }
        Self { bytes, length, is_cut: text.len() > SHOWN_BYTES_MAX }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        write!(f, "{}", Line(String::from_utf8_lossy(shown)))?;
        if self.is_cut { f.write_str("...") } else { Ok(()) }
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
