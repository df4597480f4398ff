//! What a decoder can find wrong.

use crate::base::bytes::{ByteReader, BytesError};

/// A block that cannot be decoded. Offsets count from the start of the block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The bytes end too early or hold an endless integer.
    #[error(transparent)]
    Bytes(#[from] BytesError),
    /// A field has a value that this version does not know.
    #[error("{field} at offset {offset} is {found}; this version knows {known}")]
    Unknown {
        /// Which field.
        field: &'static str,
        /// Where.
        offset: usize,
        /// What it holds.
        found: u64,
        /// What it may hold.
        known: &'static str,
    },
    /// A stream of `pco` cannot be read.
    #[error("the stream of values cannot be read: {reason}")]
    Stream {
        /// Why.
        reason: String,
    },
    /// A block ends before its last byte, or describes another number of rows than it must.
    #[error("{what}: expected {expected}, found {found}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// Refuses bytes behind the last value.
pub(super) fn at_end(reader: &ByteReader<'_>) -> Result<(), CodecError> {
    match reader.remaining() {
        0 => Ok(()),
        rest => Err(CodecError::Count { what: "bytes behind the block", expected: 0, found: rest }),
    }
}
